// Owns the tables that the throughput search runs on: the instance cut down to its legal positions, how far a stage may reach by memory and permission,
// and how busy a hop keeps its slowest link. Nothing here depends on the cap T that the search bisects.
// Positions are indices: c stands for position `positions[c]` of the instance; 0 and `last` are the model's ends.
import type { Instance, SearchStage } from "../instance.ts";
import { mapDistinct } from "./map-distinct.ts";
import { largestBetween, memoryReach } from "./memory-reach.ts";

export type BottleneckTables = {
  instance: Instance;
  positions: Int32Array;
  last: number;
  placeCount: number;
  processorCount: number;
  processorPlace: Int32Array;
  placeProcessors: readonly (readonly number[])[];
  /** Busy milliseconds per request on the busiest member of the place, per millisecond of stage time. */
  busyPerMs: Float64Array;
  upTo: Float64Array[];
  before: Float64Array[];
  /** The least `upTo` from a position on, and the largest `before` up to it: where terms at the cuts make times fall, windows cover the hole. */
  leastUpTo: Float64Array[];
  largestBefore: Float64Array[];
  resident: Float64Array[];
  /** until[p][c]: largest end of a stage by itself, by memory, permission and layers that must keep apart; c = none may start there. Never falls with c. */
  until: Int32Array[];
  /** since[p][c]: smallest start of a stage that ends at c; c = none may end there. Never falls with c. */
  since: Int32Array[];
  bytes: Float64Array;
  /** 1 where tainted values cross. */
  tainted: Uint8Array;
  /** Row-major over places: milliseconds per byte on the slowest link of the hop; 0 within a node. */
  hopBusyPerByte: Float64Array;
};

/** 1 where the cut may be; length last + 1. */
export type CutSet = Uint8Array;

export function bottleneckTables(instance: Instance): BottleneckTables {
  const { hops, processors } = instance;
  const positions = Int32Array.from({ length: instance.layerCount + 1 }, (_, j) => j).filter((j) => j === 0 || j === instance.layerCount || instance.legal[j] === 1);
  const pick = (values: ArrayLike<number>) => Float64Array.from(positions, (j) => values[j]!);
  // Processors of one kind share their arrays, so each is cut down once.
  const resident = mapDistinct(processors.map((processor) => processor.residentBytes), pick);
  const workspace = mapDistinct(processors.map((processor) => processor.workspaceBytes), (values) => largestBetween(values, positions));
  const upTo = mapDistinct(processors.map((processor) => processor.upToMs), pick);
  const before = mapDistinct(processors.map((processor) => processor.beforeMs), pick);
  const until = processors.map((_, p) => untilByMemory(instance, p, positions, { resident: resident[p]!, workspace: workspace[p]! }));
  return {
    instance,
    positions,
    last: positions.length - 1,
    placeCount: instance.places.length,
    processorCount: processors.length,
    processorPlace: Int32Array.from(processors, (processor) => processor.place),
    placeProcessors: instance.places.map((_, place) => processors.flatMap((processor, p) => (processor.place === place ? [p] : []))),
    busyPerMs: Float64Array.from(processors, (processor) => Math.max(...instance.places[processor.place]!.share) / processor.streams),
    upTo,
    before,
    leastUpTo: mapDistinct(upTo, leastOnward),
    largestBefore: mapDistinct(before, largestSoFar),
    resident,
    until,
    since: until.map(inverse),
    bytes: pick(instance.crossingBytes),
    tainted: Uint8Array.from(positions, (j) => instance.tainted[j]!),
    hopBusyPerByte: Float64Array.from(hops.links, (links) => links.reduce((most, link) => Math.max(most, hops.linkPerByteMs[link]!), 0)),
  };
}

/** Where requests enter and answers leave for a chain that begins at `firstPlace`. */
export function endsOf(tables: BottleneckTables, firstPlace: number): { source: number; sink: number } {
  const source = tables.instance.source < 0 ? firstPlace : tables.instance.source;
  return { source, sink: tables.instance.sink < 0 ? source : tables.instance.sink };
}

/** Whether a hop between two places may be taken at position index c and keeps each of its links busy for capMs at most, by itself. */
export function hopHolds(tables: BottleneckTables, hop: { from: number; to: number; at: number }, capMs: number): boolean {
  const index = hop.from * tables.placeCount + hop.to;
  const way = tables.instance.hops.way[index]!;
  if (way === 0 || (way === 1 && tables.tainted[hop.at] === 1)) return false;
  return tables.bytes[hop.at]! * tables.hopBusyPerByte[index]! <= capMs;
}

/** Stage time within which processor p keeps its nodes busy for capMs at most, less what every stage on it pays, milliseconds. */
export function stageCapMs(tables: BottleneckTables, p: number, capMs: number): number {
  return capMs / tables.busyPerMs[p]! - tables.instance.processors[p]!.stageMs;
}

export function stagesOf(tables: BottleneckTables, order: readonly number[], cuts: readonly number[]): SearchStage[] {
  return order.map((processor, s) => ({ processor, from: tables.positions[s === 0 ? 0 : cuts[s - 1]!]!, to: tables.positions[cuts[s]!]! }));
}

function leastOnward(values: Float64Array): Float64Array {
  const least = values.slice();
  for (let c = least.length - 2; c >= 0; c--) if (least[c]! > least[c + 1]!) least[c] = least[c + 1]!;
  return least;
}

function largestSoFar(values: Float64Array): Float64Array {
  const largest = values.slice();
  for (let c = 1; c < largest.length; c++) if (largest[c]! < largest[c - 1]!) largest[c] = largest[c - 1]!;
  return largest;
}

function untilByMemory(instance: Instance, p: number, positions: Int32Array, tables: { resident: Float64Array; workspace: Float64Array }): Int32Array {
  const processor = instance.processors[p]!;
  const freeBytes = Math.min(...instance.places[processor.place]!.nodes.map((node) => instance.nodes[node]!.freeBytes)) - processor.stageBytes;
  const memory = memoryReach(freeBytes, tables.resident, tables.workspace);
  const last = positions.length - 1;
  const until = new Int32Array(last + 1);
  let end = 0;
  let allowed = 0;
  for (let start = 0; start <= last; start++) {
    const from = positions[start]!;
    const furthest = start === last ? from : Math.min(processor.allowedUntil[from]!, apartUntil(instance, from));
    while (allowed < last && positions[allowed + 1]! <= furthest) allowed++;
    // What one start may reach later ones are said to reach too: windows that cover more are still a relaxation.
    end = Math.max(end, start, positions[allowed]! <= furthest ? Math.min(memory[start]!, allowed) : start);
    until[start] = end;
  }
  return until;
}

/** Largest end of a stage from layer `from` on that holds no two layers which must keep apart. */
function apartUntil(instance: Instance, from: number): number {
  let until = instance.layerCount;
  for (const { first, second } of instance.apart) {
    if (from >= first.to || from >= second.to) continue;
    until = Math.min(until, Math.max(from, first.from, second.from));
  }
  return until;
}

function inverse(until: Int32Array): Int32Array {
  const since = new Int32Array(until.length);
  let start = 0;
  for (let end = 0; end < until.length; end++) {
    while (start < end && until[start]! < end) start++;
    since[end] = start;
  }
  return since;
}
