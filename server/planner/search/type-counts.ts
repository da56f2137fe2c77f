// Owns PipeEdge's exact programme over counts of interchangeable nodes (Hu et al., DSD 2022), as a decision under a cap T: for each count vector and last place the
// set of positions that may be reached. Nodes serve one stage each here; where they may serve several, it finds the best plan that does not use it.
import type { SearchStage } from "../instance.ts";
import { type BottleneckTables, hopHolds, stageCapMs } from "./bottleneck-tables.ts";
import { stageEnds } from "./order-cuts.ts";

export type TypeCounts = {
  /** Place that stands for each type of place, and the node classes it takes (with how many of each). */
  representative: number[];
  /** All places of the type: hops within a type go from the first to the second. */
  members: number[][];
  takes: Int32Array[];
  counts: Int32Array;
  /** Mixed radix: weight of each class in the index of a state. */
  weight: number[];
  states: number;
  /** Steps of one decision, about. */
  work: number;
};

export function typeCounts(tables: BottleneckTables, classes: Int32Array): TypeCounts {
  const { places } = tables.instance;
  const classCount = classes.reduce((most, value) => Math.max(most, value + 1), 0);
  const counts = new Int32Array(classCount);
  for (const value of classes) counts[value]!++;
  const representative: number[] = [];
  const members: number[][] = [];
  const takes: Int32Array[] = [];
  for (const [place, { nodes }] of places.entries()) {
    const known = nodes.length === 1 ? representative.findIndex((other) => places[other]!.nodes.length === 1 && classes[places[other]!.nodes[0]!] === classes[nodes[0]!]) : -1;
    if (known >= 0) {
      members[known]!.push(place);
      continue;
    }
    const need = new Int32Array(classCount);
    for (const node of nodes) need[classes[node]!]!++;
    representative.push(place);
    members.push([place]);
    takes.push(need);
  }
  const weight: number[] = [];
  let states = 1;
  for (const count of counts) {
    weight.push(states);
    states *= count + 1;
  }
  const types = representative.length;
  return { representative, members, takes, counts, weight, states, work: states * types * (types + tables.processorCount / Math.max(1, places.length)) * (tables.last + 1) };
}

export type TypeCountResult = { stages: SearchStage[] | null; /** True: no plan with one stage per node is busy for T at most. */ impossible: boolean };

export function searchTypeCounts(tables: BottleneckTables, types: TypeCounts, capMs: number, stop: () => boolean): TypeCountResult {
  const { last } = tables;
  const { representative, states } = types;
  const typeCount = representative.length;
  const starts: (Uint8Array | undefined)[] = new Array(states * typeCount);
  const ends: (Uint8Array | undefined)[] = new Array(states * typeCount);
  const sink = tables.instance.sink < 0 ? tables.instance.source : tables.instance.sink;
  for (let type = 0; type < typeCount; type++) {
    const place = representative[type]!;
    if (!hopHolds(tables, { from: tables.instance.source < 0 ? place : tables.instance.source, to: place, at: 0 }, capMs)) continue;
    starts[stateOf(types, type) * typeCount + type] = Uint8Array.from({ length: last + 1 }, (_, c) => (c === 0 ? 1 : 0));
  }
  for (let state = 1; state < states; state++) {
    if ((state & 63) === 0 && stop()) return { stages: null, impossible: false };
    for (let type = 0; type < typeCount; type++) {
      const from = starts[state * typeCount + type];
      if (!from) continue;
      const reached = endsOfType(tables, representative[type]!, from, capMs);
      if (!reached) continue;
      ends[state * typeCount + type] = reached;
      if (reached[last] === 1 && (sink < 0 || hopHolds(tables, { from: representative[type]!, to: sink, at: last }, capMs))) {
        return { stages: realise(tables, types, trace(tables, types, { starts, ends, state, type }, capMs)), impossible: false };
      }
      passOn(tables, types, { starts, reached, state, type }, capMs);
    }
  }
  return { stages: null, impossible: true };
}

function stateOf(types: TypeCounts, type: number): number {
  return types.takes[type]!.reduce((sum, amount, index) => sum + amount * types.weight[index]!, 0);
}

