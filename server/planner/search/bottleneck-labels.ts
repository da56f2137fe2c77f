// Owns the search for a chain whose nodes and links are all busy for T at most, with every sum kept as it is: partial chains ("labels") over positions, dominated
// ones dropped, the rest bounded by the priced walk. Without a width it is exact; with one it is a beam (width 1 is EdgeShard's load-tracking programme).
import { type Instance, mayFollow, processorStageBytes, type SearchStage } from "../instance.ts";
import { type BottleneckTables, endsOf, hopHolds } from "./bottleneck-tables.ts";
import { chainSums } from "./chain-sums.ts";
import type { PricedWalk, UnitPrices } from "./priced-walk.ts";

/** Where a node may come again, a stage that stops early leaves it room: the ends of a beam begin anew at these shares of what a stage can hold. */
const AGAIN_FROM = [0.75, 0.5, 0.25, 0.1];
/** A beam's bucket is cut down when it holds so many times its width. */
const BUCKET_WIDTHS = 4;
const SLACK = 1e-9;

export type LabelSearch = {
  capMs: number;
  prices: UnitPrices;
  /** Price of a node's whole time, by node: what a beam charges for time left unused on it. */
  nodePrice: Float64Array;
  walk: PricedWalk;
  until: readonly Int32Array[];
  /** By node; one unused node stands for all unused ones of its class. */
  classes: Int32Array;
  /** Labels kept by position; Infinity = all. */
  width: number;
  /** A beam also lets stages stop early, for nodes that come again: several times the work. */
  again: boolean;
  /** Labels at most; beyond it the search gives up. */
  limit: number;
};

export type LabelResult = { stages: SearchStage[] | null; /** True: without a chain here, there is none. */ complete: boolean };

type Labels = { at: number[]; processor: number[]; parent: number[]; count: number[]; price: number[]; rank: number[]; latencyMs: number[]; buckets: number[][]; /** By position: ranks from here on are out of the beam. */ cutoff: Float64Array };

export function searchLabels(tables: BottleneckTables, search: LabelSearch, stop: () => boolean): LabelResult {
  const labels: Labels = { at: [0], processor: [-1], parent: [-1], count: [0], price: [0], rank: [0], latencyMs: [tables.instance.constantMs], buckets: Array.from({ length: tables.last + 1 }, () => []), cutoff: new Float64Array(tables.last + 1).fill(Number.POSITIVE_INFINITY) };
  const state = { tables, search, labels, sums: chainSums(tables), other: chainSums(tables), complete: true };
  labels.buckets[0]!.push(0);
  for (let at = 0; at < tables.last; at++) {
    const bucket = labels.buckets[at]!;
    if (bucket.length > search.width) narrow(state, at);
    for (const label of bucket) {
      const found = extend(state, label);
      if (found) return { stages: found, complete: true };
      if (labels.at.length > search.limit || stop()) return { stages: null, complete: false };
    }
  }
  return { stages: null, complete: state.complete && search.width === Number.POSITIVE_INFINITY };
}

/** Keeps the best of a bucket. */
function narrow(state: State, at: number): void {
  const { labels, search } = state;
  const bucket = labels.buckets[at]!;
  bucket.sort((a, b) => labels.rank[a]! - labels.rank[b]! || a - b);
  bucket.length = search.width;
  labels.cutoff[at] = labels.rank[bucket.at(-1)!]!;
  state.complete = false;
}

type State = { tables: BottleneckTables; search: LabelSearch; labels: Labels; sums: ReturnType<typeof chainSums>; other: ReturnType<typeof chainSums>; complete: boolean };

/** Adds all labels that come from this one by one stage. The stages of a whole chain, if one of them ends it. */
function extend(state: State, label: number): SearchStage[] | null {
  const { tables, search, labels, sums } = state;
  const { instance } = tables;
  const at = labels.at[label]!;
  const last = labels.processor[label]!;
  if (labels.count[label]! >= instance.limits.maxStages) return null;
  sums.load(labels, label);
  for (let q = 0; q < tables.processorCount; q++) {
    const start = search.walk.start[q * (tables.last + 1) + at]!;
    if (labels.price[label]! + start > 1 + SLACK) continue;
    const place = tables.processorPlace[q]!;
    const from = last >= 0 ? tables.processorPlace[last]! : instance.source < 0 ? place : instance.source;
    if (!hopHolds(tables, { from, to: place, at }, search.capMs) || !sums.hopFits({ from, to: place, at }, search.capMs)) continue;
    if (last >= 0 && !mayFollow(instance, last, q)) continue;
    if (stoodFor(state, q)) continue;
    const found = addStage(state, { label, q, from, at });
    if (found) return found;
  }
  return null;
}

/** Another node of the class, unused too and with a lower index, is tried instead. */
function stoodFor({ tables, search, sums }: State, q: number): boolean {
  const place = tables.instance.places[tables.processorPlace[q]!]!;
  if (place.nodes.length > 1) return false;
  const node = place.nodes[0]!;
  if (sums.visits[node]! > 0) return false;
  for (let other = 0; other < node; other++) if (search.classes[other] === search.classes[node] && sums.visits[other] === 0) return true;
  return false;
}

