import { textScale } from "./text-scale.ts";

/** Fitting leaves room for the tools above, enlarges no further than the text is, and must not shrink text below what can be read. */
export const fitOptions = () => {
  const scale = textScale();
  const px = (length: number) => `${Math.round(length * scale)}px` as const;
  const side = px(isNarrow() ? 8 : 24);
  return { padding: { top: px(60), right: side, bottom: side, left: side }, maxZoom: Math.min(2, scale), minZoom: isNarrow() ? NARROW_FIT_ZOOM_MIN * scale : FIT_ZOOM_MIN };
};
export const FIT_ZOOM_MIN = 0.45;
/** A card of this size still says its name, state and segments; on a small screen the whole drawing is worth more than a part of it. */
const NARROW_FIT_ZOOM_MIN = 0.2;
const isNarrow = () => typeof document !== "undefined" && document.documentElement.clientWidth < 640;
