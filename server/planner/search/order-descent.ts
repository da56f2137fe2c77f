// Owns the local search for throughput over orders of processors: replace, insert, remove, swap and move. An order is cut exactly under each cap; a move counts
// only if it beats the plan's bottleneck, and is judged from the reachable sets of what comes before and after it.
import { mayFollow, type SearchStage } from "../instance.ts";
import { type BottleneckTables, type CutSet, endsOf, hopHolds, stagesOf } from "./bottleneck-tables.ts";
import { cutOrder, hopped, stageEnds, stageStarts } from "./order-cuts.ts";

/** An order must beat the cap by this much, relatively, so that rounding never counts as progress. */
export const PROGRESS = 5e-10;

export type Judge = {
  /** Figures and constraints of a chain: its bottleneck in milliseconds, Infinity where it is no plan. */
  bottleneckMs(stages: readonly SearchStage[]): number;
  stop(): boolean;
};

export type CutOrder = { order: number[]; stages: SearchStage[]; bottleneckMs: number };

/** The order's least bottleneck by bisection between a bound and `capMs`; null if it does not get below `capMs`. */
export function leastBottleneck(tables: BottleneckTables, order: readonly number[], range: { boundMs: number; capMs: number }, judge: Judge): CutOrder | null {
  let best: CutOrder | null = null;
  let low = range.boundMs * (1 - PROGRESS);
  let high = range.capMs;
  const attempt = (capMs: number): boolean => {
    const cuts = cutOrder(tables, order, capMs);
    if (!cuts) return false;
    const stages = stagesOf(tables, order, cuts);
    const bottleneckMs = judge.bottleneckMs(stages);
    if (bottleneckMs >= (best?.bottleneckMs ?? range.capMs)) return false;
    best = { order: [...order], stages, bottleneckMs };
    return true;
  };
  if (!attempt(high * (1 - PROGRESS))) return null;
  high = best!.bottleneckMs;
  while (high - low > PROGRESS * high && !judge.stop()) {
    const middle = Number.isFinite(high) ? (low + high) / 2 : Math.max(1, low * 2);
    if (attempt(middle)) high = Math.min(middle, best!.bottleneckMs);
    else low = middle;
  }
  return best;
}

/** Descends until no move helps. */
export function descend(tables: BottleneckTables, from: CutOrder, boundMs: number, judge: Judge): CutOrder {
  let best = from;
  while (!judge.stop() && best.bottleneckMs > boundMs * (1 + PROGRESS)) {
    const better = improve(tables, best, boundMs, judge);
    if (!better) return best;
    best = better;
  }
  return best;
}

/** Orders that come back to a node tried per move: cutting them takes long, and the sets say little about them. */
const AGAIN_TRIES = 200;

/** The first move that beats the order; those judged by sets come first, since they are cheap; orders that come back to a node last. */
function improve(tables: BottleneckTables, best: CutOrder, boundMs: number, judge: Judge): CutOrder | null {
  const capMs = best.bottleneckMs * (1 - PROGRESS);
  const sets = reachableSets(tables, best.order, capMs);
  const range = { boundMs, capMs: best.bottleneckMs };
  const moves = [localMoves(tables, best.order, { sets, again: false }, capMs), reorderings(best.order)];
  if (!tables.instance.limits.oncePerNode) moves.push(few(localMoves(tables, best.order, { sets, again: true }, capMs), AGAIN_TRIES));
  for (const orders of moves) {
    for (const order of orders) {
      const better = leastBottleneck(tables, order, range, judge);
      if (better) return better;
      if (judge.stop()) return null;
    }
  }
  return null;
}

function* few<T>(values: Iterable<T>, most: number): Generator<T> {
  let count = 0;
  for (const value of values) {
    if (count++ >= most) return;
    yield value;
  }
}

type Sets = { /** ends[s]: where the stages before s may end; ends[0] = the start. */ ends: CutSet[]; /** starts[s]: where stage s may start so that the rest can follow. */ starts: CutSet[] };

function reachableSets(tables: BottleneckTables, order: readonly number[], capMs: number): Sets {
  const width = tables.last + 1;
  const place = (s: number) => tables.processorPlace[order[s]!]!;
  const ends: CutSet[] = [Uint8Array.from({ length: width }, (_, c) => (c === 0 ? 1 : 0))];
  const starts: CutSet[] = new Array(order.length);
  for (let s = 0; s < order.length; s++) {
    const from = s === 0 ? endsOf(tables, place(0)).source : place(s - 1);
    ends.push(stageEnds(tables, order[s]!, hopped(tables, ends[s]!, { from, to: place(s) }, capMs), capMs));
  }
  const { sink } = endsOf(tables, place(0));
  let open = Uint8Array.from({ length: width }, (_, c) => (c === tables.last && hopHolds(tables, { from: place(order.length - 1), to: sink, at: c }, capMs) ? 1 : 0));
  for (let s = order.length - 1; s >= 0; s--) {
    starts[s] = stageStarts(tables, order[s]!, open, capMs);
    if (s > 0) open = hopped(tables, starts[s]!, { from: place(s - 1), to: place(s) }, capMs) as Uint8Array<ArrayBuffer>;
  }
  return { ends, starts };
}

