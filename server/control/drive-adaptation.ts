// Looks at every running deployment once a second: takes in what reports told, asks the controller, records changes of mind, has moves made in automatic
// mode, and holds what was gained against what was promised. Acting takes seconds: a deployment that is acted on is not looked at, and the others are.
import { actOnDecision } from "../commands/act-on-decision.ts";
import type { Deps } from "../commands/deps.ts";
import { readObservation } from "../commands/read-observation.ts";
import { AppError } from "../errors.ts";
import type { Db } from "../store/db.ts";
import { type Acts, createActs } from "./acts.ts";
import { followBatch } from "./follow-batch.ts";
import { followMoves, putOff } from "./follow-moves.ts";
import { type AdaptState, adaptState, adaptStates } from "../live/adapt-state.ts";
import { liveFleet } from "../live/live-fleet.ts";
import type { AdaptMode } from "../policy/adapt/adapt-settings.ts";
import { samePlacement } from "../policy/adapt/alternatives.ts";
import type { ControllerMemory, Decision, Observation, Weighed } from "../policy/adapt/controller.ts";
import { stepDeployment } from "../policy/adapt/step-deployment.ts";
import type { DeploymentView } from "../policy/snapshot.ts";
import { type DecisionOutcome, type DecisionParts, insertDecision, listAdaptMoves, listOpenDecisions, type StoredDecision, takeDecision, updateDecision } from "../store/adapt-decisions.ts";
import { insertSnapshot, packSnapshot } from "../store/decision-snapshots.ts";
import { listDeployments, type StoredDeployment } from "../store/deployments.ts";

/** The same mind is not written again sooner; an action is always written. */
const RECORD_EVERY_MS = 10_000;
const HOUR_MS = 3_600_000;

const actsOf = new WeakMap<Db, Acts>();

function acts({ db, log }: Deps): Acts {
  const known = actsOf.get(db) ?? createActs((deploymentId, error) => log[error instanceof AppError ? "warn" : "error"]({ err: error, deploymentId }, "what was decided of a deployment could not be done"));
  actsOf.set(db, known);
  return known;
}

/** Until all that is acted on has ended. */
export const adaptActsEnded = (deps: Deps): Promise<void> => acts(deps).ended();

/** @returns once all were looked at; what is acted on goes on. */
export async function driveAdaptation(deps: Deps): Promise<void> {
  const { snapshot } = liveFleet(deps.db);
  if (!snapshot) return;
  const stored = await listDeployments(deps.db);
  const views = new Map(snapshot.deployments.map((view) => [view.deploymentId, view]));
  for (const id of adaptStates(deps.db).keys()) if (!views.has(id)) adaptStates(deps.db).delete(id);
  const open = await listOpenDecisions(deps.db);
  for (const deployment of stored) {
    const view = views.get(deployment.id);
    if (!view || view.desired === "stopped" || view.currentRevisionId === null || acts(deps).isBusy(deployment.id) || snapshot.nowMs < (adaptStates(deps.db).get(deployment.id)?.actedAtMs ?? 0)) continue;
    try {
      await driveOne(deps, deployment, view, open.filter((one) => one.deploymentId === deployment.id));
    } catch (error) {
      // One that cannot be planned must not keep the others from being looked at; a database that is away ends the pass.
      if (!(error instanceof AppError)) throw error;
      deps.log.warn({ err: error, deploymentId: deployment.id }, "a deployment could not be adapted");
    }
  }
}

async function driveOne(deps: Deps, deployment: StoredDeployment, view: DeploymentView, open: StoredDecision[]): Promise<void> {
  const isFirst = !adaptStates(deps.db).has(deployment.id);
  const state = adaptState(deps.db, deployment.id);
  if (isFirst) state.moves = (await listAdaptMoves(deps.db, new Date(deps.clock.now() - HOUR_MS))).filter((move) => move.deploymentId === deployment.id).map((move) => Math.min(move.atMs, deps.clock.now()));
  await followMoves(deps, state, open);
  const seen = await readObservation(deps, state, view);
  if (!seen) return;
  const before = state.controller;
  const { memory, decision } = stepDeployment(before, seen, deployment.adaptation);
  Object.assign(state, { controller: memory, decision, burn: seen.burn ?? null });
  await followBatch(deps, state, deployment.id);
  const { mode } = deployment.adaptation;
  const suggestion = await standing(deps, open.find((one) => one.outcome === "suggested"), decision, mode);
  if (!isNews(state, decision, seen.nowMs, suggestion) || (mode === "observe" && isSaid(state, decision))) return;
  // Looked at again in a second; nothing of it is written before it can be done.
  const isAlone = mode === "automatic" || isGivenBack(decision);
  if (decision.verdict === "act" && isAlone && !acts(deps).hasRoom()) return;
  state.told = { verdict: decision.verdict, atMs: seen.nowMs, lost: lostIn(decision), target: targetOf(decision) };
  const outcome: DecisionOutcome = decision.verdict !== "act" || (mode === "observe" && !isAlone) ? "kept" : "suggested";
  const record = await write(deps, deployment, { seen, decision, before, outcome });
  if (outcome !== "suggested" || !isAlone) return;
  state.triedWith = lostIn(decision);
  acts(deps).begin(deployment.id, async () => {
    await actOnDecision(deps, view, record, null).catch((error) => {
      putOff(state, deps.clock.now());
      throw error;
    }).finally(() => { state.actedAtMs = deps.clock.now(); });
  });
}

