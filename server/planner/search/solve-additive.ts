// Owns the order of work of the additive solver: a first plan at once, the relaxation's bound, an exact search where that is cheap, prices and better orders
// where it is not, and the exact search again with both. docs/PLANNING.md tells why.
import { seededRandom } from "../../model/seeded-random.ts";
import { edgeShardLatency } from "../baselines/edge-shard.ts";
import { hiDp } from "../baselines/hi-dp.ts";
import { checkStages } from "../check-stages.ts";
import { beamSearch } from "./beam.ts";
import { fixStates } from "./fix-states.ts";
import { createIncumbent, type Incumbent, TIE } from "./incumbent.ts";
import { labelSearch } from "./label-search.ts";
import { createPricing, type PricedBound, type Pricing } from "./lagrangian.ts";
import { createOrderSearch, type OrderSearch } from "./order-search.ts";
import { cheapestWalk, noPrices, type Relaxation, relax } from "./relaxation.ts";
import { learnNeighbours, noNeighbours, relaxRemembering } from "./remembering-relaxation.ts";
import { LATENCY_WEIGHTS } from "./additive-costs.ts";
import type { Resource } from "./resources.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";
import { compileTables, type Tables, toSearchStages } from "./tables.ts";

/** Labels of the exact search in all. A label takes about 60 bytes and 8 for each counted resource, and 32 more while none dominates it. */
const MAX_LABELS = 4_000_000;
/** Beam widths: of the very first plan, and per turn of pricing. */
const FIRST_BEAM = 4;
const BEAM = 24;
/** Places up to which the first plan is descended from at once, and looked for among orders of all of them: a millisecond or two there, a tenth of a second on fifty. */
const FEW_PLACES = 8;
/** Chains of a beam that are looked at in full. */
const MAX_OFFERS = 32;
/** The relaxation that remembers: its share of the time left, how much it may hold, and how many nodes a place may remember. */
const TIGHTEN_SHARE = 0.4;
const TIGHTEN_TURNS = 40;
const REMEMBERING_LABELS = 1_500_000;
const MOST_REMEMBERED = 12;
/** Gap below which only a proof is missing. */
const NEARLY = 2e-3;
/** Stages of the unpriced walk from which on a chain counts as long; a rule's share of the time left; and how many times a rule's time must be left for the next one. */
const LONG_WALK = 7;
const RULE_SHARE = 0.6;
const ENOUGH_FOR_ANOTHER = 3;
const PRICE_TURNS = [10, 15, 25, 40, 60, 60];

type Part = {
  /** All states, for plans; and those that may still be part of something better, for bounds and proofs. */
  tables: Tables;
  left: Tables;
  plain: Relaxation;
  pricing: Pricing;
  priced: PricedBound;
  latencyTables: Tables | null;
  counted: Resource[];
  bound: number;
  done: boolean;
};

type Work = { request: SearchRequest; effort: Effort; incumbent: Incumbent; context: SearchContext; random: () => number; stop(): boolean; raise(): void; openParts: number };

/** How far each step goes before the next has its turn. */
export type Effort = {
  /** Labels of the exact search at the first, cheap try; the same between the turns of pricing; and after them. */
  firstLabels: number;
  middleLabels: number;
};

export const solveAdditive: Solver = { name: "label-search/1", label: "Cutplane", solve: (request, context) => solveWith(request, context, { firstLabels: 2_000, middleLabels: 60_000 }) };

/** The same with another effort: less of it early brings the later steps into play on small problems too. */
export function solveWith(request: SearchRequest, context: SearchContext, effort: Effort): Outcome {
  const startedMs = context.now();
  const incumbent = createIncumbent(request, context, startedMs);
  // What is given may be anything: a draft may stand on a node that is to be avoided.
  for (const seed of request.seeds ?? []) if (checkStages(request.instance, seed).length === 0) incumbent.offer(seed, "given");
  const parts = makeParts(request);
  const stop = () => context.cancelled() || context.now() >= context.deadlineMs;
  const random = seededRandom(context.seed);
  // Small problems are over after the first two; each next step is for what is left.
  for (const step of [firstPlan, firstExact, fromRules, price, onceEach, middleExact, tighten, wander, proveRest]) {
    for (const part of parts) {
      if (part.done || stop()) continue;
      if (closed(part, incumbent)) part.done = true;
      else step(part, { request, effort, incumbent, context, random, stop, raise: () => raiseBound(parts, incumbent), openParts: parts.filter((one) => !one.done).length });
      raiseBound(parts, incumbent);
    }
  }
  return toOutcome(parts, incumbent, context.now() - startedMs);
}

