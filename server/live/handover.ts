// Owns what a node's stages pay for a request beside computing, learnt from the traces of requests: follows the lower quarter of (hold − compute), since the rest of
// it is waiting behind others.

export type Handover = { ms: number; samples: number };

const QUANTILE = 0.25;
/** Of the present figure, per request: some fifty requests move it where it belongs. */
const STEP = 0.06;
const LEAST_MS = 0.02;
/** Fewer say more of chance than of the node. */
const ENOUGH = 30;
/** Finer differences are noise, and a plan's inputs should not change with each request. */
const STEPS_PER_MS = 10;

export function addHandover(before: Handover | null, ms: number): Handover {
  if (before === null) return { ms: Math.max(LEAST_MS, ms), samples: 1 };
  const step = Math.max(before.ms, LEAST_MS) * STEP;
  return { ms: Math.max(LEAST_MS, ms < before.ms ? before.ms - step * (1 - QUANTILE) : before.ms + step * QUANTILE), samples: before.samples + 1 };
}

/** Ready to be spread into what planning knows of a node. */
export function knownHandover(handover: Handover | null): { handoverMs?: number } {
  return handover === null || handover.samples < ENOUGH ? {} : { handoverMs: Math.round(handover.ms * STEPS_PER_MS) / STEPS_PER_MS };
}
