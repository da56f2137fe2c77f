// Owns the way of a link's line: from side to side where nothing is between the two cards, around what is. Pure; units of the drawing.
import type { Box } from "./canvas-layout.ts";
import { nearestSides, type Side, type SidePair, sideMiddle } from "./nearest-sides.ts";

/** An SVG path, the middle of it, and on which side of the line the middle's figures lie free. */
export type LinkRoute = { path: string; labelX: number; labelY: number; labelSide: Side; sides: SidePair; /** Where a card would be in the way of it, or stops being so. */ reach: Box };
type Point = { x: number; y: number };
type Curve = readonly [Point, Point, Point, Point];

const SIDES: readonly Side[] = ["top", "bottom", "right", "left"];
/** How far a line may swing out to get around a card; the first that is free is taken, so shorter ones come first. */
const SWINGS = [60, 100, 160, 240, 340] as const;
/** No way leads farther off its two cards than this. */
const SWING_MAX = Math.max(...SWINGS);
/** Kept free between a line and a card it passes. */
const CLEAR = 14;
/** A line begins on the edge of its own card; inside of it, it is hidden. */
const INSET = 3;
const SAMPLES = 28;
/** A line behind more cards than this crosses a crowd: there is no way around that is worth its length, nor the time to look for it. */
const BLOCKED_MAX = 5;

/** The line between two cards past all `others`. Where no way is free, the one that is seen most. */
export function routeLink(a: Box, b: Box, others: readonly Box[]): LinkRoute {
  const sides = nearestSides(a, b);
  const usual = curveBetween(a, b, sides, null);
  const blocking = passed(usual, others).length;
  if (blocking === 0 || blocking > BLOCKED_MAX) return toRoute(usual, sides, "top", boundsOf(usual));
  const reach = reachOf(a, b);
  const blocks = [...others.filter((box) => touches(box, reach)).map((box) => grown(box, CLEAR)), grown(a, -INSET), grown(b, -INSET)];
  let best = { curve: usual, sides, labelSide: "top" as Side, ...costOf(usual, blocks, Number.POSITIVE_INFINITY) };
  for (const swing of SWINGS) {
    for (const from of SIDES) {
      for (const to of SIDES) {
        const curve = curveBetween(a, b, { from, to }, swing);
        const { cost, hidden } = costOf(curve, blocks, best.cost);
        if (cost < best.cost) best = { curve, sides: { from, to }, labelSide: from === to ? from : "top", cost, hidden };
      }
    }
    // Farther out it only gets longer.
    if (best.hidden === 0) break;
  }
  return toRoute(best.curve, best.sides, best.labelSide, reach);
}

/** Whether the straight way between two cards lies behind another one. */
export function isBlocked(a: Box, b: Box, others: readonly Box[]): boolean {
  const curve = curveBetween(a, b, nearestSides(a, b), null);
  return passed(curve, others).length > 0;
}

/** Everything a line between two cards could pass. */
function reachOf(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return grown({ x, y, width: Math.max(a.x + a.width, b.x + b.width) - x, height: Math.max(a.y + a.height, b.y + b.height) - y }, SWING_MAX);
}

export const touches = (a: Box, b: Box): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** The cards a line lies behind. */
function passed(curve: Curve, others: readonly Box[]): Box[] {
  const bounds = boundsOf(curve);
  return others.filter((box) => touches(box, bounds) && passes(curve, box));
}

/** A curve stays within its four points. */
function boundsOf(curve: Curve): Box {
  const [xs, ys] = [curve.map((point) => point.x), curve.map((point) => point.y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  // A straight line has a side of no length, and is met all the same.
  return { x, y, width: Math.max(1, Math.max(...xs) - x), height: Math.max(1, Math.max(...ys) - y) };
}

/** Hidden parts count many times over: a longer way that is seen is the better one. */
const HIDDEN_WEIGHT = 50;

/** Adds up until it is more than `most`. */
function costOf(curve: Curve, blocks: readonly Box[], most: number): { cost: number; hidden: number } {
  const bounds = boundsOf(curve);
  const met = blocks.filter((box) => touches(box, bounds));
  let cost = 0;
  let hidden = 0;
  let before = curve[0];
  for (let step = 1; step <= SAMPLES; step++) {
    const at = pointOn(curve, step / SAMPLES);
    const length = Math.hypot(at.x - before.x, at.y - before.y);
    if (met.some((box) => contains(box, at))) hidden += length;
    cost += length;
    before = at;
    if (cost + hidden * HIDDEN_WEIGHT > most) break;
  }
  return { cost: cost + hidden * HIDDEN_WEIGHT, hidden };
}

function passes(curve: Curve, box: Box): boolean {
  for (let step = 0; step <= SAMPLES; step++) if (contains(box, pointOn(curve, step / SAMPLES))) return true;
  return false;
}

const contains = (box: Box, { x, y }: Point): boolean => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
const grown = (box: Box, by: number): Box => ({ x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by });

/** `swing` null = as far out as half of the way, as lines between facing sides look best. */
function curveBetween(a: Box, b: Box, { from, to }: SidePair, swing: number | null): Curve {
  const [start, end] = [sideMiddle(a, from), sideMiddle(b, to)];
  return [start, control(start, from, swing ?? reachTo(start, end, from)), control(end, to, swing ?? reachTo(end, start, to)), end];
}

function control({ x, y }: Point, side: Side, by: number): Point {
  return { x: x + (side === "right" ? by : side === "left" ? -by : 0), y: y + (side === "bottom" ? by : side === "top" ? -by : 0) };
}

/** What stands behind the side it leaves from is reached in a small arc. */
function reachTo(start: Point, end: Point, side: Side): number {
  const ahead = side === "right" ? end.x - start.x : side === "left" ? start.x - end.x : side === "bottom" ? end.y - start.y : start.y - end.y;
  return ahead >= 0 ? ahead / 2 : 6.25 * Math.sqrt(-ahead);
}

function pointOn([p0, p1, p2, p3]: Curve, t: number): Point {
  const u = 1 - t;
  const [w0, w1, w2, w3] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return { x: w0 * p0.x + w1 * p1.x + w2 * p2.x + w3 * p3.x, y: w0 * p0.y + w1 * p1.y + w2 * p2.y + w3 * p3.y };
}

function toRoute(curve: Curve, sides: SidePair, labelSide: Side, reach: Box): LinkRoute {
  const [start, first, second, end] = curve;
  const middle = pointOn(curve, 0.5);
  return { path: `M${start.x},${start.y} C${first.x},${first.y} ${second.x},${second.y} ${end.x},${end.y}`, labelX: middle.x, labelY: middle.y, labelSide, sides, reach };
}
