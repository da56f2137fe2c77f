// Owns how much each key may ask: a bucket of tokens per key that fills at a steady rate, and how many of its requests run at once.
import type { KeyLimits } from "../protocol/control.ts";

/** Keys remembered; a full bucket says nothing and goes first. More keys than a deployment has are never seen: who has none is refused before. */
const MAX_KEYS = 4096;
type Bucket = { tokens: number; at: number; inFlight: number };

/** Why a request may not run now, and when asking again can help. */
export type LimitReached = { kind: LimitKind; reason: string; retryAfterSeconds: number };
/** Which of its limits a key has reached. */
export const LIMIT_KINDS = ["rate", "in_flight", "quota"] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

export class KeyBuckets {
  readonly #buckets = new Map<string, Bucket>();
  /** Requests refused since the start, by the limit that was reached. */
  readonly refused: Record<LimitKind, number> = { rate: 0, in_flight: 0, quota: 0 };

  /** Takes a token. `nowMs` grows. When it is taken, `done` must be called once the request is over. */
  take(key: string, limits: KeyLimits, nowMs: number): LimitReached | null {
    const reached = this.#take(key, limits, nowMs);
    if (reached) this.refused[reached.kind] += 1;
    return reached;
  }

  /** Why a token could not be taken now; takes none and counts nothing. */
  reached(key: string, limits: KeyLimits, nowMs: number): LimitReached | null {
    const bucket = this.#buckets.get(key);
    return bucket ? reachedBy(bucket.inFlight, tokensIn(bucket, limits, nowMs), limits) : null;
  }

  #take(key: string, limits: KeyLimits, nowMs: number): LimitReached | null {
    const bucket = this.#bucketOf(key, limits, nowMs);
    bucket.tokens = tokensIn(bucket, limits, nowMs);
    bucket.at = nowMs;
    const reached = reachedBy(bucket.inFlight, bucket.tokens, limits);
    if (reached) return reached;
    bucket.tokens -= 1;
    bucket.inFlight += 1;
    return null;
  }

  done(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket) bucket.inFlight = Math.max(0, bucket.inFlight - 1);
  }

  #bucketOf(key: string, limits: KeyLimits, nowMs: number): Bucket {
    const known = this.#buckets.get(key);
    if (known) return known;
    if (this.#buckets.size >= MAX_KEYS) for (const [old, bucket] of this.#buckets) if (bucket.inFlight === 0) { this.#buckets.delete(old); break; }
    const bucket = { tokens: limits.burst, at: nowMs, inFlight: 0 };
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

const tokensIn = ({ tokens, at }: Bucket, { burst, requestsPerSecond }: KeyLimits, nowMs: number): number => Math.min(burst, tokens + ((nowMs - at) / 1000) * requestsPerSecond);

function reachedBy(inFlight: number, tokens: number, { maxInFlight, requestsPerSecond }: KeyLimits): LimitReached | null {
  if (inFlight >= maxInFlight) return { kind: "in_flight", reason: `this key has ${inFlight} requests in flight, ${maxInFlight} are allowed`, retryAfterSeconds: 1 };
  if (tokens < 1) return { kind: "rate", reason: `this key may send ${requestsPerSecond} requests a second`, retryAfterSeconds: Math.ceil((1 - tokens) / requestsPerSecond) };
  return null;
}
