// Owns how a deployment gets from where it runs to another plan: beside what runs, step by step, or with a pause, the first of these that every node's memory
// allows. Pure; whether it may pause, and for how long, is the caller's.
import { isSameStage } from "../planner/node-modes.ts";
import type { Placement, Refusal } from "../planner/plan.ts";
import { planHandOver } from "../planner/plan-hand-over.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import type { Problem } from "../planner/problem.ts";
import { checkReplicas } from "../planner/replicas/check-replicas.ts";

export type MoveChoice =
  | { way: "beside" }
  /** `steps`: all replicas of each, the last as wanted. `latencyMs`: the longest of a placement between. */
  | { way: "hand-over"; steps: Placement[][]; latencyMs: number | null }
  /** `shortIds`: drawn nodes that cannot hold both. `refusals`: why, for where pausing is not allowed. */
  | { way: "pause"; shortIds: string[]; refusals: Refusal[] }
  | { way: "none"; refusals: Refusal[] };

/** `running`, `wanted`: of all replicas; nothing runs = []. `rules`: what the plan must keep to. On nodes of `running` a cordon stops nothing. */
export function chooseMove(problem: Problem, running: readonly Placement[], wanted: readonly Placement[], rules: Partial<PlanRequest>): MoveChoice {
  const held = new Set(running.flat().map((stage) => stage.topologyNodeId));
  const check = (placements: readonly Placement[], request: Partial<PlanRequest>) =>
    checkReplicas(problem, placements, { forDeploy: true, request, running: [running.flat()] }).filter((refusal) => refusal.code !== "node-cordoned" || !held.has(refusal.topologyNodeId ?? ""));
  const refusals = check(wanted, { ...rules, bothLoaded: true });
  if (refusals.length === 0) return { way: "beside" };
  if (check(wanted, rules).length > 0 || running.length === 0) return { way: "none", refusals };
  const between = { ...(rules.sensitiveInputs ? { sensitiveInputs: rules.sensitiveInputs } : {}) };
  const steps = handOver(problem, running, wanted, (placements) => check(placements, between).length === 0);
  if (steps) return { way: "hand-over", ...steps };
  return { way: "pause", shortIds: [...new Set(refusals.flatMap((refusal) => (refusal.code === "memory" && refusal.topologyNodeId ? [refusal.topologyNodeId] : [])))].sort(), refusals };
}

/** One replica is handed over; where several go elsewhere at once, no way is looked for. */
function handOver(problem: Problem, running: readonly Placement[], wanted: readonly Placement[], isAllowed: (placements: Placement[]) => boolean): { steps: Placement[][]; latencyMs: number | null } | null {
  if (running.length !== wanted.length) return null;
  const isSame = (a: Placement, b: Placement) => a.length === b.length && a.every((stage, index) => isSameStage(stage, b[index] ?? stage));
  const moved = running.flatMap((placement, index) => (isSame(placement, wanted[index] ?? []) ? [] : [index]));
  const [replica] = moved;
  if (replica === undefined || moved.length > 1) return null;
  const withOne = (placement: Placement) => running.map((one, index) => (index === replica ? placement : one));
  const found = planHandOver(problem, running[replica] ?? [], wanted[replica] ?? [], { besides: running.filter((_, index) => index !== replica).flat(), isAllowed: (placement) => isAllowed(withOne(placement)) });
  return found && found.steps.length > 1 ? { steps: found.steps.map(withOne), latencyMs: found.latencyMs } : null;
}
