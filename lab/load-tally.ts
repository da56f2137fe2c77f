// Owns counting a load's requests: each is answered exactly once, or it is lost; each answer is right, an explicit error, or wrong, and in time or late.
import { nowMs } from "./precise-timer.ts";

export type Outcome = { kind: "equal"; /** The id the answer bears. */ id: string } | { kind: "failed" | "lost" | "different"; detail: string };
export type PhaseResult = {
  sent: number; equal: number; failed: number; lost: number; different: number; duplicated: number; heldBack: number;
  /** Of those that were answered, whatever the answer: later than they may be. */
  late: number;
  /** The load itself sent its requests up to so long after they were due: more than a little, and what is late may be its own. */
  sentLateMs: number;
  p50Ms: number | null; p99Ms: number | null; maxMs: number | null;
  /** Longest time between two right answers, and from the phase's start to the first. */
  longestGapMs: number | null;
  seconds: number;
};
export type LoadResult = PhaseResult & { phases: Record<string, PhaseResult>; details: string[] };

/** Bounds memory in long runs: beyond, percentiles are those of the first ones, and say so by `sent`. */
const MAX_SAMPLES = 1_000_000;
const MAX_DETAILS = 20;

type Phase = { /** Of the stretch that is running; null between stretches. */ startedMs: number | null; activeMs: number; lastRightMs: number; longestGapMs: number; latencies: number[] } & Omit<PhaseResult, "p50Ms" | "p99Ms" | "maxMs" | "longestGapMs" | "seconds">;

function newPhase(now: number): Phase {
  return { startedMs: now, activeMs: 0, lastRightMs: now, longestGapMs: 0, latencies: [], sent: 0, equal: 0, failed: 0, lost: 0, different: 0, duplicated: 0, heldBack: 0, late: 0, sentLateMs: 0 };
}

/** `lateAfterMs`: after a request was due. */
export function createTally(now: () => number = nowMs, lateAfterMs = Number.POSITIVE_INFINITY) {
  const whole = newPhase(now());
  const phases = new Map<string, Phase>();
  const answered = new Set<string>();
  const details: string[] = [];
  let current: Phase | null = null;
  let inFlight = 0;

  return {
    inFlight: () => inFlight,
    heldBack() {
      for (const phase of current ? [whole, current] : [whole]) phase.heldBack++;
    },
    /** A phase may come again: its stretches are counted together, the time between them is not. */
    begin(name: string) {
      const at = now();
      if (current) {
        current.activeMs += at - current.startedMs!;
        current.startedMs = null;
      }
      current = phases.get(name) ?? newPhase(at);
      current.startedMs = at;
      current.lastRightMs = at;
      phases.set(name, current);
    },
    /** A request counts in the phase it was sent in; the gap between answers in the phase they came in. */
    open(_id: string, dueMs: number): (outcome: Outcome) => void {
      const mine = current ? [whole, current] : [whole];
      inFlight++;
      const lateMs = now() - dueMs;
      for (const phase of mine) {
        phase.sent++;
        phase.sentLateMs = Math.max(phase.sentLateMs, lateMs);
      }
      return (outcome) => {
        inFlight--;
        const at = now();
        if (outcome.kind !== "equal" && details.length < MAX_DETAILS) details.push(`${outcome.kind}: ${outcome.detail}`);
        const isRepeated = outcome.kind === "equal" && answered.has(outcome.id);
        if (outcome.kind === "equal") answered.add(outcome.id);
        for (const phase of mine) {
          phase[outcome.kind]++;
          if (isRepeated) phase.duplicated++;
          if (outcome.kind !== "lost" && at - dueMs > lateAfterMs) phase.late++;
          if (outcome.kind === "equal" && phase.latencies.length < MAX_SAMPLES) phase.latencies.push(at - dueMs);
        }
        if (outcome.kind !== "equal") return;
        for (const phase of current ? [whole, current] : [whole]) {
          phase.longestGapMs = Math.max(phase.longestGapMs, at - phase.lastRightMs);
          phase.lastRightMs = at;
        }
      };
    },
    result(): LoadResult {
      const at = now();
      return { ...toResult(whole, at), phases: Object.fromEntries([...phases].map(([name, phase]) => [name, toResult(phase, at)])), details };
    },
  };
}

function toResult(phase: Phase, now: number): PhaseResult {
  const sorted = [...phase.latencies].sort((a, b) => a - b);
  const at = (share: number) => (sorted.length === 0 ? null : round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!));
  const { sent, equal, failed, lost, different, duplicated, heldBack, late, sentLateMs } = phase;
  return {
    sent, equal, failed, lost, different, duplicated, heldBack, late, sentLateMs: round(sentLateMs), p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1),
    longestGapMs: equal === 0 ? null : round(phase.longestGapMs), seconds: round((phase.activeMs + (phase.startedMs === null ? 0 : now - phase.startedMs)) / 1000),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