type Step = { label: number; q: number; from: number; at: number };

function addStage(state: State, step: Step): SearchStage[] | null {
  const { tables, search, labels, sums } = state;
  const { instance } = tables;
  const { q, at } = step;
  const processor = instance.processors[q]!;
  const nodes = instance.places[processor.place]!.nodes;
  const share = instance.places[processor.place]!.share;
  let stageCap = Number.POSITIVE_INFINITY;
  let freeBytes = Number.POSITIVE_INFINITY;
  let revisit = false;
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index]!;
    if (sums.visits[node]! > 0 && instance.limits.oncePerNode) return null;
    revisit ||= sums.visits[node]! > 0;
    stageCap = Math.min(stageCap, ((search.capMs - sums.busyMs[node]!) * processor.streams) / share[index]!);
    freeBytes = Math.min(freeBytes, instance.nodes[node]!.freeBytes - sums.bytes[node]!);
  }
  if (stageCap <= 0) return null;
  const hopIndex = step.from * tables.placeCount + processor.place;
  const basePrice = labels.price[step.label]! + search.prices.hopFixed[hopIndex]! + tables.bytes[at]! * search.prices.hopPerByte[hopIndex]! + search.prices.perStage[q]!;
  const hopMs = instance.hops.fixedMs[hopIndex]! + tables.bytes[at]! * instance.hops.perByteMs[hopIndex]!;
  const holds = (end: number): boolean => {
    const stageMs = processor.stageMs + tables.upTo[q]![end]! - tables.before[q]![at]!;
    if (stageMs > stageCap || search.walk.after[q * (tables.last + 1) + end] === Number.POSITIVE_INFINITY) return false;
    return !revisit || processorStageBytes(processor, tables.positions[at]!, tables.positions[end]!) <= freeBytes;
  };
  for (const end of endsToTry(state, step, holds)) {
    const stageMs = processor.stageMs + tables.upTo[q]![end]! - tables.before[q]![at]!;
    const price = basePrice + search.prices.perMs[q]! * stageMs + search.prices.perResidentByte[q]! * (tables.resident[q]![end]! - tables.resident[q]![at]!);
    const latencyMs = labels.latencyMs[step.label]! + hopMs + stageMs;
    const rest = search.walk.after[q * (tables.last + 1) + end]!;
    if (price + rest > 1 + SLACK || latencyMs > instance.limits.latencyMs) continue;
    if (instance.apart.length > 0 && !apartHolds(state, step, end)) continue;
    if (end === tables.last) {
      const stages = finish(state, step, latencyMs);
      if (stages) return stages;
      continue;
    }
    let waste = 0;
    if (search.width < Number.POSITIVE_INFINITY) waste = unusedPrice(state, q, stageMs);
    keep(state, { ...step, end, price, rank: price + rest + waste, latencyMs });
  }
  return null;
}

/** All that hold; in a beam the furthest and those behind it with ever fewer bytes across, clean ones and tainted ones by themselves. */
function endsToTry({ tables, search, labels }: State, step: Step, holds: (end: number) => boolean): number[] {
  const ends: number[] = [];
  const { limits } = tables.instance;
  const until = search.until[step.q]![step.at]!;
  if (until <= step.at) return ends;
  if (labels.count[step.label]! + 1 >= limits.maxStages) return until >= tables.last && holds(tables.last) ? [tables.last] : [];
  const beam = search.width < Number.POSITIVE_INFINITY;
  let leastClean = Number.POSITIVE_INFINITY;
  let leastTainted = Number.POSITIVE_INFINITY;
  let again = 0;
  for (let end = until; end > step.at; end--) {
    if (beam) {
      if (search.again && again < AGAIN_FROM.length && end - step.at <= (until - step.at) * AGAIN_FROM[again]!) {
        leastClean = leastTainted = Number.POSITIVE_INFINITY;
        again++;
      }
      if (tables.bytes[end]! >= (tables.tainted[end] === 1 ? leastTainted : leastClean)) continue;
    }
    if (!holds(end)) continue;
    ends.push(end);
    // The model's end is no cut: the furthest cut before it counts as the first.
    if (!beam || end === tables.last) continue;
    if (tables.tainted[end] === 1) leastTainted = tables.bytes[end]!;
    else leastClean = tables.bytes[end]!;
  }
  return ends;
}

function unusedPrice({ tables, search, sums }: State, q: number, stageMs: number): number {
  const { capMs, nodePrice } = search;
  const processor = tables.instance.processors[q]!;
  const place = tables.instance.places[processor.place]!;
  let waste = sums.unusedPrice(nodePrice, capMs);
  for (let index = 0; index < place.nodes.length; index++) {
    const node = place.nodes[index]!;
    const busyMs = sums.busyMs[node]! + (stageMs / processor.streams) * place.share[index]!;
    waste += nodePrice[node]! * (1 - busyMs / capMs) - (sums.visits[node]! > 0 ? nodePrice[node]! * (1 - sums.busyMs[node]! / capMs) : 0);
  }
  return waste;
}

