// Owns how many replicas there should be: one more when more requests come than are carried with room to spare, one fewer when far fewer have come for long. Pure.
//
// More: rent or buy, as for moves. What is not carried of the demand is lost to clients each second (rent); a replica is added once that has added up to half of
// what bringing it takes (the bill, in seconds of serving). Fewer: what is left must carry the demand at LOW_SHARE of what it carries with room to spare, and must
// have been able to for DROP_AFTER_MS without a break. Added above MAX_UTILISATION, dropped below LOW_SHARE of it: between the two nothing changes.
import { estimatePlacement } from "../../planner/estimate.ts";
import type { Placement } from "../../planner/plan.ts";
import { MAX_REPLICAS, MAX_UTILISATION, type PlanRequest } from "../../planner/plan-request.ts";
import type { Problem } from "../../planner/problem.ts";
import { combineReplicas } from "../../planner/replicas/combine-replicas.ts";
import { enteredAtFirst } from "../../planner/replicas/entered-at-first.ts";
import { LEAST_ADDED, waysToAdd, whyNotAdd } from "../../planner/replicas/next-replica.ts";
import { solveNow } from "../../planner/solve-now.ts";
import { type AdaptSettings, whyNotNow } from "./adapt-settings.ts";
import { costToday } from "./alternatives.ts";
import type { Decision, Observation, Weighed } from "./controller.ts";
import { replicasBill } from "./moving-bill.ts";
import { placementsOf } from "./replica-views.ts";

export type ScaleMemory = {
  /** Requests a second, followed over DEMAND_MEMORY_MS; null = none was told. */
  demand: number | null;
  atMs: number | null;
  /** Seconds of serving that clients have missed. */
  regret: number;
  overSinceMs: number | null;
  lowSinceMs: number | null;
  /** What would be added: searched for now and then. */
  added: Placement | null;
  searchedAtMs: number;
  searchedFor: string;
};
export const NEW_SCALE: ScaleMemory = { demand: null, atMs: null, regret: 0, overSinceMs: null, lowSinceMs: null, added: null, searchedAtMs: 0, searchedFor: "" };
/** `carriesPerSecond`: with room to spare. */
export type Scaled = Pick<Decision, "verdict" | "reason" | "target" | "alternatives" | "regret" | "needed" | "costNow"> & { demandPerSecond: number; carriesPerSecond: number; sinceMs: number };

const DEMAND_MEMORY_MS = 10_000;
/** A burst that is over before it is believed. */
const LEAST_OVER_MS = 5_000;
const REGRET_MEMORY_MS = 60_000;
const ROBUSTNESS = 0.5;
const LOW_SHARE = 0.6;
export const DROP_AFTER_MS = 300_000;
const SEARCH_AGAIN_MS = 30_000;
const MAX_STEP_MS = 5_000;

