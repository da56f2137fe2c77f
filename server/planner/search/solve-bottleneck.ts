// Owns the plan with the greatest throughput: the least time per request of the busiest node or link, with a proof of how close it is. Beams and an order search
// find plans; the priced walk, the count programme and the exact label search prove them. Every plan is judged by the cost model; ties go to the lower latency.
import { seededRandom } from "../../model/seeded-random.ts";
import { computeProportional } from "../baselines/compute-proportional.ts";
import { edgeShardLatency, edgeShardThroughput } from "../baselines/edge-shard.ts";
import type { Baseline } from "../baselines/define-baseline.ts";
import { evenSplit } from "../baselines/even-split.ts";
import { hiDp } from "../baselines/hi-dp.ts";
import { memoryProportional } from "../baselines/memory-proportional.ts";
import { waterFilling } from "../baselines/water-filling.ts";
import type { SearchStage } from "../instance.ts";
import { type BestChain, bestChain } from "./best-chain.ts";
import { pricedBound, speedPrices, walkBound } from "./bottleneck-bound.ts";
import { searchLabels } from "./bottleneck-labels.ts";
import { type BottleneckTables, bottleneckTables, stagesOf } from "./bottleneck-tables.ts";
import { firstLines, lineAround, orderOfLine } from "./line-orders.ts";
import { nodeClasses } from "./node-classes.ts";
import { cutOrder } from "./order-cuts.ts";
import { type CutOrder, descend, type Judge, leastBottleneck, lowerLatency, PROGRESS } from "./order-descent.ts";
import { perturbedOrder } from "./perturbed-order.ts";
import { pricedWalk, type ResourcePrices, unitPrices, windowsUnder } from "./priced-walk.ts";
import { offerRules } from "./rule-starts.ts";
import type { SearchContext, SearchRequest, Solver } from "./solver.ts";
import { searchTypeCounts, typeCounts } from "./type-counts.ts";
import { walkExists } from "./walk-exists.ts";

/** Labels by position of a beam: for something to show, for a good plan soon, and for when there is a bound to reach. */
const FIRST_BEAM = 1;
const QUICK_BEAM = 4;
const WIDE_BEAM = 16;
const BEAM_STEPS = 10;
const BEAM_PRECISION = 0.005;
const PRICE_ROUNDS = 30;
const PRICE_CAPS = 6;
/** PipeEdge's programme takes Π(c_t + 1) · T² · n steps per decision, and some 20 decisions. */
const COUNT_WORK = 6e7;
/** An exact label search that has not ended by then would not end soon, and would fill the memory. */
const LABEL_LIMIT = 50_000;
/** Rules that only share the layers out, by speed, memory and the like. */
const SHARES = [computeProportional, evenSplit, memoryProportional, waterFilling];
/** Positions × places² from which the bound of windows is not made out to the last digit. */
const LARGE = 200_000;
/** Relative precision of a bound to look for plans from, of what a line or a proof may still give, and of the count programme's first plan. */
const ROUGHLY = 0.05;
const NEARLY = 0.002;
const COUNTED = 1e-4;
/** Orders of the count programme that are descended from though they are no better yet. */
const COUNT_DESCENTS = 3;
/** Decisions about a line, and how far below the best one is looked for. */
const LINE_DECISIONS = 16;
const LINE_SPAN = 64;
/** Lines around the best plan, one after the other without a better one, before something else has its turn. */
const LINE_TRIES = 24;
const KICKS = 40;
const DECISIONS = 40;

export const solveBottleneck: Solver = {
  name: "throughput/1",
  label: "Cutplane (throughput)",
  solve(request, context) {
    if (request.objective.kind !== "bottleneck") throw new RangeError("the throughput solver minimises the bottleneck");
    const search = begin(request, context);
    const { best, tables } = search;
    if (!walkExists(tables, search.capMs)) return best.outcome({ impossible: true });
    let impossible = false;
    // Small problems are over after the first few of these; each next one is for what is left.
    const steps: ((search: Search) => "impossible" | undefined)[] = [firstPlan, fromLines, roughBound, fromCounts, fromWalks, aroundBest, boundByWindows, quickBeam, boundByPrices, decideByCounts, decideByFewLabels, wideBeam, kick, boundByPrices, decideByLabels];
    for (const step of steps) {
      if (impossible || best.proved() || best.stop()) break;
      impossible = step(search) === "impossible";
    }
    if (best.stages && !best.stop()) lowerLatency(tables, best.stages, search.judge);
    return best.outcome({ impossible });
  },
};

