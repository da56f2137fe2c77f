// A tighter relaxation (ng-routes: Baldacci, Mingozzi & Roberti 2011, for nodes' memory): a walk may come back to a node only as far as its last stages remember the node.
// Each place remembers a few nodes (its *neighbours*); what none in between remembers is forgotten. More neighbours, tighter and dearer; all of them would be exact.
// Remembered is, one bit a node: that a stage was there (one stage per node), or that stages took more than half of its memory, so that the next may take half at most.
import type { PricedBound } from "./lagrangian.ts";
import { hopAt, type Tables } from "./tables.ts";

type Stage = { processor: number; from: number; to: number };

export type Neighbours = {
  /** By place: nodes it remembers, at most 30. */
  nodes: number[][];
};

/** Nothing remembered yet. */
export function noNeighbours(tables: Tables): Neighbours {
  return { nodes: tables.instance.places.map(() => []) };
}

/** More of a node's memory than fits, or a second stage where only one may be: those in between learn to remember the node. False if nothing was learnt. */
export function learnNeighbours(tables: Tables, neighbours: Neighbours, walk: readonly Stage[], most: number): boolean {
  const { instance } = tables;
  const placeOf = (stage: Stage) => instance.processors[stage.processor]!.place;
  let learnt = false;
  for (let node = 0; node < instance.nodes.length; node++) {
    const visits = [...walk.keys()].filter((index) => instance.places[placeOf(walk[index]!)]!.nodes.includes(node));
    if (visits.length < 2) continue;
    const bytes = visits.map((index) => instance.processors[walk[index]!.processor]!.stageBytes + tables.resident[walk[index]!.processor]![walk[index]!.to]! - tables.resident[walk[index]!.processor]![walk[index]!.from]!);
    for (let visit = 1; visit < visits.length; visit++) {
      if (!instance.limits.oncePerNode && bytes[visit]! + bytes[visit - 1]! <= instance.nodes[node]!.freeBytes) continue;
      for (let index = visits[visit - 1]! + 1; index < visits[visit]!; index++) {
        const known = neighbours.nodes[placeOf(walk[index]!)]!;
        if (known.includes(node) || known.length >= most) continue;
        known.push(node);
        learnt = true;
      }
    }
  }
  return learnt;
}

export type RememberingBound = { /** Priced value of the best walk that beats `below`; `below` itself where none does. */ value: number; walk: Stage[] | null };

/** Labels: position, processor and what is remembered, in order of position. */
type Labels = { cost: number[]; mask: number[]; own: number[]; parent: number[]; processor: number[]; from: number[]; to: number[] };

/** `below`: priced cost that is of interest (upper bound + credit). Null where more than `maxLabels` would be needed, or when stopped. */
export function relaxRemembering(tables: Tables, guide: PricedBound, neighbours: Neighbours, options: { below: number; maxLabels: number; stop(): boolean }): RememberingBound | null {
  const { last } = tables;
  const size = last + 1;
  const labels: Labels = { cost: [], mask: [], own: [], parent: [], processor: [], from: [], to: [] };
  const ended: (number[] | undefined)[] = new Array(tables.processorPlace.length * size);
  const bits = bitTable(tables, neighbours);
  let best = options.below;
  let bestLabel = -1;
  for (let at = 0; at < last; at++) {
    if ((at & 7) === 0 && options.stop()) return null;
    for (let q = 0; q < tables.processorPlace.length; q++) {
      if (tables.until[q]![at]! <= at) continue;
      for (const arrival of arrivalsAt(tables, guide, { q, at, below: best, labels, ended, bits })) closeAll(tables, guide, { q, at, below: best, labels, ended }, arrival);
    }
    if (labels.cost.length > options.maxLabels) return null;
  }
  for (let p = 0; p < tables.processorPlace.length; p++) {
    const exit = guide.relaxation.after[p * size + last]!;
    for (const label of ended[p * size + last] ?? []) {
      if (labels.cost[label]! + exit >= best) continue;
      best = labels.cost[label]! + exit;
      bestLabel = label;
    }
  }
  return { value: best, walk: bestLabel < 0 ? null : walkOf(labels, bestLabel) };
}

/** `taken`: 1 if more than half of one of q’s own nodes is known to be taken. */
type Arrival = { cost: number; mask: number; taken: number; parent: number };
type Step = { q: number; at: number; below: number; labels: Labels; ended: (number[] | undefined)[] };

/** The ways to be about to start a stage on q, none as good as another in cost and memory. */
function arrivalsAt(tables: Tables, guide: PricedBound, step: Step & { bits: Bits }): Arrival[] {
  const { q, at, labels, ended, bits } = step;
  const size = tables.last + 1;
  const place = tables.processorPlace[q]!;
  const limit = step.below - guide.relaxation.start[q * size + at]!;
  if (at === 0) {
    if (tables.firstPlace >= 0 && place !== tables.firstPlace) return [];
    const cost = hopAt(tables, tables.source, place, 0);
    return cost < limit ? [{ cost, mask: 0, taken: 0, parent: -1 }] : [];
  }
  const arrivals: Arrival[] = [];
  const { oncePerNode } = tables.instance.limits;
  for (let p = 0; p < tables.processorPlace.length; p++) {
    const known = ended[p * size + at];
    if (!known) continue;
    const before = tables.processorPlace[p]!;
    if (before === place && tables.instance.processors[p]!.unit === tables.instance.processors[q]!.unit) continue;
    const hop = hopAt(tables, before, place, at);
    for (const parent of known) {
      const cost = labels.cost[parent]! + hop;
      if (cost >= limit) continue;
      const taken = Math.max(remembered(bits, before, place, labels.mask[parent]!), before === place ? labels.own[parent]! : 0);
      if (taken > 0 && oncePerNode) continue;
      insertArrival(arrivals, { cost, mask: carry(bits, before, place, labels.mask[parent]!, labels.own[parent]!), taken, parent });
    }
  }
  return arrivals;
}

