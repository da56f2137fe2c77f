// Owns how many requests run together, where that was left to adaptation: more when more come than are carried or the SLO's budget burns because they wait, each alone again
// when few come. Pure.
//
// What joining gains is never guessed. It is known by what the ingresses measured with so many in force: the time of a run's slowest part, per item. Where nothing is
// measured yet, the next size (twice as many) is tried for TRY_MS and what was measured decides: at least LEAST_GAIN less per item, the SLO kept, and not fewer requests
// answered; else back to what was before, and that size is not tried again for REFUSED_MS. Only what keeps the SLO's latency even if a batch took as long as its items one
// after the other is tried. No bytes move: it comes before a replica is added or requests are shed, which wait for it at most HOLD_MS, or while a try lasts.
import type { Batching, RunSums } from "../../../agents/protocol/control.ts";
import { type Decision, LEAST_GAIN } from "./controller.ts";
import { NO_BILL } from "./moving-bill.ts";

export type BatchLimit = NonNullable<Batching["now"]>;
/** `limits`: of the operator. `now`: in force, `maxSize` 1 = each alone. `problem`: why requests are not joined in spite of it; null = they would be. `runs`: since the last look;
 * null = none was told. `latencyMs`: of requests, the last second's median; null = none was answered. `processorMs`: of it what a model's processor took, in which nothing is joined; absent = nothing. */
export type BatchView = { limits: BatchLimit; now: BatchLimit; problem: string | null; runs: RunSums | null; latencyMs: number | null; processorMs?: number };

/** With up to so many together: milliseconds of a run's slowest part per item, of a whole run without waiting, and items of a run. */
export type Measured = { maxSize: number; itemMs: number; passMs: number; perRun: number };
export type BatchMemory = {
  /** What runs: times of something else say nothing. */
  of: string;
  now: BatchLimit | null;
  /** Of runs with `now` in force, faded. */
  sums: Omit<RunSums, "problem">;
  sinceMs: number;
  needSinceMs: number | null;
  lowSinceMs: number | null;
  /** That were kept, and each alone. */
  measured: Measured[];
  refused: { maxSize: number; atMs: number }[];
  /** `before`: null = it can't be compared any more. `failed`: why it goes back, until it has. */
  trial: { from: BatchLimit; before: (Measured & { demand: number; answered: number | null }) | null; failed: string | null } | null;
  /** Requests a second that came when joining began: as many bring it on again. */
  raisedAt: number | null;
  /** What the last try measured. */
  result: { maxSize: number; gain: number; atMs: number } | null;
};
export const NEW_BATCHING: BatchMemory = { of: "", now: null, sums: { count: 0, items: 0, slowestMs: 0, passMs: 0 }, sinceMs: 0, needSinceMs: null, lowSinceMs: null, measured: [], refused: [], trial: null, raisedAt: null, result: null };

/** `predictedGain`: share of the time per item, by what was measured before; null = a try, or back. */
export type Batched = { batch: BatchLimit; isBack: boolean; predictedGain: number | null; reason: string; sinceMs: number };

export const RAISE_AFTER_MS = 5_000;
export const LIFT_AFTER_MS = 30_000;
/** What was under way before a change is not measured. */
const SETTLE_MS = 2_000;
export const TRY_MS = 10_000;
/** Without enough runs until then, nothing is learnt. */
const TRY_MAX_MS = 30_000;
const REFUSED_MS = 600_000;
const HOLD_MS = 60_000;
const LEAST_RUNS = 20;
const RUNS_MEMORY_MS = 5_000;
const LIFT_SHARE = 0.6;
/** So many times as many items a run: requests did come together. */
const JOINED = 1.2;
/** A median so many times a run's own time is waiting. */
const QUEUED = 2;

export type BatchLook = {
  nowMs: number; seconds: number;
  /** Null or absent = it is not left to adaptation. */ view: BatchView | null;
  /** What runs, as a text. */ of: string;
  /** Followed; null = not known. */ demand: number | null; answered: number | null;
  /** With room to spare, each request alone; null = nothing of it serves. */ carries: number | null;
  isBurning: boolean; isMoving: boolean;
  /** Null = it has no SLO. */ sloMs: number | null;
};

