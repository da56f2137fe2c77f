// Owns the tables that the additive search runs on: the instance cut down to its legal positions, its costs in one unit, and how far a stage may reach.
// Positions here are *places to cut*: index c stands for position `positions[c]` of the instance; 0 and `last` are the model's ends.
import type { Instance, SearchStage } from "../instance.ts";
import { type AdditiveCosts, additiveCosts } from "./additive-costs.ts";
import { mapDistinct } from "./map-distinct.ts";
import { largestBetween } from "./memory-reach.ts";
import type { SearchRequest } from "./solver.ts";
import { stageReach } from "./stage-reach.ts";

export type Tables = {
  instance: Instance;
  positions: Int32Array;
  /** Index of the model's end = number of stretches between legal positions. */
  last: number;
  placeCount: number;
  processorPlace: Int32Array;
  /** Processors of each place. */
  placeProcessors: number[][];
  costs: AdditiveCosts;
  /** Costs by position index. */
  upTo: Float64Array[];
  before: Float64Array[];
  resident: Float64Array[];
  /** Largest workspace of the layers between position index c and c + 1, by processor, bytes. */
  workspace: Float64Array[];
  bytes: Float64Array;
  tainted: Uint8Array;
  /** hopFixed[0]: for clean values, hopFixed[1]: for tainted ones; Infinity = may not be taken. */
  hopFixed: [Float64Array, Float64Array];
  /** By place, the least that any hop from it to another place costs which may carry so many bytes. Not to be changed. */
  hopFloors(bytes: number, tainted: number): Float64Array;
  /** Largest message that keeps each link of the hop within the bottleneck limit. */
  hopMaxBytes: Float64Array;
  /** until[p][c]: largest index at which a stage on p that starts at c may end by itself; c = none. Never falls with c. */
  until: Int32Array[];
  /** mayEnd[p][c]: 0 where no plan better than the best known ends a stage on p at c (see `fix-states.ts`). */
  mayEnd: Uint8Array[];
  /** Place a request comes from and goes back to; `firstPlace` ≥ 0 = the first stage must be there (requests enter where it runs). */
  source: number;
  sink: number;
  firstPlace: number;
};

/** `firstPlace` is needed where the instance has no source: requests then enter at the first stage's place. */
export function compileTables(request: Pick<SearchRequest, "instance" | "moving"> & { weights: Parameters<typeof additiveCosts>[1] }, firstPlace: number): Tables {
  const { instance } = request;
  const { hops, processors } = instance;
  const kept: number[] = [];
  for (let j = 0; j <= instance.layerCount; j++) if (j === 0 || j === instance.layerCount || instance.legal[j] === 1) kept.push(j);
  const positions = Int32Array.from(kept);
  const pick = (values: ArrayLike<number>) => Float64Array.from(positions, (j) => values[j]!);
  const costs = additiveCosts(instance, request.weights, request.moving);
  const source = instance.source < 0 ? firstPlace : instance.source;
  // Processors of one kind share their arrays, so each is cut down once.
  const resident = mapDistinct(processors.map((processor) => processor.residentBytes), pick);
  const workspace = mapDistinct(processors.map((processor) => processor.workspaceBytes), (values) => largestBetween(values, positions));
  const hopFixed: Tables["hopFixed"] = [costs.hopFixed.map((cost, index) => (hops.way[index] === 0 ? Number.POSITIVE_INFINITY : cost)), costs.hopFixed.map((cost, index) => (hops.way[index] === 2 ? cost : Number.POSITIVE_INFINITY))];
  const hopMaxBytes = Float64Array.from(hops.links, (links) => links.reduce((most, link) => Math.min(most, instance.limits.bottleneckMs / hops.linkPerByteMs[link]!), Number.POSITIVE_INFINITY));
  return {
    instance,
    positions,
    last: positions.length - 1,
    placeCount: instance.places.length,
    processorPlace: Int32Array.from(processors, (processor) => processor.place),
    placeProcessors: instance.places.map((_, place) => processors.flatMap((processor, p) => (processor.place === place ? [p] : []))),
    costs,
    upTo: costs.upTo.map(pick),
    before: costs.before.map(pick),
    resident,
    workspace,
    bytes: pick(instance.crossingBytes),
    tainted: Uint8Array.from(positions, (j) => instance.tainted[j]!),
    hopFixed,
    hopFloors: hopFloors({ hopFixed, hopMaxBytes, placeCount: instance.places.length, costs }),
    hopMaxBytes,
    until: processors.map((_, p) => stageReach(instance, p, positions, { resident: resident[p]!, workspace: workspace[p]! })),
    mayEnd: processors.map(() => new Uint8Array(positions.length).fill(1)),
    source,
    sink: instance.sink < 0 ? source : instance.sink,
    firstPlace: instance.source < 0 ? firstPlace : -1,
  };
}

/** Cost of the hop between two places at position index `at`; Infinity where it may not be taken. */
export function hopAt(tables: Tables, from: number, to: number, at: number): number {
  const index = from * tables.placeCount + to;
  const bytes = tables.bytes[at]!;
  if (bytes > tables.hopMaxBytes[index]!) return Number.POSITIVE_INFINITY;
  return tables.hopFixed[tables.tainted[at]!]![index]! + bytes * tables.costs.hopPerByte[index]! + bytes * bytes * tables.costs.hopPerByte2[index]!;
}

export function toSearchStages(tables: Tables, stages: readonly { processor: number; from: number; to: number }[]): SearchStage[] {
  return stages.map((stage) => ({ processor: stage.processor, from: tables.positions[stage.from]!, to: tables.positions[stage.to]! }));
}

/** Values of few sizes cross a model's cuts, so each size is worked out once. */
function hopFloors(tables: Pick<Tables, "hopFixed" | "hopMaxBytes" | "placeCount" | "costs">): Tables["hopFloors"] {
  const known = [new Map<number, Float64Array>(), new Map<number, Float64Array>()];
  return (bytes, tainted) => {
    const found = known[tainted]!.get(bytes);
    if (found) return found;
    const floors = leastOnward(tables, bytes, tainted);
    known[tainted]!.set(bytes, floors);
    return floors;
  };
}

function leastOnward({ hopFixed, hopMaxBytes, placeCount, costs }: Pick<Tables, "hopFixed" | "hopMaxBytes" | "placeCount" | "costs">, bytes: number, tainted: number): Float64Array {
  return Float64Array.from({ length: placeCount }, (_, from) => {
    let least = Number.POSITIVE_INFINITY;
    for (let to = 0; to < placeCount; to++) {
      const index = from * placeCount + to;
      if (to !== from && bytes <= hopMaxBytes[index]!) least = Math.min(least, hopFixed[tainted]![index]! + bytes * costs.hopPerByte[index]! + bytes * bytes * costs.hopPerByte2[index]!);
    }
    return least;
  });
}
