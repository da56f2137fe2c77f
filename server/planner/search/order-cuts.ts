// Owns the best cuts of a given order of processors under a cap T on every stage and hop: sets of reachable positions, O(positions × stages) each.
// The sets judge stages and hops one by one; orders that come back to a node or a link are cut with their sums.
import { coupledResources, cutCoupled } from "./coupled-cuts.ts";
import { type BottleneckTables, type CutSet, endsOf, hopHolds, stageCapMs } from "./bottleneck-tables.ts";

/** Positions where a stage on p may end that starts at one of `starts`. The exact window maximum, so that terms at the cuts may make times fall. */
export function stageEnds(tables: BottleneckTables, p: number, starts: CutSet, capMs: number): CutSet {
  const ends = new Uint8Array(tables.last + 1);
  const upTo = tables.upTo[p]!;
  const before = tables.before[p]!;
  const since = tables.since[p]!;
  const cap = stageCapMs(tables, p, capMs);
  const first = starts.indexOf(1);
  if (first < 0) return ends;
  const latest = starts.lastIndexOf(1);
  const queue = new Int32Array(latest - first + 1);
  let head = 0;
  let tail = 0;
  for (let to = first + 1; to <= tables.last && (to - 1 <= latest || head < tail); to++) {
    if (starts[to - 1] === 1) {
      while (tail > head && before[queue[tail - 1]!]! <= before[to - 1]!) tail--;
      queue[tail++] = to - 1;
    }
    while (head < tail && queue[head]! < since[to]!) head++;
    if (head < tail && upTo[to]! - before[queue[head]!]! <= cap) ends[to] = 1;
  }
  return ends;
}

/** Positions where a stage on p may start that ends at one of `ends`. */
export function stageStarts(tables: BottleneckTables, p: number, ends: CutSet, capMs: number): CutSet {
  const starts = new Uint8Array(tables.last + 1);
  const upTo = tables.upTo[p]!;
  const before = tables.before[p]!;
  const until = tables.until[p]!;
  const cap = stageCapMs(tables, p, capMs);
  const latest = ends.lastIndexOf(1);
  if (latest < 1) return starts;
  const first = ends.indexOf(1);
  const queue = new Int32Array(latest - first + 1);
  let head = 0;
  let tail = 0;
  for (let from = latest - 1; from >= 0 && (from + 1 >= first || head < tail); from--) {
    if (ends[from + 1] === 1) {
      while (tail > head && upTo[queue[tail - 1]!]! >= upTo[from + 1]!) tail--;
      queue[tail++] = from + 1;
    }
    while (head < tail && queue[head]! > until[from]!) head++;
    if (head < tail && upTo[queue[head]!]! - before[from]! <= cap) starts[from] = 1;
  }
  return starts;
}

/** The cuts in `set` where the hop between two places may be taken. */
export function hopped(tables: BottleneckTables, set: CutSet, hop: { from: number; to: number }, capMs: number): CutSet {
  const { tainted, bytes } = tables;
  const index = hop.from * tables.placeCount + hop.to;
  const way = tables.instance.hops.way[index]!;
  const passed = new Uint8Array(set.length);
  if (way === 0) return passed;
  const perByteMs = tables.hopBusyPerByte[index]!;
  const first = set.indexOf(1);
  if (first < 0) return passed;
  const latest = set.lastIndexOf(1);
  for (let c = first; c <= latest; c++) if (set[c] === 1 && (way === 2 || tainted[c] === 0) && bytes[c]! * perByteMs <= capMs) passed[c] = 1;
  return passed;
}

/** Cuts (the end of each stage, the last = the model's end) of the order with the least latency under the cap; null = none. */
export function cutOrder(tables: BottleneckTables, order: readonly number[], capMs: number): number[] | null {
  const { last, processorPlace } = tables;
  const firstPlace = processorPlace[order[0]!]!;
  const { source, sink } = endsOf(tables, firstPlace);
  if (!hopHolds(tables, { from: source, to: firstPlace, at: 0 }, capMs)) return null;
  if (!hopHolds(tables, { from: processorPlace[order.at(-1)!]!, to: sink, at: last }, capMs)) return null;
  const { open, reached } = backwardSets(tables, order, capMs);
  if (!reached) return null;
  const coupled = coupledResources(tables, order);
  if (coupled) return cutCoupled(tables, order, coupled, open, capMs);
  let costs = new Float64Array(last + 1).fill(Number.POSITIVE_INFINITY);
  costs[0] = 0;
  const parents: Int32Array[] = [];
  for (let s = 0; s < order.length; s++) {
    const step = cheapestEnds(tables, order[s]!, { costs, targets: open[s]! }, capMs);
    parents.push(step.parents);
    if (s + 1 === order.length) return step.costs[last]! < Number.POSITIVE_INFINITY ? traceCuts(parents, last) : null;
    costs = addHopCosts(tables, step.costs, { from: processorPlace[order[s]!]!, to: processorPlace[order[s + 1]!]! });
  }
  return null;
}

/** open[s]: where stage s may end so that the rest can follow, hop included. */
function backwardSets(tables: BottleneckTables, order: readonly number[], capMs: number): { open: CutSet[]; reached: boolean } {
  const open: CutSet[] = new Array(order.length);
  let ends = new Uint8Array(tables.last + 1);
  ends[tables.last] = 1;
  for (let s = order.length - 1; s >= 0; s--) {
    open[s] = ends;
    const starts = stageStarts(tables, order[s]!, ends, capMs);
    if (s === 0) return { open, reached: starts[0] === 1 };
    ends = hopped(tables, starts, { from: tables.processorPlace[order[s - 1]!]!, to: tables.processorPlace[order[s]!]! }, capMs) as Uint8Array<ArrayBuffer>;
  }
  return { open, reached: false };
}

function cheapestEnds(tables: BottleneckTables, p: number, sets: { costs: Float64Array; targets: CutSet }, capMs: number) {
  const costs = new Float64Array(tables.last + 1).fill(Number.POSITIVE_INFINITY);
  const parents = new Int32Array(tables.last + 1).fill(-1);
  const upTo = tables.upTo[p]!;
  const before = tables.before[p]!;
  const cap = stageCapMs(tables, p, capMs);
  for (let to = 1; to <= tables.last; to++) {
    if (sets.targets[to] === 0) continue;
    for (let from = tables.since[p]![to]!; from < to; from++) {
      if (upTo[to]! - before[from]! > cap) continue;
      const cost = sets.costs[from]! + upTo[to]! - before[from]!;
      if (cost < costs[to]!) {
        costs[to] = cost;
        parents[to] = from;
      }
    }
  }
  return { costs, parents };
}

function addHopCosts(tables: BottleneckTables, costs: Float64Array, hop: { from: number; to: number }): Float64Array<ArrayBuffer> {
  const index = hop.from * tables.placeCount + hop.to;
  const { fixedMs, perByteMs } = tables.instance.hops;
  return Float64Array.from(costs, (cost, c) => cost + fixedMs[index]! + tables.bytes[c]! * perByteMs[index]!);
}

function traceCuts(parents: readonly Int32Array[], last: number): number[] {
  const cuts: number[] = [];
  let at = last;
  for (let s = parents.length - 1; s >= 0; s--) {
    cuts.unshift(at);
    at = parents[s]![at]!;
  }
  return cuts;
}
