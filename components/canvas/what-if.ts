// Owns the canvas's predictions: the server's own cost model and checks, run in the browser on the draft and on what a drop would make of it.
import type { LayerRange } from "../../server/model/model.ts";
import { checkPlacement } from "../../server/planner/check-placement.ts";
import { estimatePlacement } from "../../server/planner/estimate.ts";
import type { Estimate, Placement, Refusal } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { assign, moveBorder } from "./placement-edit.ts";

export type WhatIf = { placement: Placement; estimate: Estimate | null; refusals: Refusal[]; /** Refusals of the drop itself: a draft with layers still to place is no reason to refuse one. */ blocking: Refusal[] };

/** What is only unfinished, not wrong. */
const UNFINISHED: ReadonlySet<Refusal["code"]> = new Set(["empty", "gap", "planned-node", "node-offline"]);

export function whatIf(problem: Problem, placement: Placement): WhatIf {
  const refusals = checkPlacement(problem, placement);
  const unfinished = refusals.some((refusal) => refusal.code === "gap");
  // Between two stages with a hole the way is not known yet.
  const blocking = refusals.filter((refusal) => !UNFINISHED.has(refusal.code) && !(unfinished && refusal.code === "no-path"));
  return { placement, refusals, estimate: estimatePlacement(problem, placement), blocking };
}

/** What dropping `range` on the node would make of the draft. Only what the drop itself adds is blocking. */
export function whatIfDropped(problem: Problem, placement: Placement, range: LayerRange, topologyNodeId: string): WhatIf {
  const before = new Set(whatIf(problem, placement).blocking.map(reason));
  const after = whatIf(problem, assign(placement, range, topologyNodeId));
  const edges = illegalEdges(problem, after.placement, range).filter((refusal) => !after.blocking.some((one) => one.cutIndex === refusal.cutIndex));
  return { ...after, blocking: [...edges, ...after.blocking.filter((refusal) => !before.has(reason(refusal)))] };
}
/** What moving the border after stage `leftIndex` to `at` would make of the draft. Only what the move adds is blocking. */
export function whatIfBorder(problem: Problem, placement: Placement, leftIndex: number, at: number): WhatIf {
  const before = new Set(whatIf(problem, placement).blocking.map(reason));
  const after = whatIf(problem, moveBorder(placement, leftIndex, at));
  return { ...after, blocking: after.blocking.filter((refusal) => !before.has(reason(refusal))) };
}

const reason = (refusal: Refusal) => `${refusal.code} ${refusal.message}`;

/** Ends of the dropped range where the model may not be cut, also while the layers beyond lie nowhere. */
function illegalEdges(problem: Problem, placement: Placement, range: LayerRange): Refusal[] {
  return [range.from, range.to].filter((at) => at > 0 && at < problem.layerCount && !problem.cutLegal[at - 1] && !placement.some((stage) => stage.from < at && at < stage.to)).map((at) => ({
    code: "illegal-cut" as const, cutIndex: at - 1, message: `The model can’t be cut after layer ${at}: ${problem.cutReason[at - 1] ?? "not a legal cut"}.`, fix: "Take more or fewer layers along.",
  }));
}
