/** Rows drawn beyond what is seen, so that a fast wheel shows no gap. */
const SPARE_ROWS = 8;
/** Shorter lists are drawn whole, so that the browser's own search finds every row. */
const WHOLE_MAX = 150;

/** Which rows [first, last) of `count` to draw for a list scrolled to `topPx` that shows `heightPx`. Pure. */
export function rowWindow(topPx: number, heightPx: number, count: number, rowPx: number): { first: number; last: number } {
  if (count <= WHOLE_MAX) return { first: 0, last: count };
  const first = Math.max(0, Math.min(count, Math.floor(topPx / rowPx) - SPARE_ROWS));
  return { first, last: Math.min(count, Math.ceil((topPx + heightPx) / rowPx) + SPARE_ROWS) };
}