type Search = {
  request: SearchRequest;
  context: SearchContext;
  instance: SearchRequest["instance"];
  tables: BottleneckTables;
  classes: Int32Array;
  best: BestChain;
  judge: Judge & { latencyMs(): number };
  prices: ResourcePrices;
  random: () => number;
  /** No plan may be busier, or none can be. */
  capMs: number;
};

function begin(request: SearchRequest, context: SearchContext): Search {
  const { instance } = request;
  const best = bestChain(request, context);
  for (const seed of request.seeds ?? []) best.offer(seed, "given");
  const tables = bottleneckTables(instance);
  const judge = { bottleneckMs: (stages: readonly SearchStage[]) => best.offer(stages, "order search"), latencyMs: () => best.figures?.latencyMs ?? Number.POSITIVE_INFINITY, stop: best.stop };
  return { request, context, instance, tables, classes: nodeClasses(instance), best, judge, prices: speedPrices(tables), random: seededRandom(context.seed), capMs: Math.min(instance.limits.bottleneckMs, busiestMs(tables)) };
}

/** More than any node or link can be busy for. */
function busiestMs(tables: BottleneckTables): number {
  let stageMs = 1;
  for (let p = 0; p < tables.processorCount; p++) {
    const latest = tables.upTo[p]!.reduce((most, ms) => Math.max(most, ms), 0);
    const earliest = tables.before[p]!.reduce((least, ms) => Math.min(least, ms), 0);
    stageMs = Math.max(stageMs, (tables.instance.processors[p]!.stageMs + latest - earliest) * tables.busyPerMs[p]!);
  }
  const hopMs = tables.bytes.reduce((most, bytes) => Math.max(most, bytes), 0) * tables.hopBusyPerByte.reduce((most, perByte) => Math.max(most, perByte), 0);
  return (stageMs + 2 * hopMs) * (tables.last + 1);
}

/** What a plan must stay below to count as better. */
function targetMs({ best, capMs }: Search): number {
  return best.stages ? best.costMs * (1 - PROGRESS) : capMs;
}

/** One node alone, the rules that only share the layers out, and where those have no plan a beam without a cap: something to show at once. */
function firstPlan(search: Search): undefined {
  const { tables, best } = search;
  for (let p = 0; p < tables.processorCount; p++) if (tables.until[p]![0] === tables.last) best.offer([{ processor: p, from: 0, to: tables.instance.layerCount }], "one node");
  if (!best.stages || tables.processorCount > 1) startFrom(search, SHARES);
  if (!best.stages) searchUnder(search, { capMs: search.capMs, width: FIRST_BEAM, limit: Number.POSITIVE_INFINITY, by: "beam" });
}

/** Lines of all nodes, of which a plan takes what it needs, down to nearly the best of each. */
function fromLines(search: Search): undefined {
  for (const line of firstLines(search.tables)) {
    if (search.best.stop() || search.best.proved()) return;
    descendLine(search, line, LINE_DECISIONS);
  }
}

/** Lines of the best plan's order and all other nodes between, as long as they lead on; then the moves one by one. */
function aroundBest(search: Search): undefined {
  const { best, tables, random } = search;
  if (tables.placeCount < 3) return;
  for (let failed = 0; failed < LINE_TRIES && best.stages && !best.stop() && !best.proved(); ) {
    const line = lineAround(tables, best.stages.map((stage) => stage.processor), random);
    failed = descendLine(search, line, LINE_DECISIONS / 2) ? 0 : failed + 1;
  }
  if (best.stages) polish(search);
}

/** Whether the line gave a better plan. */
function descendLine(search: Search, line: readonly number[], decisions: number): boolean {
  const { tables, best } = search;
  const knownMs = best.costMs;
  // Without a bound yet, no line is worth more than so many halvings.
  let low = Math.max(best.boundMs, targetMs(search) / LINE_SPAN);
  for (let step = 0; step < decisions && !best.stop(); step++) {
    const high = targetMs(search);
    if (high <= low * (1 + NEARLY)) break;
    // The first tells whether there is anything to look for.
    const capMs = step === 0 ? high : Math.sqrt(low * high);
    const order = orderOfLine(tables, line, capMs);
    const cuts = order && cutOrder(tables, order, capMs);
    if (cuts && best.offer(stagesOf(tables, order, cuts), "order search") <= high) continue;
    if (step === 0) break;
    low = capMs;
  }
  return best.costMs < knownMs;
}

