// Owns the order of a live migration: from what is observed, wait, take one step, or turn back. Pure; time comes in.
//
//   (verify ──a trial is wanted──▶ canary ──promoted──▶ cutover)
//
//   prepare ──all files held──▶ warm ──all ready and linked──▶ verify ──equal, or no numbers to compare──▶ cutover ──every ingress stamps
//   the new epoch──▶ drain ──nothing in flight on the old epoch, or its deadline passed; no stream open there, or their limit passed──▶ retire ──old lanes gone──▶ done
//
//   drain, of a promoted revision that is watched: stays so long while the old one is whole; cancel, or figures beyond what was allowed ──▶ rolling-back
//   canary:                cancel, a failure, or figures beyond what was allowed ──▶ rolling-back; stays as long as it takes
//   prepare, warm, verify: cancel, any failure, or no progress for the step's limit ──▶ rolling-back (the old revision was never touched)
//   cutover, drain:        a new stage or ingress fails while the old revision is whole ──▶ rolling-back (the old revision is still loaded)
//   "nothing in flight":   once every node of the revision that is not lost has told what it runs: a console that has just started, or taken over, has heard of few
//   retire:                always ends; what an unreachable node still holds goes when it comes back
//   rolling-back ──nothing in flight on the new epoch, or its deadline (of open streams: their limit) passed──▶ rolled-back, or cancelled when that was asked for
//
// Where nodes cannot hold both (`pause`, move-course.ts), the old revision's stages there leave memory before the new ones load:
//
//   prepare ──all files held, stages on other nodes ready, no stream open──▶ pause ──nothing in flight on the old epoch──▶ unload ──old stages gone from the nodes that pause──▶ warm ──▶
//   verify ──▶ cutover ──▶ … as above; requests wait at the ingress from pause to cutover
//
//   prepare:                 turned back as above, or when streams have not ended within their limit: nothing was touched
//   pause … cutover:         cancel (until cutover), any failure, no progress, or in pause an open stream, or longer in flight than is allowed ──▶ restore
//   restore ──the old revision is loaded and linked again, or its limit passed──▶ rolled-back, or cancelled
//
// A first deployment is the same machine with no old revision. A node of the old revision that fails stops nothing: moving away from it is
// often the point.
import type { ObservedAssignment, ObservedIngress } from "../../agents/protocol/control.ts";
import { canaryBreach, canaryText, isTrialWanted, toldOf, watchLeftMs, watchText } from "./canary.ts";
import { inFlightOf } from "./desired.ts";
import { breakingStages } from "./move-course.ts";
import { replicasOf } from "./replicas.ts";
import { drainLimitMs, openStreams, streamsBeforePause, streamWait } from "./drain-limit.ts";
import type { DeploymentView, FleetSnapshot, MigrationState, NodeView, RevisionView } from "./snapshot.ts";
import { isAway, isLinkedToAll } from "./lane-link.ts";
import { assignmentIdOf, laneIdOf } from "./stable-id.ts";
import { unheardOf } from "./unheard-nodes.ts";
import { verifyNeed } from "./verify-task.ts";
import { differenceText } from "../planner/difference-text.ts";

export type MigrationDecision =
  | { action: "wait"; reason: string; /** It has a limit of its own, however long nothing moves. */ hasLimit?: true }
  | { action: "step"; to: MigrationState; reason: string }
  /** `error` is what the user reads of why the migration did not happen. */
  | { action: "turn-back"; reason: string; error: string; /** What was unloaded has to be loaded again. */ restore?: true };

/** Longest a step may stand still. Loading and a warm run of a large segment show no progress of their own. */
export const NO_PROGRESS_LIMIT_MS: Record<"prepare" | "unload" | "warm" | "verify" | "cutover" | "restore", number> = { prepare: 60_000, unload: 60_000, restore: 180_000, warm: 180_000, verify: 120_000, cutover: 20_000 };
/** Unloading is quick; a node that has not said so is told again when it comes back. */
export const RETIRE_LIMIT_MS = 15_000;
/** A stage that has failed this often will fail again. */
export const MAX_RESTARTS = 3;
/** Before this, "nothing in flight" may only mean that a report is still on its way. */
export const SETTLE_MS = 1_200;