/** The chain, if the answer's way back fits too. */
function finish(state: State, step: Step, latencyMs: number): SearchStage[] | null {
  const { tables, search, labels, sums } = state;
  const { limits, hops } = tables.instance;
  if (labels.count[step.label]! + 1 < limits.minStages) return null;
  const stages = [...chainOf(tables, labels, step.label), { processor: step.q, from: tables.positions[step.at]!, to: tables.positions[tables.last]! }];
  const { sink } = endsOf(tables, tables.processorPlace[stages[0]!.processor]!);
  const hop = { from: tables.processorPlace[step.q]!, to: sink, at: tables.last };
  const index = hop.from * tables.placeCount + sink;
  if (!hopHolds(tables, hop, search.capMs) || latencyMs + hops.fixedMs[index]! + tables.bytes[tables.last]! * hops.perByteMs[index]! > limits.latencyMs) return null;
  return sums.hopFits(hop, search.capMs, { from: step.from, to: tables.processorPlace[step.q]!, at: step.at }) ? stages : null;
}

function keep(state: State, label: Step & { end: number; price: number; rank: number; latencyMs: number }): void {
  const { labels, search } = state;
  const bucket = labels.buckets[label.end]!;
  if (label.rank >= labels.cutoff[label.end]!) return;
  const id = labels.at.length;
  labels.at.push(label.end);
  labels.processor.push(label.q);
  labels.parent.push(label.label);
  labels.count.push(labels.count[label.label]! + 1);
  labels.price.push(label.price);
  labels.rank.push(label.rank);
  labels.latencyMs.push(label.latencyMs);
  if (search.width === Number.POSITIVE_INFINITY && isDominated(state, bucket, id)) return;
  bucket.push(id);
  if (bucket.length >= BUCKET_WIDTHS * search.width) narrow(state, label.end);
}

/** Drops what the new label dominates; true if one of the bucket dominates it. */
function isDominated(state: State, bucket: number[], id: number): boolean {
  const { tables, labels, other } = state;
  const { instance } = tables;
  if (instance.apart.length > 0) return false;
  const counted = instance.limits.minStages > 1 || instance.limits.maxStages < tables.last;
  const timed = Number.isFinite(instance.limits.latencyMs);
  const returns = instance.sink < 0 && instance.source < 0;
  const mine = chainSums(tables);
  mine.load(labels, id);
  let kept = 0;
  let dominated = false;
  for (const rival of bucket) {
    bucket[kept++] = rival;
    if (dominated || labels.processor[rival] !== labels.processor[id]) continue;
    if (counted && labels.count[rival] !== labels.count[id]) continue;
    if (returns && firstOf(labels, rival) !== firstOf(labels, id)) continue;
    other.load(labels, rival);
    if (!(timed && labels.latencyMs[rival]! > labels.latencyMs[id]!) && other.within(mine, instance.limits.oncePerNode)) dominated = true;
    else if (!(timed && labels.latencyMs[id]! > labels.latencyMs[rival]!) && mine.within(other, instance.limits.oncePerNode)) kept--;
  }
  bucket.length = kept;
  return dominated;
}

function firstOf(labels: Labels, label: number): number {
  let at = label;
  while (labels.parent[labels.parent[at]!]! >= 0) at = labels.parent[at]!;
  return labels.processor[at]!;
}

function chainOf(tables: BottleneckTables, labels: Labels, label: number): SearchStage[] {
  const stages: SearchStage[] = [];
  for (let at = label; labels.parent[at]! >= 0; at = labels.parent[at]!) {
    stages.unshift({ processor: labels.processor[at]!, from: tables.positions[labels.at[labels.parent[at]!]!]!, to: tables.positions[labels.at[at]!]! });
  }
  return stages;
}

function apartHolds({ tables, labels }: State, step: Step, end: number): boolean {
  const { instance } = tables;
  const added = { processor: step.q, from: tables.positions[step.at]!, to: tables.positions[end]! };
  return chainOf(tables, labels, step.label).every((stage) => !meetsApart(instance, stage, added));
}

function meetsApart(instance: Instance, a: SearchStage, b: SearchStage): boolean {
  const nodesOf = (stage: SearchStage) => instance.places[instance.processors[stage.processor]!.place]!.nodes;
  const touches = (stage: SearchStage, range: { from: number; to: number }) => stage.from < range.to && stage.to > range.from;
  return instance.apart.some(({ first, second, within }) => {
    if (!(touches(a, first) && touches(b, second)) && !(touches(a, second) && touches(b, first))) return false;
    const zoned = within === "zone";
    return nodesOf(a).some((u) => nodesOf(b).some((v) => u === v || (zoned && instance.nodes[u]!.zone >= 0 && instance.nodes[u]!.zone === instance.nodes[v]!.zone)));
  });
}
