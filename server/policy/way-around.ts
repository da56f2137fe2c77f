// Owns what a move costs whose nodes cannot hold both placements at once: in steps, or with a pause that is allowed. Pure.
import { checkPlacement } from "../planner/check-placement.ts";
import type { Placement } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import { planHandOver } from "../planner/plan-hand-over.ts";
import { freeBytes, type Problem } from "../planner/problem.ts";
import { type MovingBill, movingBill, sumBills } from "./adapt/moving-bill.ts";
import { pauseText, predictPause } from "./predict-pause.ts";

export type WayAround = { bill: MovingBill; /** Nothing serves meanwhile. */ pauses: boolean; /** In words. */ said: string };
type Asked = { running: Placement; target: Placement; request: PlanRequest; overheadSeconds: number; pauseSeconds: number; /** Today's cost of a request, milliseconds; null = nothing serves. */ costNow: number | null };

/** `direct`: the bill of the move with both loaded. Null = neither is possible, or no pause as long as that is allowed. */
export function wayAround(problem: Problem, direct: MovingBill, { running, target, request, overheadSeconds, pauseSeconds, costNow }: Asked): WayAround | null {
  const steps = stepsBetween(problem, running, target, request);
  if (steps) {
    const bills = steps.map((step, index) => movingBill(problem, steps[index - 1] ?? running, step, overheadSeconds));
    return { bill: { ...sumBills(bills), shortOfMemory: [] }, pauses: false, said: `Its nodes can't hold both revisions: it is handed over in ${steps.length} steps.` };
  }
  if (pauseSeconds <= 0) return null;
  const bytesOf = ({ from, to }: { from: number; to: number }) => problem.layerWeightBytes.slice(from, to).reduce((total, bytes) => total + bytes, 0);
  const predicted = predictPause({ stages: target.filter((stage) => direct.shortOfMemory.includes(stage.topologyNodeId)).map((stage) => ({ nodeId: stage.topologyNodeId, bytes: bytesOf(stage) })), seen: problem.seenLoads ?? [], moves: [], latencyMs: costNow });
  const seconds = predicted.ms / 1000;
  if (seconds > pauseSeconds) return null;
  // Who comes during the pause waits for half of it on average.
  const waited = costNow === null ? 0 : (seconds * (predicted.ms / 2)) / costNow;
  return { bill: { ...direct, seconds: direct.seconds + seconds, costSeconds: direct.costSeconds + waited, shortOfMemory: [], parts: { ...direct.parts, otherSeconds: direct.parts.otherSeconds + seconds } }, pauses: true, said: `Its nodes can't hold both revisions: nothing serves for ${pauseText(predicted)}.` };
}

/** What was found for a placement holds while what runs and the memory of nodes stay: looked at each second, found once. */
const found = new WeakMap<Placement, { key: string; steps: Placement[] | null }>();

function stepsBetween(problem: Problem, running: Placement, target: Placement, { sensitiveInputs }: PlanRequest): Placement[] | null {
  const key = JSON.stringify([running, sensitiveInputs, problem.nodes.map((node) => [node.topologyNodeId, freeBytes(node), node.online, node.cordoned])]);
  const known = found.get(target);
  if (known?.key === key) return known.steps;
  const isAllowed = (placement: Placement) => checkPlacement(problem, placement, { request: sensitiveInputs ? { sensitiveInputs } : {}, forDeploy: true }).length === 0;
  const steps = planHandOver(problem, running, target, { isAllowed })?.steps ?? null;
  found.set(target, { key, steps });
  return steps;
}