function insertArrival(arrivals: Arrival[], one: Arrival): void {
  let kept = 0;
  for (const other of arrivals) {
    if (other.cost <= one.cost && (other.mask & ~one.mask) === 0 && other.taken <= one.taken) return;
    if (!(one.cost <= other.cost && (one.mask & ~other.mask) === 0 && one.taken <= other.taken)) arrivals[kept++] = other;
  }
  arrivals.length = kept;
  arrivals.push(one);
}

function closeAll(tables: Tables, guide: PricedBound, step: Step, arrival: Arrival): void {
  const { q, at, labels, ended } = step;
  const size = tables.last + 1;
  const processor = tables.instance.processors[q]!;
  const { oncePerNode } = tables.instance.limits;
  // A share of what? Places of several nodes are remembered by count alone.
  const members = tables.instance.places[processor.place]!.nodes;
  const freeBytes = members.length === 1 ? tables.instance.nodes[members[0]!]!.freeBytes : Number.POSITIVE_INFINITY;
  const roomBytes = arrival.taken === 1 ? freeBytes / 2 : freeBytes;
  const resident = tables.resident[q]!;
  const perByte = guide.prices.perByte[q]!;
  const base = arrival.cost + tables.costs.fixed[q]! - tables.before[q]![at]! + guide.prices.perStage[q]! + perByte * (processor.stageBytes - resident[at]!);
  const until = tables.until[q]![at]!;
  for (let to = at + 1; to <= until; to++) {
    const bytes = processor.stageBytes + resident[to]! - resident[at]!;
    if (bytes > roomBytes) break;
    const cost = base + tables.upTo[q]![to]! + perByte * resident[to]!;
    if (cost + guide.relaxation.after[q * size + to]! >= step.below) continue;
    const own = oncePerNode || arrival.taken === 1 || bytes > freeBytes / 2 ? 1 : 0;
    const bucket = ended[q * size + to] ?? [];
    ended[q * size + to] = bucket;
    if (beaten(labels, bucket, cost, arrival.mask, own)) continue;
    bucket.push(labels.cost.length);
    labels.cost.push(cost);
    labels.mask.push(arrival.mask);
    labels.own.push(own);
    labels.parent.push(arrival.parent);
    labels.processor.push(q);
    labels.from.push(at);
    labels.to.push(to);
  }
}

/** Whether something in the bucket is as good; what is worse leaves it. */
function beaten(labels: Labels, bucket: number[], cost: number, mask: number, own: number): boolean {
  let kept = 0;
  for (const other of bucket) {
    if (labels.cost[other]! <= cost && (labels.mask[other]! & ~mask) === 0 && labels.own[other]! <= own) return true;
    if (!(cost <= labels.cost[other]! && (mask & ~labels.mask[other]!) === 0 && own <= labels.own[other]!)) bucket[kept++] = other;
  }
  bucket.length = kept;
  return false;
}

type Bits = {
  placeCount: number;
  /** By pair of places: bits of the first that mean a node of the second. */
  self: Int32Array;
  /** By pair: bits of the second for the first's own nodes. */
  own: Int32Array;
  /** By pair: for each bit of the first the bit of the second, 0 = forgotten. */
  carried: Int32Array[];
};

function bitTable(tables: Tables, neighbours: Neighbours): Bits {
  const { places } = tables.instance;
  const count = places.length;
  const bits: Bits = { placeCount: count, self: new Int32Array(count * count), own: new Int32Array(count * count), carried: [] };
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      const from = neighbours.nodes[a]!;
      const to = neighbours.nodes[b]!;
      bits.carried.push(Int32Array.from(from, (node) => bitOf(to, node)));
      for (const [index, node] of from.entries()) if (places[b]!.nodes.includes(node)) bits.self[a * count + b]! |= 1 << index;
      for (const node of places[a]!.nodes) bits.own[a * count + b]! |= bitOf(to, node);
    }
  }
  return bits;
}

function bitOf(nodes: readonly number[], node: number): number {
  const index = nodes.indexOf(node);
  return index < 0 ? 0 : 1 << index;
}

function remembered(bits: Bits, from: number, to: number, mask: number): number {
  return (mask & bits.self[from * bits.placeCount + to]!) === 0 ? 0 : 1;
}

function carry(bits: Bits, from: number, to: number, mask: number, own: number): number {
  const pair = from * bits.placeCount + to;
  let carried = own === 1 ? bits.own[pair]! : 0;
  const map = bits.carried[pair]!;
  for (let bit = 0; mask >> bit !== 0; bit++) if ((mask >> bit) & 1) carried |= map[bit]!;
  return carried;
}

function walkOf(labels: Labels, last: number): Stage[] {
  const walk: Stage[] = [];
  for (let label = last; label >= 0; label = labels.parent[label]!) walk.unshift({ processor: labels.processor[label]!, from: labels.from[label]!, to: labels.to[label]! });
  return walk;
}