/** `holds`: whether a further replica, and shedding, wait for it. */
export function judgeBatching(before: BatchMemory, look: BatchLook): { memory: BatchMemory; batched: Batched | null; holds: boolean } {
  const { nowMs, view, demand, answered, carries, isBurning, isMoving } = look;
  if (!view) return { memory: NEW_BATCHING, batched: null, holds: false };
  const { now, limits } = view;
  const memory = follow(before, look, view);
  const keep = (holds = memory.trial !== null) => ({ memory, batched: null, holds });
  const change = (batch: BatchLimit, rest: Pick<Batched, "reason" | "sinceMs"> & Partial<Batched>) => ({ memory, batched: { batch, isBack: batch.maxSize < now.maxSize, predictedGain: null, ...rest }, holds: true });
  if (isMoving) {
    // Another placement takes other times.
    if (memory.trial) memory.trial = { ...memory.trial, before: null };
    return keep();
  }
  if (view.problem !== null) return now.maxSize > 1 ? change(ALONE, { reason: `Requests can't run together: ${view.problem}. Each runs alone.`, sinceMs: nowMs }) : keep(false);
  const figures = figuresOf(memory);
  if (memory.trial) {
    const { trial } = memory;
    const ended = trial.failed === null ? judgeTrial(memory, trial, { look, view, figures }) : { isGood: false, isRefused: false, why: trial.failed };
    if (ended === null) return keep();
    if (ended.isRefused) memory.refused = [...memory.refused, { maxSize: now.maxSize, atMs: nowMs }];
    memory.trial = ended.isGood ? null : { ...trial, failed: ended.why };
    if (!ended.isGood) return change(trial.from, { isBack: true, reason: `Tried: up to ${now.maxSize} together. ${ended.why} ${trial.from.maxSize === 1 ? "Each runs alone again" : `Up to ${trial.from.maxSize} together again`}.`, sinceMs: memory.sinceMs });
  }
  if (demand === null || carries === null) return keep();
  const carried = carries * batchTimes(memory, view, { carries, answered });
  const { latencyMs, processorMs = 0 } = view;
  const waits = figures !== null && latencyMs !== null && latencyMs - processorMs >= QUEUED * figures.passMs;
  const isOver = demand > carried;
  const isNeeded = isOver || (isBurning && waits);
  memory.needSinceMs = isNeeded ? (before.needSinceMs ?? nowMs) : null;
  // Times while few come are not those of a full load.
  if (figures && (isNeeded || now.maxSize === 1)) memory.measured = [...memory.measured.filter((one) => one.maxSize !== now.maxSize), figures].sort((a, b) => a.maxSize - b.maxSize);
  const isLow = now.maxSize > 1 && !isBurning && demand <= LIFT_SHARE * Math.min(carries, memory.raisedAt ?? carries);
  memory.lowSinceMs = isLow ? (before.lowSinceMs ?? nowMs) : null;
  if (memory.lowSinceMs !== null && nowMs - memory.lowSinceMs >= LIFT_AFTER_MS) return change(ALONE, { reason: `${said(demand)} come, and ${said(carries)} are carried with room to spare with each running alone, which answers sooner: none waits for others any more.`, sinceMs: memory.lowSinceMs });
  if (memory.needSinceMs === null) return keep(false);
  const next = figures && nextSize(memory, { look, view, figures, times: demand / carries });
  if (!figures || !next) return keep(false);
  const holds = nowMs - memory.needSinceMs < HOLD_MS;
  const roomMs = roomOf(look);
  if (nowMs - memory.needSinceMs < RAISE_AFTER_MS) return keep(holds);
  memory.raisedAt ??= demand;
  const what = isOver ? `${said(demand)} come, and what runs carries ${carried.toFixed(1)} with room to spare.` : `Requests wait: ${processorMs > 0 ? "without their processor " : ""}they take ${said1((latencyMs ?? 0) - processorMs)} where running takes ${said1(figures.passMs)}.`;
  const known = next.measured && 1 - next.measured.itemMs / figures.itemMs;
  const how = next.measured ? `With up to ${next.maxSize} together an item took ${said1(next.measured.itemMs)} of the slowest part instead of ${said1(figures.itemMs)}, when it was measured` : `What up to ${next.maxSize} together take is not known: it is tried for ${TRY_MS / 1000} s and measured`;
  return { memory, holds, batched: { batch: { maxSize: next.maxSize, maxDelayMs: roomMs === null ? limits.maxDelayMs : Math.min(limits.maxDelayMs, Math.max(0, roomMs - next.passMs)) }, isBack: false, predictedGain: known, reason: `${what} ${how}.`, sinceMs: memory.needSinceMs } };
}