/** `today`: the problem with what is slower now. `times`: as much is carried, because requests run together; fewer replicas have to carry it with each alone. Null = as many as there should be, as far as is known. */
export function judgeScale(before: ScaleMemory, seen: Observation, today: Problem, settings: AdaptSettings, times = 1): { memory: ScaleMemory; scaled: Scaled | null } {
  const { nowMs, demandPerSecond = null } = seen;
  const seconds = before.atMs === null ? 0 : Math.min(MAX_STEP_MS, Math.max(0, nowMs - before.atMs)) / 1000;
  const weight = before.demand === null ? 1 : 1 - Math.exp((-seconds * 1000) / DEMAND_MEMORY_MS);
  const demand = demandPerSecond === null ? before.demand : (before.demand ?? 0) + weight * (demandPerSecond - (before.demand ?? 0));
  const memory: ScaleMemory = { ...before, demand, atMs: nowMs };
  const placements = placementsOf(seen);
  const problem = placements.length > 1 ? enteredAtFirst(today, seen.running) : today;
  const alone = carriedBy(problem, placements);
  const carries = alone && alone * times;
  if (demand === null || carries === null || seen.isMoving) return { memory, scaled: null };
  const isOver = demand > carries;
  memory.overSinceMs = isOver ? (before.overSinceMs ?? nowMs) : null;
  memory.regret = isOver ? before.regret + (1 - carries / demand) * seconds : before.regret * Math.exp((-seconds * 1000) / REGRET_MEMORY_MS);
  const base = { demandPerSecond: demand, carriesPerSecond: carries, costNow: meanCost(problem, seen.request, placements), regret: memory.regret, needed: null, target: null, alternatives: [] };
  if (isOver) {
    memory.lowSinceMs = null;
    return { memory, scaled: judgeMore(memory, { seen, problem, placements, settings, times }, { ...base, sinceMs: memory.overSinceMs ?? nowMs }) };
  }
  const fewer = whatToDrop(problem, seen, placements, demand);
  memory.lowSinceMs = fewer ? (before.lowSinceMs ?? nowMs) : null;
  if (!fewer || nowMs - (memory.lowSinceMs ?? nowMs) < DROP_AFTER_MS) return { memory, scaled: null };
  const target = weigh(problem, seen, placements, { kind: "drop", replica: fewer.index + 1, placement: placements[fewer.index] ?? [], after: placements.filter((_, index) => index !== fewer.index) });
  const reason = `${said(demand)} come, and without replica ${fewer.index + 1} ${said(fewer.carries)} are carried with room to spare; it has been so for ${Math.round((nowMs - (memory.lowSinceMs ?? nowMs)) / 60_000)} minutes.`;
  const limit = whyNotNow(settings, seen.moves, nowMs);
  const judged = { ...base, sinceMs: memory.lowSinceMs ?? nowMs, target, alternatives: [target] };
  return { memory, scaled: limit ? { ...judged, verdict: "limit", reason: `${reason} ${limit}` } : { ...judged, verdict: "act", reason } };
}

type Of = { seen: Observation; problem: Problem; placements: Placement[]; settings: AdaptSettings; times: number };
function judgeMore(memory: ScaleMemory, { seen, problem, placements, settings, times }: Of, base: Omit<Scaled, "verdict" | "reason">): Scaled {
  const what = `${said(base.demandPerSecond)} come, and ${placements.length === 1 ? "what runs carries" : `${placements.length} replicas carry`} ${base.carriesPerSecond.toFixed(1)} with room to spare.`;
  search(memory, seen, problem, placements, times);
  if (!memory.added) return { ...base, verdict: "no-better", reason: `${what} ${placements.length >= MAX_REPLICAS ? `More than ${MAX_REPLICAS} are not run.` : "No node has room for a further replica that would add to it."}` };
  const added = weigh(problem, seen, placements, { kind: "add", replica: placements.length + 1, placement: memory.added, after: [...placements, memory.added] });
  const target = { ...added, carriesPerSecond: (added.carriesPerSecond ?? 0) * times };
  const needed = target.bill.costSeconds * ROBUSTNESS;
  const judged = { ...base, needed, alternatives: [target] };
  if (target.refused) return { ...judged, verdict: "no-better", reason: `${what} ${target.refused}` };
  if (memory.regret < needed || seen.nowMs - base.sinceMs < LEAST_OVER_MS) return { ...judged, verdict: "demand-waits", reason: `${what} What clients miss is ${memory.regret.toFixed(2)} of ${needed.toFixed(2)} s.` };
  const limit = whyNotNow(settings, seen.moves, seen.nowMs);
  if (limit) return { ...judged, target, verdict: "limit", reason: `${what} ${limit}` };
  return { ...judged, target, verdict: "act", reason: `${what} A further replica makes it ${target.carriesPerSecond.toFixed(1)}, for ${target.bill.costSeconds.toFixed(1)} s of cost.` };
}

const said = (perSecond: number): string => `${perSecond.toFixed(1)} requests/s`;

