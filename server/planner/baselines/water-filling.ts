import { cutIntoShares } from "./cut-into-shares.ts";
import { defineBaseline } from "./define-baseline.ts";
import { type PlainNode, plainNodes } from "./plain-nodes.ts";

/** Rounds of the bisection on the water level, as in Parallax. */
const ROUNDS = 40;

/**
 * Parallax' first phase: nodes by how many layers they can hold, most first, are added until the model is held (the smallest single node that holds all of it, if the others could
 * hold another copy); within that pipeline layers are min(capacity, λ × speed), with λ so that they add up. Layers count alike, links are not looked at. One pipeline: copies are not planned here.
 */
export const waterFilling = defineBaseline({
  name: "water-filling/1",
  label: "Parallax’ rule (water-filling)",
  source: "GradientHQ/parallax, src/scheduling/layer_allocation.py (GreedyLayerAllocator.global_allocation, adjust_pipeline_layers).",
  rule: ({ request: { instance }, score }) => {
    const { layerCount } = instance;
    const nodes = plainNodes(instance).map((node) => ({ ...node, layers: capacity(node, layerCount) })).filter((node) => node.layers > 0).sort((a, b) => b.layers - a.layers || a.node - b.node);
    const all = nodes.reduce((sum, node) => sum + node.layers, 0);
    if (all < layerCount) return `The nodes hold ${all} of ${layerCount} layers.`;
    const alone = nodes.findLast((node) => node.layers >= layerCount && all - node.layers >= layerCount + 1);
    const pipeline = alone ? [alone] : [];
    for (let held = alone?.layers ?? 0; held < layerCount; held += pipeline.at(-1)!.layers) pipeline.push(nodes[pipeline.length]!);
    const counts = fill(layerCount, pipeline.map((node) => ({ cap: node.layers, speed: 1 / Math.max(node.wholeMs, 1e-9) })));
    score(cutIntoShares(instance, pipeline, counts, Array.from({ length: layerCount + 1 }, (_, at) => at)));
    return null;
  },
});

/** Layers of mean size that fit; the workspace of the largest is kept free. */
function capacity({ processor, freeBytes }: PlainNode, layerCount: number): number {
  const meanBytes = processor.residentBytes[layerCount]! / layerCount;
  const roomBytes = freeBytes - processor.stageBytes - processor.workspaceBytes.reduce((most, bytes) => Math.max(most, bytes), 0);
  return meanBytes > 0 ? Math.max(0, Math.min(layerCount, Math.floor(roomBytes / meanBytes))) : layerCount;
}

/** Whole numbers min(cap, λ × speed) that add up to `total`: floor, then largest remainders below their caps, then whoever has room. */
export function fill(total: number, nodes: readonly { cap: number; speed: number }[]): number[] {
  let [low, high] = [0, Math.max(...nodes.map((node) => node.cap / node.speed))];
  for (let round = 0; round < ROUNDS; round++) {
    const level = (low + high) / 2;
    if (nodes.reduce((sum, node) => sum + Math.min(node.cap, level * node.speed), 0) >= total) high = level;
    else low = level;
  }
  const exact = nodes.map((node) => Math.min(node.cap, high * node.speed));
  const counts = exact.map(Math.floor);
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  const give = (index: number, most: number) => {
    const taken = Math.max(0, Math.min(nodes[index]!.cap - counts[index]!, most, left));
    counts[index]! += taken;
    left -= taken;
  };
  const byRemainder = exact.map((_, index) => index).sort((a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!) || a - b);
  for (const index of byRemainder) give(index, 1);
  for (const index of exact.keys()) give(index, left);
  return counts;
}
