// Owns what a move takes from requests while it runs, learnt from each: loading on a node with a quarter of a core costs those it serves far more than on one with eight.
// What is measured of the old placement during a move is held against what it showed just before. Pure; JSON-serialisable.
import type { Estimate } from "../../planner/plan.ts";

export type MoveToll = {
  /** Requests are this much slower while a move runs, as a share: believed of the next one. */
  share: number;
  /** Of what runs: ln(measured ÷ estimated) while nothing moves, and samples behind it. */
  of: string;
  usual: number;
  samples: number;
  /** Of the move under way: sum of shares, and seconds that were measured. */
  sum: number;
  seconds: number;
};

/** Fetching and loading share processors and links with serving: taken for granted until a move was seen. */
export const FIRST_SHARE = 0.1;
export const NEW_TOLL: MoveToll = { share: FIRST_SHARE, of: "", usual: 0, samples: 0, sum: 0, seconds: 0 };

/** Of what one move showed, so much is believed: disturbances begin and end meanwhile. */
const WEIGHT = 0.5;
/** More than this is a disturbance that began meanwhile. */
const MOST_SHARE = 3;
const LEAST_SAMPLES = 3;
const LEAST_SECONDS = 2;
const MEMORY = 8;
const FLOOR_MS = 0.05;

export type Look = { isMoving: boolean; /** What runs, as a text. */ of: string; /** Measured ÷ estimated; null = not all of it was measured. */ ratio: number | null };

/** @returns `unbilledSeconds`: of a move that has just ended, seconds of cost beyond what was believed when it began */
export function learnToll(before: MoveToll, { isMoving, of, ratio }: Look): { toll: MoveToll; unbilledSeconds: number } {
  const log = ratio !== null && ratio > 0 ? Math.log(ratio) : null;
  if (isMoving) {
    const isKnown = log !== null && of === before.of && before.samples >= LEAST_SAMPLES;
    return { toll: isKnown ? { ...before, sum: before.sum + Math.exp(log - before.usual) - 1, seconds: before.seconds + 1 } : before, unbilledSeconds: 0 };
  }
  const seen = before.seconds >= LEAST_SECONDS ? Math.min(MOST_SHARE, Math.max(0, before.sum / before.seconds)) : null;
  const share = seen === null ? before.share : before.share + WEIGHT * (seen - before.share);
  const same = of === before.of ? before : { usual: 0, samples: 0 };
  const samples = log === null ? same.samples : same.samples + 1;
  const usual = log === null ? same.usual : same.usual + Math.max(1 / samples, 1 / MEMORY) * (log - same.usual);
  return { toll: { share, of, usual, samples, sum: 0, seconds: 0 }, unbilledSeconds: seen === null ? 0 : (seen - before.share) * before.seconds };
}

/** Of a request's way: measured ÷ estimated; null while a part of it was not measured. */
export function wayRatio(estimate: Pick<Estimate, "stages" | "hops"> | null, { stageMs, hopMs }: { stageMs: readonly (number | null)[]; hopMs: readonly (number | null)[] }): number | null {
  if (!estimate) return null;
  let measured = FLOOR_MS;
  let estimated = FLOOR_MS;
  for (const [k, stage] of estimate.stages.entries()) {
    const ms = stageMs[k] ?? null;
    if (ms === null) return null;
    measured += ms;
    estimated += stage.computeMs;
  }
  for (const [k, hop] of estimate.hops.entries()) {
    const ms = hop.kind === "local" ? 0 : (hopMs[k] ?? null);
    if (ms === null) return null;
    measured += ms;
    estimated += hop.kind === "local" ? 0 : hop.latencyMs + hop.transferMs;
  }
  return measured / estimated;
}
