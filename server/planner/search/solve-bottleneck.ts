// Owns the plan with the greatest throughput: the least time per request of the busiest node or link, with a proof of how close it is. Beams and an order search
// find plans; the priced walk, the count programme and the exact label search prove them. Every plan is judged by the cost model; ties go to the lower latency.
import { seededRandom } from "../../model/seeded-random.ts";
import { edgeShardThroughput } from "../baselines/edge-shard.ts";
import { hiDp } from "../baselines/hi-dp.ts";
import { checkStages } from "../check-stages.ts";
import type { SearchStage } from "../instance.ts";
import { type BestChain, bestChain } from "./best-chain.ts";
import { noWalkUnder, pricedBound, speedPrices, walkBound } from "./bottleneck-bound.ts";
import { searchLabels } from "./bottleneck-labels.ts";
import { type BottleneckTables, bottleneckTables } from "./bottleneck-tables.ts";
import { nodeClasses } from "./node-classes.ts";
import { descend, type Judge, leastBottleneck, lowerLatency, PROGRESS } from "./order-descent.ts";
import { perturbedOrder } from "./perturbed-order.ts";
import { pricedWalk, type ResourcePrices, unitPrices, windowsUnder } from "./priced-walk.ts";
import type { SearchContext, SearchRequest, Solver } from "./solver.ts";
import { searchTypeCounts, typeCounts } from "./type-counts.ts";

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
/** Positions × processors² from which the rules of others are asked, and each one's share of the time left. */
const LARGE = 20_000;
const RULE_SHARE = 0.5;
const KICKS = 40;
const DECISIONS = 40;

export const solveBottleneck: Solver = {
  name: "throughput/1",
  label: "Cutplane (throughput)",
  solve(request, context) {
    if (request.objective.kind !== "bottleneck") throw new RangeError("the throughput solver minimises the bottleneck");
    const search = begin(request, context);
    const { best, tables } = search;
    if (noWalkUnder(tables, search.capMs)) return best.outcome({ impossible: true });
    let impossible = false;
    // Small problems are over after the first few of these; each next one is for what is left.
    const steps: ((search: Search) => "impossible" | undefined)[] = [firstPlan, boundByWindows, fromRules, quickBeam, boundByPrices, decideByCounts, decideByFewLabels, wideBeam, kick, boundByPrices, decideByLabels];
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

/** One node alone, and a beam without a cap: something to show at once. */
function firstPlan(search: Search): undefined {
  const { tables, best } = search;
  for (let p = 0; p < tables.processorCount; p++) if (tables.until[p]![0] === tables.last) best.offer([{ processor: p, from: 0, to: tables.instance.layerCount }], "one node");
  if (!best.stages) searchUnder(search, { capMs: search.capMs, width: FIRST_BEAM, limit: Number.POSITIVE_INFINITY, by: "beam" });
}

/** On large problems two quick programmes of others make a better start than beams do for long; a plan that stays theirs says so. */
function fromRules({ request, context, tables, best }: Search): undefined {
  if (tables.last * tables.processorCount ** 2 < LARGE) return;
  for (const rule of [hiDp, edgeShardThroughput]) {
    if (best.proved() || best.stop()) return;
    const { stages } = rule.solve(request, { now: context.now, cancelled: context.cancelled, seed: context.seed, deadlineMs: context.now() + (context.deadlineMs - context.now()) * RULE_SHARE });
    if (stages && checkStages(request.instance, stages).length === 0) best.offer(stages, rule.label);
  }
}

function boundByWindows(search: Search): "impossible" | undefined {
  const { tables, best } = search;
  const attainedMs = targetMs(search);
  const rough = pricedBound(tables, { capMs: attainedMs, prices: search.prices, rounds: 1 }, best.stop);
  if (rough.excluded && !best.stages) return "impossible";
  best.raise(walkBound(tables, { boundMs: Math.max(0, best.boundMs, rough.boundMs), attainedMs, precision: 1e-6 }, best.stop));
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
    return result.stages && Number.isFinite(best.offer(result.stages, "count programme")) ? "found" : "unknown";
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
  }
}
