// Owns the adaptive controller of one deployment: measure → drift → decide, one step a second. Pure: (memory, observation) → memory, decision; the
// product's loop and the simulator of lab/ run this very code, each behind its own clock. Acting is the caller's.
//
// Rent or buy. Staying is rent: each second costs R' = J(running) − J(best alternative) more than it must. Moving is buying at M (moving-bill.ts). Buying once
// the rent paid reaches M costs at most twice the optimum in hindsight (Karlin et al. 1988); a forecast of the disturbance's remaining life, taken with λ = ½,
// gives 1 + λ when it is right and 1 + 1/λ when it is wrong (Purohit, Svitkina & Kumar, NeurIPS 2018): act at R ≥ λM where the forecast says that moving
// pays, at M/λ where it says it does not.
//
// Never much worse than leaving things alone. A ledger keeps what adaptation cost so far, and what the home placement would have: the one a person chose. A
// move is made only if  ours + M + (the way back) ≤ (1 + ε)·static + A; home is gone back to for less than elsewhere is gone to; and what a move took beyond its
// bill is on the books once it has ended. So ours ≤ (1 + ε)·static + A by the controller's own estimates; ε = 0.012, A = LEDGER_ALLOWANCE_SECONDS of today's cost.
// What estimates get wrong comes on top: the benchmark measures it.
import { estimatePlacement } from "../../planner/estimate.ts";
import type { Placement } from "../../planner/plan.ts";
import type { PlanRequest } from "../../planner/plan-request.ts";
import type { Problem } from "../../planner/problem.ts";
import { type AdaptSettings, whyNotNow } from "./adapt-settings.ts";
import type { BatchLimit, BatchMemory, BatchView } from "./batching.ts";
import { type Alternative, costToday, findAlternatives, isAllowed, samePlacement } from "./alternatives.ts";
import { type Cut, cutPairs, learnCuts, type LinkWords, lossesOf } from "./cut-links.ts";
import { type Drift, observeDrift, type Watched } from "./observe-drift.ts";
import { learnToll, type MoveToll, NEW_TOLL, wayRatio } from "./move-toll.ts";
import { billedBy, type MovingBill, movingBill } from "./moving-bill.ts";
import { addDwell, type DwellHistory, expectedResidualMs } from "./dwell.ts";
import { relevantDrifts } from "./relevant-drifts.ts";
import type { ScaleMemory } from "./scale.ts";
import type { ShedMemory } from "./shed.ts";
import type { Burn } from "./slo-burn.ts";
import { placementsOf } from "./replica-views.ts";
import { valuedRequest } from "./valued-request.ts";
import { wayAround } from "../way-around.ts";
import { todaysProblem } from "./todays-problem.ts";

export type Observation = {
  nowMs: number;
  /** By profiles, drawing and probes, without what this controller has learnt. */
  problem: Problem;
  request: PlanRequest;
  running: Placement;
  /** What a person chose last. */
  home: Placement;
  /** Further replicas, r2 and so on; absent = none. `problem` and `request` are of all of them. */
  further?: readonly FurtherReplica[];
  /** Requests a second that ended, answered or refused; null = none told now. Absent = replicas are neither added nor dropped. */
  demandPerSecond?: number | null;
  /** Of them those that were answered; null or absent = not told. */
  answeredPerSecond?: number | null;
  /** So many requests a second are let in, because it was decided so; null or absent = all. */
  admitPerSecond?: number | null;
  /** How many may run together, where that is left to adaptation; null or absent = it is not. */
  batching?: BatchView | null;
  /** No fewer replicas than a person asked for; absent = 1. */
  leastReplicas?: number;
  /** Medians of the last second, milliseconds; null = no request passed. Hops as in an estimate: into each stage, then back. */
  stageMs: readonly (number | null)[];
  hopMs: readonly (number | null)[];
  /** Of what no request passes now, by the keys of drifts: how many times slower a fixed small computation (nodes) or a probe (links) is than usual. */
  idleSlowdowns: ReadonlyMap<string, number>;
  /** By drawn node: it may use so many times less than the one core that it had when it was profiled, since then. No estimate: what its system says. Absent = none. */
  coreLosses?: ReadonlyMap<string, { factor: number; sinceMs: number }>;
  /** What agents say of links that are used, and their probes of others. Absent = nothing new. */
  linkWords?: LinkWords;
  /** How fast the SLO's error budget is used up; null or absent = there is none. */
  burn?: Burn | null;
  /** Where requests enter, when none of it is there: drawn node and name. Nothing that is moved would be reached then. Absent = some entry is there. */
  entriesLost?: readonly { topologyNodeId: string; name: string }[];
  /** Streams that clients have open: their state can't be taken through a pause. Absent = none. */
  openStreams?: number;
  /** A move is under way. */
  isMoving: boolean;
  /** When adaptation moved it, milliseconds. */
  moves: readonly number[];
  /** What moves take beside fetching, loading and first runs, seconds. */
  moveOverheadSeconds: number;
};

