// Owns what a node's measurement becomes: a measured profile, and the end of its operation with the last one of it.
import type { ObservedMeasure } from "../../agents/protocol/control.ts";
import { reachedPace } from "../model/device-rates.ts";
import { keepBoundary } from "../model/keep-boundary.ts";
import { measuredProfile } from "../model/measured-profile.ts";
import { modeText } from "../planner/mode-text.ts";
import { saveDevicePace } from "../store/device-paces.ts";
import type { Tx } from "../store/db.ts";
import { deleteMeasureTask, findMeasureTask, listMeasureTasks, type StoredMeasureTask } from "../store/measure-tasks.ts";
import { findModel } from "../store/models.ts";
import { findMeasuredProfile, saveProfile } from "../store/profiles.ts";
import type { Append } from "../events/publish.ts";
import type { Deps } from "./deps.ts";
import { endOperation, reportProgress } from "./run-operation.ts";

/** Harmless to repeat: a task that was answered, cancelled or given to another node is not there any more. */
export async function recordMeasurement(deps: Deps, nodeId: string, measure: ObservedMeasure): Promise<void> {
  const stored = await findMeasureTask(deps.db, measure.taskId);
  if (!stored || stored.nodeId !== nodeId) return;
  if (measure.state === "fetching" || measure.state === "running") {
    reportProgress(deps, stored.operationId, { step: measure.state, detail: measure.message ?? "" });
    return;
  }
  await deps.publisher.transact(async (tx, append) => {
    if (!(await findMeasureTask(tx, measure.taskId))) return;
    await deleteMeasureTask(tx, measure.taskId);
    const failure = await saveResult(deps, tx, append, stored, measure);
    const left = (await listMeasureTasks(tx)).filter((other) => other.operationId === stored.operationId);
    if (failure === null && left.length > 0) return;
    // One failure ends it: the others still deliver their profiles, but who waits should hear now.
    const outcome = failure === null ? { status: "succeeded" as const, result: { modelId: measure.modelId } } : { status: "failed" as const, error: { code: "measurement-failed", message: failure, fix: "Look at the node's agent, then measure again." } };
    await endOperation(deps, tx, append, stored.operationId, outcome, "control");
  });
  deps.wake("a measurement came in");
}

/** Why it can't be used, or null. */
async function saveResult(deps: Deps, tx: Tx, append: Append, { nodeId, ranges }: StoredMeasureTask, measure: ObservedMeasure): Promise<string | null> {
  if (measure.state === "failed" || measure.result === null) return measure.message ?? "The node could not measure the model.";
  const model = await findModel(tx, measure.modelId);
  if (!model) return "The model was deleted meanwhile.";
  const at = new Date(deps.clock.now());
  const fresh = measuredProfile(model.facts, measure.result, { measuredAt: at.toISOString(), ranges: new Map((ranges ?? []).map(({ segmentId, from, to }) => [segmentId, { from, to }])) });
  const profile = keepBoundary(fresh, await findMeasuredProfile(tx, model.id, fresh));
  await saveProfile(tx, model.id, profile, nodeId, at);
  await saveDevicePace(tx, profile.deviceClass, profile.session.intraOpThreads, reachedPace(model.id, model.facts, profile));
  await append({
    name: "profile.measured",
    subjectId: model.id,
    actor: "control",
    message: `“${model.name}” takes ${profile.wholeMs.toFixed(1)} ms whole with ${modeText(profile.session)} on ${profile.deviceClass}.`,
    payload: { modelId: model.id, nodeId, wholeMs: profile.wholeMs },
  });
  return null;
}
