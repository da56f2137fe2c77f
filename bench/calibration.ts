// Owns the machine's own speed at this moment: printed beside absolute times, so that numbers of two runs or two machines can be compared.
import type { Figure } from "./report.ts";

/** Rounds of the loop; takes some 100 ms on a 3 GHz core. */
const ROUNDS = 20_000_000;

/** Milliseconds of a fixed integer loop (xorshift), best of three, one core. */
export function calibrationMs(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const startedAt = performance.now();
    let state = 0x9e3779b9 | 0;
    for (let round = 0; round < ROUNDS; round++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
    const elapsedMs = performance.now() - startedAt;
    // The result is used, so that the loop can't be optimised away.
    if (state === 0) throw new Error("xorshift reached zero");
    best = Math.min(best, elapsedMs);
  }
  return best;
}

export function calibrationFigure(): Figure {
  return { figure: "calibration loop", value: calibrationMs(), unit: "ms" };
}