export type FurtherReplica = Pick<Observation, "running" | "home" | "stageMs" | "hopMs">;

export type ControllerMemory = {
  watched: Watched;
  dwells: DwellHistory;
  /** By "from>to" of drawn nodes: what is said not to be linked. Absent = none. */
  cuts?: Record<string, Cut>;
  atMs: number | null;
  /** In seconds of today's cost, per request a second: rent paid while an alternative was better. */
  regret: number;
  /** Cost-seconds. */
  ours: number;
  home: number;
  alternatives: Alternative[];
  searchedAtMs: number;
  searchedFor: string;
  /** Of further replicas, in their order. */
  further?: ReplicaMemory[];
  scale?: ScaleMemory;
  shed?: ShedMemory;
  batching?: BatchMemory | undefined;
  /** What moves take from requests here; absent = none was seen yet. */
  toll?: MoveToll;
  /** Since when the SLO's budget burns; absent = it does not. */
  burningSinceMs?: number | undefined;
  /** By what placements are valued while it does; absent = as the plan was asked for. */
  valued?: PlanRequest | undefined;
};
/** What each replica has for itself. */
export type ReplicaMemory = Pick<ControllerMemory, "regret" | "ours" | "home" | "alternatives" | "searchedAtMs" | "searchedFor">;
export const NEW_CONTROLLER: ControllerMemory = { watched: { signals: {}, served: [] }, dwells: [], atMs: null, regret: 0, ours: 0, home: 0, alternatives: [], searchedAtMs: 0, searchedFor: "" };

/** Costs are in the request's objective and unit, per request. */
export type Weighed = Omit<Alternative, "kind"> & { kind: Alternative["kind"] | "add" | "drop" | "shed" | "admit" | "batch"; /** Let in from then on, where it sheds; null = all again. */ admitPerSecond?: number | null; /** What is in force from then on, where requests are joined. `isBack`: to fewer. `predictedGain`: share of the time per item; null = not known. */ batch?: BatchLimit & { isBack: boolean; predictedGain: number | null }; /** Which one of several it moves, adds or drops, from 1. */ replica?: number; /** All together, with room to spare, once it is done; where their number changes. */ carriesPerSecond?: number; cost: number; bill: MovingBill; gain: number; refused: string | null; /** How it is moved where its nodes can't hold both revisions, in words. */ around?: string };
export type Decision = {
  action: "keep" | "move";
  /** In words, for the record. */
  reason: string;
  /** Of the state of mind rather than its figures: a record is due when it changes. */
  verdict: "steady" | "drift-waits" | "no-better" | "not-worth" | "guard" | "limit" | "moving" | "demand-waits" | "act";
  target: Weighed | null;
  drifts: Drift[];
  /** What else it is because of: more requests than are carried (`factor`: times), far fewer, a node or link that is lost, or an SLO whose budget burns (`factor`: times as fast as it lasts). */
  because?: { key: string; kind: "demand" | "loss" | "burn"; subject: string; factor: number; sinceMs: number }[];
  costNow: number | null;
  alternatives: Weighed[];
  regret: number;
  needed: number | null;
  expectedDwellMs: number | null;
  ledger: { ours: number; home: number };
};

