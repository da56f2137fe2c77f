// Says how a running deployment would get to a plan: beside what runs, step by step, or with a pause that its settings allow. Changes nothing.
import { AppError } from "../errors.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import { isSameStage } from "../planner/node-modes.ts";
import type { Placement, Refusal } from "../planner/plan.ts";
import { rulesOf } from "../planner/plan-request.ts";
import type { Problem } from "../planner/problem.ts";
import { chooseMove } from "../policy/choose-move.ts";
import type { MovePause } from "../policy/move-course.ts";
import { pauseText, predictPause, type PausePrediction } from "../policy/predict-pause.ts";
import { replicasOf } from "../policy/replicas.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import { findDeployment, findRevisions, listMigrations, stepTimes } from "../store/deployments.ts";
import { findPlan } from "../store/plans.ts";
import type { TopologyDocument } from "../topology/topology.ts";
import { allPlacements } from "./create-plan.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { loadProblem } from "./load-problem.ts";

/** Of past moves: steps of a pause are as long as they were then. */
const MOVES_READ = 20;

export type Way =
  | { way: "beside" }
  | { way: "hand-over"; steps: Placement[][]; latencyMs: number | null }
  | { way: "pause"; pause: MovePause }
  /** `pause`: that it would take, where that is what is not allowed. `said`: why not, in a sentence; `refusals` as the check gives them. */
  | { way: "none"; said: string; fix: string | null; refusals: Refusal[]; pause: MovePause | null };

/** `stages`: where an earlier revision of the plan had them, when it is to come back as it was. @throws AppError not-found */
export async function chooseWay(deps: Deps, input: { deploymentId: string; planId: string; stages?: readonly RevisionStage[] }): Promise<Way> {
  const [deployment, plan] = await Promise.all([findOrThrow(findDeployment(deps.db, input.deploymentId), "deployment", input.deploymentId), findOrThrow(findPlan(deps.db, input.planId), "plan", input.planId)]);
  const [current] = deployment.currentRevisionId === null ? [] : await findRevisions(deps.db, [deployment.currentRevisionId]);
  const { problem, topology } = await loadProblem(deps, { modelId: plan.modelId, topologyId: plan.topologyId, beside: deployment.id, asDrawn: true });
  const running = current ? replicasOf(current.stages).map(({ stages }) => drawnPlacement(topology.document, stages)) : [];
  const wanted = input.stages ? replicasOf(input.stages).map(({ stages }) => drawnPlacement(topology.document, stages)) : allPlacements(plan.plan);
  // What is not drawn any more no sum speaks of: its nodes themselves say whether they take it.
  if (input.stages && wanted.flat().length < input.stages.length) return { way: "beside" };
  const { sensitiveInputs, ...asked } = rulesOf(plan.plan.request ?? {});
  const choice = chooseMove(problem, running, wanted, { ...(sensitiveInputs ? { sensitiveInputs } : {}), ...(input.stages ? {} : asked) });
  if (choice.way === "none") return { way: "none", said: choice.refusals[0]?.message ?? "It can't run there.", fix: choice.refusals[0]?.fix ?? null, refusals: choice.refusals, pause: null };
  if (choice.way !== "pause") return choice;
  const allowedMs = deployment.adaptation.pauseSeconds * 1000;
  const breaking = wanted.flat().filter((stage) => choice.shortIds.includes(stage.topologyNodeId) && !running.flat().some((other) => isSameStage(stage, other)));
  const predicted = await predict(deps, { deploymentId: deployment.id, problem, running: running[0] ?? [], breaking });
  const nodeIds = topology.document.nodes.flatMap((node) => (node.nodeId && choice.shortIds.includes(node.id) ? [node.nodeId] : []));
  const pause = { nodeIds, allowedMs, predicted };
  if (predicted.ms <= allowedMs) return { way: "pause", pause };
  return { way: "none", said: whyNotPause(choice.refusals, predicted, allowedMs), fix: `Allow it to pause for ${Math.ceil(predicted.ms / 1000)} s in its adaptation settings, place it where both fit, or stop it first.`, refusals: choice.refusals, pause };
}

/** @throws AppError infeasible, with the refusals and the pause that it would take */
export function demandWay(way: Way, place: "planId" | "toRevision" = "planId"): Exclude<Way, { way: "none" }> {
  if (way.way !== "none") return way;
  throw new AppError("infeasible", way.said, { place, details: { refusals: way.refusals, ...(way.pause ? { pause: way.pause.predicted } : {}) }, ...(way.fix ? { fix: way.fix } : {}) });
}

function whyNotPause([first]: readonly Refusal[], predicted: PausePrediction, allowedMs: number): string {
  const allowed = allowedMs === 0 ? "it is not allowed to pause" : `it may pause for ${(allowedMs / 1000).toFixed(1)} s`;
  return `${first?.message ?? "Its nodes can't hold both revisions."} No hand-over in steps fits either, and with both never loaded at once nothing would serve for ${pauseText(predicted)}: ${allowed}.`;
}

/** Stages on nodes that are not drawn any more are left out. */
export function drawnPlacement(document: TopologyDocument, stages: readonly RevisionStage[]): Placement {
  return stages.flatMap(({ from, to, nodeId, session }): Placement => document.nodes.filter((node) => node.nodeId === nodeId).slice(0, 1).map((node) => ({ from, to, topologyNodeId: node.id, ...(session ? { session } : {}) })));
}

type Predicted = { deploymentId: string; problem: Problem; running: Placement; breaking: Placement };
async function predict(deps: Deps, { deploymentId, problem, running, breaking }: Predicted): Promise<PausePrediction> {
  const moves = (await listMigrations(deps.db, deploymentId, MOVES_READ)).filter((move) => move.state === "done").map((move) => stepTimes(move.decisions));
  const bytesOf = ({ from, to }: { from: number; to: number }) => problem.layerWeightBytes.slice(from, to).reduce((sum, bytes) => sum + bytes, 0);
  return predictPause({ stages: breaking.map((stage) => ({ nodeId: stage.topologyNodeId, bytes: bytesOf(stage) })), seen: problem.seenLoads ?? [], moves, latencyMs: estimatePlacement(problem, running)?.latencyMs ?? null });
}