type Context = { snapshot: FleetSnapshot; deployment: DeploymentView; old: RevisionView | null; next: RevisionView; sinceMs: number; stillMs: number };

/** `progressAtMs`: when anything of this migration was last seen to move. Needs `deployment.migration`, unfinished. */
export function nextMigrationStep(snapshot: FleetSnapshot, deployment: DeploymentView, progressAtMs: number): MigrationDecision {
  const { migration } = deployment;
  if (!migration) return { action: "wait", reason: "There is no migration." };
  const old = deployment.revisions.find((revision) => revision.revisionId === migration.fromRevisionId) ?? null;
  const next = deployment.revisions.find((revision) => revision.revisionId === migration.toRevisionId);
  if (!next) return { action: "turn-back", reason: "The new revision is gone.", error: "The new revision is gone." };
  const context: Context = { snapshot, deployment, old, next, sinceMs: snapshot.nowMs - migration.stateSinceMs, stillMs: snapshot.nowMs - Math.max(progressAtMs, migration.stateSinceMs) };
  switch (migration.state) {
    case "prepare":
    case "warm":
    case "verify":
      return beforeCutover(context, migration.state, migration.cancelRequested);
    case "pause":
    case "unload":
      return whilePaused(context, migration.state, migration.cancelRequested);
    case "restore":
      return restore(context, migration.cancelRequested);
    case "canary":
      return tryOut(context, migration.cancelRequested);
    case "cutover":
      return confirmCutover(context);
    case "drain":
      return watch(context, migration.cancelRequested) ?? drain(context);
    case "retire":
      return retire(context);
    case "rolling-back":
      return rollBack(context, migration.cancelRequested);
    case "done":
    case "rolled-back":
    case "cancelled":
      return { action: "wait", reason: "It has ended." };
  }
}

/** A text that changes whenever something of the migration moves: bytes, states, links, in-flight counts. */
export function progressSignature(snapshot: FleetSnapshot, deployment: DeploymentView): string {
  const parts: unknown[] = [deployment.migration?.state];
  for (const revision of deployment.revisions) {
    parts.push(inFlightOf(deployment, revision, snapshot.nodes), revision.parity.status);
    for (const stage of stagesOf(snapshot, deployment, revision)) parts.push(stage.node?.connected, stage.observed?.state, stage.observed?.bytesDone, stage.lane?.upstreamLinked);
  }
  for (const { route } of ingressOf(snapshot, deployment, deployment.revisions.flatMap((revision) => revision.ingressNodeIds))) parts.push(route?.currentEpoch, route?.verify?.state, route?.pipelines.map((pipeline) => pipeline.linked).join());
  return JSON.stringify(parts);
}

function beforeCutover(context: Context, state: "prepare" | "warm" | "verify", cancelRequested: boolean): MigrationDecision {
  // In prepare nothing was touched yet.
  const back = (error: string): MigrationDecision => turnBack(context, error, state !== "prepare");
  if (cancelRequested) return back("It was cancelled.");
  const failure = failureOf(context);
  if (failure) return back(failure);
  const decision = state === "prepare" ? prepare(context) : state === "warm" ? warm(context) : verify(context);
  if (decision.action === "turn-back") return back(decision.error);
  if (decision.action !== "wait" || decision.hasLimit || context.stillMs <= NO_PROGRESS_LIMIT_MS[state]) return decision;
  return back(`No progress for ${Math.round(context.stillMs / 1000)} s in ${state}. ${decision.reason}`);
}

function turnBack({ deployment }: Context, error: string, isTouched: boolean): MigrationDecision {
  return { action: "turn-back", reason: error, error, ...(isTouched && deployment.migration?.pause ? { restore: true as const } : {}) };
}