/** Below it, a better figure is within what predictions get wrong. */
export const LEAST_GAIN = 0.08;
/** Home is where nothing can be lost against leaving things alone, and its figures were learnt longest: who is away stays for no less. */
const LEAST_GAIN_HOME = 0.02;
export const leastGain = (kind: string): number => (kind === "return" ? LEAST_GAIN_HOME : LEAST_GAIN);
const ROBUSTNESS = 0.5;
/** Of a forecast gain over the bill, for it to count as "moving pays". */
const CLEAR_GAIN = 2;
export const LEDGER_MARGIN = 0.012;
const LEDGER_ALLOWANCE_SECONDS = 5;
/** Old books are closed: what was gained yesterday pays for nothing today. */
const LEDGER_MEMORY_MS = 6 * 3_600_000;
const REGRET_MEMORY_MS = 60_000;
/** Searching takes tenths of a second; what was found is weighed anew each second. */
const SEARCH_EVERY_MS = 3_000;
const SEARCH_SAME_EVERY_MS = 30_000;
/** Drifts of levels within a fifth (as logarithms) are the same. */
const LEVELS_PER_UNIT = 5;
const MAX_STEP_MS = 5_000;

export function stepController(before: ControllerMemory, seen: Observation, settings: AdaptSettings): { memory: ControllerMemory; decision: Decision } {
  const { memory, today, drifts } = lookToday(before, seen);
  return judge(memory, valuedNow(memory, seen), { today, drifts }, settings);
}

/** What of it is slower now, and the problem with all that is, without links that are cut; of the memory only what was learnt. */
export function lookToday(before: ControllerMemory, seen: Observation): { memory: ControllerMemory; today: Problem; drifts: Drift[] } {
  const { watched, drifts, slowdowns, cleared } = observeDrift(before.watched, seen);
  const { linkWords = new Map() } = seen;
  const cuts = learnCuts(before.cuts ?? {}, linkWords, seen.nowMs);
  const today = todaysProblem(seen.problem, slowdowns, cutPairs(cuts, linkWords));
  const isBurning = seen.burn === undefined ? before.burningSinceMs !== undefined : (seen.burn?.isBurning ?? false);
  const burning = !isBurning ? { burningSinceMs: undefined, valued: undefined }
    : { burningSinceMs: before.burningSinceMs ?? seen.nowMs, valued: seen.burn === undefined ? before.valued : valuedRequest(today, seen.request, placementsOf(seen), seen.demandPerSecond ?? null) };
  return { memory: { ...before, watched, cuts, ...burning, ...tollOf(before, seen, today), dwells: cleared.reduce(addDwell, before.dwells) }, today, drifts: relevantDrifts(drifts, seen) };
}

/** What a move took beyond its bill is on the books once it has ended. */
function tollOf(before: ControllerMemory, seen: Observation, today: Problem): Pick<ControllerMemory, "toll" | "ours"> {
  const { toll, unbilledSeconds } = learnToll(before.toll ?? NEW_TOLL, { isMoving: seen.isMoving, of: JSON.stringify(seen.running), ratio: wayRatio(estimatePlacement(today, seen.running), seen) });
  return { toll, ours: before.ours + (unbilledSeconds === 0 ? 0 : unbilledSeconds * (costToday(today, seen.request, seen.running) ?? 0)) };
}

/** While the SLO's budget burns, placements are valued by what was promised. */
export const valuedNow = ({ valued }: Pick<ControllerMemory, "valued">, seen: Observation): Observation => (valued ? { ...seen, request: valued } : seen);

