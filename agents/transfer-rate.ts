// Owns how fast somebody gives, learnt from transfers. Pure.

/** How much the newest transfer counts. */
const NEWEST_SHARE = 0.5;
/** A shorter transfer says more of the round trip than of the link. */
const MIN_RATED_BYTES = 256 * 1024;

/** Bytes a second after one more transfer of `bytes` in `ms`; `before` where that says nothing. */
export function nextRate(before: number | null, bytes: number, ms: number): number | null {
  if (bytes < MIN_RATED_BYTES || ms <= 0) return before;
  const rate = (bytes * 1000) / ms;
  return before === null ? rate : before + (rate - before) * NEWEST_SHARE;
}
