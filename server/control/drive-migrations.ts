// Asks policy for the next step of every unfinished migration, and has it written. Says how far it is while it waits.
import { advanceMigration } from "../commands/advance-migration.ts";
import type { Deps } from "../commands/deps.ts";
import { endOperation, reportProgress } from "../commands/run-operation.ts";
import { activeRevisions } from "../policy/desired.ts";
import { nextMigrationStep, progressSignature, stagesOf } from "../policy/migration.ts";
import { stepText } from "../policy/move-course.ts";
import { mostMoved, type MovedBytes, movedBytes } from "../policy/moved-bytes.ts";
import type { DeploymentView, FleetSnapshot } from "../policy/snapshot.ts";
import { type StopProgress, stopProgress } from "../policy/stop-progress.ts";
import { listOperations } from "../store/operations.ts";

/** When something of a migration was last seen to move, on the clock without its jumps. In memory: a console that restarts gives every migration its time anew. */
export type ProgressMemory = Map<string, { signature: string; evenAtMs: number; moved: MovedBytes[] | null }>;

/** After a stop, how long nodes have to say that they hold nothing more. */
const STOP_REPORT_LIMIT_MS = 15_000;

/** True when a step was written: the snapshot is old then. */
export async function driveMigrations(deps: Deps, snapshot: FleetSnapshot, memory: ProgressMemory): Promise<boolean> {
  let didAdvance = false;
  const { nowMs, jumpedMs = 0 } = snapshot;
  const seen = new Set<string>();
  for (const deployment of snapshot.deployments) {
    const { migration } = deployment;
    if (!migration) continue;
    seen.add(migration.migrationId);
    const signature = progressSignature(snapshot, deployment);
    const known = memory.get(migration.migrationId);
    const evenAtMs = known?.signature === signature ? known.evenAtMs : nowMs - jumpedMs;
    const moved = mostMoved(known?.moved ?? null, movedSoFar(snapshot, deployment));
    memory.set(migration.migrationId, { signature, evenAtMs, moved });
    const decision = nextMigrationStep(snapshot, deployment, evenAtMs + jumpedMs);
    if (decision.action !== "wait") didAdvance = (await advanceMigration(deps, { migrationId: migration.migrationId, expected: migration.state, decision, moved })) || didAdvance;
    else tellProgress(deps, snapshot, deployment, decision.reason);
  }
  for (const id of memory.keys()) if (!seen.has(id)) memory.delete(id);
  return didAdvance;
}

function movedSoFar(snapshot: FleetSnapshot, deployment: DeploymentView): MovedBytes[] | null {
  const find = (id: string | null | undefined) => deployment.revisions.find((revision) => revision.revisionId === id) ?? null;
  const next = find(deployment.migration?.toRevisionId);
  return next && movedBytes(snapshot, deployment, find(deployment.migration?.fromRevisionId), next);
}

function tellProgress(deps: Deps, snapshot: FleetSnapshot, deployment: DeploymentView, reason: string): void {
  const { migration } = deployment;
  const next = deployment.revisions.find((revision) => revision.revisionId === migration?.toRevisionId);
  if (!migration || !next) return;
  const observed = stagesOf(snapshot, deployment, next).flatMap((stage) => stage.observed ?? []);
  const done = observed.reduce((sum, assignment) => sum + assignment.bytesDone, 0);
  const total = observed.reduce((sum, assignment) => sum + assignment.bytesTotal, 0);
  reportProgress(deps, migration.operationId, { step: migration.state, done, total, unit: "bytes", detail: `${stepText(migration.handOver)}${reason}` });
}

/** A stop is done when nothing is desired of it any more and no connected node reports a stage of it, or they have had their time. */
export async function finishStops(deps: Deps, snapshot: FleetSnapshot): Promise<void> {
  for (const operation of await listOperations(deps.db, { status: "running", kind: "stop", limit: 100 })) {
    const deployment = snapshot.deployments.find((one) => one.deploymentId === operation.subjectId);
    if (deployment && !isStopped(snapshot, deployment)) {
      tellStop(deps, operation.id, stopProgress(snapshot, deployment));
      continue;
    }
    await deps.publisher.transact((tx, append) => endOperation(deps, tx, append, operation.id, { status: "succeeded", result: { deploymentId: operation.subjectId } }, "control"));
  }
}

function tellStop(deps: Deps, operationId: string, { step, stages, detail }: StopProgress): void {
  const done = stages.filter((stage) => stage.state === "unloaded").length;
  reportProgress(deps, operationId, { step, done, total: stages.length, unit: "items", detail });
}

function isStopped(snapshot: FleetSnapshot, deployment: DeploymentView): boolean {
  if (deployment.desired !== "stopped") return true;
  if (activeRevisions(deployment, snapshot.nodes, snapshot.nowMs).length > 0) return false;
  const held = deployment.revisions.some((revision) => stagesOf(snapshot, deployment, revision).some(({ node, observed }) => node?.connected && observed));
  return !held || snapshot.nowMs - (deployment.settings.stoppedAtMs ?? 0) > STOP_REPORT_LIMIT_MS + deployment.settings.limits.maxDeadlineMs;
}