/** One part, or without a fixed source one for each place where requests could enter; most promising first. */
function makeParts(request: SearchRequest): Part[] {
  if (request.objective.kind !== "additive") throw new RangeError("the additive solver minimises a weighted sum");
  const { instance } = request;
  const { weights } = request.objective;
  const firstPlaces = instance.source < 0 ? [...instance.places.keys()] : [-1];
  const parts = firstPlaces.map((firstPlace): Part => {
    const tables = compileTables({ instance, weights, ...(request.moving ? { moving: request.moving } : {}) }, firstPlace);
    const plain = relax(tables, null);
    const latencyTables = Number.isFinite(instance.limits.latencyMs) || instance.limits.slo ? compileTables({ instance, weights: LATENCY_WEIGHTS }, firstPlace) : null;
    return { tables, left: tables, plain, pricing: createPricing(tables, plain), priced: { bound: plain.value, prices: noPrices(tables), credit: 0, relaxation: plain, full: new Float64Array(instance.nodes.length), visit: new Float64Array(instance.nodes.length) }, latencyTables, counted: [], bound: plain.value, done: plain.value === Number.POSITIVE_INFINITY };
  });
  return parts.sort((a, b) => a.plain.value - b.plain.value);
}

function upperOf(part: Part, incumbent: Incumbent): number {
  return incumbent.best().cost - part.tables.costs.constant;
}

function closed(part: Part, incumbent: Incumbent): boolean {
  const upper = upperOf(part, incumbent);
  return part.bound >= upper - TIE * Math.abs(upper);
}

function firstPlan(part: Part, work: Work): void {
  fromBeam(part, work, part.tables, { width: FIRST_BEAM, ends: 3, descents: part.tables.placeCount > FEW_PLACES ? 0 : 1 });
  if (work.incumbent.best().stages || part.tables.placeCount > FEW_PLACES) return;
  // The beam's walk comes back where it may not: among few places some order of all of them is near one that holds.
  const orders = ordersOf(part, work);
  for (const order of rotations(part.tables)) if (!work.incumbent.best().stages && !work.stop()) orders.descend(order, work.stop);
}

/** One processor of each place in turn, each of them first once; the first place's own where requests enter there. */
function rotations(tables: Tables): number[][] {
  const all = tables.placeProcessors.flatMap((own) => (own.length === 0 ? [] : [own.reduce((best, p) => (tables.upTo[p]![tables.last]! < tables.upTo[best]![tables.last]! ? p : best))]));
  return all.map((_, first) => [...all.slice(first), ...all.slice(0, first)]).filter((order) => tables.firstPlace < 0 || tables.processorPlace[order[0]!] === tables.firstPlace);
}

/** Offers a beam's chains and descends from the orders of the best few. */
function fromBeam(part: Part, work: Work, tables: Tables, options: { width: number; ends: number; descents: number }): void {
  const guide = tables === part.left ? part.priced : part.pricing.best(tables);
  const chains = beamSearch(tables, guide, { width: options.width, ends: options.ends, below: upperOf(part, work.incumbent) + guide.credit });
  for (const chain of chains.slice(0, MAX_OFFERS)) work.incumbent.offer(toSearchStages(tables, chain), "beam");
  const orders = ordersOf(part, work);
  for (const chain of chains.slice(0, options.descents)) orders.descend(chain.map((stage) => stage.processor), work.stop);
}

function ordersOf(part: Part, work: Work): OrderSearch {
  return createOrderSearch(part.tables, { random: work.random, found: (stages) => work.incumbent.offer(toSearchStages(part.tables, stages), "order search") });
}

function exact(part: Part, work: Work, maxLabels: number, stop: () => boolean = work.stop): void {
  const latencyAfter = part.latencyTables ? relax(narrowed(part.latencyTables, part.left), null).after : null;
  const result = labelSearch(part.left, { plain: part.plain, priced: part.priced, incumbent: work.incumbent, latencyAfter, counted: part.counted, maxLabels, stop });
  part.counted = result.counted;
  part.bound = Math.max(part.bound, result.bound);
  if (result.state === "exact") part.done = true;
}