/** Nothing open carries the epoch requests are stamped with: they wait. */
function whilePaused(context: Context, state: "pause" | "unload", cancelRequested: boolean): MigrationDecision {
  const { deployment: { migration, deploymentId }, snapshot, old, next } = context;
  if (cancelRequested) return turnBack(context, "It was cancelled.", true);
  const failure = failureOf(context);
  if (failure) return turnBack(context, failure, true);
  if (!old || !migration?.pause) return { action: "step", to: "warm", reason: "Nothing ran before it." };
  const { allowedMs } = migration.pause;
  if (state === "pause") {
    // One that began just before. Unloading would lose it, and nobody knows how long it goes on.
    const { count } = openStreams(context.deployment, old, snapshot.nodes);
    if (count > 0) return context.sinceMs < SETTLE_MS ? { action: "wait", reason: `Open streams: ${count}.` } : turnBack(context, `Open streams: ${count}, begun as it paused. Their state can't be taken through a pause; what ran before serves again.`, true);
    const left = leaving(context, old);
    if (left.is !== "there") return { action: "step", to: "unload", reason: left.text };
    if (context.sinceMs > allowedMs) return turnBack(context, `${left.text} It had paused for ${(context.sinceMs / 1000).toFixed(1)} s; it may pause for ${(allowedMs / 1000).toFixed(1)} s.`, true);
    return { action: "wait", reason: `${left.text} New requests wait.` };
  }
  const held = breakingStages(deploymentId, migration.pause, stagesOf(snapshot, context.deployment, old), next).find(({ observed }) => observed && IN_MEMORY.includes(observed.state));
  if (!held) return { action: "step", to: "warm", reason: `Revision ${old.number} is out of the memory of ${[...new Set(stagesOf(snapshot, context.deployment, next).filter(({ nodeId }) => migration.pause?.nodeIds.includes(nodeId)).map(({ name }) => name))].join(", ")}.` };
  const reason = `Stage ${held.index} of revision ${old.number} is still in the memory of ${held.name}.`;
  return context.stillMs > NO_PROGRESS_LIMIT_MS.unload ? turnBack(context, reason, true) : { action: "wait", reason };
}
const IN_MEMORY: readonly string[] = ["loading", "warming", "ready", "draining"];

/** The old revision comes back to where it was; it was verified when it first came. */
function restore(context: Context, cancelRequested: boolean): MigrationDecision {
  const { snapshot, deployment, old } = context;
  const to = cancelRequested ? "cancelled" : "rolled-back";
  if (!old) return { action: "step", to, reason: "Nothing serves now." };
  const stage = stagesOf(snapshot, deployment, old).find((one) => !one.node?.connected || one.observed?.state !== "ready" || !isLinked(context, old, one));
  const entry = entriesOf(context, old).find(({ node, route }) => !node?.connected || route?.currentEpoch !== old.epoch || (route.pipelines.filter((pipeline) => pipeline.epoch === old.epoch && pipeline.linked).length ?? 0) < replicasOf(old.stages).length);
  if (!stage && !entry) return { action: "step", to, reason: `Revision ${old.number} is loaded again and serves.` };
  const reason = stage ? `Stage ${stage.index} of revision ${old.number} on ${stage.name} is ${stage.observed?.state === "ready" ? "not linked" : (stage.observed?.state ?? "not reported")}${because(stage.observed)}.` : `The ingress on ${entry?.name} has not reached revision ${old.number} again.`;
  if (context.stillMs > NO_PROGRESS_LIMIT_MS.restore) return { action: "step", to, reason: `${reason} Its nodes go on trying.` };
  return { action: "wait", reason };
}

function prepare(context: Context): MigrationDecision {
  const { migration } = context.deployment;
  const stages = stagesOf(context.snapshot, context.deployment, context.next);
  const waiting = stages.find(({ node, observed }) => !node?.connected || !observed || ["pending", "fetching", "failed"].includes(observed.state));
  if (waiting) return { action: "wait", reason: `${waiting.name} has not fetched stage ${waiting.index}${because(waiting.observed)}.` };
  if (!migration?.pause || !context.old) return { action: "step", to: "warm", reason: "Every node holds its files." };
  // What can be loaded beforehand shall not take from the pause.
  const cold = stages.find(({ nodeId, observed }) => !migration.pause?.nodeIds.includes(nodeId) && observed?.state !== "ready");
  if (cold) return { action: "wait", reason: `Stage ${cold.index} on ${cold.name} is ${cold.observed?.state}: it loads before anything pauses.` };
  const streams = streamsBeforePause(context.deployment.settings, openStreams(context.deployment, context.old, context.snapshot.nodes), context.sinceMs);
  if (streams) return streams.isOver ? { action: "turn-back", reason: streams.text, error: streams.text } : { action: "wait", reason: streams.text, hasLimit: true };
  const unheard = unheardOf(context.old, context.snapshot.nodes);
  if (unheard) return { action: "wait", reason: unheard };
  return { action: "step", to: "pause", reason: "Every node holds its files, and what fits beside the old revision is loaded." };
}

