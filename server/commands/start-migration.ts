// Writes a new revision of a deployment and the migration that goes to it, with its operation and events, in the caller's transaction. The
// control loop does the rest from these rows.
import { newId } from "../ids.ts";
import type { Append } from "../events/publish.ts";
import { watchLeftMs } from "../policy/canary.ts";
import type { MoveCourse } from "../policy/move-course.ts";
import { pauseText } from "../policy/predict-pause.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import type { Tx } from "../store/db.ts";
import { findUnfinishedMigration, insertMigration, insertRevision, listRevisions, type StoredDeployment } from "../store/deployments.ts";
import { findOperation, type Operation } from "../store/operations.ts";
import { AppError } from "../errors.ts";
import { billMove } from "./bill-move.ts";
import type { Actor, Deps } from "./deps.ts";
import { beginOperation } from "./run-operation.ts";

export type StartMigrationInput = {
  /** Locked by the caller. */
  /** `settings`: absent where it is made just now. */
  deployment: Pick<StoredDeployment, "id" | "name"> & Partial<Pick<StoredDeployment, "settings">>;
  fromRevisionId: string | null;
  planId: string;
  stages: RevisionStage[];
  /** Where requests enter once it serves. */
  ingressNodeIds: string[];
  reason: string;
  actor: Actor;
  idempotencyKey?: string;
  /** How it goes where a node cannot hold both revisions. */
  course?: MoveCourse;
  /** The running operation it is a further step of; absent = it gets one of its own. */
  operationId?: string;
};

/** @throws AppError conflict while another migration of the deployment is unfinished */
export async function startMigration(deps: Deps, tx: Tx, append: Append, input: StartMigrationInput): Promise<{ operation: Operation; migrationId: string; revisionId: string }> {
  const { deployment, fromRevisionId, planId, stages, ingressNodeIds, reason, actor } = input;
  const unfinished = await findUnfinishedMigration(tx, deployment.id);
  const isWatched = unfinished?.state === "drain" && watchLeftMs(deployment.settings ?? {}, unfinished.id, deps.clock.now() - unfinished.stateSince.getTime()) > 0;
  if (unfinished) throw new AppError("conflict", `${deployment.name} is being moved (${unfinished.state}).`, { fix: isWatched ? "The revision that was promoted is still watched: cancel its move to go back at once, or wait until that is over." : unfinished.state === "drain" ? "Wait until the revision it left is empty: its operation says for what. Open streams that may finish keep it for as long as the deployment's settings say; set them to move to end that now." : "Wait until it is done, or cancel it first." });
  const now = new Date(deps.clock.now());
  const number = ((await listRevisions(tx, deployment.id))[0]?.number ?? 0) + 1;
  const revisionId = newId("rev");
  const migrationId = newId("mig");
  // An epoch only grows: a number that was never used can't meet an old frame.
  await insertRevision(tx, { id: revisionId, deploymentId: deployment.id, number, planId, epoch: number, createdAt: now, createdBy: actor, reason, ingressNodeIds, stages });
  const kind = fromRevisionId === null ? "deploy" : "move";
  const under = input.operationId === undefined ? null : await findOperation(tx, input.operationId);
  const operation = under ?? (await beginOperation(deps, tx, append, { kind, subjectId: deployment.id, actor, idempotencyKey: input.idempotencyKey }));
  const modelId = (await tx.plan.findUniqueOrThrow({ where: { id: planId }, select: { modelId: true } })).modelId;
  const bill = await billMove(deps, tx, { planId, modelId, stages, entryNodeIds: ingressNodeIds });
  await insertMigration(tx, { id: migrationId, deploymentId: deployment.id, fromRevisionId, toRevisionId: revisionId, reason, operationId: operation.id, startedAt: now, startedBy: actor, predictedBytes: bill?.bytes ?? null, ...(input.course ? { course: input.course } : {}) });
  await append({
    name: "migration.started",
    subjectId: deployment.id,
    actor,
    message: `${deployment.name} goes to revision ${number}${input.course?.handOver ? ` (step ${input.course.handOver.step} of ${input.course.handOver.of})` : ""}: ${reason}${input.course?.pause ? ` Nothing serves for ${pauseText(input.course.pause.predicted)}.` : ""}`,
    payload: { deploymentId: deployment.id, migrationId, toRevisionId: revisionId },
  });
  return { operation, migrationId, revisionId };
}
