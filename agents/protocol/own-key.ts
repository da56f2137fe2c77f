// Owns what an ingress is told of a single key that may ask something else than a deployment's others.
import type { KeyLimits } from "./control.ts";

/** `limits` absent = the deployment's. */
export type OwnKey = { limits?: KeyLimits };
/** Of one deployment. A route is sent whole whenever it changes, and a hash with its figures is some 200 bytes. */
export const MAX_OWN_KEYS = 256;
