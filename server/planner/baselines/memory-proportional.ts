import { cutIntoShares } from "./cut-into-shares.ts";
import { defineBaseline } from "./define-baseline.ts";
import { plainNodes, sourceFirst } from "./plain-nodes.ts";

/**
 * exo's rule: of the cycles that can hold the weights the smallest, of those the one with most memory; layers in proportion to *available memory*, largest remainder, at least one each.
 * In a fleet where everybody reaches everybody the smallest cycle with most memory is the k nodes with most memory; the order around it is the nodes' own, the source first.
 * Like exo it knows neither speed nor link.
 */
export const memoryProportional = defineBaseline({
  name: "memory-proportional/1",
  label: "exo’s rule (in proportion to memory)",
  source: "exo-explore/exo, src/exo/master/placement.py and placement_utils.py (filter_cycles_by_memory, get_smallest_cycles, allocate_layers_proportionally).",
  rule: ({ request: { instance }, score }) => {
    const { layerCount } = instance;
    const byMemory = plainNodes(instance).sort((a, b) => b.freeBytes - a.freeBytes || a.node - b.node);
    const neededBytes = byMemory[0]?.processor.residentBytes[layerCount] ?? 0;
    let [count, heldBytes] = [0, 0];
    while (count < byMemory.length && (count === 0 || heldBytes < neededBytes)) heldBytes += byMemory[count++]!.freeBytes;
    if (heldBytes < neededBytes) return "No cycle of nodes has the memory for the weights.";
    if (count > layerCount) return `It would spread ${layerCount} layers over ${count} nodes.`;
    const cycle = sourceFirst(instance, byMemory.slice(0, count).sort((a, b) => a.node - b.node));
    const known = cycle.map((node) => (Number.isFinite(node.freeBytes) ? node.freeBytes : neededBytes));
    const layers = largestRemainder(layerCount, known);
    const short = layers.findIndex((own, index) => (neededBytes * own) / layerCount > cycle[index]!.freeBytes);
    if (short >= 0) return `Node ${cycle[short]!.node} has insufficient memory for its ${layers[short]} layers.`;
    score(cutIntoShares(instance, cycle, layers, Array.from({ length: layerCount + 1 }, (_, at) => at)));
    return null;
  },
});

/** Whole numbers in proportion to the weights that add up to `total`, each at least 1 (taken from the largest). */
export function largestRemainder(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const exact = weights.map((weight) => (sum > 0 ? (weight / sum) * total : total / weights.length));
  const whole = exact.map(Math.floor);
  const byRemainder = exact.map((_, index) => index).sort((a, b) => exact[b]! - whole[b]! - (exact[a]! - whole[a]!) || a - b);
  const left = total - whole.reduce((all, one) => all + one, 0);
  for (let index = 0; index < left; index++) whole[byRemainder[index]!]!++;
  for (const [index, one] of whole.entries()) {
    if (one > 0) continue;
    whole[whole.indexOf(Math.max(...whole))]!--;
    whole[index] = 1;
  }
  return whole;
}
