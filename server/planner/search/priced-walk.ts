// Owns the relaxation of "is there a plan whose every node and link is busy for T at most": a walk over processors, each stage and hop within T by itself,
// and the sums over stages (busy time of a node or link, its memory, stages, latency) priced instead of kept. Every plan that meets T uses each resource
// for 1 at most, relative to its limit, so no plan meets T if even the cheapest walk costs more than the prices add up to.
import type { BottleneckTables } from "./bottleneck-tables.ts";

/** Prices, each for using a resource up to its limit. */
export type ResourcePrices = {
  nodeBusy: Float64Array;
  linkBusy: Float64Array;
  nodeBytes: Float64Array;
  /** Of a node's one stage; zero unless nodes may serve one only. */
  nodeOnce: Float64Array;
  stages: number;
  latency: number;
};

/** Prices by processor and pair of places: what one more stage, millisecond, byte costs. */
export type UnitPrices = { perStage: Float64Array; perMs: Float64Array; perResidentByte: Float64Array; hopFixed: Float64Array; hopPerByte: Float64Array };

export type PricedWalk = {
  /** Of the cheapest walk; Infinity = none: no plan meets T. */
  value: number;
  /** after[p × (last + 1) + c]: the least price from the end of a stage on p at c to the answer. */
  after: Float64Array;
  /** start[p × (last + 1) + c]: the least price from the start of a stage on p at c, without the hop that leads there. */
  start: Float64Array;
  first: number;
  stageEnd: Int32Array;
  following: Int32Array;
};

export function unitPrices(tables: BottleneckTables, prices: ResourcePrices, capMs: number): UnitPrices {
  const { instance, placeCount } = tables;
  const { hops, limits, nodes } = instance;
  const perLatencyMs = Number.isFinite(limits.latencyMs) ? prices.latency / limits.latencyMs : 0;
  const perStage = prices.stages / limits.maxStages || 0;
  const unit = (price: number, limit: number) => (price > 0 && limit > 0 && limit < Number.POSITIVE_INFINITY ? price / limit : 0);
  const byPlace = instance.places.map((place) => ({
    busy: place.nodes.reduce((sum, node, index) => sum + unit(prices.nodeBusy[node]!, capMs) * place.share[index]!, 0),
    byte: place.nodes.reduce((sum, node) => sum + unit(prices.nodeBytes[node]!, nodes[node]!.freeBytes), 0),
    once: place.nodes.reduce((sum, node) => sum + prices.nodeOnce[node]!, 0),
  }));
  const ofProcessor = (make: (place: (typeof byPlace)[number], p: number) => number) => Float64Array.from({ length: tables.processorCount }, (_, p) => make(byPlace[tables.processorPlace[p]!]!, p));
  return {
    perStage: ofProcessor((place, p) => perStage + place.once + place.byte * instance.processors[p]!.stageBytes),
    perMs: ofProcessor((place, p) => place.busy / instance.processors[p]!.streams + perLatencyMs),
    perResidentByte: ofProcessor((place) => place.byte),
    hopFixed: Float64Array.from({ length: placeCount * placeCount }, (_, index) => hops.fixedMs[index]! * perLatencyMs),
    hopPerByte: Float64Array.from({ length: placeCount * placeCount }, (_, index) => hops.perByteMs[index]! * perLatencyMs + hops.links[index]!.reduce((sum, link) => sum + unit(prices.linkBusy[link]!, capMs) * hops.linkPerByteMs[link]!, 0)),
  };
}

/** `until` is by `windowsUnder` for the same T. Backwards over positions, sliding-window minima: O(positions × places²). */
export function pricedWalk(tables: BottleneckTables, walk: { prices: UnitPrices; capMs: number; until: readonly Int32Array[] }): PricedWalk {
  const { last, placeCount, processorCount } = tables;
  const { prices, capMs } = walk;
  const width = last + 1;
  const size = processorCount * width;
  const result: PricedWalk = {
    value: Number.POSITIVE_INFINITY,
    after: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
    start: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
    first: -1,
    stageEnd: new Int32Array(size).fill(-1),
    following: new Int32Array(size).fill(-1),
  };
  const queues: Queues = { at: new Int32Array(size), keys: new Float64Array(size), head: new Int32Array(processorCount), tail: new Int32Array(processorCount) };
  const maxBytes = tables.hopBusyPerByte.map((perByteMs) => (perByteMs > 0 ? capMs / perByteMs : Number.POSITIVE_INFINITY));
  const best = { start: new Float64Array(placeCount), processor: new Int32Array(placeCount), byStart: Int32Array.from({ length: placeCount }, (_, place) => place), onward: new Float64Array(placeCount), onwardProcessor: new Int32Array(placeCount) };
  for (let at = last; at >= 0; at--) {
    if (at < last) {
      startStages(tables, { ...walk, result, queues, best }, at);
      if (at === 0) break;
      hopOnward(tables, { prices, maxBytes, best }, at);
    }
    for (let p = 0; p < processorCount; p++) endStage(tables, { prices, maxBytes, result, queues, best }, p, at);
  }
  chooseFirst(tables, { prices, maxBytes, result });
  return result;
}

