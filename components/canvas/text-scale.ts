/** Font size that a page without a person's wish has, in pixels. */
const USUAL_PX = 16;

/** How much larger than usual text is here: 1, or 2 at a text size of 200 %. The canvas draws in pixels and zooms by this. */
export const textScale = (): number => (typeof document === "undefined" ? 1 : Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_PX || 1);
