// Owns the best cuts of a given order of processors: an exact dynamic programme, O(stages × positions) with sliding-window minima, kept as tables from
// the front and from the back so that a change of the order in one place costs one stage's work and not the whole chain's.
import { hopAt, type Tables } from "./tables.ts";

export type OrderTables = {
  order: number[];
  /** front[s][c]: cheapest way to have stages 0…s done at c; back[s][c]: cheapest way from c through stages s… to the answer, without the hop to s. */
  front: Float64Array[];
  back: Float64Array[];
  /** Infinity = no cuts fit. Without the constant. */
  cost: number;
};

export function orderTables(tables: Tables, order: number[]): OrderTables {
  const width = tables.last + 1;
  const front: Float64Array[] = [];
  const back: Float64Array[] = order.map(() => new Float64Array(0));
  for (const [s, p] of order.entries()) {
    const arrive = s === 0 ? entryCosts(tables, p) : addHop(tables, front[s - 1]!, order[s - 1]!, p, new Float64Array(width));
    front.push(stageForward(tables, p, arrive, new Float64Array(width)));
  }
  for (let s = order.length - 1; s >= 0; s--) {
    const p = order[s]!;
    const leave = s === order.length - 1 ? exitCosts(tables, p) : addHop(tables, back[s + 1]!, p, order[s + 1]!, new Float64Array(width));
    back[s] = stageBackward(tables, p, leave, new Float64Array(width));
  }
  const cost = order.length === 0 ? Number.POSITIVE_INFINITY : entryCosts(tables, order[0]!)[0]! + back[0]![0]!;
  return { order, front, back, cost };
}

/** Cost of being at the start with the request at p: Infinity everywhere else. */
export function entryCosts(tables: Tables, p: number): Float64Array {
  const costs = new Float64Array(tables.last + 1).fill(Number.POSITIVE_INFINITY);
  const place = tables.processorPlace[p]!;
  if (tables.firstPlace < 0 || place === tables.firstPlace) costs[0] = hopAt(tables, tables.source, place, 0);
  return costs;
}

/** Cost from having ended on p: Infinity everywhere but at the model's end. */
export function exitCosts(tables: Tables, p: number): Float64Array {
  const costs = new Float64Array(tables.last + 1).fill(Number.POSITIVE_INFINITY);
  costs[tables.last] = hopAt(tables, tables.processorPlace[p]!, tables.sink, tables.last);
  return costs;
}

/** out[c] = costs[c] + hop from p to q at c. Works in both directions. */
export function addHop(tables: Tables, costs: Float64Array, p: number, q: number, out: Float64Array): Float64Array {
  const index = tables.processorPlace[p]! * tables.placeCount + tables.processorPlace[q]!;
  const clean = tables.hopFixed[0]![index]!;
  const tainted = tables.hopFixed[1]![index]!;
  const perByte = tables.costs.hopPerByte[index]!;
  const perByte2 = tables.costs.hopPerByte2[index]!;
  const maxBytes = tables.hopMaxBytes[index]!;
  const { bytes } = tables;
  for (let c = 0; c < costs.length; c++) {
    const size = bytes[c]!;
    out[c] = size > maxBytes ? Number.POSITIVE_INFINITY : costs[c]! + (tables.tainted[c] === 1 ? tainted : clean) + size * perByte + size * size * perByte2;
  }
  return out;
}

const queue: { at: Int32Array; key: Float64Array } = { at: new Int32Array(0), key: new Float64Array(0) };

function queueOf(width: number): typeof queue {
  if (queue.at.length < width) {
    queue.at = new Int32Array(width);
    queue.key = new Float64Array(width);
  }
  return queue;
}

/** out[to] = cheapest start `from` of a stage on p that ends at `to`, from < to ≤ until[from]. */
export function stageForward(tables: Tables, p: number, arrive: Float64Array, out: Float64Array): Float64Array {
  const { at, key } = queueOf(arrive.length);
  const until = tables.until[p]!;
  const upTo = tables.upTo[p]!;
  const before = tables.before[p]!;
  const fixed = tables.costs.fixed[p]!;
  let head = 0;
  let tail = 0;
  out[0] = Number.POSITIVE_INFINITY;
  for (let to = 1; to < arrive.length; to++) {
    const from = to - 1;
    const candidate = arrive[from]! - before[from]!;
    if (candidate < Number.POSITIVE_INFINITY && until[from]! > from) {
      while (tail > head && key[tail - 1]! >= candidate) tail--;
      at[tail] = from;
      key[tail++] = candidate;
    }
    while (head < tail && until[at[head]!]! < to) head++;
    out[to] = head < tail ? key[head]! + upTo[to]! + fixed : Number.POSITIVE_INFINITY;
  }
  return out;
}

/** out[from] = cheapest end of a stage on p that starts at `from`. */
export function stageBackward(tables: Tables, p: number, leave: Float64Array, out: Float64Array): Float64Array {
  const { at, key } = queueOf(leave.length);
  const until = tables.until[p]!;
  const upTo = tables.upTo[p]!;
  const before = tables.before[p]!;
  const fixed = tables.costs.fixed[p]!;
  let head = 0;
  let tail = 0;
  out[leave.length - 1] = Number.POSITIVE_INFINITY;
  for (let from = leave.length - 2; from >= 0; from--) {
    const to = from + 1;
    const candidate = leave[to]! + upTo[to]!;
    if (candidate < Number.POSITIVE_INFINITY) {
      while (tail > head && key[tail - 1]! >= candidate) tail--;
      at[tail] = to;
      key[tail++] = candidate;
    }
    const reach = until[from]!;
    while (reach > from && head < tail && at[head]! > reach) head++;
    out[from] = head < tail && reach > from ? key[head]! + fixed - before[from]! : Number.POSITIVE_INFINITY;
  }
  return out;
}

/** The cuts behind the cost: stages by position index. Null where the order has none. */
export function bestCuts(tables: Tables, solved: OrderTables): { processor: number; from: number; to: number }[] | null {
  if (!Number.isFinite(solved.cost)) return null;
  const stages: { processor: number; from: number; to: number }[] = [];
  const width = tables.last + 1;
  let from = 0;
  for (const [s, processor] of solved.order.entries()) {
    const leave = s === solved.order.length - 1 ? exitCosts(tables, processor) : addHop(tables, solved.back[s + 1]!, processor, solved.order[s + 1]!, new Float64Array(width));
    let best = -1;
    let bestCost = Number.POSITIVE_INFINITY;
    for (let to = from + 1; to <= Math.min(tables.until[processor]![from]!, tables.last); to++) {
      const cost = leave[to]! + tables.upTo[processor]![to]!;
      if (cost < bestCost) {
        bestCost = cost;
        best = to;
      }
    }
    if (best < 0) return null;
    stages.push({ processor, from, to: best });
    from = best;
  }
  return stages;
}