/** What the SLO, which bounds what clients wait, leaves for waiting and running; null = there is none. */
const roomOf = ({ sloMs, view }: BatchLook): number | null => (sloMs === null ? null : sloMs - (view?.processorMs ?? 0));

/** How many times as much is carried as with each alone; 1 = each is, or it is not known. */
export function batchTimes(memory: BatchMemory | undefined, view: BatchView | null | undefined, { carries, answered }: { carries: number | null; answered: number | null }): number {
  if (!view || view.now.maxSize === 1 || !memory) return 1;
  const itemMs = (maxSize: number) => memory.measured.find((one) => one.maxSize === maxSize)?.itemMs;
  const [alone, together] = [itemMs(1), itemMs(view.now.maxSize)];
  if (alone !== undefined && together !== undefined) return Math.max(1, alone / together);
  // What is answered is carried, whatever is predicted.
  return carries === null || answered === null ? 1 : Math.max(1, answered / carries);
}

const ALONE: BatchLimit = { maxSize: 1, maxDelayMs: 0 };
const said = (perSecond: number): string => `${perSecond.toFixed(1)} requests/s`;
const said1 = (ms: number): string => `${ms.toPrecision(3)} ms`;

/** With the look's runs in it, and a try begun where more has come into force than was. */
function follow(before: BatchMemory, { nowMs, seconds, of, demand, answered }: BatchLook, { now, runs }: BatchView): BatchMemory {
  const known = before.of === of ? before : { ...NEW_BATCHING, of, now: before.now, trial: before.trial && { ...before.trial, before: null }, result: before.result };
  const memory: BatchMemory = { ...known, refused: known.refused.filter((one) => nowMs - one.atMs < REFUSED_MS) };
  if (memory.now === null || memory.now.maxSize !== now.maxSize) {
    const isRaised = memory.now !== null && now.maxSize > memory.now.maxSize;
    const figures = figuresOf(known);
    memory.trial = isRaised && memory.now ? { from: memory.now, before: figures && { ...figures, demand: demand ?? 0, answered }, failed: null } : null;
    if (now.maxSize === 1) memory.raisedAt = null;
    return { ...memory, now, sums: NEW_BATCHING.sums, sinceMs: nowMs };
  }
  if (!runs || nowMs - memory.sinceMs < SETTLE_MS) return { ...memory, now };
  // A try is judged by all of its runs.
  const kept = memory.trial ? 1 : Math.exp((-seconds * 1000) / RUNS_MEMORY_MS);
  const { sums } = memory;
  return { ...memory, now, sums: { count: sums.count * kept + runs.count, items: sums.items * kept + runs.items, slowestMs: sums.slowestMs * kept + runs.slowestMs, passMs: sums.passMs * kept + runs.passMs } };
}

function figuresOf({ now, sums: { count, items, slowestMs, passMs } }: BatchMemory): Measured | null {
  return now === null || count < LEAST_RUNS || items <= 0 || slowestMs <= 0 ? null : { maxSize: now.maxSize, itemMs: slowestMs / items, passMs: passMs / count, perRun: items / count };
}

