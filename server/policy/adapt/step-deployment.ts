// Owns the step of a deployment's controller over all its replicas: one look at what is slower, one judgement of each replica, one of how many there should be, one of how
// many requests run together, one of how many are let in, and of all these the one thing that is done. Pure. With one replica and no known demand it is `stepController`.
import { isSameStage } from "../../planner/node-modes.ts";
import type { Placement } from "../../planner/plan.ts";
import { enteredAtFirst } from "../../planner/replicas/entered-at-first.ts";
import { whyNotAdd } from "../../planner/replicas/next-replica.ts";
import type { Problem } from "../../planner/problem.ts";
import type { AdaptSettings } from "./adapt-settings.ts";
import { samePlacement } from "./alternatives.ts";
import { batchTimes, judgeBatching, NEW_BATCHING, ofBatched } from "./batching.ts";
import { lossesOf } from "./cut-links.ts";
import { type ControllerMemory, type Decision, judge, leastGain, lookToday, NEW_CONTROLLER, type Observation, type ReplicaMemory, revalidate, stepController, valuedNow, type Weighed } from "./controller.ts";
import { driftsOf, placementsOf, viewOf } from "./replica-views.ts";
import { judgeShed, NEW_SHED, ofShed } from "./shed.ts";
import { sayBurn } from "./slo-burn.ts";
import { carriedBy, judgeScale, NEW_SCALE, type Scaled } from "./scale.ts";

/** What is done first, of what several judgements say. */
const ORDER: Decision["verdict"][] = ["act", "limit", "guard", "drift-waits", "demand-waits", "not-worth", "no-better", "moving", "steady"];

/** What is not carried because a replica has become slow is better mended than added to; for so long, at most, adding waits. */
const MEND_FIRST_MS = 30_000;
/** There is something better for a slow replica, and it is not done yet. */
const MENDING: Decision["verdict"][] = ["drift-waits", "not-worth", "guard", "limit"];

export function stepDeployment(before: ControllerMemory, seen: Observation, settings: AdaptSettings): { memory: ControllerMemory; decision: Decision } {
  const { further = [] } = seen;
  if (further.length === 0 && seen.demandPerSecond === undefined) return stepController(before, seen, settings);
  const { memory: looked, today, drifts } = lookToday(before, seen);
  const placements = placementsOf(seen);
  const valued = valuedNow(looked, seen);
  const judged = placements.map((_, index) => {
    // Another number of replicas, and what was learnt of further ones is of others.
    const own = index === 0 ? {} : before.further?.length === further.length ? before.further[index - 1] : FRESH;
    return judgeReplica({ ...looked, ...own }, { seen: valued, today, drifts, index }, settings);
  });
  const carries = carriedBy(placements.length > 1 ? enteredAtFirst(today, seen.running) : today, placements);
  const answered = before.shed?.answered ?? null;
  const times = batchTimes(before.batching, seen.batching, { carries, answered });
  const { memory: scale, scaled: judgedScale } = judgeScale(before.scale ?? NEW_SCALE, seen, today, settings, times);
  const seconds = secondsSince(before.scale?.atMs ?? null, seen.nowMs);
  const { memory: batching, batched, holds } = judgeBatching(before.batching ?? NEW_BATCHING, {
    nowMs: seen.nowMs, seconds, view: seen.batching ?? null, of: JSON.stringify(placements), demand: scale.demand, answered, carries,
    isBurning: looked.burningSinceMs !== undefined, isMoving: seen.isMoving, sloMs: seen.request.slo?.latencyMs ?? null,
  });
  const isMending = judged.some(({ decision }) => MENDING.includes(decision.verdict));
  const scaled = holds && judgedScale ? waiting(judgedScale, "First it is seen whether they are carried when more of them run together.")
    : judgedScale?.target?.kind === "add" && isMending && seen.nowMs - judgedScale.sinceMs < MEND_FIRST_MS ? waiting(judgedScale, "First it is seen whether a replica that has become slow is better elsewhere.") : judgedScale;
  const { memory: shedding, shed } = judgeShed(before.shed ?? NEW_SHED, {
    nowMs: seen.nowMs, seconds, demand: scale.demand, answeredPerSecond: seen.answeredPerSecond ?? null, carries: carries && carries * times,
    admitPerSecond: seen.admitPerSecond ?? null, isBurning: looked.burningSinceMs !== undefined, scaled,
  });
  const memory: ControllerMemory = { ...(judged[0]?.memory ?? looked), scale, shed: shedding, ...(seen.batching ? { batching } : { batching: undefined }), further: judged.slice(1).map(({ memory: one }) => ownOf(one)) };
  // The cheapest first: where requests run together, no bytes move.
  const ranked = [...(batched && judged[0] ? [ofBatched(batched, judged[0].decision, { running: seen.running, demand: scale.demand, carries })] : []), ...judged.map(({ decision }) => decision), ...(scaled ? [ofScaled(scaled, judged[0]?.decision)] : []), ...(shed && judged[0] ? [ofShed(shed, seen.running, judged[0].decision)] : [])].sort((a, b) => rankOf(a) - rankOf(b));
  const [first] = ranked as [Decision, ...Decision[]];
  // A suggestion stands as long as it is among them, whatever else is judged.
  return { memory, decision: { ...first, drifts, alternatives: ranked.flatMap((one) => one.alternatives) } };
}

const waiting = (scaled: Scaled, why: string): Scaled => ({ ...scaled, verdict: "demand-waits", target: null, reason: `${scaled.reason} ${why}` });

const MAX_STEP_SECONDS = 5;
const secondsSince = (atMs: number | null, nowMs: number): number => (atMs === null ? 0 : Math.min(MAX_STEP_SECONDS, Math.max(0, (nowMs - atMs) / 1000)));