/** Of one placement. `before`: with what was learnt in this look. */
export function judge(before: ControllerMemory, seen: Observation, { today: problem, drifts }: { today: Problem; drifts: Drift[] }, settings: AdaptSettings): { memory: ControllerMemory; decision: Decision } {
  const { dwells, burningSinceMs } = before;
  const isBurning = burningSinceMs !== undefined;
  const costNow = costToday(problem, seen.request, seen.running);
  const homeCost = costToday(problem, seen.request, seen.home);
  const seconds = before.atMs === null ? 0 : Math.min(MAX_STEP_MS, Math.max(0, seen.nowMs - before.atMs)) / 1000;
  const fade = Math.exp((-seconds * 1000) / LEDGER_MEMORY_MS);
  const memory: ControllerMemory = { ...before, atMs: seen.nowMs, ours: before.ours * fade + (costNow ?? 0) * seconds, home: before.home * fade + (homeCost ?? costNow ?? 0) * seconds };
  const isAway = !samePlacement(seen.running, seen.home);
  const losses = lossesOf(problem, seen.running);
  const isLost = losses.length > 0;
  const keep = (verdict: Decision["verdict"], reason: string, rest: Partial<Decision> = {}): { memory: ControllerMemory; decision: Decision } => ({
    memory,
    decision: { action: "keep", verdict, reason, target: null, drifts, costNow, alternatives: [], regret: memory.regret, needed: null, expectedDwellMs: null, ledger: { ours: memory.ours, home: memory.home }, ...rest },
  });
  if (seen.isMoving) return keep("moving", "A move is under way.");
  if (seen.entriesLost?.length) return keep("no-better", `Requests enter nowhere: ${seen.entriesLost.map(({ name }) => name).join(", ")} is lost, and what is moved would not be reached. Start its agent again, or let requests enter at another node.`);
  if (drifts.length === 0 && !isAway && !isLost && !isBurning) {
    memory.regret = before.regret * Math.exp((-seconds * 1000) / REGRET_MEMORY_MS);
    return keep("steady", "What is measured agrees with what was predicted.");
  }
  if (costNow === null && !isLost) return keep("no-better", "What runs can't be estimated on today's drawing.");
  search(memory, seen, problem, drifts);
  const weighed = weigh(memory, seen, problem, costNow, settings.pauseSeconds);
  const ageMs = Math.max(0, ...drifts.map((drift) => seen.nowMs - drift.sinceMs), ...(isBurning ? [seen.nowMs - burningSinceMs] : []));
  // Away from home without a drift, nothing is expected to end.
  const expectedDwellMs = drifts.length > 0 || isBurning ? expectedResidualMs(dwells, ageMs) : 120_000;
  const best = bestOf(weighed, expectedDwellMs);
  const rest = { alternatives: weighed, expectedDwellMs };
  if (!best) {
    memory.regret = before.regret * Math.exp((-seconds * 1000) / REGRET_MEMORY_MS);
    return keep("no-better", weighed.length === 0 ? "Nothing else can run it." : `Nothing else is better by more than predictions can be trusted.${boundWords(weighed, costNow)}`, rest);
  }
  const now = costNow ?? best.cost;
  const said = losses.map((loss) => loss.what).join(" ");
  // Snapshots of before there was the setting have none.
  const lossLimit = isLost && settings.repairLosses === "within-limits" ? whyNotNow(settings, seen.moves, seen.nowMs) : null;
  if (lossLimit) return keep("limit", `${said} ${lossLimit}`, { ...rest, target: best });
  if (isLost) return act(memory, { ...keep("act", "", rest).decision, regret: memory.regret, needed: 0 }, best, said);
  memory.regret = before.regret + (best.gain / now) * seconds;
  const payback = (best.gain / now) * Math.max(0, expectedDwellMs / 1000 - best.bill.seconds);
  const pays = payback >= CLEAR_GAIN * best.bill.costSeconds;
  // What slowed down is known, and the budget burns by it: it need not be waited for. Where only the budget burns, it has to add up as ever.
  const needed = isBurning && drifts.length > 0 && pays ? 0 : best.bill.costSeconds * (pays ? ROBUSTNESS : 1 / ROBUSTNESS);
  const judged = { ...rest, regret: memory.regret, needed };
  if (memory.regret < needed) return keep("drift-waits", `Regret is ${memory.regret.toFixed(2)} of ${needed.toFixed(2)} s: ${pays ? "moving pays if the disturbance lasts as long as expected" : "the disturbance is expected to end before moving pays"}.`, judged);
  if (payback < best.bill.costSeconds) return keep("not-worth", `Moving takes ${best.bill.seconds.toFixed(1)} s, and what is expected to be left of the disturbance (${(expectedDwellMs / 1000).toFixed(0)} s) would not pay for it.`, judged);
  const isHome = samePlacement(best.placement, seen.home);
  const back = isHome ? 0 : billedBy(movingBill(problem, best.placement, seen.home, seen.moveOverheadSeconds), memory.toll?.share).costSeconds;
  const reference = homeCost ?? now;
  const slack = (1 + LEDGER_MARGIN) * memory.home + LEDGER_ALLOWANCE_SECONDS * reference - memory.ours;
  if (!isHome && slack < (best.bill.costSeconds + back) * now) return keep("guard", `The books allow ${(slack / now).toFixed(1)} s, and going there and back could cost ${(best.bill.costSeconds + back).toFixed(1)} s: leaving things alone must never be better by more than ${(LEDGER_MARGIN * 100).toFixed(1)} %.`, judged);
  const limit = whyNotNow(settings, seen.moves, seen.nowMs);
  if (limit) return keep("limit", limit, { ...judged, target: best });
  return act(memory, { ...keep("act", "", judged).decision }, best, `${(best.gain / now * 100).toFixed(0)} % less than now, for ${best.bill.costSeconds.toFixed(1)} s of cost; regret ${memory.regret.toFixed(2)} of ${needed.toFixed(2)} s.${best.around ? ` ${best.around}` : ""}`);
}

