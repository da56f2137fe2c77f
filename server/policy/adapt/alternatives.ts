// Owns what could be done: other threads where it runs (tune), other nodes for the same segments (remap), or other cuts (re-split). Each legal, each with its cost today. Pure.
import { checkPlacement } from "../../planner/check-placement.ts";
import { estimatePlacement } from "../../planner/estimate.ts";
import { sameMode } from "../../planner/node-modes.ts";
import type { Placement, StagePlacement } from "../../planner/plan.ts";
import { placementCost } from "../../planner/placement-cost.ts";
import type { PlanRequest } from "../../planner/plan-request.ts";
import type { Problem } from "../../planner/problem.ts";
import { gapOf } from "../../planner/search/solver.ts";
import { solveNow } from "../../planner/solve-now.ts";
import { isCutOff } from "./cut-links.ts";
import { lostNodes } from "./is-running.ts";

export type Alternative = { kind: "tune" | "remap" | "resplit" | "return"; placement: Placement; /** Proven least cost of any plan when it was found; null = not known. */ bound: number | null; gap: number | null };

/** Each way is checked and estimated (about 0.1 ms); above this only one or two segments move at a time. */
const MAX_WAYS = 600;

/** Of the request's objective, in today's figures; null = it cannot be run, as where one of its nodes or links is lost, or not estimated. */
export function costToday(problem: Problem, request: PlanRequest, placement: Placement): number | null {
  if (lostNodes(problem, placement).length > 0 || isCutOff(problem, placement)) return null;
  const estimate = estimatePlacement(problem, placement);
  return estimate && placementCost(problem, request, estimate);
}

/** At most one of each kind, best first of its kind. `home`: where it was before adaptation moved it. `underLoad`: other cuts are also looked for by what they carry. `slowed`: nodes with a drift, of which nobody knows what other threads would do there. */
export function findAlternatives(problem: Problem, request: PlanRequest, running: Placement, home: Placement, { underLoad = false, slowed = new Set() }: { underLoad?: boolean; slowed?: ReadonlySet<string> } = {}): Alternative[] {
  const found: Alternative[] = [{ kind: "return", placement: home, bound: null, gap: null }];
  const tuned = bestTune(problem, request, running, slowed);
  if (tuned) found.push({ kind: "tune", placement: tuned, bound: null, gap: null });
  const remapped = bestRemap(problem, request, running);
  if (remapped) found.push({ kind: "remap", placement: remapped, bound: null, gap: null });
  // A demand or an SLO that today's fleet cannot meet at all must not forbid the better plan.
  const { demandPerSecond: _demand, slo: _slo, movingHorizonSeconds: _horizon, ...open } = request;
  const solved = solveNow(problem, { ...open, forDeploy: true });
  const bySpeed: Alternative | null = "infeasible" in solved ? null : { kind: "resplit", placement: solved.placement, bound: solved.origin.lowerBound, gap: solved.origin.gap };
  const { weights: _weights, ...plain } = open;
  const carrying = underLoad ? solveNow(problem, { ...plain, objective: "throughput", forDeploy: true }) : null;
  const byRate: Alternative | null = carrying === null || "infeasible" in carrying ? null : { kind: "resplit", placement: carrying.placement, bound: null, gap: null };
  const resplit = better(problem, request, bySpeed, byRate);
  if (resplit) found.push(resplit.placement.length === running.length && resplit.placement.every((stage, k) => isSamePlace(stage, running[k])) ? { ...resplit, kind: "tune" } : resplit);
  return found
    .filter((one, index) => !samePlacement(one.placement, running) && isAllowed(problem, request, one.placement) && found.findIndex((other) => samePlacement(other.placement, one.placement)) === index)
    .map((one) => boundedBy(one, bySpeed?.bound ?? null, costToday(problem, request, one.placement)));
}

/** What no plan is below, none of its kind is. */
function boundedBy(one: Alternative, bound: number | null, cost: number | null): Alternative {
  return bound === null || bound <= 0 || cost === null || cost < bound ? one : { ...one, bound, gap: gapOf({ cost, bound }) };
}

/** The first unless the second costs less today. */
function better(problem: Problem, request: PlanRequest, first: Alternative | null, second: Alternative | null): Alternative | null {
  if (first === null || second === null) return first ?? second;
  const [a, b] = [first, second].map((one) => costToday(problem, request, one.placement) ?? Number.POSITIVE_INFINITY) as [number, number];
  return b < a ? second : first;
}

export function isAllowed(problem: Problem, request: PlanRequest, placement: Placement): boolean {
  return checkPlacement(problem, placement, { request, forDeploy: true }).every((refusal) => refusal.code === "demand" || refusal.code === "slo");
}

/** The same segments on the same nodes in the same modes. */
export function samePlacement(a: Placement, b: Placement): boolean {
  return a.length === b.length && a.every((stage, k) => isSamePlace(stage, b[k]) && sameMode(stage.session, b[k]?.session));
}

const isSamePlace = (a: StagePlacement, b: StagePlacement | undefined): boolean => a.from === b?.from && a.to === b.to && a.topologyNodeId === b.topologyNodeId;

/** Stage by stage the mode that costs least, by the profile of its node; the node's cores and memory are shared as ever. */
function bestTune(problem: Problem, request: PlanRequest, running: Placement, slowed: ReadonlySet<string>): Placement | null {
  const now = costToday(problem, request, running);
  if (request.defaultModeOnly || now === null) return null;
  let best = { placement: running, cost: now };
  for (const [k, { from, to, topologyNodeId }] of running.entries()) {
    const node = problem.nodes.find((one) => one.topologyNodeId === topologyNodeId);
    if (!node?.otherModes || slowed.has(topologyNodeId)) continue;
    for (const session of [undefined, ...node.otherModes.map((mode) => mode.session)]) {
      const placement = best.placement.map((stage, other) => (other === k ? { from, to, topologyNodeId, ...(session ? { session } : {}) } : stage));
      const cost = costToday(problem, request, placement);
      if (cost !== null && cost < best.cost && isAllowed(problem, request, placement)) best = { placement, cost };
    }
  }
  return best.placement === running ? null : best.placement;
}

function bestRemap(problem: Problem, request: PlanRequest, running: Placement): Placement | null {
  const targets = problem.nodes.filter((node) => !node.planned && node.online && !node.cordoned).map((node) => node.topologyNodeId);
  let best: { placement: Placement; cost: number } | null = null;
  for (const placement of waysToRemap(running, targets)) {
    const cost = costToday(problem, request, placement);
    if (cost === null || (best !== null && cost >= best.cost) || !isAllowed(problem, request, placement)) continue;
    best = { placement, cost };
  }
  return best?.placement ?? null;
}

/** Cuts stay: the segments' files are the same, only who runs them differs. */
function* waysToRemap(running: Placement, targets: readonly string[]): Generator<Placement> {
  const at = (nodeIds: readonly string[]) => running.map((stage, k) => ({ ...stage, topologyNodeId: nodeIds[k] ?? stage.topologyNodeId }));
  const present = running.map((stage) => stage.topologyNodeId);
  if (targets.length ** running.length <= MAX_WAYS) {
    for (let way = 0; way < targets.length ** running.length; way++) yield at(running.map((_, k) => targets[Math.floor(way / targets.length ** k) % targets.length] as string));
    return;
  }
  for (const [k] of running.entries()) {
    for (const target of targets) {
      yield at(present.map((id, other) => (other === k ? target : id)));
      // The two change places.
      yield at(present.map((id, other) => (other === k ? target : id === target ? (present[k] as string) : id)));
    }
  }
}
