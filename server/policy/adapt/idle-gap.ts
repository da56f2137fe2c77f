// Owns what is usual of a node or link that is not used: it is measured against its own best, which it mostly falls a little short of. Pure; JSON-serialisable.
// Apart from what a used one's prediction is off by: the two have nothing to do with each other.

/** `log`: of slower than its best, as a logarithm, while nothing is wrong; `samples` behind it. */
export type IdleGap = { log: number; samples: number };
export const NEW_GAP: IdleGap = { log: 0, samples: 0 };

/** Learnt before anything may be called a drift. */
const WARM_UP_SAMPLES = 8;
/** What is worse than this from the start is slow and not usual: 1.65 times. */
const MOST_GAP = 0.5;
/** After so many samples old ones are forgotten. */
const MEMORY = 60;

/** `raw` = ln(slower than its best). @returns how much that is more than usual; null = too little is known to say */
export function aboveGap({ log, samples }: IdleGap, raw: number): number | null {
  return samples < WARM_UP_SAMPLES && Math.abs(raw - log) <= MOST_GAP ? null : raw - log;
}

export function learnGap({ log, samples }: IdleGap, raw: number): IdleGap {
  const learnt = log + Math.max(1 / (samples + 1), 1 / MEMORY) * (raw - log);
  return { log: Math.min(MOST_GAP, Math.max(-MOST_GAP, learnt)), samples: samples + 1 };
}