/** The suggestion, if somebody may still accept it. Where adaptation may act by itself nobody is waited for. */
async function standing(deps: Deps, suggestion: StoredDecision | undefined, decision: Decision, mode: AdaptMode): Promise<StoredDecision | undefined> {
  if (!suggestion) return undefined;
  const why = mode === "automatic" ? "It is left to adaptation by now." : stillStands(suggestion, decision) ? null : `It was not needed any more: ${decision.reason}`;
  if (why === null) return suggestion;
  await expire(deps, suggestion, decision.verdict, why);
  return undefined;
}

/** A suggestion lives as long as acting on it is right; regret that was paid once stays paid. */
function stillStands(suggestion: StoredDecision, decision: Decision): boolean {
  const chosen = suggestion.alternatives[suggestion.chosen ?? -1];
  const same = decision.alternatives.find((one) => chosen !== undefined && one.kind === chosen.kind && one.replica === chosen.replica && samePlacement(one.placement, chosen.placement));
  return decision.verdict !== "steady" && decision.verdict !== "moving" && same !== undefined && same.refused === null;
}

/** What was limited, or tried, is given back by itself, whatever the mode is by now. */
const isGivenBack = ({ target }: Decision): boolean => target?.kind === "admit" || (target?.kind === "batch" && target.batch?.isBack === true);

/** Nodes that run a part of it and are lost, as one text; "" = none. */
const lostIn = ({ because = [] }: Decision): string => because.filter(({ kind }) => kind === "loss").map(({ subject }) => subject).sort().join();

/** What was tried, and may have failed, was tried before that node died: often it failed because of that. Nothing of it is a reason to wait. */
function isOtherLoss({ triedWith, told }: AdaptState, decision: Decision): boolean {
  const lost = lostIn(decision);
  return lost !== "" && lost !== triedWith && (told?.verdict !== "act" || lost !== told.lost);
}

function isNews(state: AdaptState, decision: Decision, nowMs: number, suggestion: StoredDecision | undefined): boolean {
  if (decision.verdict === "steady" || decision.verdict === "moving") {
    // The next drift is another one.
    if (decision.verdict === "steady") state.told = null;
    return false;
  }
  if (decision.verdict === "act") return (suggestion === undefined || isGivenBack(decision)) && (isOtherLoss(state, decision) || (nowMs >= state.retryAtMs && (state.told?.verdict !== "act" || nowMs - state.told.atMs > RECORD_EVERY_MS)));
  if (suggestion) return false;
  return state.told === null || (state.told.verdict !== decision.verdict && nowMs - state.told.atMs > RECORD_EVERY_MS);
}

/** That it would do just this was written already; nobody does it, so it would be written for as long as it lasts. */
const isSaid = ({ told }: AdaptState, decision: Decision): boolean => decision.verdict === "act" && told?.verdict === "act" && told.target === targetOf(decision) && told.lost === lostIn(decision);
const targetOf = ({ target }: Decision): string => JSON.stringify(target && [target.kind, target.replica, target.placement.map(({ from, to, topologyNodeId }) => [from, to, topologyNodeId])]);

