import type { Instance, SearchStage } from "../instance.ts";
import type { PlainNode } from "./plain-nodes.ts";

/** Stages on the nodes in order, cut where `upTo` (length n + 1, rising) first comes nearest to the shares summed, moved to the nearest legal position; empty stages are dropped. */
export function cutIntoShares(instance: Instance, nodes: readonly PlainNode[], shares: readonly number[], upTo: ArrayLike<number>): SearchStage[] {
  const { layerCount } = instance;
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const stages: SearchStage[] = [];
  let [from, sum] = [0, 0];
  for (const [index, node] of nodes.entries()) {
    sum += shares[index]!;
    const to = index === nodes.length - 1 ? layerCount : nearestLegal(instance, nearest(upTo, layerCount, (sum / whole) * upTo[layerCount]!));
    if (to <= from) continue;
    stages.push({ processor: node.index, from, to });
    from = to;
  }
  // The last node may have got nothing: whoever came before it takes the rest.
  const last = stages.at(-1);
  if (last) last.to = layerCount;
  return stages;
}

function nearest(upTo: ArrayLike<number>, layerCount: number, target: number): number {
  let best = 0;
  for (let at = 1; at <= layerCount; at++) if (Math.abs(upTo[at]! - target) < Math.abs(upTo[best]! - target)) best = at;
  return best;
}

function nearestLegal({ legal, layerCount }: Instance, at: number): number {
  for (let far = 0; far <= layerCount; far++) {
    if (legal[at - far] === 1) return at - far;
    if (legal[at + far] === 1) return at + far;
  }
  return layerCount;
}