/** The programmes of others over (layer, node): on large problems a better start than beams make for long. */
function fromWalks(search: Search): undefined {
  startFrom(search, [edgeShardThroughput, edgeShardLatency, hiDp]);
  if (search.best.stages) polish(search);
}

function startFrom({ request, context, best }: Search, rules: readonly Baseline[]): void {
  offerRules({ request, context, rules, offer: best.offer, stop: () => best.proved() || best.stop() });
}

/** Where a plan may be looked for; most of what a finer bound takes is for a proof, which comes later. */
function roughBound({ tables, best, capMs }: Search): undefined {
  best.raise(walkBound(tables, { boundMs: Math.max(0, best.boundMs), attainedMs: best.stages ? best.costMs : capMs, precision: ROUGHLY }, best.stop));
}

/**
 * The count programme down to nearly its least T, before anything slower: where nodes are alike, that is nearly the best there is. Hops over one link add up there, which the programme does not see;
 * its orders may still be good ones, cut otherwise.
 */
function fromCounts(search: Search): undefined {
  const { tables, best, classes, judge } = search;
  const types = typeCounts(tables, classes);
  if (types.work > COUNT_WORK) return;
  const orders: CutOrder[] = [];
  let low = Math.max(best.boundMs, 0);
  let high = targetMs(search);
  for (let step = 0; step < DECISIONS && high > low * (1 + COUNTED) && !best.stop() && !best.proved(); step++) {
    const capMs = step === 0 ? high : low > 0 ? Math.sqrt(low * high) : high / 2;
    const { stages } = searchTypeCounts(tables, types, capMs, best.stop);
    if (!stages && step === 0) break;
    if (!stages) low = capMs;
    else {
      const bottleneckMs = best.offer(stages, "count programme");
      high = Math.min(capMs, bottleneckMs * (1 - PROGRESS));
      if (bottleneckMs < Number.POSITIVE_INFINITY) orders.unshift({ order: stages.map((stage) => stage.processor), stages, bottleneckMs });
    }
  }
  for (const one of orders.slice(0, COUNT_DESCENTS)) descend(tables, leastBottleneck(tables, one.order, { boundMs: low, capMs: one.bottleneckMs }, judge) ?? one, Math.max(0, best.boundMs), judge);
}

function boundByWindows(search: Search): "impossible" | undefined {
  const { tables, best } = search;
  const attainedMs = targetMs(search);
  const rough = pricedBound(tables, { capMs: attainedMs, prices: search.prices, rounds: 1 }, best.stop);
  if (rough.excluded && !best.stages) return "impossible";
  const boundMs = Math.max(0, best.boundMs, rough.boundMs);
  if (best.stages && !walkExists(tables, attainedMs)) best.raise(best.costMs);
  else best.raise(walkBound(tables, { boundMs, attainedMs, precision: tables.last * tables.placeCount ** 2 < LARGE ? 1e-6 : NEARLY }, best.stop));
}

function quickBeam(search: Search): undefined {
  climb(search, QUICK_BEAM);
}

function wideBeam(search: Search): undefined {
  climb(search, WIDE_BEAM);
}

/** Beams under caps between the bound and the best, the last of them improved by the order search. */
function climb(search: Search, width: number): void {
  const { best } = search;
  let low = Math.max(best.boundMs, 0);
  for (let step = 0; step < BEAM_STEPS && !best.stop() && !best.proved(); step++) {
    const high = targetMs(search);
    if (high <= low * (1 + BEAM_PRECISION)) break;
    // The first is at the bound itself: where that is attained, it is at once.
    const capMs = step === 0 ? Math.min(high, low * (1 + 1e-6)) : low > 0 ? Math.sqrt(low * high) : high / 2;
    if (searchUnder(search, { capMs, width, limit: Number.POSITIVE_INFINITY, by: "beam" }) !== "found") low = capMs;
  }
  if (best.stages) polish(search);
}

type Decision = "found" | "impossible" | "unknown";