type Of = { look: BatchLook; view: BatchView; figures: Measured | null };
/** Null = it goes on. Good ones are kept in the memory. */
function judgeTrial(memory: BatchMemory, { before }: NonNullable<BatchMemory["trial"]>, { look, view: { now, processorMs }, figures }: Of): { isGood: boolean; /** Not tried again soon. */ isRefused: boolean; why: string } | null {
  const { nowMs, demand, answered, carries, sloMs } = look;
  const elapsedMs = nowMs - memory.sinceMs;
  const bad = (why: string, isRefused = true) => ({ isGood: false, isRefused, why });
  if (before === null) return bad("It can't be compared: what runs has changed meanwhile, or nothing was measured before.", false);
  if (elapsedMs < TRY_MS || (figures === null && elapsedMs < TRY_MAX_MS)) return null;
  if (figures === null) return bad("Too few requests came to measure it.", false);
  const gain = 1 - figures.itemMs / before.itemMs;
  memory.result = { maxSize: now.maxSize, gain, atMs: nowMs };
  const took = `An item took ${said1(figures.itemMs)} of the slowest part, and ${said1(before.itemMs)} before`;
  // Where few come, few come together: that says nothing of the size.
  const isAlone = figures.perRun < before.perRun * JOINED && demand !== null && carries !== null && demand <= carries;
  if (gain < LEAST_GAIN) return bad(isAlone ? `${took}: fewer come, and hardly any together.` : `${took}: not less by more than measurements can be trusted.`, !isAlone);
  const roomMs = roomOf(look);
  if (roomMs !== null && now.maxDelayMs + figures.passMs > roomMs) return bad(`${took}, but a run takes ${said1(figures.passMs)}: with waiting for others that is more than ${processorMs ? "the processor leaves of " : ""}the SLO's ${sloMs} ms.`);
  if (before.answered !== null && answered !== null && (demand ?? 0) >= before.demand * (1 - LEAST_GAIN) && answered < before.answered * (1 - LEAST_GAIN)) return bad(`${took}, but ${said(answered)} are answered where it were ${said(before.answered)}.`);
  memory.measured = [...memory.measured.filter((one) => one.maxSize !== now.maxSize && one.maxSize !== before.maxSize), { maxSize: before.maxSize, itemMs: before.itemMs, passMs: before.passMs, perRun: before.perRun }, figures].sort((a, b) => a.maxSize - b.maxSize);
  return { isGood: true, isRefused: false, why: "" };
}

/** The smallest of those measured that carries what comes, else the largest of them, else twice what is in force, to be tried; null = there is nothing that is allowed and better. `times`: what comes, of what each alone carries. */
function nextSize(memory: BatchMemory, { look, view: { now, limits }, figures, times }: Of & { figures: Measured; times: number }): { maxSize: number; passMs: number; measured: Measured | null } | null {
  const roomMs = roomOf(look);
  const keepsSlo = (passMs: number) => roomMs === null || passMs <= roomMs;
  const better = memory.measured.filter((one) => one.maxSize > now.maxSize && one.maxSize <= limits.maxSize && one.itemMs <= figures.itemMs * (1 - LEAST_GAIN) && keepsSlo(one.passMs));
  const alone = memory.measured.find((one) => one.maxSize === 1)?.itemMs ?? figures.itemMs;
  const known = better.find((one) => alone / one.itemMs >= times) ?? better.at(-1);
  if (known) return { maxSize: known.maxSize, passMs: known.passMs, measured: known };
  const maxSize = Math.min(limits.maxSize, now.maxSize * 2);
  // As long as if its items ran one after the other.
  const passMs = figures.passMs * (maxSize / Math.min(now.maxSize, Math.max(1, figures.perRun)));
  if (maxSize <= now.maxSize || memory.refused.some((one) => one.maxSize === maxSize) || !keepsSlo(passMs)) return null;
  return { maxSize, passMs, measured: null };
}

/** As a decision: no bytes move, so no bill, no cool-down and no moves per hour; the plan's cost stays what it is. */
export function ofBatched({ batch, isBack, predictedGain, reason, sinceMs }: Batched, of: Decision, { running, demand, carries }: { running: Decision["alternatives"][number]["placement"]; demand: number | null; carries: number | null }): Decision {
  const target: Decision["alternatives"][number] = { kind: "batch", placement: running, bound: null, gap: null, batch: { ...batch, isBack, predictedGain }, cost: of.costNow ?? 0, gain: 0, bill: NO_BILL, refused: null };
  const burns = of.because?.filter(({ kind }) => kind === "burn") ?? [];
  const told = demand === null || carries === null ? [] : [{ key: "demand", kind: "demand" as const, subject: "", factor: demand / carries, sinceMs }];
  return { ...of, action: "move", verdict: "act", reason, target, alternatives: [target], drifts: [], needed: null, because: [...told, ...burns] };
}