/** A replica whose node or link is lost goes before all else. */
const rankOf = (decision: Decision): number => ORDER.indexOf(decision.verdict) - (decision.verdict === "act" && decision.because?.some((one) => one.kind === "loss") ? 1 : 0);

const FRESH: ReplicaMemory = ownOf(NEW_CONTROLLER);
function ownOf({ regret, ours, home, alternatives, searchedAtMs, searchedFor }: ControllerMemory): ReplicaMemory {
  return { regret, ours, home, alternatives, searchedAtMs, searchedFor };
}

type One = { seen: Observation; today: Problem; drifts: Decision["drifts"]; index: number };
function judgeReplica(memory: ControllerMemory, { seen, today, drifts, index }: One, settings: AdaptSettings): { memory: ControllerMemory; decision: Decision } {
  const placements = placementsOf(seen);
  const several = placements.length > 1;
  const own = several ? driftsOf(drifts, placements, index) : drifts;
  const run = (apart: boolean) => {
    const view = viewOf(seen, today, index, apart);
    return judge(memory, view, { today: view.problem, drifts: own }, settings);
  };
  const ownToday = several ? enteredAtFirst(today, placements[0] ?? []) : today;
  let result = run(true);
  // Off the others' nodes there is nothing left for one that lost its node or its link: beside them, then.
  if (several && result.decision.verdict === "no-better" && lossesOf(ownToday, placements[index] ?? []).length > 0) result = run(false);
  const { decision } = result;
  const others = placements.filter((_, other) => other !== index);
  const isTwin = (one: Weighed) => others.some((other) => other.length === one.placement.length && other.every((stage, k) => isSameStage(stage, one.placement[k] ?? stage)));
  const alternatives = decision.alternatives.map((one): Weighed => ({ ...one, ...(several ? { replica: index + 1 } : {}), ...(several && isTwin(one) ? { refused: "It would be another replica again." } : {}) }));
  const target = alternatives[decision.alternatives.indexOf(decision.target as Weighed)] ?? null;
  const isRefused = target !== null && target.refused !== null;
  const burn = memory.burningSinceMs !== undefined && seen.burn ? sayBurn(seen.burn) : null;
  const losses = lossesOf(ownToday, placements[index] ?? []).map(({ key, subject, sinceMs }) => ({ key, kind: "loss" as const, subject, factor: 1, sinceMs: sinceMs ?? seen.nowMs }));
  const entries = (seen.entriesLost ?? []).map(({ topologyNodeId }) => ({ key: `entry:${topologyNodeId}`, kind: "loss" as const, subject: topologyNodeId, factor: 1, sinceMs: seen.nowMs }));
  const because = [...entries, ...losses, ...(burn ? [{ key: "slo", kind: "burn" as const, subject: "", factor: burn.rate, sinceMs: memory.burningSinceMs ?? seen.nowMs }] : [])];
  return {
    memory: result.memory,
    decision: {
      ...decision, alternatives, target: isRefused ? null : target, ...(because.length > 0 ? { because } : {}),
      ...(isRefused ? { action: "keep", verdict: "no-better" } : {}),
      reason: `${burn ? `${burn.words} ` : ""}${several && decision.verdict !== "steady" && decision.verdict !== "moving" ? `Replica ${index + 1}: ` : ""}${isRefused ? target.refused : decision.reason}`,
    },
  };
}

function ofScaled({ demandPerSecond, carriesPerSecond, sinceMs, ...rest }: Scaled, of: Decision | undefined): Decision {
  return {
    ...rest, action: rest.verdict === "act" ? "move" : "keep", drifts: [], expectedDwellMs: null, ledger: of?.ledger ?? { ours: 0, home: 0 },
    because: [{ key: "demand", kind: "demand", subject: "", factor: demandPerSecond / carriesPerSecond, sinceMs }],
  };
}

type Target = { kind: Weighed["kind"]; placement: Placement; replica?: number | undefined };
/** All placements once it is done. */
export function placementsAfter(placements: readonly Placement[], { kind, placement, replica = 1 }: Target): Placement[] {
  if (kind === "add") return [...placements, placement];
  if (kind === "drop") return placements.filter((_, index) => index !== replica - 1);
  return placements.map((one, index) => (index === replica - 1 ? placement : one));
}

/** Whether it still holds on a fresh picture (`today`: with what is slower now). Null = it does; else why not, in words. */
export function revalidateTarget(seen: Observation, today: Problem, target: Target): string | null {
  const placements = placementsOf(seen);
  const { kind, replica = 1 } = target;
  // `seen.request`: by which it was valued.
  if (kind === "drop") {
    if (replica < 2 || !samePlacement(placements[replica - 1] ?? [], target.placement)) return "The replica is not there any more.";
    return placements.length > (seen.leastReplicas ?? 1) ? null : "No fewer replicas are allowed.";
  }
  if (kind === "add") {
    const { demandPerSecond: _demand, slo: _slo, ...rules } = seen.request;
    return whyNotAdd(today, rules, placements, target.placement)[0]?.message ?? null;
  }
  if (replica > placements.length) return "The replica is not there any more.";
  const look = (apart: boolean) => {
    const view = viewOf(seen, today, replica - 1, apart);
    return revalidate({ problem: view.problem, request: view.request, running: view.running }, target.placement, leastGain(kind));
  };
  const refused = look(true);
  return refused !== null && placements.length > 1 && lossesOf(enteredAtFirst(today, placements[0] ?? []), placements[replica - 1] ?? []).length > 0 ? look(false) : refused;
}