type Queues = { at: Int32Array; keys: Float64Array; head: Int32Array; tail: Int32Array };
type Best = { start: Float64Array; processor: Int32Array; byStart: Int32Array; onward: Float64Array; onwardProcessor: Int32Array };

function startStages(tables: BottleneckTables, state: { prices: UnitPrices; until: readonly Int32Array[]; result: PricedWalk; queues: Queues; best: Best }, at: number): void {
  const { prices, result, queues, best } = state;
  const width = tables.last + 1;
  best.start.fill(Number.POSITIVE_INFINITY);
  for (let p = 0; p < tables.processorCount; p++) {
    const base = p * width;
    const until = state.until[p]![at]!;
    let front = queues.head[p]!;
    const end = queues.tail[p]!;
    // Entries run from the largest end to the smallest; those beyond reach leave for good, as the window never grows again.
    while (front < end && queues.at[base + front]! > until) front++;
    queues.head[p] = front;
    if (front >= end || until <= at) continue;
    const price = queues.keys[base + front]! + prices.perStage[p]! + prices.perMs[p]! * (tables.instance.processors[p]!.stageMs - tables.before[p]![at]!) - prices.perResidentByte[p]! * tables.resident[p]![at]!;
    result.start[base + at] = price;
    result.stageEnd[base + at] = queues.at[base + front]!;
    const place = tables.processorPlace[p]!;
    if (price < best.start[place]!) {
      best.start[place] = price;
      best.processor[place] = p;
    }
  }
}

/** For each place the cheapest other place to go on at. The inner loop of everything: places by price, so that it ends where no hop can make up for the rest. */
function hopOnward(tables: BottleneckTables, state: { prices: UnitPrices; maxBytes: Float64Array; best: Best }, at: number): void {
  const { placeCount } = tables;
  const { hopFixed, hopPerByte } = state.prices;
  const { start, processor, byStart, onward, onwardProcessor } = state.best;
  const { way } = tables.instance.hops;
  const bytes = tables.bytes[at]!;
  const needed = 1 + tables.tainted[at]!;
  const open = sortByStart(byStart, start);
  for (let from = 0; from < placeCount; from++) {
    const row = from * placeCount;
    let least = Number.POSITIVE_INFINITY;
    let to = -1;
    for (let index = 0; index < open; index++) {
      const next = byStart[index]!;
      if (start[next]! >= least) break;
      const price = start[next]! + hopFixed[row + next]! + bytes * hopPerByte[row + next]!;
      if (price < least && next !== from && bytes <= state.maxBytes[row + next]! && way[row + next]! >= needed) {
        least = price;
        to = next;
      }
    }
    onward[from] = least;
    onwardProcessor[from] = to < 0 ? -1 : processor[to]!;
  }
}

/** Ascending, from the order of the position before, which is nearly it. Returns how many places have a start at all. */
function sortByStart(places: Int32Array, start: Float64Array): number {
  for (let index = 1; index < places.length; index++) {
    const place = places[index]!;
    const price = start[place]!;
    let at = index - 1;
    while (at >= 0 && start[places[at]!]! > price) {
      places[at + 1] = places[at]!;
      at--;
    }
    places[at + 1] = place;
  }
  let open = places.length;
  while (open > 0 && start[places[open - 1]!]! === Number.POSITIVE_INFINITY) open--;
  return open;
}

