// The lower bound: the cheapest walk over processors that covers the model, with each stage within its own window, but nodes may come again and again
// (memory summed over a node, and whatever else spans stages, is dropped, or priced by multipliers). O(positions × places²) with sliding-window minima.
// Computed backwards, so that it also tells every partial plan what the rest costs at least.
import { hopAt, type Tables } from "./tables.ts";

/** Prices that make a relaxation of a constraint over stages: per byte resident on a processor's nodes, and per stage on it. Cost units. */
export type Prices = { perByte: Float64Array; perStage: Float64Array };

export function noPrices(tables: Tables): Prices {
  return { perByte: new Float64Array(tables.processorPlace.length), perStage: new Float64Array(tables.processorPlace.length) };
}

export type Relaxation = {
  /** Of the cheapest walk, prices included, without the constant. Infinity = no walk. */
  value: number;
  /** First processor of the cheapest walk, −1 without one. */
  first: number;
  /** start[p × (last + 1) + c]: cost from a stage that starts on p at c to the answer. Without the hop that leads there. */
  start: Float64Array;
  /** after[p × (last + 1) + c]: cost from the end of a stage on p at c (not counted) to the answer. */
  after: Float64Array;
  /** Where the stage that starts on p at c ends, and which processor follows one that ends on p at c (−1 = the answer leaves). */
  stageEnd: Int32Array;
  following: Int32Array;
};

export function relax(tables: Tables, prices: Prices | null): Relaxation {
  const { last, placeCount } = tables;
  const processorCount = tables.processorPlace.length;
  const width = last + 1;
  const start = new Float64Array(processorCount * width).fill(Number.POSITIVE_INFINITY);
  const after = new Float64Array(processorCount * width).fill(Number.POSITIVE_INFINITY);
  const stageEnd = new Int32Array(processorCount * width).fill(-1);
  const following = new Int32Array(processorCount * width).fill(-1);
  const queue = new Int32Array(processorCount * width);
  const keys = new Float64Array(processorCount * width);
  const head = new Int32Array(processorCount);
  const tail = new Int32Array(processorCount);
  const bestStart = new Float64Array(placeCount);
  const bestProcessor = new Int32Array(placeCount);
  const onward = new Float64Array(placeCount);
  const onwardProcessor = new Int32Array(placeCount);
  const starting = Int32Array.from({ length: placeCount }, (_, place) => place);
  for (let at = last; at >= 0; at--) {
    if (at < last) {
      bestStart.fill(Number.POSITIVE_INFINITY);
      for (let p = 0; p < processorCount; p++) {
        const base = p * width;
        const until = tables.until[p]![at]!;
        if (until <= at) continue;
        let front = head[p]!;
        const end = tail[p]!;
        // Entries run from the largest end to the smallest; those beyond reach leave for good.
        while (front < end && queue[base + front]! > until) front++;
        head[p] = front;
        if (front >= end) continue;
        const to = queue[base + front]!;
        const perByte = prices ? prices.perByte[p]! : 0;
        const cost = keys[base + front]! + tables.costs.fixed[p]! - tables.before[p]![at]! - perByte * tables.resident[p]![at]! + (prices ? perByte * tables.instance.processors[p]!.stageBytes + prices.perStage[p]! : 0);
        start[base + at] = cost;
        stageEnd[base + at] = to;
        const place = tables.processorPlace[p]!;
        if (cost < bestStart[place]!) {
          bestStart[place] = cost;
          bestProcessor[place] = p;
        }
      }
      if (at === 0) break;
      hopOnward(tables, at, { bestStart, bestProcessor, onward, onwardProcessor, starting });
    }
    for (let p = 0; p < processorCount; p++) {
      const place = tables.processorPlace[p]!;
      const base = p * width;
      let cost: number;
      let next = -1;
      if (at === last) cost = hopAt(tables, place, tables.sink, last);
      else {
        cost = onward[place]!;
        next = onwardProcessor[place]!;
        if (tables.placeProcessors[place]!.length > 1) {
          const within = withinPlace(tables, p, at, start, width);
          if (within.cost < cost) {
            cost = within.cost;
            next = within.processor;
          }
        }
      }
      if (cost === Number.POSITIVE_INFINITY || tables.mayEnd[p]![at] === 0) continue;
      after[base + at] = cost;
      following[base + at] = next;
      const key = cost + tables.upTo[p]![at]! + (prices ? prices.perByte[p]! * tables.resident[p]![at]! : 0);
      let end = tail[p]!;
      while (end > head[p]! && keys[base + end - 1]! >= key) end--;
      queue[base + end] = at;
      keys[base + end] = key;
      tail[p] = end + 1;
    }
  }
  return { ...cheapestFirst(tables, start, width), start, after, stageEnd, following };
}