/** Looks for a plan under a cap by labels. Only an unlimited width can say "impossible". */
function searchUnder(search: Search, options: { capMs: number; width: number; limit: number; by: string }): Decision {
  const { tables, best } = search;
  const { capMs } = options;
  const until = windowsUnder(tables, capMs);
  const prices = unitPrices(tables, search.prices, capMs);
  const walk = pricedWalk(tables, { prices, capMs, until });
  if (walk.value > 1 + PROGRESS) return "impossible";
  const result = searchLabels(tables, { capMs, prices, nodePrice: search.prices.nodeBusy, walk, until, classes: search.classes, width: options.width, again: options.width >= WIDE_BEAM && !search.instance.limits.oncePerNode, limit: options.limit }, best.stop);
  if (!result.stages) return result.complete ? "impossible" : "unknown";
  return Number.isFinite(best.offer(result.stages, options.by)) ? "found" : "unknown";
}

function polish(search: Search): void {
  const { best, tables, judge } = search;
  const order = best.stages!.map((stage) => stage.processor);
  descend(tables, { order, stages: best.stages!, bottleneckMs: best.costMs }, Math.max(0, best.boundMs), judge);
}

/** Prices under caps between the bound and the best: lower caps have narrower windows, so they may prove more. */
function boundByPrices(search: Search): "impossible" | undefined {
  const { tables, best } = search;
  if (best.stages) polish(search);
  let high = targetMs(search);
  for (let step = 0; step < PRICE_CAPS && !best.stop() && high > best.boundMs * (1 + 1e-4); step++) {
    const capMs = step === 0 ? high : (Math.max(0, best.boundMs) + high) / 2;
    const found = pricedBound(tables, { capMs, prices: search.prices, rounds: PRICE_ROUNDS }, best.stop);
    if (step === 0) search.prices = found.prices;
    best.raise(found.boundMs);
    if (found.excluded && !best.stages && capMs >= search.capMs) return "impossible";
    // Nothing is decided about this cap: a lower one may still be proved.
    if (found.boundMs < capMs) high = capMs;
  }
}

function decideByCounts(search: Search): "impossible" | undefined {
  const { tables, best, classes } = search;
  const types = typeCounts(tables, classes);
  if (types.work > COUNT_WORK) return;
  const decisive = search.instance.limits.oncePerNode;
  const decided = bisect(search, (capMs) => {
    const result = searchTypeCounts(tables, types, capMs, best.stop);
    if (result.impossible) return "impossible";
    // Hops over one link add up there, which the programme does not see.
    return result.stages && best.offer(result.stages, "count programme") <= capMs * (1 + 1e-9) ? "found" : "unknown";
  }, decisive);
  return decisive && decided ? "impossible" : undefined;
}

function decideByFewLabels(search: Search): "impossible" | undefined {
  return decideWithin(search, LABEL_LIMIT / 10);
}

function decideByLabels(search: Search): "impossible" | undefined {
  return decideWithin(search, LABEL_LIMIT);
}

function decideWithin(search: Search, limit: number): "impossible" | undefined {
  return bisect(search, (capMs) => searchUnder(search, { capMs, width: Number.POSITIVE_INFINITY, limit, by: "label search" }), true) ? "impossible" : undefined;
}

/** Narrows bound and plan by decisions; `proves` = an "impossible" holds for all plans. True: there is no plan at all. */
function bisect(search: Search, decide: (capMs: number) => Decision, proves: boolean): boolean {
  const { best } = search;
  let low = Math.max(0, best.boundMs);
  for (let step = 0; step < DECISIONS && !best.stop() && !best.proved(); step++) {
    const high = targetMs(search);
    if (high <= low) return false;
    // Mostly the best is the optimum already, which one decision proves.
    const capMs = step % 2 === 0 ? high : (low + high) / 2;
    const decision = decide(capMs);
    if (decision === "unknown") return false;
    if (decision === "found") polish(search);
    else {
      if (proves && !best.stages && capMs >= search.capMs) return true;
      low = capMs;
      if (proves) best.raise(capMs);
      if (capMs >= high) return false;
    }
  }
  return false;
}

/** Iterated local search from the best order. */
function kick(search: Search): undefined {
  const { best, tables, judge, random } = search;
  for (let step = 0; step < KICKS && best.stages && !best.stop() && !best.proved(); step++) {
    const order = perturbedOrder(tables, best.stages.map((stage) => stage.processor), 1 + (step % 3), random);
    const boundMs = Math.max(0, best.boundMs);
    const cut = leastBottleneck(tables, order, { boundMs, capMs: best.costMs * 1.5 }, judge);
    if (cut) descend(tables, cut, boundMs, judge);
    aroundBest(search);
  }
}