type Written = { seen: Observation; decision: Decision; before: ControllerMemory; outcome: DecisionOutcome };
async function write(deps: Deps, deployment: StoredDeployment, { seen, decision, before, outcome }: Written): Promise<StoredDecision> {
  const names = new Map(seen.problem.nodes.map((node) => [node.topologyNodeId, node.name]));
  const nameOf = (subject: string) => subject.split(">").map((id) => names.get(id) ?? id).join(" → ");
  const { target } = decision;
  const what = decision.drifts.map((drift) => `${nameOf(drift.subject)} is ${drift.factor.toFixed(1)} times slower than predicted`).join(", ");
  const trigger = [...decision.drifts, ...(decision.because ?? [])];
  const done = { kept: deployment.adaptation.mode === "observe" && decision.verdict === "act" ? "Observed only: it would move. " : "", suggested: target ? `${saidOf(target)}: ` : "" }[outcome as "kept" | "suggested"];
  const reason = `${done}${what ? `${what}. ` : ""}${decision.reason}`;
  const { digest, packed } = await packSnapshot({ before, seen, settings: deployment.adaptation });
  return deps.publisher.transact(async (tx, append) => {
    const record = await insertDecision(tx, {
      deploymentId: deployment.id, at: new Date(seen.nowMs), mode: deployment.adaptation.mode, verdict: decision.verdict, outcome, reason,
      trigger: trigger.map(({ key, kind, subject, factor, sinceMs }) => ({ key, kind, name: nameOf(subject), factor, sinceMs })),
      snapshotDigest: digest,
      alternatives: decision.alternatives.map(({ kind, replica, carriesPerSecond, admitPerSecond, batch, placement, cost, bound, gap, gain, bill, refused }) => ({ kind, ...(replica === undefined ? {} : { replica }), ...(carriesPerSecond === undefined ? {} : { carriesPerSecond }), ...(admitPerSecond === undefined ? {} : { admitPerSecond }), ...(batch === undefined ? {} : { batch: { maxSize: batch.maxSize, maxDelayMs: batch.maxDelayMs } }), placement, cost, bound, gap, gain, bytes: bill.bytes, seconds: bill.seconds, ...(kind === "shed" || kind === "admit" || kind === "batch" ? {} : { parts: partsOf(bill, nameOf) }), refused })),
      chosen: target ? decision.alternatives.indexOf(target) : null,
      costNow: decision.costNow, predictedGain: predictedGain(decision), realisedGain: null,
      needed: decision.needed, regret: decision.regret, planId: null, migrationId: null, operationId: null, decidedBy: "control",
    });
    await insertSnapshot(tx, { decisionId: record.id, deploymentId: deployment.id, packed });
    await append({ name: "deployment.decided", subjectId: deployment.id, actor: "control", message: `${deployment.name}: ${reason}`, payload: { deploymentId: deployment.id, decisionId: record.id, verdict: decision.verdict, outcome } });
    return record;
  });
}

function partsOf({ parts: { from, ...parts } }: Weighed["bill"], nameOf: (topologyNodeId: string) => string): DecisionParts {
  return { ...parts, ...(from ? { from: from.map(({ topologyNodeId, bytes }) => ({ name: topologyNodeId === null ? null : nameOf(topologyNodeId), bytes })) } : {}) };
}

/** A share; null = none is promised, or it is one of another kind. */
function predictedGain({ target, costNow }: Decision): number | null {
  if (target?.kind === "batch") return target.batch?.predictedGain ?? null;
  return target && costNow && target.kind !== "add" && target.kind !== "drop" && target.kind !== "shed" && target.kind !== "admit" ? target.gain / costNow : null;
}

const SAID = { tune: "Give its stages other threads", remap: "Run a segment elsewhere", resplit: "Cut anew", return: "Go back to where a person put it", add: "Add a replica", drop: "Drop a replica", shed: "Let fewer requests in", admit: "Let all requests in again", batch: "Run more requests together" } as const;
const saidOf = ({ kind, replica, batch }: Weighed): string => (batch ? (batch.isBack ? "Run fewer requests together" : `Run up to ${batch.maxSize} requests together`) : replica === undefined || kind === "add" ? SAID[kind] : kind === "drop" ? `Drop replica ${replica}` : `${SAID[kind]}, of replica ${replica}`);

async function expire(deps: Deps, suggestion: StoredDecision, verdict: string, why: string): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    // Unless somebody accepts it at this moment.
    if (!(await takeDecision(tx, suggestion.id, "suggested", "expired"))) return;
    await updateDecision(tx, suggestion.id, { reason: `${suggestion.reason} ${why}` });
    await append({ name: "deployment.decided", subjectId: suggestion.deploymentId, actor: "control", message: `A suggestion expired. ${why}`, payload: { deploymentId: suggestion.deploymentId, decisionId: suggestion.id, verdict, outcome: "expired" } });
  });
}
