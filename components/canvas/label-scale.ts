// Owns how large a link's label is drawn, so that it can be read at any zoom. Pure.

/** From further away cards overlap what grows more. */
const GROWN_MAX = 1.6;
/** In steps: a pan or a touch of zoom changes nothing. */
const STEP = 0.05;

/** What is read from far away keeps its size on the screen by this factor. Steps are relative: a pan or a touch of zoom changes nothing. */
export function unzoomOf(zoom: number): number {
  return Number((UNZOOM_STEP ** Math.round(Math.log(1 / Math.min(1, zoom)) / Math.log(UNZOOM_STEP))).toFixed(2));
}
const UNZOOM_STEP = 1.06;

/** Factor on a label's own size, which the zoom multiplies; `textScale` is 1 at the usual text size, 2 at 200 %. */
export function labelScale(zoom: number, textScale: number): number {
  const wanted = Math.min(GROWN_MAX, Math.max(1, textScale / zoom));
  return Math.round(wanted / STEP) * STEP;
}
