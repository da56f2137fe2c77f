// Owns whether requests are refused on purpose because more come than anything can carry, how many are let in then, and when that ends. Pure.
//
// An ingress that is asked for too much refuses by itself what its queues have no room for, after it has let others wait: all are late, and whoever is refused is chance.
// Shedding says how many are let in, so that those are answered in time, and lets the others come again later, the lower their priority the sooner.
// Begins above SHED_ABOVE of what is carried at most, once requests suffer from it and no further replica can be added; ends below LIFT_SHARE of what is let in. Between the
// two nothing changes, so that it does not flutter.
import { MAX_UTILISATION } from "../../planner/plan-request.ts";
import type { Decision } from "./controller.ts";
import { NO_BILL } from "./moving-bill.ts";
import type { Scaled } from "./scale.ts";

export type ShedMemory = { /** Requests a second that were answered, followed as the demand is. */ answered: number | null; overSinceMs: number | null; lowSinceMs: number | null };
export const NEW_SHED: ShedMemory = { answered: null, overSinceMs: null, lowSinceMs: null };
/** `admitPerSecond` null = all are let in again. */
export type Shed = { admitPerSecond: number | null; reason: string; demandPerSecond: number; carriesPerSecond: number; sinceMs: number };

const SHED_ABOVE = 0.95;
/** Of what is carried at most: nearer to it waits grow without end. */
const ADMIT_SHARE = 0.85;
/** With less of the demand answered, requests suffer. */
const ANSWERED_SHARE = 0.95;
export const SHED_AFTER_MS = 10_000;
const LIFT_SHARE = 0.8;
export const LIFT_AFTER_MS = 30_000;
/** What can be let in has to differ by so many times before the limit is changed. */
const CHANGED = 1.25;
const ANSWERED_MEMORY_MS = 10_000;

export type ShedLook = {
  nowMs: number; /** Since the last look. */ seconds: number;
  /** Followed; null = not known. */ demand: number | null;
  answeredPerSecond: number | null;
  /** With room to spare; null = nothing of it serves. */ carries: number | null;
  /** What is let in now; null = all. */ admitPerSecond: number | null;
  isBurning: boolean;
  /** Of how many replicas there should be; null = as many as there are. */ scaled: Pick<Scaled, "verdict"> | null;
};

export function judgeShed(before: ShedMemory, look: ShedLook): { memory: ShedMemory; shed: Shed | null } {
  const { nowMs, seconds, demand, answeredPerSecond, carries, admitPerSecond, isBurning, scaled } = look;
  const weight = before.answered === null ? 1 : 1 - Math.exp((-seconds * 1000) / ANSWERED_MEMORY_MS);
  const answered = answeredPerSecond === null ? before.answered : (before.answered ?? 0) + weight * (answeredPerSecond - (before.answered ?? 0));
  const memory: ShedMemory = { answered, overSinceMs: null, lowSinceMs: null };
  if (demand === null || carries === null || answered === null) return { memory, shed: null };
  const most = carries / MAX_UTILISATION;
  if (admitPerSecond === null) {
    const suffers = answered < ANSWERED_SHARE * demand || isBurning;
    if (demand <= SHED_ABOVE * most || !suffers || scaled?.verdict !== "no-better") return { memory, shed: null };
    memory.overSinceMs = before.overSinceMs ?? nowMs;
    if (nowMs - memory.overSinceMs < SHED_AFTER_MS) return { memory, shed: null };
    // What is answered although it should not be possible is carried, whatever is predicted.
    const admit = ADMIT_SHARE * Math.max(most, answered);
    return { memory, shed: { admitPerSecond: admit, demandPerSecond: demand, carriesPerSecond: most, sinceMs: memory.overSinceMs, reason: `${said(demand)} come, ${said(answered)} are answered, and no placement and no further replica carries them: ${said(admit)} are let in, those of a priority first, and the others are told to come again.` } };
  }
  const isLow = demand < LIFT_SHARE * admitPerSecond;
  const could = ADMIT_SHARE * most;
  const isOther = could > admitPerSecond * CHANGED || could < admitPerSecond / CHANGED;
  // A limit from what was answered may be above what is predicted; only what has become less since lowers it.
  memory.lowSinceMs = isLow ? (before.lowSinceMs ?? nowMs) : null;
  memory.overSinceMs = !isLow && isOther && (could > admitPerSecond || answered < admitPerSecond / CHANGED) ? (before.overSinceMs ?? nowMs) : null;
  const base = { demandPerSecond: demand, carriesPerSecond: most };
  if (memory.lowSinceMs !== null && nowMs - memory.lowSinceMs >= LIFT_AFTER_MS) return { memory, shed: { ...base, admitPerSecond: null, sinceMs: memory.lowSinceMs, reason: `${said(demand)} come, and ${said(admitPerSecond)} would be let in: all are let in again.` } };
  if (memory.overSinceMs !== null && nowMs - memory.overSinceMs >= SHED_AFTER_MS) return { memory, shed: { ...base, admitPerSecond: could, sinceMs: memory.overSinceMs, reason: `${said(demand)} come, and what runs now carries ${most.toFixed(1)} at most: ${said(could)} are let in instead of ${admitPerSecond.toFixed(1)}.` } };
  return { memory, shed: null };
}

const said = (perSecond: number): string => `${perSecond.toFixed(1)} requests/s`;

/** As a decision: nothing moves, so no bill, no cool-down and no moves per hour; the plan's cost stays what it is. */
export function ofShed({ admitPerSecond, reason, demandPerSecond, carriesPerSecond, sinceMs }: Shed, placement: Decision["alternatives"][number]["placement"], of: Decision): Decision {
  const target: Decision["alternatives"][number] = { kind: admitPerSecond === null ? "admit" : "shed", placement, bound: null, gap: null, admitPerSecond, cost: of.costNow ?? 0, gain: 0, bill: NO_BILL, refused: null };
  return { ...of, action: "move", verdict: "act", reason, target, alternatives: [target], drifts: [], needed: null, because: [{ key: "demand", kind: "demand", subject: "", factor: demandPerSecond / carriesPerSecond, sinceMs }] };
}