function boundWords(weighed: readonly Weighed[], costNow: number | null): string {
  const bound = weighed.find((one) => one.bound !== null)?.bound ?? null;
  return bound === null || costNow === null || bound >= costNow ? "" : ` No plan can cost more than ${((1 - bound / costNow) * 100).toFixed(0)} % less.`;
}

/** Whether a decision still holds on a fresh picture of today. `least`: share that it has to be better by. Null = it does; else why not, in words. */
export function revalidate({ problem, request, running }: { problem: Problem; request: PlanRequest; running: Placement }, target: Placement, least = LEAST_GAIN): string | null {
  if (samePlacement(target, running)) return "It runs so already.";
  if (!isAllowed(problem, request, target)) return "The fleet has changed: the placement is not allowed any more.";
  const cost = costToday(problem, request, target);
  const now = costToday(problem, request, running);
  if (cost === null) return "The fleet has changed: the placement can't be estimated any more.";
  if (now !== null && cost > now * (1 - least)) return "On a fresh look it is not better any more.";
  return null;
}

function act(memory: ControllerMemory, decision: Decision, target: Weighed, reason: string): { memory: ControllerMemory; decision: Decision } {
  // What the move takes is on the books at once; regret begins anew.
  return { memory, decision: { ...decision, action: "move", verdict: "act", target, reason } };
}

