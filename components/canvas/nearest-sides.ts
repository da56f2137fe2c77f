// Owns which sides of two cards a line runs between. Pure.
import type { Box } from "./canvas-layout.ts";

export type Side = "left" | "right" | "top" | "bottom";
export type SidePair = { from: Side; to: Side };

/** A gap this wide takes a line from side to side, where the points to draw one from are; narrower ones only when the cards stand more beside than above each other. */
const BESIDE_MIN = 40;

/** The sides of two cards that face each other. */
export function nearestSides(a: Box, b: Box): SidePair {
  const [dx, dy] = [b.x + b.width / 2 - a.x - a.width / 2, b.y + b.height / 2 - a.y - a.height / 2];
  const [gapX, gapY] = [Math.abs(dx) - (a.width + b.width) / 2, Math.abs(dy) - (a.height + b.height) / 2];
  const level = gapX >= BESIDE_MIN || gapX >= gapY;
  if (level) return dx >= 0 ? { from: "right", to: "left" } : { from: "left", to: "right" };
  return dy >= 0 ? { from: "bottom", to: "top" } : { from: "top", to: "bottom" };
}

/** The middle of a side. */
export function sideMiddle(box: Box, side: Side): { x: number; y: number } {
  return { x: box.x + box.width * (side === "right" ? 1 : side === "left" ? 0 : 0.5), y: box.y + box.height * (side === "bottom" ? 1 : side === "top" ? 0 : 0.5) };
}
