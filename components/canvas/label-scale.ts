// Owns how large a link's label is drawn, so that it can be read at any zoom. Pure.

/** From further away cards overlap what grows more. */
const GROWN_MAX = 1.6;
/** In steps: a pan or a touch of zoom changes nothing. */
const STEP = 0.05;

/** Factor on a label's own size, which the zoom multiplies; `textScale` is 1 at the usual text size, 2 at 200 %. */
export function labelScale(zoom: number, textScale: number): number {
  const wanted = Math.min(GROWN_MAX, Math.max(1, textScale / zoom));
  return Math.round(wanted / STEP) * STEP;
}
