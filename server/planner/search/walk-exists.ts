// Whether any walk over processors keeps each of its stages and hops, one by one, busy for T at most: the relaxation of `priced-walk.ts` without prices. Nothing is compared,
// so the first way onward that holds will do: mostly O(positions × places), where the cheapest one takes O(positions × places²).
import { type BottleneckTables, hopHolds } from "./bottleneck-tables.ts";
import { windowsUnder } from "./priced-walk.ts";

/** A quotient and a product round apart; beyond this no hop holds. */
const ROUNDING = 1e-12;

/** False: no plan is busy for `capMs` at most. */
export function walkExists(tables: BottleneckTables, capMs: number): boolean {
  const { instance, last, placeCount, processorCount, processorPlace, placeProcessors } = tables;
  const until = windowsUnder(tables, capMs);
  const sink = instance.sink < 0 ? instance.source : instance.sink;
  const answers = (place: number) => (sink >= 0 ? hopHolds(tables, { from: place, to: sink, at: last }, capMs) : instance.places.some((_, to) => hopHolds(tables, { from: place, to, at: last }, capMs)));
  /** By processor: the nearest position ahead where a stage on it may end. */
  const nearestEnd = Int32Array.from(processorPlace, (place) => (answers(place) ? last : last + 1));
  const starts = (p: number, at: number) => nearestEnd[p]! <= until[p]![at]!;
  const open = new Int32Array(placeCount);
  /** By place: which of the open ones led onward last, tried first. */
  const hint = new Int32Array(placeCount);
  const onward = new Int32Array(placeCount);
  const mostBytes = mostOnward(tables, capMs);
  const { way } = instance.hops;
  for (let at = last - 1; at > 0; at--) {
    let count = 0;
    for (let place = 0; place < placeCount; place++) if (placeProcessors[place]!.some((p) => starts(p, at))) open[count++] = place;
    if (count === 0) continue;
    const needed = 1 + tables.tainted[at]!;
    const bytes = tables.bytes[at]!;
    for (let place = 0; place < placeCount; place++) {
      onward[place] = -1;
      if (bytes > mostBytes[needed - 1]![place]!) continue;
      const row = place * placeCount;
      for (let step = 0; step < count && onward[place]! < 0; step++) {
        const index = hint[place]! + step < count ? hint[place]! + step : (hint[place]! + step) % count;
        const next = open[index]!;
        if (next === place || way[row + next]! < needed || bytes * tables.hopBusyPerByte[row + next]! > capMs) continue;
        onward[place] = next;
        hint[place] = index;
      }
    }
    // Those that start here are settled before any of them may end here.
    const ending = Uint8Array.from({ length: processorCount }, (_, p) => (onward[processorPlace[p]!]! >= 0 || changesUnit(p, at) ? 1 : 0));
    for (let p = 0; p < processorCount; p++) if (ending[p] === 1) nearestEnd[p] = at;
  }
  return instance.processors.some(({ place }, p) => starts(p, 0) && hopHolds(tables, { from: instance.source < 0 ? place : instance.source, to: place, at: 0 }, capMs));

  /** A stage on another unit of the same place may follow. */
  function changesUnit(p: number, at: number): boolean {
    const place = processorPlace[p]!;
    const others = placeProcessors[place]!;
    return others.length > 1 && hopHolds(tables, { from: place, to: place, at }, capMs) && others.some((q) => instance.processors[q]!.unit !== instance.processors[p]!.unit && starts(q, at));
  }
}

/** By place, for clean values and for tainted ones: the most bytes that any hop from it may carry under the cap; −1 where none leads on. */
function mostOnward({ instance, hopBusyPerByte, placeCount }: BottleneckTables, capMs: number): [Float64Array, Float64Array] {
  const most: [Float64Array, Float64Array] = [new Float64Array(placeCount).fill(-1), new Float64Array(placeCount).fill(-1)];
  for (let from = 0; from < placeCount; from++) for (let to = 0; to < placeCount; to++) {
    if (to === from) continue;
    const perByteMs = hopBusyPerByte[from * placeCount + to]!;
    const bytes = perByteMs > 0 ? (capMs / perByteMs) * (1 + ROUNDING) : Number.POSITIVE_INFINITY;
    for (let level = 0; level < instance.hops.way[from * placeCount + to]!; level++) most[level]![from] = Math.max(most[level]![from]!, bytes);
  }
  return most;
}