function warm(context: Context): MigrationDecision {
  for (const stage of stagesOf(context.snapshot, context.deployment, context.next)) {
    const { name, index, observed, node } = stage;
    if (!node?.connected || observed?.state !== "ready") return { action: "wait", reason: `Stage ${index} on ${name} is ${observed?.state ?? "not reported"}${because(observed)}.` };
    if (!isLinked(context, context.next, stage)) return { action: "wait", reason: `Stage ${index} on ${name} has not reached the one before it.` };
  }
  for (const { name, route, node } of entriesOf(context, context.next)) {
    const linked = route?.pipelines.filter((pipeline) => pipeline.epoch === context.next.epoch && pipeline.linked).length ?? 0;
    if (!node?.connected || linked < replicasOf(context.next.stages).length) return { action: "wait", reason: `The ingress on ${name} has not reached the last stage${route?.error ? `: ${route.error}` : ""}.` };
  }
  return { action: "step", to: "verify", reason: "Every stage is warm and linked." };
}

function verify(context: Context): MigrationDecision {
  const need = verifyNeed(context.deployment);
  const to = isTrialWanted(context.deployment) && !context.deployment.migration?.pause ? "canary" : "cutover";
  if (need.kind === "skip") return { action: "step", to, reason: need.reason };
  if (need.kind === "wait") return { action: "wait", reason: need.reason };
  if (need.kind === "impossible") return { action: "turn-back", reason: need.reason, error: need.reason };
  let worst = 0;
  for (const { name, route } of entriesOf(context, context.next)) {
    const result = route?.verify?.taskId === need.task.taskId ? route.verify : null;
    if (result?.state === "failed") {
      const measured = result.maxRelError === null ? "" : ` (error ${differenceText(result.maxRelError)}, allowed ${need.task.tolerance})`;
      const error = `Verification at ${name} failed${measured}${result.message ? `: ${result.message}` : "."}`;
      return { action: "turn-back", reason: error, error };
    }
    if (result?.state !== "passed") return { action: "wait", reason: `${name} compares the new pipeline's answers with the whole model's.` };
    worst = Math.max(worst, result.maxRelError ?? 0);
  }
  return { action: "step", to, reason: `The new pipeline answers like the whole model (largest difference ${differenceText(worst)}).` };
}

function tryOut(context: Context, cancelRequested: boolean): MigrationDecision {
  const { deployment, next } = context;
  if (cancelRequested) return { action: "turn-back", reason: "It was cancelled.", error: "It was cancelled." };
  const failure = failureOf(context);
  if (failure) return { action: "turn-back", reason: failure, error: `While it was tried: ${failure}` };
  if (!isTrialWanted(deployment)) return { action: "step", to: "cutover", reason: "It was promoted." };
  const told = toldOf(context.snapshot, deployment.deploymentId, next);
  const breach = canaryBreach(deployment.settings.canary ?? null, next.promise, told);
  if (breach) return { action: "turn-back", reason: breach, error: breach };
  return { action: "wait", reason: canaryText(deployment.settings.canary ?? null, { number: next.number, isStateful: deployment.model.states.length > 0 }, told.map(({ canary }) => canary)) };
}

/** A promoted revision, as long as the one before it could take its place; null = it is not watched, or no longer: a failure is the drain's business. */
function watch(context: Context, cancelRequested: boolean): MigrationDecision | null {
  const { snapshot, deployment: { deploymentId, settings, migration }, old, next, sinceMs } = context;
  if (!migration || watchLeftMs(settings, migration.migrationId, 0) === 0 || failureOf(context) !== null || !isWhole(context, old)) return null;
  if (cancelRequested) return { action: "turn-back", reason: "It was cancelled.", error: "It was cancelled." };
  const leftMs = watchLeftMs(settings, migration.migrationId, sinceMs);
  if (leftMs === 0) return null;
  const told = toldOf(snapshot, deploymentId, next);
  const breach = canaryBreach(settings.canary ?? null, next.promise, told);
  if (breach) return { action: "turn-back", reason: breach, error: `After it took over: ${breach}` };
  return { action: "wait", reason: watchText(next.number, leftMs, told.map(({ canary }) => canary)) };
}

