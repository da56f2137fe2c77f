// Owns which of several whole plans are choices: none is better than another in latency, throughput and known costs. Pure.
import type { FrontFigures } from "../plan.ts";

/** Relatively: plans closer than this in everything are one. */
const SAME = 1e-9;

/** The front with one more, lowest latency first; the same front where it is beaten. */
export function joinWholes<T extends { figures: FrontFigures }>(front: readonly T[], plan: T): readonly T[] {
  if (front.some((other) => noBetter(plan.figures, other.figures))) return front;
  return [...front.filter((other) => !noBetter(other.figures, plan.figures)), plan].sort((a, b) => a.figures.latencyMs - b.figures.latencyMs);
}

function noBetter(a: FrontFigures, b: FrontFigures): boolean {
  const cheaper = (["joules", "money", "grams"] as const).every((cost) => atLeast(a[cost], b[cost]));
  return cheaper && atLeast(a.latencyMs, b.latencyMs) && atLeast(b.throughputPerSecond, a.throughputPerSecond);
}

/** What is not known decides nothing. */
function atLeast(a: number | null, b: number | null): boolean {
  return a === null || b === null || a >= b * (1 - SAME);
}
