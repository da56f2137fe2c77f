// The relaxation from the front: what the cheapest walk to each state costs. With the one from the back it tells what the cheapest walk *through* a state costs.
import type { Prices } from "./relaxation.ts";
import { hopAt, type Tables } from "./tables.ts";

export type ForwardRelaxation = {
  /** arrive[p × (last + 1) + c]: cheapest way to be about to start a stage on p at c, hop included. */
  arrive: Float64Array;
  /** end[p × (last + 1) + c]: cheapest way to have ended a stage on p at c. */
  end: Float64Array;
};

export function relaxForward(tables: Tables, prices: Prices): ForwardRelaxation {
  const { last, placeCount } = tables;
  const processorCount = tables.processorPlace.length;
  const width = last + 1;
  const arrive = new Float64Array(processorCount * width).fill(Number.POSITIVE_INFINITY);
  const end = new Float64Array(processorCount * width).fill(Number.POSITIVE_INFINITY);
  const queue = new Int32Array(processorCount * width);
  const keys = new Float64Array(processorCount * width);
  const head = new Int32Array(processorCount);
  const tail = new Int32Array(processorCount);
  const bestEnd = new Float64Array(placeCount);
  const onward = new Float64Array(placeCount);
  for (let at = 0; at <= last; at++) {
    bestEnd.fill(Number.POSITIVE_INFINITY);
    if (at === 0) bestEnd[tables.source] = 0;
    for (let p = 0; at > 0 && p < processorCount; p++) {
      const base = p * width;
      let front = head[p]!;
      while (front < tail[p]! && tables.until[p]![queue[base + front]!]! < at) front++;
      head[p] = front;
      if (front === tail[p]! || tables.mayEnd[p]![at] === 0) continue;
      const cost = keys[base + front]! + tables.upTo[p]![at]! + prices.perByte[p]! * tables.resident[p]![at]!;
      end[base + at] = cost;
      const place = tables.processorPlace[p]!;
      if (cost < bestEnd[place]!) bestEnd[place] = cost;
    }
    if (at === last) break;
    hopForward(tables, at, bestEnd, onward);
    for (let p = 0; p < processorCount; p++) {
      if (tables.until[p]![at]! <= at) continue;
      const place = tables.processorPlace[p]!;
      if (at === 0 && tables.firstPlace >= 0 && place !== tables.firstPlace) continue;
      const base = p * width;
      const cost = at > 0 && tables.placeProcessors[place]!.length > 1 ? Math.min(onward[place]!, withinPlace(tables, p, at, end, width)) : onward[place]!;
      if (cost === Number.POSITIVE_INFINITY) continue;
      arrive[base + at] = cost;
      const key = cost + tables.costs.fixed[p]! - tables.before[p]![at]! + prices.perStage[p]! + prices.perByte[p]! * (tables.instance.processors[p]!.stageBytes - tables.resident[p]![at]!);
      let stop = tail[p]!;
      while (stop > head[p]! && keys[base + stop - 1]! >= key) stop--;
      queue[base + stop] = at;
      keys[base + stop] = key;
      tail[p] = stop + 1;
    }
  }
  return { arrive, end };
}

/** For each place: the cheapest way to get there from another (at the model's start: from the source, which may be itself). */
function hopForward(tables: Tables, at: number, bestEnd: Float64Array, onward: Float64Array): void {
  const { placeCount, hopMaxBytes } = tables;
  const { hopPerByte, hopPerByte2 } = tables.costs;
  const fixed = tables.hopFixed[tables.tainted[at]!]!;
  const bytes = tables.bytes[at]!;
  const bytes2 = bytes * bytes;
  onward.fill(Number.POSITIVE_INFINITY);
  for (let from = 0; from < placeCount; from++) {
    const base = bestEnd[from]!;
    if (base === Number.POSITIVE_INFINITY) continue;
    const row = from * placeCount;
    for (let to = 0; to < placeCount; to++) {
      const cost = base + fixed[row + to]! + bytes * hopPerByte[row + to]! + bytes2 * hopPerByte2[row + to]!;
      if (cost < onward[to]! && (to !== from || at === 0) && bytes <= hopMaxBytes[row + to]!) onward[to] = cost;
    }
  }
}

function withinPlace(tables: Tables, p: number, at: number, end: Float64Array, width: number): number {
  const place = tables.processorPlace[p]!;
  let best = Number.POSITIVE_INFINITY;
  for (const other of tables.placeProcessors[place]!) if (tables.instance.processors[other]!.unit !== tables.instance.processors[p]!.unit) best = Math.min(best, end[other * width + at]!);
  return best + hopAt(tables, place, place, at);
}
