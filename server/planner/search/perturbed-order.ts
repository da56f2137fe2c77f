// A few random changes to an order of processors, by which a search leaves where no single move helps.
import type { BottleneckTables } from "./bottleneck-tables.ts";

export function perturbedOrder(tables: BottleneckTables, order: readonly number[], changes: number, random: () => number): number[] {
  const changed = [...order];
  const pick = (count: number) => Math.floor(random() * count);
  for (let step = 0; step < changes; step++) {
    const at = pick(changed.length);
    const kind = random();
    if (kind < 0.5) changed[at] = pick(tables.processorCount);
    else if (kind < 0.7) changed.splice(at, 0, pick(tables.processorCount));
    else if (kind < 0.8 && changed.length > 1) changed.splice(at, 1);
    else {
      const other = pick(changed.length);
      [changed[at], changed[other]] = [changed[other]!, changed[at]!];
    }
  }
  return withoutRepeats(tables, changed);
}

/** Of stages that share a node, the first stays. */
function withoutRepeats(tables: BottleneckTables, order: readonly number[]): number[] {
  const used = new Set<number>();
  return order.filter((p) => {
    const { nodes } = tables.instance.places[tables.processorPlace[p]!]!;
    if (nodes.some((node) => used.has(node))) return false;
    for (const node of nodes) used.add(node);
    return true;
  });
}