function confirmCutover(context: Context): MigrationDecision {
  const failure = failureOf(context);
  const { deployment, next, old } = context;
  if (failure && old && deployment.migration?.pause) return turnBack(context, `After cutover: ${failure}`, true);
  if (failure && isWhole(context, old)) return { action: "turn-back", reason: failure, error: `After cutover: ${failure}` };
  const waiting = entriesOf(context, next).find(({ node, route }) => !node?.connected || route?.currentEpoch !== next.epoch) ?? leftEntries(context).find(({ node, route }) => node && node.presence !== "lost" && old && route?.currentEpoch === old.epoch);
  if (!waiting) return { action: "step", to: "drain", reason: `New requests carry epoch ${context.next.epoch}.` };
  const reason = `The ingress on ${waiting.name} has not switched to epoch ${context.next.epoch}.`;
  // It may go on serving the old epoch by itself, so the old revision must not be drained under it.
  if (context.stillMs > NO_PROGRESS_LIMIT_MS.cutover && context.old) return turnBack(context, reason, true);
  return { action: "wait", reason };
}

function drain(context: Context): MigrationDecision {
  if (!context.old) return { action: "step", to: "retire", reason: "Nothing ran before it." };
  const failure = failureOf(context);
  if (failure && isWhole(context, context.old)) return { action: "turn-back", reason: failure, error: `After cutover: ${failure}` };
  const left = leaving(context, context.old);
  if (left.is === "empty") return { action: "step", to: "retire", reason: left.text };
  const streams = streamsOf(context, context.old);
  if (streams) return streams.isOver ? { action: "step", to: "retire", reason: `On epoch ${context.old.epoch}, ${streams.text}` } : { action: "wait", reason: `On epoch ${context.old.epoch}, ${streams.text}` };
  return left.is === "late" ? { action: "step", to: "retire", reason: left.text } : { action: "wait", reason: left.text };
}

/** Whether what was let in on a revision that takes nothing any more has left it ("empty"), or is past its deadline ("late"). The text ends in a full stop. */
function leaving({ snapshot, deployment, sinceMs }: Context, revision: RevisionView): { is: "empty" | "late" | "there"; text: string } {
  const inFlight = inFlightOf(deployment, revision, snapshot.nodes);
  const unheard = unheardOf(revision, snapshot.nodes);
  if (inFlight === 0 && unheard === null && sinceMs >= SETTLE_MS) return { is: "empty", text: `Nothing is in flight on epoch ${revision.epoch}.` };
  if (sinceMs > drainLimitMs(deployment.settings)) return { is: "late", text: inFlight === 0 ? `What may have been in flight on epoch ${revision.epoch} has passed its deadline.` : `${inFlight} in flight on epoch ${revision.epoch} passed their deadline.` };
  return { is: "there", text: inFlight > 0 ? `${inFlight} still in flight on epoch ${revision.epoch}.` : (unheard ?? "Waiting for the nodes' next reports.") };
}

function retire(context: Context): MigrationDecision {
  const { old } = context;
  if (!old) return { action: "step", to: "done", reason: "Nothing to retire." };
  const held = stagesOf(context.snapshot, context.deployment, old).filter(({ node, lane }) => node?.connected && lane);
  if (held.length === 0) return { action: "step", to: "done", reason: `Revision ${old.number} is unloaded.` };
  if (context.sinceMs > RETIRE_LIMIT_MS) return { action: "step", to: "done", reason: `${held.map((stage) => stage.name).join(", ")} will unload revision ${old.number} by themselves.` };
  return { action: "wait", reason: `${held.map((stage) => stage.name).join(", ")} still hold revision ${old.number}.` };
}

function rollBack(context: Context, cancelRequested: boolean): MigrationDecision {
  const left = leaving(context, context.next);
  const to = cancelRequested ? "cancelled" : "rolled-back";
  const stays = context.old ? `Revision ${context.old.number} goes on serving.` : "Nothing serves now.";
  if (left.is === "empty") return { action: "step", to, reason: stays };
  const streams = streamsOf(context, context.next);
  if (streams) return streams.isOver ? { action: "step", to, reason: `On epoch ${context.next.epoch}, ${streams.text} ${stays}` } : { action: "wait", reason: `On epoch ${context.next.epoch}, ${streams.text}` };
  return left.is === "late" ? { action: "step", to, reason: `${left.text} ${stays}` } : { action: "wait", reason: left.text };
}

