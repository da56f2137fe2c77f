import { textScale } from "./text-scale.ts";

/** Fitting leaves room for the tools above, enlarges no further than the text is, and must not shrink text below what can be read. */
export const fitOptions = () => {
  const scale = textScale();
  const px = (length: number) => `${Math.round(length * scale)}px` as const;
  return { padding: { top: px(60), right: px(24), bottom: px(24), left: px(24) }, maxZoom: Math.min(2, scale), minZoom: FIT_ZOOM_MIN };
};
export const FIT_ZOOM_MIN = 0.45;