function available(types: TypeCounts, state: number, type: number): boolean {
  return types.takes[type]!.every((amount, index) => amount === 0 || (Math.floor(state / types.weight[index]!) % (types.counts[index]! + 1)) + amount <= types.counts[index]!);
}

function endsOfType(tables: BottleneckTables, place: number, starts: Uint8Array, capMs: number): Uint8Array | null {
  let union: Uint8Array | null = null;
  for (const p of tables.placeProcessors[place]!) {
    const reached = stageEnds(tables, p, starts, capMs);
    if (!union) union = reached;
    else for (let c = 0; c < reached.length; c++) if (reached[c] === 1) union[c] = 1;
  }
  return union?.includes(1) ? union : null;
}

function hopBetween(types: TypeCounts, from: number, to: number): { from: number; to: number } {
  return { from: types.representative[from]!, to: from === to ? (types.members[to]![1] ?? types.representative[to]!) : types.representative[to]! };
}

function passOn(tables: BottleneckTables, types: TypeCounts, step: { starts: (Uint8Array | undefined)[]; reached: Uint8Array; state: number; type: number }, capMs: number): void {
  const typeCount = types.representative.length;
  const { last, bytes, tainted } = tables;
  const { reached } = step;
  const first = Math.max(1, reached.indexOf(1));
  const latest = Math.min(last - 1, reached.lastIndexOf(1));
  for (let next = 0; next < typeCount; next++) {
    if (!available(types, step.state, next)) continue;
    const { from, to } = hopBetween(types, step.type, next);
    const hop = from * tables.placeCount + to;
    const way = tables.instance.hops.way[hop]!;
    if (way === 0) continue;
    const perByteMs = tables.hopBusyPerByte[hop]!;
    const index = (step.state + stateOf(types, next)) * typeCount + next;
    let known = step.starts[index];
    for (let c = first; c <= latest; c++) {
      if (reached[c] === 0 || (way !== 2 && tainted[c] === 1) || bytes[c]! * perByteMs > capMs) continue;
      known ??= step.starts[index] = new Uint8Array(last + 1);
      known[c] = 1;
    }
  }
}

type Traced = { type: number; processor: number; from: number; to: number };

/** Back from the end: any stage and any predecessor that hold will do. */
function trace(tables: BottleneckTables, types: TypeCounts, sets: { starts: (Uint8Array | undefined)[]; ends: (Uint8Array | undefined)[]; state: number; type: number }, capMs: number): Traced[] {
  const typeCount = types.representative.length;
  const chain: Traced[] = [];
  let { state, type } = sets;
  let to = tables.last;
  for (;;) {
    const stage = stageInto(tables, types.representative[type]!, { starts: sets.starts[state * typeCount + type]!, to }, capMs);
    chain.unshift({ type, ...stage, to });
    const before = state - stateOf(types, type);
    if (stage.from === 0) return chain;
    to = stage.from;
    const previous = types.representative.findIndex((_, other) => sets.ends[before * typeCount + other]?.[to] === 1 && hopHolds(tables, { ...hopBetween(types, other, type), at: to }, capMs));
    state = before;
    type = previous;
  }
}

function stageInto(tables: BottleneckTables, place: number, target: { starts: Uint8Array; to: number }, capMs: number): { processor: number; from: number } {
  for (const p of tables.placeProcessors[place]!) {
    const cap = stageCapMs(tables, p, capMs);
    for (let from = tables.since[p]![target.to]!; from < target.to; from++) {
      if (target.starts[from] === 1 && tables.upTo[p]![target.to]! - tables.before[p]![from]! <= cap) return { processor: p, from };
    }
  }
  throw new Error("a reached end has a stage");
}

/** Types become places, in order of index. */
function realise(tables: BottleneckTables, types: TypeCounts, chain: readonly Traced[]): SearchStage[] {
  const used = new Int32Array(types.representative.length);
  return chain.map((stage) => {
    const ordinal = tables.placeProcessors[types.representative[stage.type]!]!.indexOf(stage.processor);
    const place = types.members[stage.type]![used[stage.type]!++]!;
    return { processor: tables.placeProcessors[place]![ordinal]!, from: tables.positions[stage.from]!, to: tables.positions[stage.to]! };
  });
}