type Onward = { bestStart: Float64Array; bestProcessor: Int32Array; onward: Float64Array; onwardProcessor: Int32Array; /** All places, kept in order of `bestStart` from position to position. */ starting: Int32Array };

/**
 * For each place: the cheapest other place to go on at, hop included. The inner loop of everything: places are tried in order of what the rest costs from there,
 * until that and the cheapest conceivable hop are dearer than what is found.
 */
function hopOnward(tables: Tables, at: number, { bestStart, bestProcessor, onward, onwardProcessor, starting }: Onward): void {
  const { placeCount, hopMaxBytes } = tables;
  const { hopPerByte, hopPerByte2 } = tables.costs;
  const fixed = tables.hopFixed[tables.tainted[at]!]!;
  const bytes = tables.bytes[at]!;
  const bytes2 = bytes * bytes;
  const floors = tables.hopFloors(bytes, tables.tainted[at]!);
  sortBy(starting, bestStart);
  for (let from = 0; from < placeCount; from++) {
    onward[from] = Number.POSITIVE_INFINITY;
    if (!endsAt(tables, from, at)) continue;
    const row = from * placeCount;
    const floor = floors[from]!;
    let best = Number.POSITIVE_INFINITY;
    let bestTo = -1;
    for (let index = 0; index < placeCount; index++) {
      const to = starting[index]!;
      const rest = bestStart[to]!;
      if (rest + floor >= best) break;
      const cost = rest + fixed[row + to]! + bytes * hopPerByte[row + to]! + bytes2 * hopPerByte2[row + to]!;
      if (cost < best && to !== from && bytes <= hopMaxBytes[row + to]!) {
        best = cost;
        bestTo = to;
      }
    }
    onward[from] = best;
    onwardProcessor[from] = bestTo < 0 ? -1 : bestProcessor[bestTo]!;
  }
}

/** Insertion sort: the order hardly changes from one position to the next. Equals keep their order by number, so that the answer is the same each time. */
function sortBy(places: Int32Array, keys: Float64Array): void {
  for (let index = 1; index < places.length; index++) {
    const place = places[index]!;
    const key = keys[place]!;
    let to = index;
    while (to > 0 && (keys[places[to - 1]!]! > key || (keys[places[to - 1]!] === key && places[to - 1]! > place))) {
      places[to] = places[to - 1]!;
      to--;
    }
    places[to] = place;
  }
}

/** Whether some stage at the place may end there. */
function endsAt(tables: Tables, place: number, at: number): boolean {
  for (const p of tables.placeProcessors[place]!) if (tables.mayEnd[p]![at] === 1) return true;
  return false;
}

/** The next stage on the same place, on other silicon. */
function withinPlace(tables: Tables, p: number, at: number, start: Float64Array, width: number): { cost: number; processor: number } {
  const place = tables.processorPlace[p]!;
  const unit = tables.instance.processors[p]!.unit;
  let best = Number.POSITIVE_INFINITY;
  let processor = -1;
  for (const other of tables.placeProcessors[place]!) {
    if (tables.instance.processors[other]!.unit === unit) continue;
    if (start[other * width + at]! < best) {
      best = start[other * width + at]!;
      processor = other;
    }
  }
  if (processor < 0) return { cost: best, processor };
  return { cost: best + hopAt(tables, place, place, at), processor };
}

function cheapestFirst(tables: Tables, start: Float64Array, width: number): { value: number; first: number } {
  let value = Number.POSITIVE_INFINITY;
  let first = -1;
  for (let p = 0; p < tables.processorPlace.length; p++) {
    const place = tables.processorPlace[p]!;
    if (tables.firstPlace >= 0 && place !== tables.firstPlace) continue;
    const cost = start[p * width]! + hopAt(tables, tables.source, place, 0);
    if (cost < value) {
      value = cost;
      first = p;
    }
  }
  return { value, first };
}

/** The walk that attains the relaxation's value, by position index. */
export function cheapestWalk(tables: Tables, relaxation: Relaxation): { processor: number; from: number; to: number }[] {
  const width = tables.last + 1;
  const walk: { processor: number; from: number; to: number }[] = [];
  let processor = relaxation.first;
  let from = 0;
  while (processor >= 0 && from < tables.last) {
    const to = relaxation.stageEnd[processor * width + from]!;
    if (to <= from) break;
    walk.push({ processor, from, to });
    processor = relaxation.following[processor * width + to]!;
    from = to;
  }
  return walk;
}