/** To be called when the move begins: pays its bill and starts the rent anew. */
export function payForMove(memory: ControllerMemory, { target, costNow }: Pick<Decision, "target" | "costNow">): ControllerMemory {
  if (!target || target.kind === "shed" || target.kind === "admit" || target.kind === "batch") return memory;
  if (target.kind === "add" || target.kind === "drop") return { ...memory, ...(memory.scale ? { scale: { ...memory.scale, regret: 0, overSinceMs: null, lowSinceMs: null, added: null, searchedFor: "" } } : {}) };
  const paid = <M extends ReplicaMemory>(one: M): M => ({ ...one, regret: 0, ours: one.ours + target.bill.costSeconds * (costNow ?? target.cost), alternatives: [], searchedFor: "" });
  const { replica = 1 } = target;
  return replica === 1 ? paid(memory) : { ...memory, further: (memory.further ?? []).map((one, index) => (index === replica - 2 ? paid(one) : one)) };
}

function search(memory: ControllerMemory, seen: Observation, problem: Problem, drifts: readonly Drift[]): void {
  const lost = lossesOf(problem, seen.running).map((loss) => loss.key).join();
  const searchedFor = [lost, memory.burningSinceMs !== undefined, drifts.map((drift) => `${drift.key} ${Math.round(Math.log(drift.factor) * LEVELS_PER_UNIT)}`).join(), JSON.stringify(seen.running), ...(problem.cutPairs?.keys() ?? [])].join("|");
  const isSame = searchedFor === memory.searchedFor;
  // While something it needs is lost nobody is served: what was found before that is no answer to it.
  const isNewLoss = lost !== "" && !memory.searchedFor.startsWith(`${lost}|`);
  if (!isNewLoss && seen.nowMs - memory.searchedAtMs < (isSame ? SEARCH_SAME_EVERY_MS : SEARCH_EVERY_MS) && memory.searchedFor !== "") return;
  memory.alternatives = findAlternatives(problem, seen.request, seen.running, seen.home, { underLoad: memory.burningSinceMs !== undefined, slowed: new Set(drifts.flatMap(({ kind, subject }) => (kind === "node" ? [subject] : []))) });
  memory.searchedFor = searchedFor;
  memory.searchedAtMs = seen.nowMs;
}

function weigh(memory: ControllerMemory, seen: Observation, problem: Problem, costNow: number | null, pauseSeconds: number): Weighed[] {
  return memory.alternatives.flatMap((one): Weighed[] => {
    const cost = costToday(problem, seen.request, one.placement);
    if (cost === null) return [];
    const direct = movingBill(problem, seen.running, one.placement, seen.moveOverheadSeconds);
    const around = direct.shortOfMemory.length === 0 ? null : wayAround(problem, direct, { running: seen.running, target: one.placement, request: seen.request, overheadSeconds: seen.moveOverheadSeconds, pauseSeconds, costNow });
    const bill = billedBy(around?.bill ?? direct, memory.toll?.share);
    const gain = costNow === null ? 0 : costNow - cost;
    const isLittle = costNow !== null && gain < leastGain(one.kind) * costNow;
    const refused = bill.shortOfMemory.length > 0 ? "Its nodes can't hold both revisions while it moves." : around?.pauses && seen.openStreams ? `Its nodes can't hold both revisions, and the state of the streams that are open (${seen.openStreams}) can't be taken through a pause.` : isLittle ? "It is not better by more than predictions can be trusted." : null;
    return [{ ...one, cost, bill, gain, refused, ...(around ? { around: around.said } : {}) }];
  });
}

/** Least cost over what is left of the disturbance, moving included: a re-split has to earn what it takes more than a remap. */
function bestOf(weighed: readonly Weighed[], dwellMs: number): Weighed | null {
  const total = (one: Weighed) => one.cost * Math.max(0, dwellMs / 1000 - one.bill.seconds) + (one.cost + one.gain) * (Math.min(one.bill.seconds, dwellMs / 1000) + one.bill.costSeconds);
  return weighed.filter((one) => one.refused === null).reduce<Weighed | null>((best, one) => (best === null || total(one) < total(best) ? one : best), null);
}