function firstExact(part: Part, work: Work): void {
  if (isLong(part)) return;
  exact(part, work, work.effort.firstLabels);
}

/**
 * Where a chain will be long, two quick programmes of others make a better start than prices that have not settled; a plan that stays theirs says so.
 */
function fromRules(part: Part, work: Work): void {
  if (!isLong(part) || work.openParts > 1) return;
  const { context, incumbent, request } = work;
  for (const rule of [hiDp, edgeShardLatency]) {
    const now = context.now();
    const { stages } = rule.solve(request, { now: context.now, cancelled: context.cancelled, seed: context.seed, deadlineMs: now + (context.deadlineMs - now) * RULE_SHARE });
    if (stages && checkStages(request.instance, stages).length === 0) incumbent.offer(stages, rule.label);
    if (context.deadlineMs - context.now() < ENOUGH_FOR_ANOTHER * (context.now() - now)) break;
  }
  const best = incumbent.best().stages;
  if (best) ordersOf(part, work).descend(firstVisits(part.tables, best), work.stop);
}

function isLong(part: Part): boolean {
  return cheapestWalk(part.tables, part.plain).length >= LONG_WALK;
}

function middleExact(part: Part, work: Work): void {
  exact(part, work, work.effort.middleLabels);
}

/** Prices and plans by turns: better prices guide the beam, a better plan leaves fewer states to price. A short exact search ends it as soon as it can. */
function price(part: Part, work: Work): void {
  for (const [turn, steps] of PRICE_TURNS.entries()) {
    if (work.stop() || part.done) return;
    const before = { bound: part.bound, upper: upperOf(part, work.incumbent) };
    part.pricing.run(part.left, { steps, upper: before.upper, stop: work.stop });
    narrow(part, work);
    if (closed(part, work.incumbent)) return;
    fromBeam(part, work, part.left, { width: BEAM * (turn + 1), ends: 4, descents: turn < 2 ? 1 : 0 });
    narrow(part, work);
    if (closed(part, work.incumbent)) return;
    exact(part, work, work.effort.firstLabels * (turn + 1));
    // Nothing moves any more: the time is better spent elsewhere.
    if (turn > 1 && part.bound < before.bound + 1e-4 * Math.abs(before.bound) && upperOf(part, work.incumbent) >= before.upper) return;
  }
}

function narrow(part: Part, work: Work): void {
  part.priced = part.pricing.best(part.left);
  part.bound = Math.max(part.bound, part.priced.bound);
  const upper = upperOf(part, work.incumbent);
  if (!Number.isFinite(upper) || closed(part, work.incumbent)) return;
  part.left = fixStates(part.left, part.priced, upper - TIE * Math.abs(upper)).tables;
  part.plain = relax(part.left, null);
  part.priced = part.pricing.best(part.left);
  part.bound = Math.max(part.bound, part.priced.bound);
  work.raise();
}

/**
 * Plans with one stage per node, though more would be allowed: a stage's own price makes far better plans of that kind, and they are seldom beaten by any other.
 * Only its plans count; what it proves is of another problem.
 */
function onceEach(part: Part, work: Work): void {
  const { instance } = work.request;
  if (instance.limits.oncePerNode || part.tables.placeCount < 3) return;
  const tables = { ...part.tables, instance: { ...instance, limits: { ...instance.limits, oncePerNode: true } } };
  const plain = relax(tables, null);
  const once: Part = { ...part, tables, left: tables, plain, pricing: createPricing(tables, plain), priced: { ...part.priced, bound: plain.value, relaxation: plain, credit: 0, prices: noPrices(tables), full: part.priced.full.map(() => 0), visit: part.priced.visit.map(() => 0) }, counted: [], bound: plain.value, done: plain.value === Number.POSITIVE_INFINITY };
  const quiet = { ...work, raise: () => undefined };
  narrow(once, quiet);
  price(once, quiet);
  if (!once.done && !closed(once, work.incumbent)) tighten(once, quiet);
  narrow(part, work);
}