/** Orders with one stage replaced, inserted or removed that can be cut under the cap, as far as sets tell. `again`: only those that come back to a node by it. */
function* localMoves(tables: BottleneckTables, order: readonly number[], { sets, again }: { sets: Sets; again: boolean }, capMs: number): Generator<number[]> {
  for (let s = 0; s <= order.length; s++) {
    const without = s < order.length && order.length > 1 && !again && follows(tables, order[s - 1], order[s + 1]);
    if (without && joins(tables, { order, sets, before: s, after: s + 1 }, sets.ends[s]!, capMs)) yield order.filter((_, index) => index !== s);
    for (let q = 0; q < tables.processorCount; q++) {
      if (order[s] === q || !follows(tables, order[s - 1], q)) continue;
      const replaces = s < order.length && usesNodesOf(tables, order, q, s) === again && follows(tables, q, order[s + 1]);
      const inserts = usesNodesOf(tables, order, q, -1) === again && follows(tables, q, order[s]);
      if (!replaces && !inserts) continue;
      const place = tables.processorPlace[q]!;
      const from = s === 0 ? endsOf(tables, place).source : tables.processorPlace[order[s - 1]!]!;
      const reached = stageEnds(tables, q, hopped(tables, sets.ends[s]!, { from, to: place }, capMs), capMs);
      if (replaces && joins(tables, { order, sets, before: s, after: s + 1, middle: q }, reached, capMs)) yield order.map((p, index) => (index === s ? q : p));
      if (inserts && joins(tables, { order, sets, before: s, after: s, middle: q }, reached, capMs)) yield [...order.slice(0, s), q, ...order.slice(s)];
    }
  }
}

function follows(tables: BottleneckTables, before: number | undefined, after: number | undefined): boolean {
  return before === undefined || after === undefined || mayFollow(tables.instance, before, after);
}

/** Whether the stages from `after` on can follow a chain that has reached `ends`. */
function joins(tables: BottleneckTables, move: { order: readonly number[]; sets: Sets; before: number; after: number; middle?: number }, ends: CutSet, capMs: number): boolean {
  const { order, sets, before, after } = move;
  const lastBefore = move.middle ?? order[before - 1];
  const firstProcessor = before > 0 ? order[0]! : (move.middle ?? order[after]!);
  const { source, sink } = endsOf(tables, tables.processorPlace[firstProcessor!]!);
  const from = lastBefore === undefined ? source : tables.processorPlace[lastBefore]!;
  if (after >= order.length) return ends[tables.last] === 1 && hopHolds(tables, { from, to: sink, at: tables.last }, capMs);
  const to = tables.processorPlace[order[after]!]!;
  const next = sets.starts[after]!;
  for (let c = 0; c < tables.last; c++) if (ends[c] === 1 && next[c] === 1 && hopHolds(tables, { from, to, at: c }, capMs)) return true;
  return false;
}

/** Whether q's nodes serve another stage of the order than the one at `except`. */
function usesNodesOf(tables: BottleneckTables, order: readonly number[], q: number, except: number): boolean {
  const { places } = tables.instance;
  const nodes = places[tables.processorPlace[q]!]!.nodes;
  return order.some((p, index) => index !== except && places[tables.processorPlace[p]!]!.nodes.some((node) => nodes.includes(node)));
}

/** Two stages swapped, or one moved elsewhere. */
function* reorderings(order: readonly number[]): Generator<number[]> {
  for (let a = 0; a < order.length; a++) {
    for (let b = a + 1; b < order.length; b++) {
      const swapped = [...order];
      swapped[a] = order[b]!;
      swapped[b] = order[a]!;
      yield swapped;
    }
  }
  for (let a = 0; a < order.length; a++) {
    for (let b = 0; b < order.length; b++) {
      if (Math.abs(a - b) < 2) continue;
      const moved = order.filter((_, index) => index !== a);
      moved.splice(b, 0, order[a]!);
      yield moved;
    }
  }
}

/** Rounds of latency moves; each is a whole neighbourhood. */
const LATENCY_ROUNDS = 10;

/** Offers orders near a plan's that are as busy at most, cut for the least latency: the judge keeps those that are better. */
export function lowerLatency(tables: BottleneckTables, stages: readonly SearchStage[], judge: Judge & { latencyMs(): number }): void {
  let order = stages.map((stage) => stage.processor);
  const capMs = judge.bottleneckMs(stages) * (1 + PROGRESS / 1000);
  for (let round = 0; round < LATENCY_ROUNDS; round++) {
    const before = judge.latencyMs();
    let next = order;
    for (const candidate of [order, ...localMoves(tables, order, { sets: reachableSets(tables, order, capMs), again: false }, capMs), ...reorderings(order)]) {
      if (judge.stop()) return;
      const cuts = cutOrder(tables, candidate, capMs);
      if (!cuts) continue;
      const known = judge.latencyMs();
      judge.bottleneckMs(stagesOf(tables, candidate, cuts));
      if (judge.latencyMs() < known) next = candidate;
    }
    if (judge.latencyMs() >= before || next === order) return;
    order = next;
  }
}
