// Owns what an ingress is told of a single key that may ask something else than a deployment's others, and what it tells of its use.
import type { KeyLimits } from "./control.ts";
import type { QuotaPer } from "./quota-period.ts";

/** `limits` absent = the deployment's. `keyId`: what its use is told under; the hash stays here. */
export type OwnKey = { limits?: KeyLimits; keyId?: string; quotas?: KeyQuota[] };
/** Of one deployment. A route is sent whole whenever it changes, and a hash with its figures is some 500 bytes. */
export const MAX_OWN_KEYS = 256;

/** `requests` a period (quota-period.ts) over all ingresses. Of `period` this one's process `lifeId` may let in `upTo` altogether, a process that the console has not heard of `share`; of a period that the
 * console has not spoken of yet, `first`. */
export type KeyQuota = { per: QuotaPer; requests: number; period: string; lifeId: string | null; upTo: number; share: number; first: number };
/** What an ingress process (one `lifeId` each) has let in of a key on a day, altogether: losing or repeating it is harmless. */
export type KeyCount = { keyId: string; lifeId: string; day: string; requests: number };
/** In one report; where there are more they take turns. */
export const MAX_KEY_COUNTS = 512;
