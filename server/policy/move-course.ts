// Owns how a move goes where a node cannot hold both revisions: what is kept of it with its migration, and what that means for a stage now. Pure.
//
//   hand-over: moves one after the other under one operation, each of them make-before-break; `rest` is what comes after this one
//   pause:     on `nodeIds` the old stages leave memory before the new ones load (break-before-make); requests wait meanwhile
import type { PausePrediction, StepAt } from "./predict-pause.ts";
import type { DeploymentView, MigrationState, MigrationView, RevisionStage, RevisionView, StageView } from "./snapshot.ts";
import { assignmentIdOf } from "./stable-id.ts";

/** What is left of a hand-over: plans, with where their stages run. */
export type HandOverStep = { planId: string; stages: RevisionStage[]; ingressNodeIds: string[] };
export type MoveCourse = { handOver?: { /** From 1. */ step: number; of: number; rest: HandOverStep[] }; pause?: MovePause };
/** `nodeIds`: enrolled nodes that cannot hold both. */
export type MovePause = { nodeIds: string[]; allowedMs: number; predicted: PausePrediction };

/** New stages on nodes that pause hold files alone. */
const NEW_WAITS: readonly MigrationState[] = ["prepare", "pause", "unload", "rolling-back"];
/** And from here to the end of the old revision its stages there do. */
const OLD_WAITS: readonly MigrationState[] = ["unload", "warm", "verify", "cutover", "drain"];

/** Whether a stage of a revision of this move is to have its files and no process now. What both revisions have as it is stays loaded. */
export function holdsFilesOnly({ deploymentId, migration, revisions }: Pick<DeploymentView, "deploymentId" | "migration" | "revisions">, revision: Pick<RevisionView, "revisionId">, stage: StageView): boolean {
  if (!migration?.pause?.nodeIds.includes(stage.nodeId)) return false;
  const isNew = revision.revisionId === migration.toRevisionId;
  if (!(isNew ? NEW_WAITS : OLD_WAITS).includes(migration.state)) return false;
  const other = revisions.find((one) => one.revisionId === (isNew ? migration.fromRevisionId : migration.toRevisionId));
  const assignmentId = assignmentIdOf(deploymentId, stage);
  return !other?.stages.some((one) => assignmentIdOf(deploymentId, one) === assignmentId);
}

/** Stages of `revision` on nodes that pause, without those that the other revision keeps as they are. */
export function breakingStages<S extends { nodeId: string; assignmentId: string }>(deploymentId: string, pause: NonNullable<MigrationView["pause"]>, stages: readonly S[], other: Pick<RevisionView, "stages">): S[] {
  const kept = new Set(other.stages.map((stage) => assignmentIdOf(deploymentId, stage)));
  return stages.filter(({ nodeId, assignmentId }) => pause.nodeIds.includes(nodeId) && !kept.has(assignmentId));
}

/** "Step 2 of 3: "; empty for a move by itself. */
export function stepText(handOver: { step: number; of: number } | undefined): string {
  return handOver ? `Step ${handOver.step} of ${handOver.of}: ` : "";
}

/** Milliseconds in which no revision took requests, by the times of a migration's steps: from the first request that waited until entries told that another revision takes them, or the old one again. Null = it has not paused, or not ended yet. */
export function measuredPauseMs(steps: readonly StepAt[]): number | null {
  const began = steps.find((one) => one.action === "pause");
  const ended = began && steps.find((one) => one.atMs >= began.atMs && ((one.state === "cutover" && one.action === "drain") || (one.state === "restore" && one.action !== "restore")));
  return began && ended ? ended.atMs - began.atMs : null;
}
