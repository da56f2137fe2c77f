import type { CSSProperties } from "react";
import type { LinkRoute } from "./link-route.ts";

/** Off the line, in px of the screen at 100 %. */
const GAP_PX = 4;
const BESIDE: Record<LinkRoute["labelSide"], { shift: string; origin: string }> = {
  top: { shift: `-50%, calc(-100% - ${GAP_PX}px)`, origin: "bottom" },
  bottom: { shift: `-50%, ${GAP_PX}px`, origin: "top" },
  left: { shift: `calc(-100% - ${GAP_PX}px), -50%`, origin: "right" },
  right: { shift: `${GAP_PX}px, -50%`, origin: "left" },
};

/** Where the figures of a link stand: beside the middle of its line, away from the cards it passes. */
export function labelPlace({ labelX, labelY, labelSide }: LinkRoute): CSSProperties {
  const { shift, origin } = BESIDE[labelSide];
  return { transformOrigin: origin, transform: `translate(${shift}) translate(${labelX}px, ${labelY}px) scale(var(--label-scale, 1))` };
}