/** Requests a second with room to spare, of the replicas whose nodes are all there; null = none of them can be estimated. */
export function carriedBy(problem: Problem, placements: readonly Placement[]): number | null {
  const isThere = (id: string) => problem.nodes.some((node) => node.topologyNodeId === id && node.online);
  const estimates = placements.filter((placement) => placement.every((stage) => isThere(stage.topologyNodeId))).flatMap((placement) => estimatePlacement(problem, placement) ?? []);
  return estimates.length === 0 ? null : combineReplicas(problem, estimates).throughputPerSecond * MAX_UTILISATION;
}

/** Per request, in the request's objective; requests fall to replicas by their rates. */
function meanCost(problem: Problem, request: PlanRequest, placements: readonly Placement[]): number | null {
  const all = placements.flatMap((placement) => {
    const [cost, rate] = [costToday(problem, request, placement), estimatePlacement(problem, placement)?.throughputPerSecond];
    return cost === null || rate === undefined ? [] : [{ cost, rate }];
  });
  const total = all.reduce((sum, one) => sum + one.rate, 0);
  return total > 0 ? all.reduce((sum, one) => sum + one.cost * one.rate, 0) / total : null;
}

/** Never the first: where requests enter and what a person placed hang on it. Of the others the one without which most is carried. */
function whatToDrop(problem: Problem, { request, leastReplicas = 1 }: Observation, placements: readonly Placement[], demand: number): { index: number; carries: number } | null {
  if (placements.length <= leastReplicas) return null;
  let best: { index: number; carries: number } | null = null;
  for (let index = 1; index < placements.length; index++) {
    const carries = carriedBy(problem, placements.filter((_, other) => other !== index));
    if (carries !== null && (best === null || carries > best.carries)) best = { index, carries };
  }
  return best && demand <= LOW_SHARE * best.carries && (request.demandPerSecond ?? 0) <= best.carries ? best : null;
}

function search(memory: ScaleMemory, seen: Observation, problem: Problem, placements: readonly Placement[], times: number): void {
  const searchedFor = JSON.stringify([placements, problem.nodes.map((node) => [node.online, node.cordoned])]);
  if (memory.searchedFor === searchedFor && seen.nowMs - memory.searchedAtMs < SEARCH_AGAIN_MS) return;
  memory.added = placements.length >= MAX_REPLICAS ? null : findAdded(problem, seen.request, placements, (memory.demand ?? 0) / times);
  memory.searchedFor = searchedFor;
  memory.searchedAtMs = seen.nowMs;
}

/** The first way that carries the demand, else the one that carries most. */
function findAdded(problem: Problem, request: PlanRequest, placements: readonly Placement[], demand: number): Placement | null {
  const { demandPerSecond: _demand, slo: _slo, replicas: _replicas, movingHorizonSeconds: _horizon, ...open } = request;
  const now = carriedBy(problem, placements) ?? 0;
  let best: { placement: Placement; carries: number } | null = null;
  for (const way of waysToAdd(problem, open, placements)) {
    const solved = solveNow(way.problem, { ...way.request, forDeploy: true });
    if ("infeasible" in solved || whyNotAdd(problem, open, placements, solved.placement).length > 0) continue;
    const carries = carriedBy(problem, [...placements, solved.placement]) ?? 0;
    if (carries < now * (1 + LEAST_ADDED) || (best && carries <= best.carries)) continue;
    best = { placement: solved.placement, carries };
    if (carries >= demand) break;
  }
  return best?.placement ?? null;
}

type Change = { kind: "add" | "drop"; replica: number; placement: Placement; after: Placement[] };
function weigh(problem: Problem, seen: Observation, placements: readonly Placement[], { kind, replica, placement, after }: Change): Weighed {
  const bill = replicasBill(problem, placements, after, seen.moveOverheadSeconds);
  const [costNow, cost] = [meanCost(problem, seen.request, placements), meanCost(problem, seen.request, after) ?? 0];
  return { kind, placement, bound: null, gap: null, replica, carriesPerSecond: carriedBy(problem, after) ?? 0, cost, gain: (costNow ?? cost) - cost, bill, refused: bill.shortOfMemory.length > 0 ? "Its nodes can't hold it beside what they run." : null };
}
