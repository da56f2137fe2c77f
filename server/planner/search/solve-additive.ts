// Owns the order of work of the additive solver: a first plan at once, the relaxation's bound, an exact search where that is cheap, prices and better orders
// where it is not, and the exact search again with both. docs/PLANNING.md tells why.
import { seededRandom } from "../../model/seeded-random.ts";
import { beamSearch } from "./beam.ts";
import { fixStates } from "./fix-states.ts";
import { createIncumbent, type Incumbent, TIE } from "./incumbent.ts";
import { labelSearch } from "./label-search.ts";
import { createPricing, type PricedBound, type Pricing } from "./lagrangian.ts";
import { createOrderSearch, type OrderSearch } from "./order-search.ts";
import { type Relaxation, relax } from "./relaxation.ts";
import { LATENCY_WEIGHTS } from "./additive-costs.ts";
import type { Resource } from "./resources.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";
import { compileTables, type Tables, toSearchStages } from "./tables.ts";

/** Labels of the exact search at the first, cheap try and in all. A label takes about 60 bytes and 8 for each counted resource. */
const FIRST_LABELS = 2_000;
const MIDDLE_LABELS = 60_000;
const MAX_LABELS = 4_000_000;
const BEAM_WIDTH = 6;
const WIDE_BEAM = 20;

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

type Work = { request: SearchRequest; incumbent: Incumbent; context: SearchContext; random: () => number; stop(): boolean; openParts: number };

export const solveAdditive: Solver = {
  name: "label-search/1",
  label: "Cutplane",
  solve(request, context) {
    const startedMs = context.now();
    const incumbent = createIncumbent(request, context, startedMs);
    for (const seed of request.seeds ?? []) incumbent.offer(seed, "given");
    const parts = makeParts(request);
    const stop = () => context.cancelled() || context.now() >= context.deadlineMs;
    const random = seededRandom(context.seed);
    // Small problems are over after the first two; each next step is for what is left.
    for (const step of [firstPlan, (part: Part, work: Work) => exact(part, work, FIRST_LABELS), price, (part: Part, work: Work) => exact(part, work, MIDDLE_LABELS), wander, proveRest]) {
      for (const part of parts) {
        if (part.done || stop()) continue;
        if (closed(part, incumbent)) part.done = true;
        else step(part, { request, incumbent, context, random, stop, openParts: parts.filter((one) => !one.done).length });
        raiseBound(parts, incumbent);
      }
    }
    return toOutcome(parts, incumbent, context.now() - startedMs);
  },
};

/** One part, or without a fixed source one for each place where requests could enter; most promising first. */
function makeParts(request: SearchRequest): Part[] {
  if (request.objective.kind !== "additive") throw new RangeError("the additive solver minimises a weighted sum");
  const { instance } = request;
  const { weights } = request.objective;
  const firstPlaces = instance.source < 0 ? [...instance.places.keys()] : [-1];
  const parts = firstPlaces.map((firstPlace): Part => {
    const tables = compileTables({ instance, weights, ...(request.moving ? { moving: request.moving } : {}) }, firstPlace);
    const plain = relax(tables, null);
    const prices = { perByte: new Float64Array(instance.processors.length), perStage: new Float64Array(instance.processors.length) };
    const latencyTables = Number.isFinite(instance.limits.latencyMs) ? compileTables({ instance, weights: LATENCY_WEIGHTS }, firstPlace) : null;
    return { tables, left: tables, plain, pricing: createPricing(tables, plain), priced: { bound: plain.value, prices, credit: 0, relaxation: plain, pricedNodes: [] }, latencyTables, counted: [], bound: plain.value, done: plain.value === Number.POSITIVE_INFINITY };
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
  fromBeam(part, work, BEAM_WIDTH, 0);
}

/** Offers a beam's chains and descends from the orders of the best few. */
function fromBeam(part: Part, work: Work, width: number, descents: number): void {
  const chains = beamSearch(part.tables, part.priced, width);
  for (const chain of chains) work.incumbent.offer(toSearchStages(part.tables, chain), "beam");
  const orders = ordersOf(part, work);
  for (const chain of chains.slice(0, descents)) orders.descend(chain.map((stage) => stage.processor), work.stop);
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

/** Prices and plans by turns: better prices guide the beam, a better plan narrows what is priced. */
function price(part: Part, work: Work): void {
  for (const steps of [12, 20, 30, 40, 60]) {
    if (work.stop() || closed(part, work.incumbent)) return;
    part.pricing.run(part.left, { steps, upper: upperOf(part, work.incumbent), stop: work.stop });
    narrow(part, work);
    if (closed(part, work.incumbent)) return;
    fromBeam({ ...part, priced: part.left === part.tables ? part.priced : part.pricing.best(part.tables) }, work, WIDE_BEAM, steps > 20 ? 2 : 1);
    narrow(part, work);
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
}

/** A third of the time that is left goes into better orders: a tight incumbent is what makes the exact search short. */
function wander(part: Part, work: Work): void {
  const best = work.incumbent.best().stages;
  if (!best) return;
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
  return { ...left, costs: latency.costs, upTo: latency.upTo.map(pick), before: latency.before.map(pick), hopFixed: latency.hopFixed };
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
