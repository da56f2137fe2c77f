// Owns which of a revision's replicas takes the next request: the one with the fewest outstanding requests for the rate it is predicted to answer at. Pure.

/** `rate`: requests per second, only compared with the others'. */
export type ReplicaLoad = { linked: boolean; outstanding: number; rate: number };

/**
 * Index of the linked replica that would have the least work with this request on it; of equals the first. `except`: taken only where no other is linked.
 * -1 = none is linked. Least outstanding needs no clock and sees a slow or stuck replica at once, because its requests stay (Nginx's `least_conn`, weighted).
 */
export function chooseReplica(replicas: readonly ReplicaLoad[], except = -1): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < replicas.length; index++) {
    const { linked, outstanding, rate } = replicas[index]!;
    if (!linked || index === except) continue;
    const load = (outstanding + 1) / rate;
    if (load < least) { least = load; best = index; }
  }
  return best === -1 && replicas[except]?.linked ? except : best;
}
