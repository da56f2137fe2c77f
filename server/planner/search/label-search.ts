// Owns the exact search: best-first over partial plans, with the relaxation as the bound on the rest. Constraints over several stages are counted only
// where they have turned out to bind: when the most promising complete plan breaks one, that one joins and the search starts again (decremental
// state-space relaxation, Righini & Salani 2008). Exact when it ends; until then the least promise in the heap is a proven bound.
import { type Incumbent, TIE } from "./incumbent.ts";
import { createLabelBucket, joinBucket, type LabelBucket, loadOf, touchedOf } from "./label-bucket.ts";
import { createLabelHeap, type LabelHeap } from "./label-heap.ts";
import { createLabelStore, type LabelStore } from "./label-store.ts";
import type { PricedBound } from "./lagrangian.ts";
import type { Relaxation } from "./relaxation.ts";
import { hopOnLink, increment, type Resource, resourceOf, sameResource, touches } from "./resources.ts";
import { processorStageMs } from "../instance.ts";
import { hopAt, type Tables, toSearchStages } from "./tables.ts";
import { type TailLimit, tailLimit } from "./tail-limit.ts";
import { SLACK, type Violation } from "./violations.ts";

export type LabelSearchOptions = {
  plain: Relaxation;
  priced: PricedBound;
  incumbent: Incumbent;
  /** Least latency from a processor's end to the answer, where the instance limits latency and the objective is another; indexed like `Relaxation.after`. */
  latencyAfter: Float64Array | null;
  /** Resources counted from the start. */
  counted: Resource[];
  /** More labels than this would not fit in memory. */
  maxLabels: number;
  stop(): boolean;
};

/** "exact": nothing better than the incumbent exists. "stopped": time or memory ran out; bound holds. Costs without the tables' constant. */
export type LabelSearchResult = { state: "exact" | "stopped"; bound: number; counted: Resource[] };

export function labelSearch(tables: Tables, options: LabelSearchOptions): LabelSearchResult {
  const counted = [...options.counted];
  let bound = Math.max(options.plain.value, options.priced.bound);
  for (;;) {
    const round = searchRound(tables, options, counted);
    bound = Math.max(bound, round.bound);
    if (round.state !== "again") return { state: round.state, bound, counted };
    const before = counted.length;
    for (const violation of round.broken) {
      const resource = resourceOf(tables.instance, violation);
      if (resource && !counted.some((known) => sameResource(known, resource))) counted.push(resource);
    }
    // What it breaks is counted already (a hole in a window, or sums at the last digit): nothing more can be learnt.
    if (counted.length === before) return { state: "stopped", bound, counted };
  }
}

type Round = { tables: Tables; options: LabelSearchOptions; counted: Resource[]; byProcessor: number[][]; store: LabelStore; heap: LabelHeap; buckets: (LabelBucket | undefined)[]; /** Of what is used, for its sum; 0 for masks. */ weights: Float64Array; dominates: (a: number, b: number) => boolean; retire: (id: number) => void; limitStages: boolean; tail: TailLimit | null };

function searchRound(tables: Tables, options: LabelSearchOptions, counted: Resource[]): { state: "exact" | "stopped" | "again"; bound: number; broken: Violation[] } {
  const { instance, last } = tables;
  const store = createLabelStore(counted.length);
  const limitStages = instance.limits.minStages > 1 || instance.limits.maxStages < last;
  const round: Round = {
    tables,
    options,
    counted,
    byProcessor: instance.processors.map((_, q) => counted.flatMap((resource, index) => (touches(instance, q, resource) ? [index] : []))),
    store,
    heap: createLabelHeap(),
    buckets: [],
    weights: Float64Array.from(counted, ({ kind, limit }) => (kind === "apart" || !(limit > 0 && limit < Number.POSITIVE_INFINITY) ? 0 : 1 / limit)),
    dominates: domination({ store, counted, tables, limitStages }),
    retire: (id) => { store.dead[id] = 1; },
    tail: options.latencyAfter ? tailLimit(instance) : null,
    limitStages,
  };
  const { heap } = round;
  const root = store.add();
  store.processor[root] = -1;
  store.parent[root] = -1;
  heap.push(root, Number.NEGATIVE_INFINITY);
  let floor = Number.NEGATIVE_INFINITY;
  for (let popped = 0; ; popped++) {
    const top = heap.pop();
    const upper = upperBound(tables, options.incumbent);
    if (!top || top.key >= upper) return { state: "exact", bound: upper, broken: [] };
    if (store.dead[top.id] === 1) continue;
    floor = Math.max(floor, top.key);
    if (store.at[top.id] === last) {
      // Offered when it was made, and it broke something: the round can't tell what is best.
      const broken = options.incumbent.offer(toSearchStages(tables, pathOf(store, top.id)), "exact search") ?? [];
      if (broken.length === 0) continue;
      return { state: "again", bound: floor, broken };
    }
    if (store.count > options.maxLabels || ((popped & 63) === 63 && options.stop())) return { state: "stopped", bound: floor, broken: [] };
    expand(round, top.id, upper);
  }
}