/** Prices under the relaxation that remembers: each walk teaches it whom to remember, and is an order worth descending from. */
function tighten(part: Part, work: Work): void {
  const pricing = createPricing(part.left, part.plain, part.priced);
  const neighbours = noNeighbours(part.left);
  const orders = ordersOf(part, work);
  const until = work.context.now() + ((work.context.deadlineMs - work.context.now()) * TIGHTEN_SHARE) / work.openParts;
  const stop = () => work.stop() || work.context.now() >= until;
  let upper = upperOf(part, work.incumbent);
  for (let turn = 0; turn < TIGHTEN_TURNS && !stop(); turn++) {
    let gaveUp = true;
    let walks: readonly { processor: number; from: number; to: number }[] | null = null;
    pricing.run(part.left, {
      steps: 10,
      upper,
      stop,
      tighter: (guide) => {
        const found = relaxRemembering(part.left, guide, neighbours, { below: upper + guide.credit, maxLabels: REMEMBERING_LABELS, stop });
        gaveUp = found === null;
        if (found?.walk) learnNeighbours(part.left, neighbours, found.walk, MOST_REMEMBERED);
        walks = found?.walk ?? walks;
        return found;
      },
    });
    part.bound = Math.max(part.bound, pricing.bound());
    work.raise();
    if (closed(part, work.incumbent)) return;
    if (walks) orders.descend(firstVisits(part.tables, walks), stop);
    if (upperOf(part, work.incumbent) < upper) {
      upper = upperOf(part, work.incumbent);
      narrow(part, work);
    }
    if (closed(part, work.incumbent) || gaveUp) return;
  }
}

/** The walk's processors in order, without those whose nodes came before. */
function firstVisits(tables: Tables, walk: readonly { processor: number }[]): number[] {
  const seen = new Set<number>();
  return walk.flatMap(({ processor }) => {
    const nodes = tables.instance.places[tables.processorPlace[processor]!]!.nodes;
    if (nodes.some((node) => seen.has(node))) return [];
    for (const node of nodes) seen.add(node);
    return [processor];
  });
}

/** Unless the gap is nearly closed, a third of the time that is left goes into better orders: a tight incumbent is what makes the exact search short. */
function wander(part: Part, work: Work): void {
  const best = work.incumbent.best().stages;
  if (!best || part.bound >= upperOf(part, work.incumbent) * (1 - NEARLY)) return;
  const now = work.context.now();
  const until = now + (work.context.deadlineMs - now) / 3 / work.openParts;
  ordersOf(part, work).wander(best.map((stage) => stage.processor), () => work.stop() || work.context.now() >= until || closed(part, work.incumbent));
  narrow(part, work);
}

function proveRest(part: Part, work: Work): void {
  const now = work.context.now();
  const until = now + (work.context.deadlineMs - now) / work.openParts;
  exact(part, work, MAX_LABELS, () => work.stop() || work.context.now() >= until);
}

/** The latency tables at the positions and states that are left. */
function narrowed(latency: Tables, left: Tables): Tables {
  const indexOf = new Map([...latency.positions].map((position, index) => [position, index]));
  const kept = Int32Array.from(left.positions, (position) => indexOf.get(position)!);
  const pick = (values: Float64Array) => Float64Array.from(kept, (c) => values[c]!);
  return { ...left, costs: latency.costs, upTo: latency.upTo.map(pick), before: latency.before.map(pick), hopFixed: latency.hopFixed, hopFloors: latency.hopFloors };
}

function raiseBound(parts: readonly Part[], incumbent: Incumbent): void {
  const best = incumbent.best().cost;
  let bound = Number.POSITIVE_INFINITY;
  for (const part of parts) if (!part.done) bound = Math.min(bound, part.bound + part.tables.costs.constant);
  incumbent.raise(Math.min(bound, best));
}

function toOutcome(parts: readonly Part[], incumbent: Incumbent, elapsedMs: number): Outcome {
  raiseBound(parts, incumbent);
  const best = incumbent.best();
  const proved = parts.every((part) => part.done || closed(part, incumbent));
  return { stages: best.stages, cost: best.cost, figures: best.figures, bound: proved ? best.cost : best.bound, proved, elapsedMs, firstMs: best.firstMs, bestMs: best.bestMs, by: best.by };
}