const streamsOf = ({ snapshot, deployment, sinceMs }: Context, revision: RevisionView) => streamWait(deployment.settings, openStreams(deployment, revision, snapshot.nodes), sinceMs);

/** Why the new revision can't come to serve; null while it still may. */
function failureOf(context: Context): string | null {
  for (const { name, index, node, observed } of stagesOf(context.snapshot, context.deployment, context.next)) {
    if (!node) return `The node of stage ${index} is not enrolled any more.`;
    if (node.presence === "lost") return `${name} (stage ${index}) is lost.`;
    if (observed?.state === "failed" && (observed.error?.retryAt == null || observed.restarts >= MAX_RESTARTS)) return `Stage ${index} on ${name} failed${because(observed)}.`;
  }
  const lost = entriesOf(context, context.next).find(({ node }) => !node || node.presence === "lost");
  return lost ? `The ingress on ${lost.name} is lost.` : null;
}

/** What is not heard of at all is not waited for, as long as requests enter elsewhere too: a revision without it takes over, and when it comes back it is told of that one. */
function entriesOf({ snapshot, deployment }: Context, revision: RevisionView): ReturnType<typeof ingressOf> {
  const all = ingressOf(snapshot, deployment, revision.ingressNodeIds);
  const there = all.filter(({ node }) => !isAway(node));
  return there.length > 0 ? there : all;
}

/** Through to the one before it; the first one to every entry that is there. */
const isLinked = ({ snapshot }: Context, revision: RevisionView, { index, lane }: StageSituation): boolean => lane !== null && (index === 0 ? isLinkedToAll(lane, revision.ingressNodeIds, snapshot.nodes) : lane.upstreamLinked);

/** Entries of the old revision that the new one is not entered at: they must have stopped taking requests before it is drained. */
function leftEntries({ snapshot, deployment, old, next }: Context): ReturnType<typeof ingressOf> {
  return ingressOf(snapshot, deployment, (old?.ingressNodeIds ?? []).filter((nodeId) => !next.ingressNodeIds.includes(nodeId)));
}

/** One whole replica serves. */
function isWhole(context: Context, revision: RevisionView | null): boolean {
  if (!revision) return false;
  return replicasOf(stagesOf(context.snapshot, context.deployment, revision)).some(({ stages }) => stages.every(({ node, observed }) => node?.connected && node.presence !== "lost" && (observed?.state === "ready" || observed?.state === "draining")));
}

/** `index`: of the stage in its replica. */
export type StageSituation = { index: number; replica: number; name: string; nodeId: string; node: NodeView | null; assignmentId: string; segmentId: string; observed: ObservedAssignment | null; lane: ObservedAssignment["lanes"][number] | null };

export function stagesOf(snapshot: FleetSnapshot, deployment: DeploymentView, revision: RevisionView): StageSituation[] {
  return replicasOf(revision.stages).flatMap(({ number, stages, offset }) => stages.map((stage, index) => {
    const node = snapshot.nodes.get(stage.nodeId) ?? null;
    const assignmentId = assignmentIdOf(deployment.deploymentId, stage);
    const observed = node?.assignments.find((assignment) => assignment.assignmentId === assignmentId) ?? null;
    const lane = observed?.lanes.find((one) => one.laneId === laneIdOf(revision.revisionId, offset + index)) ?? null;
    return { index, replica: number, name: node?.name ?? stage.nodeId, nodeId: stage.nodeId, node, assignmentId, segmentId: stage.segmentId, observed, lane };
  }));
}

export function ingressOf(snapshot: FleetSnapshot, deployment: DeploymentView, nodeIds: readonly string[]): { name: string; nodeId: string; node: NodeView | null; route: ObservedIngress | null }[] {
  return [...new Set(nodeIds)].map((nodeId) => {
    const node = snapshot.nodes.get(nodeId) ?? null;
    return { name: node?.name ?? nodeId, nodeId, node, route: node?.ingress.find((route) => route.deploymentId === deployment.deploymentId) ?? null };
  });
}

function because(observed: ObservedAssignment | null): string {
  return observed?.error ? `: ${observed.error.message}` : "";
}