function upperBound(tables: Tables, incumbent: Incumbent): number {
  const { cost } = incumbent.best();
  return cost === Number.POSITIVE_INFINITY ? cost : cost - tables.costs.constant - TIE * Math.abs(cost);
}

function expand(round: Round, id: number, upper: number): void {
  const { tables, options, store } = round;
  const { instance } = tables;
  const width = tables.last + 1;
  const at = store.at[id]!;
  const processor = store.processor[id]!;
  const place = processor < 0 ? tables.source : tables.processorPlace[processor]!;
  if (round.limitStages && store.stages[id]! >= instance.limits.maxStages) return;
  for (let q = 0; q < tables.processorPlace.length; q++) {
    const to = tables.processorPlace[q]!;
    if (processor < 0 && tables.firstPlace >= 0 && to !== tables.firstPlace) continue;
    if (processor >= 0 && to === place && instance.processors[processor]!.unit === instance.processors[q]!.unit) continue;
    const hop = hopAt(tables, place, to, at);
    const cost = store.cost[id]! + hop;
    const priced = store.priced[id]! + hop;
    if (cost + options.plain.start[q * width + at]! >= upper) continue;
    if (priced + options.priced.relaxation.start[q * width + at]! - options.priced.credit >= upper) continue;
    closeStages(round, { id, q, place, at, cost, priced }, upper);
  }
}

type Opening = { id: number; q: number; place: number; at: number; cost: number; priced: number };

/** Ends the opened stage at each position that may still lead to something better than `upper`. */
function closeStages(round: Round, opening: Opening, upper: number): void {
  const { tables, options, store, counted } = round;
  const { q, at } = opening;
  const processor = tables.instance.processors[q]!;
  const width = tables.last + 1;
  const until = tables.until[q]![at]!;
  const resident = tables.resident[q]!;
  const perByte = options.priced.prices.perByte[q]!;
  const fixed = tables.costs.fixed[q]! - tables.before[q]![at]!;
  const pricedFixed = fixed + options.priced.prices.perStage[q]! + perByte * (processor.stageBytes - resident[at]!);
  const mine = round.byProcessor[q]!;
  const hopMs = options.latencyAfter ? hopLatency(tables, opening.place, tables.processorPlace[q]!, at) : 0;
  const { after } = options.plain;
  const pricedAfter = options.priced.relaxation.after;
  let workspace = 0;
  for (let to = at + 1; to <= until; to++) {
    workspace = Math.max(workspace, tables.workspace[q]![to - 1]!);
    const cost = opening.cost + fixed + tables.upTo[q]![to]!;
    const priced = opening.priced + pricedFixed + tables.upTo[q]![to]! + perByte * resident[to]!;
    const promise = Math.max(cost + after[q * width + to]!, priced + pricedAfter[q * width + to]! - options.priced.credit);
    if (promise >= upper) continue;
    const latencyMs = options.latencyAfter ? store.latencyMs[opening.id]! + hopMs + processorStageMs(processor, tables.positions[at]!, tables.positions[to]!) : 0;
    const leastMs = options.latencyAfter ? latencyMs + options.latencyAfter[q * width + to]! + tables.instance.constantMs : 0;
    if (options.latencyAfter && leastMs > tables.instance.limits.latencyMs * SLACK) continue;
    const varianceMs2 = round.tail ? store.varianceMs2[opening.id]! + stageVariance(tables, opening, to) : 0;
    if (round.tail && !(to === tables.last ? round.tail.holds(leastMs, varianceMs2 + hopVariance(tables, tables.processorPlace[q]!, tables.sink, to)) : leastMs <= round.tail.latencyAtMost(varianceMs2))) continue;
    const bytes = processor.stageBytes + resident[to]! - resident[at]! + workspace;
    const child = store.add();
    store.at[child] = to;
    store.processor[child] = q;
    store.parent[child] = opening.id;
    store.stages[child] = store.stages[opening.id]! + 1;
    store.cost[child] = cost;
    store.priced[child] = priced;
    store.latencyMs[child] = latencyMs;
    store.varianceMs2[child] = varianceMs2;
    store.dead[child] = 0;
    const state = countResources(round, child, mine, { q, fromPlace: opening.place, from: at, to, bytes });
    if (state === "over" || !settle(round, child, promise)) {
      store.count--;
      // Memory only grows with the stage.
      if (state === "over" && mine.some((index) => counted[index]!.kind === "memory" && store.used[child * counted.length + index]! > counted[index]!.limit)) break;
    }
  }
}

