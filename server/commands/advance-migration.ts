// Writes one step of a migration that was decided on: state, decision record, what follows for the deployment, event, all in one transaction.
// A console that stops between two steps finds the rows as they are and goes on.
import type { MigrationDecision } from "../policy/migration.ts";
import { measuredPauseMs, stepText } from "../policy/move-course.ts";
import type { MovedBytes } from "../policy/moved-bytes.ts";
import type { MigrationState } from "../policy/snapshot.ts";
import type { Append } from "../events/publish.ts";
import type { Tx } from "../store/db.ts";
import { FINAL_MIGRATION_STATES, findMigration, findRevisions, lockDeployment, type MigrationDecisionRecord, moveMigration, retireRevision, stepTimes, type StoredDeployment, type StoredMigration, updateDeployment } from "../store/deployments.ts";
import type { Deps } from "./deps.ts";
import { endOperation } from "./run-operation.ts";
import { startMigration } from "./start-migration.ts";

/** A migration takes about ten; more would mean a loop. */
export const MAX_DECISIONS = 200;

const FETCHING: readonly MigrationState[] = ["prepare", "pause", "unload", "warm", "verify"];

export type AdvanceMigrationInput = { migrationId: string; expected: MigrationState; decision: Exclude<MigrationDecision, { action: "wait" }>; /** What it brought over the network by now; null = not known. */ moved: MovedBytes[] | null };

/** False when the migration was not in `expected` any more; nothing is written then. */
export async function advanceMigration(deps: Deps, input: AdvanceMigrationInput): Promise<boolean> {
  const { migrationId, expected, decision } = input;
  const to: MigrationState = decision.action === "step" ? decision.to : decision.restore ? "restore" : "rolling-back";
  const now = new Date(deps.clock.now());
  const moved = await deps.publisher.transact(async (tx, append) => {
    const seen = await findMigration(tx, migrationId);
    const deployment = seen && (await lockDeployment(tx, seen.deploymentId));
    // Read again under the lock: a stop or a cancel may have come first.
    const migration = await findMigration(tx, migrationId);
    if (!migration || !deployment || migration.state !== expected || migration.finishedAt) return false;
    const record: MigrationDecisionRecord = { at: now.toISOString(), state: expected, action: to, reason: decision.reason };
    const isFinal = FINAL_MIGRATION_STATES.includes(to);
    const error = decision.action === "turn-back" ? { code: migration.cancelRequested ? "cancelled" : "migration-failed", message: decision.error, fix: null } : undefined;
    const didMove = await moveMigration(tx, migrationId, expected, {
      state: to,
      stateSince: now,
      decisions: [...migration.decisions, record].slice(-MAX_DECISIONS),
      ...(isFinal ? { finishedAt: now } : {}),
      ...(error ? { error } : {}),
      // Nothing is fetched after the cutover, and nodes forget what they gave up.
      ...(input.moved && FETCHING.includes(expected) ? { moved: input.moved } : {}),
    });
    if (!didMove) return false;
    await applyToDeployment(tx, deployment, migration, to);
    await append({ name: "migration.step", subjectId: deployment.id, actor: "control", message: `${deployment.name}: ${expected} → ${to}. ${decision.reason}`, payload: { deploymentId: deployment.id, migrationId, from: expected, to } });
    if (isFinal) await finish(deps, tx, append, { deployment, migration, to, now });
    return true;
  });
  if (moved) deps.wake(`a migration went to ${to}`);
  return moved;
}

/** The pointer requests follow and the place where they enter move at cutover, and back when a cutover is undone. */
async function applyToDeployment(tx: Tx, deployment: StoredDeployment, migration: StoredMigration, to: MigrationState): Promise<void> {
  const revisionId = to === "cutover" ? migration.toRevisionId : to === "rolling-back" || to === "restore" ? migration.fromRevisionId : undefined;
  if (revisionId === undefined) return;
  const [revision] = revisionId === null ? [] : await findRevisions(tx, [revisionId]);
  const entries = revision ? { settings: { ...deployment.settings, ingressNodeIds: revision.ingressNodeIds } } : {};
  await updateDeployment(tx, deployment.id, { ...entries, currentRevisionId: revisionId, epoch: Math.max(deployment.epoch, revision?.epoch ?? 0) });
}

/** A hand-over goes on with its next step here, so that a console that ends in between leaves either both or neither. */
async function finish(deps: Deps, tx: Tx, append: Append, change: { deployment: StoredDeployment; migration: StoredMigration; to: MigrationState; now: Date }): Promise<void> {
  const { deployment, migration, to, now } = change;
  const outcome = to as "done" | "rolled-back" | "cancelled";
  const retired = outcome === "done" ? migration.fromRevisionId : migration.toRevisionId;
  if (retired) await retireRevision(tx, retired, now);
  const [revision] = await findRevisions(tx, [migration.toRevisionId]);
  const said = { done: `runs revision ${revision?.number}`, "rolled-back": `did not go to revision ${revision?.number}`, cancelled: `stays where it was: revision ${revision?.number} was cancelled` }[outcome];
  const why = outcome === "rolled-back" && migration.error ? `: ${migration.error.message}` : "";
  const pausedMs = measuredPauseMs(stepTimes([...migration.decisions, { at: now.toISOString(), state: migration.state, action: to, reason: "" }]));
  const paused = migration.course?.pause && pausedMs !== null ? ` Nothing served for ${(pausedMs / 1000).toFixed(1)} s; ${(migration.course.pause.predicted.ms / 1000).toFixed(1)} s were predicted.` : "";
  const bytes = migration.moved?.reduce((sum, one) => sum + one.bytes, 0) ?? null;
  const { handOver, pause } = migration.course ?? {};
  const message = `${stepText(handOver)}${deployment.name} ${said}${why}${why.endsWith(".") ? "" : "."}${paused}`;
  await append({ name: "migration.finished", subjectId: deployment.id, actor: "control", message, payload: { deploymentId: deployment.id, migrationId: migration.id, outcome, movedBytes: bytes, predictedBytes: migration.predictedBytes, ...(pause ? { pausedMs, predictedPauseMs: pause.predicted.ms } : {}) } });
  const result = { deploymentId: deployment.id, migrationId: migration.id, revision: revision?.number, outcome, ...(handOver ? { steps: handOver.of } : {}), ...(pause ? { predictedPauseMs: pause.predicted.ms, pausedMs } : {}) };
  const told = migration.error ?? { code: "migration-failed", message: "The migration did not end well.", fix: null };
  const failure = { ...told, message: `${stepText(handOver)}${told.message}${paused}` };
  const [following, ...rest] = (outcome === "done" && handOver?.rest) || [];
  if (following && handOver) {
    const stopped = { code: "cancelled", message: `It was cancelled after step ${handOver.step} of ${handOver.of}: revision ${revision?.number} serves.`, fix: null };
    if (migration.cancelRequested) await endOperation(deps, tx, append, migration.operationId, { status: "cancelled", error: stopped }, "control");
    else await startMigration(deps, tx, append, { deployment, fromRevisionId: migration.toRevisionId, ...following, reason: migration.reason, actor: migration.startedBy, operationId: migration.operationId, course: { handOver: { step: handOver.step + 1, of: handOver.of, rest } } });
    return;
  }
  if (outcome === "done") await endOperation(deps, tx, append, migration.operationId, { status: "succeeded", result }, "control");
  else await endOperation(deps, tx, append, migration.operationId, { status: outcome === "cancelled" ? "cancelled" : "failed", error: failure }, "control");
}
