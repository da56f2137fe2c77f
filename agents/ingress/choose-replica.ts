// Owns which of a revision's replicas takes the next request: the one with the fewest outstanding requests for the rate it is predicted to answer at. Where requests
// are few that would always be the same one, and nobody would know how the others are: an idle one that was not asked for a while takes one in between. Pure.

/** `rate`: requests per second, only compared with the others'. `askedAtMs`: when it last took a request, same clock as `nowMs`. */
export type ReplicaLoad = { linked: boolean; outstanding: number; rate: number; askedAtMs: number };

/** So often an idle replica is asked at least, while there are requests: a stage that no request meets for a second tells nothing of itself. */
export const ASKED_EVERY_MS = 1_000;

/**
 * Index of the linked replica that would have the least work with this request on it; of equals the first. `except`: taken only where no other is linked.
 * Before it one that has nothing to do and was not asked for ASKED_EVERY_MS, the one that waits longest. -1 = none is linked. Least outstanding needs no clock and sees a slow or stuck replica at once, because its requests stay (Nginx's `least_conn`, weighted).
 */
export function chooseReplica(replicas: readonly ReplicaLoad[], nowMs: number, except = -1): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  let forgotten = -1;
  let askedAtMs = nowMs - ASKED_EVERY_MS;
  for (let index = 0; index < replicas.length; index++) {
    const one = replicas[index]!;
    if (!one.linked || index === except) continue;
    const load = (one.outstanding + 1) / one.rate;
    if (load < least) { least = load; best = index; }
    if (one.outstanding === 0 && one.askedAtMs < askedAtMs) { askedAtMs = one.askedAtMs; forgotten = index; }
  }
  if (forgotten !== -1) return forgotten;
  return best === -1 && replicas[except]?.linked ? except : best;
}
