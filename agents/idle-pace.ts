// Owns how fast this machine is for us while it serves nothing: rounds of a fixed small computation per millisecond of the clock, so that a quota, other work,
// heat and saved power all show. Costs what it says: one core for SPAN_MS.

/** Two periods of a quota of 10 ms, so that it is seen whatever its phase. */
const SPAN_MS = 20;
const ROUND_STEPS = 2_000;

export function measureIdlePace(nowMs: () => number = () => performance.now()): number {
  const startedMs = nowMs();
  let rounds = 0;
  let value = 1;
  let elapsedMs = 0;
  do {
    for (let step = 0; step < ROUND_STEPS; step++) value = Math.imul(value ^ (value >>> 15), value | 1) + step;
    rounds++;
    elapsedMs = nowMs() - startedMs;
  } while (elapsedMs < SPAN_MS);
  // The result is used, or a compiler could leave the work out.
  return (value === 0.5 ? 0 : rounds) / elapsedMs;
}
