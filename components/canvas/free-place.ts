// Owns where a card goes that nobody has put anywhere: near what is looked at, on nothing. Pure.
import type { Box } from "./canvas-layout.ts";

/** Between cards, as the arrangement leaves it for a link's figures. */
const GAP = { x: 150, y: 64 } as const;
/** Steps away from the wanted place; a drawing that is full so far around takes it on top. */
const RINGS_MAX = 30;

/** The place nearest to the wanted one where the card covers no other: beside it first, then below. */
export function freePlace(wanted: Box, taken: readonly Box[]): { x: number; y: number } {
  for (let ring = 0; ring <= RINGS_MAX; ring++) {
    for (const [right, down] of stepsOf(ring)) {
      const place = { ...wanted, x: wanted.x + right * (wanted.width + GAP.x), y: wanted.y + down * (wanted.height + GAP.y) };
      if (!taken.some((box) => overlaps(place, box))) return { x: Math.round(place.x), y: Math.round(place.y) };
    }
  }
  return { x: Math.round(wanted.x), y: Math.round(wanted.y) };
}

/** All whole steps of one distance, to the right before below before left before above. */
function stepsOf(ring: number): [right: number, down: number][] {
  const steps: [number, number][] = [];
  for (let right = ring; right >= -ring; right--) for (const down of right === ring || right === -ring ? [...range(ring)] : [ring, -ring]) steps.push([right, down]);
  const rank = ([right, down]: [number, number]) => Math.abs(right) + Math.abs(down) + (down < 0 ? 0.5 : 0) + (right < 0 ? 0.25 : 0) + (down > 0 ? 0.1 : 0);
  return ring === 0 ? [[0, 0]] : steps.sort((a, b) => rank(a) - rank(b));
}

const range = (ring: number): number[] => Array.from({ length: 2 * ring + 1 }, (_, index) => index - ring);
/** Half of a gap counts: cards that nearly touch read as one. */
const overlaps = (a: Box, b: Box): boolean => a.x < b.x + b.width + GAP.x / 2 && b.x < a.x + a.width + GAP.x / 2 && a.y < b.y + b.height + GAP.y / 2 && b.y < a.y + a.height + GAP.y / 2;