function countResources(round: Round, child: number, mine: readonly number[], stage: { q: number; fromPlace: number; from: number; to: number; bytes: number }): "fits" | "over" {
  const { store, counted, tables } = round;
  const stride = counted.length;
  const parent = store.parent[child]!;
  for (let index = 0; index < stride; index++) store.used[child * stride + index] = store.used[parent * stride + index]!;
  for (const index of mine) {
    const resource = counted[index]!;
    const more = increment(tables, resource, stage);
    const slot = child * stride + index;
    store.used[slot] = resource.kind === "apart" ? store.used[slot]! | more : store.used[slot]! + more;
    if (store.used[slot]! > resource.limit) return "over";
    if (resource.kind === "link" && stage.to === tables.last && store.used[slot]! + hopOnLink(tables, resource.link, tables.processorPlace[stage.q]!, tables.sink, stage.to) > resource.limit) return "over";
  }
  return "fits";
}

/** Keeps the label unless an older one is at least as good in everything; retires those it beats. A complete plan is offered at once. */
function settle(round: Round, child: number, promise: number): boolean {
  const { tables, store, options } = round;
  const complete = store.at[child] === tables.last;
  if (complete) {
    if (store.stages[child]! < tables.instance.limits.minStages) return false;
    const broken = options.incumbent.offer(toSearchStages(tables, pathOf(store, child)), "exact search");
    if (broken === null || broken.length === 0) return false;
  }
  const key = store.processor[child]! * (tables.last + 1) + store.at[child]!;
  const bucket = round.buckets[key] ?? createLabelBucket();
  round.buckets[key] = bucket;
  const stride = round.counted.length;
  if (!joinBucket(bucket, { id: child, cost: store.cost[child]!, priced: store.priced[child]!, touched: touchedOf(store.used, child * stride, stride), load: loadOf(store.used, child * stride, round.weights) }, round.dominates, round.retire)) return false;
  round.heap.push(child, promise);
  return true;
}

/** Every completion of b is one of a, and no dearer: in cost and in priced cost (so that prices stay a bound), which the bucket has compared, and in all that is counted. */
function domination({ store, counted, tables, limitStages }: Pick<Round, "store" | "counted" | "tables" | "limitStages">): Round["dominates"] {
  const { minStages, maxStages } = tables.instance.limits;
  const mostCounts = limitStages && maxStages < tables.last;
  const stride = counted.length;
  const isMask = Uint8Array.from(counted, (resource) => Number(resource.kind === "apart"));
  return (a, b) => {
    const { used, latencyMs, varianceMs2, stages } = store;
    const [ownA, ownB] = [a * stride, b * stride];
    for (let index = 0; index < stride; index++) {
      const usedA = used[ownA + index]!;
      const usedB = used[ownB + index]!;
      if (isMask[index] === 1 ? (usedA & ~usedB) !== 0 : usedA > usedB) return false;
    }
    if (latencyMs[a]! > latencyMs[b]! || varianceMs2[a]! > varianceMs2[b]!) return false;
    if (mostCounts && stages[a]! > stages[b]!) return false;
    return !(limitStages && stages[a]! < stages[b]! && stages[a]! < minStages);
  };
}

function hopLatency(tables: Tables, from: number, to: number, at: number): number {
  const index = from * tables.placeCount + to;
  return tables.instance.hops.fixedMs[index]! + tables.bytes[at]! * tables.instance.hops.perByteMs[index]!;
}

/** Of the opened stage up to `to`, and of the hop that leads there. */
function stageVariance(tables: Tables, { q, place, at }: Opening, to: number): number {
  const variance = tables.instance.processors[q]!.varianceUpToMs2;
  return (variance ? variance[tables.positions[to]!]! - variance[tables.positions[at]!]! : 0) + hopVariance(tables, place, tables.processorPlace[q]!, at);
}

function hopVariance({ instance: { hops }, placeCount, bytes }: Tables, from: number, to: number, at: number): number {
  const index = from * placeCount + to;
  return hops.fixedVarianceMs2[index]! + bytes[at]! ** 2 * hops.perByteVarianceMs2[index]!;
}

function pathOf(store: LabelStore, id: number): { processor: number; from: number; to: number }[] {
  const stages: { processor: number; from: number; to: number }[] = [];
  for (let label = id; store.parent[label]! >= 0; label = store.parent[label]!) stages.unshift({ processor: store.processor[label]!, from: store.at[store.parent[label]!]!, to: store.at[label]! });
  return stages;
}