function endStage(tables: BottleneckTables, state: { prices: UnitPrices; maxBytes: Float64Array; result: PricedWalk; queues: Queues; best: Best }, p: number, at: number): void {
  const { prices, result, queues, best } = state;
  const width = tables.last + 1;
  const base = p * width;
  const place = tables.processorPlace[p]!;
  let price = at === tables.last ? answerPrice(tables, state, place) : best.onward[place]!;
  let next = at === tables.last ? -1 : best.onwardProcessor[place]!;
  if (at < tables.last && tables.placeProcessors[place]!.length > 1) {
    const hop = hopPrice(tables, state, { from: place, to: place, at });
    for (const other of tables.placeProcessors[place]!) {
      if (tables.instance.processors[other]!.unit === tables.instance.processors[p]!.unit || result.start[other * width + at]! + hop >= price) continue;
      price = result.start[other * width + at]! + hop;
      next = other;
    }
  }
  if (price === Number.POSITIVE_INFINITY) return;
  result.after[base + at] = price;
  result.following[base + at] = next;
  const key = price + prices.perMs[p]! * tables.upTo[p]![at]! + prices.perResidentByte[p]! * tables.resident[p]![at]!;
  let end = queues.tail[p]!;
  while (end > queues.head[p]! && queues.keys[base + end - 1]! >= key) end--;
  queues.at[base + end] = at;
  queues.keys[base + end] = key;
  queues.tail[p] = end + 1;
}

function hopPrice(tables: BottleneckTables, state: { prices: UnitPrices; maxBytes: Float64Array }, hop: { from: number; to: number; at: number }): number {
  const index = hop.from * tables.placeCount + hop.to;
  const bytes = tables.bytes[hop.at]!;
  if (tables.instance.hops.way[index]! < 1 + tables.tainted[hop.at]! || bytes > state.maxBytes[index]!) return Number.POSITIVE_INFINITY;
  return state.prices.hopFixed[index]! + bytes * state.prices.hopPerByte[index]!;
}

/** Where answers leave at the place of the first stage, any place may be it. */
function answerPrice(tables: BottleneckTables, state: { prices: UnitPrices; maxBytes: Float64Array }, place: number): number {
  const sink = tables.instance.sink < 0 ? tables.instance.source : tables.instance.sink;
  if (sink >= 0) return hopPrice(tables, state, { from: place, to: sink, at: tables.last });
  let least = Number.POSITIVE_INFINITY;
  for (let to = 0; to < tables.placeCount; to++) least = Math.min(least, hopPrice(tables, state, { from: place, to, at: tables.last }));
  return least;
}

function chooseFirst(tables: BottleneckTables, state: { prices: UnitPrices; maxBytes: Float64Array; result: PricedWalk }): void {
  for (let p = 0; p < tables.processorCount; p++) {
    const place = tables.processorPlace[p]!;
    const from = tables.instance.source < 0 ? place : tables.instance.source;
    const price = state.result.start[p * (tables.last + 1)]! + hopPrice(tables, state, { from, to: place, at: 0 });
    if (price >= state.result.value) continue;
    state.result.value = price;
    state.result.first = p;
  }
}

/** until[p][c] under a cap on each stage. Where terms at the cuts make times fall as a stage grows, the window covers the hole: still a relaxation. */
export function windowsUnder(tables: BottleneckTables, capMs: number): Int32Array[] {
  const { last } = tables;
  return tables.until.map((limit, p) => {
    const cap = capMs / tables.busyPerMs[p]! - tables.instance.processors[p]!.stageMs;
    const largestBefore = tables.largestBefore[p]!;
    const leastUpTo = tables.leastUpTo[p]!;
    const until = new Int32Array(last + 1);
    let end = 0;
    for (let c = 0; c <= last; c++) {
      if (end < c) end = c;
      const most = limit[c]!;
      const latest = cap + largestBefore[c]!;
      while (end < most && leastUpTo[end + 1]! <= latest) end++;
      until[c] = Math.max(c, Math.min(end, most));
    }
    return until;
  });
}

/** The walk that attains the value, by position index. */
export function walkOf(tables: BottleneckTables, result: PricedWalk): { processor: number; from: number; to: number }[] {
  const width = tables.last + 1;
  const walk: { processor: number; from: number; to: number }[] = [];
  let processor = result.first;
  let from = 0;
  while (processor >= 0 && from < tables.last) {
    const to = result.stageEnd[processor * width + from]!;
    walk.push({ processor, from, to });
    processor = result.following[processor * width + to]!;
    from = to;
  }
  return walk;
}
