// Owns the ways of all links of a drawing while its cards move: only what a moved card could be in the way of is found anew. Pure.
import type { Box } from "./canvas-layout.ts";
import { type LinkRoute, reachOf, routeLink, touches } from "./link-route.ts";

/** `routes` by "fromId>toId", filled as they are asked for. */
export type RouteIndex = { boxes: ReadonlyMap<string, Box>; routes: Map<string, { route: LinkRoute; reach: Box }> };

/** The index of these cards; ways no moved card comes near stay the same object. */
export function nextIndex(before: RouteIndex | null, boxes: ReadonlyMap<string, Box>): RouteIndex {
  if (before === null) return { boxes, routes: new Map() };
  const changed = [...boxes].flatMap(([id, box]) => { const old = before.boxes.get(id); return old === undefined ? [box] : sameBox(old, box) ? [] : [old, box]; });
  for (const [id, box] of before.boxes) if (!boxes.has(id)) changed.push(box);
  if (changed.length === 0) return before;
  return { boxes, routes: new Map([...before.routes].filter(([, { reach }]) => !changed.some((box) => touches(box, reach)))) };
}

/** The way of a link; null when one of its cards is not there. */
export function routeIn(index: RouteIndex, fromId: string, toId: string): LinkRoute | null {
  const key = `${fromId}>${toId}`;
  const known = index.routes.get(key);
  if (known) return known.route;
  const [a, b] = [index.boxes.get(fromId), index.boxes.get(toId)];
  if (!a || !b) return null;
  const others = [...index.boxes].flatMap(([id, box]) => (id === fromId || id === toId ? [] : [box]));
  const route = routeLink(a, b, others);
  index.routes.set(key, { route, reach: reachOf(a, b) });
  return route;
}

const sameBox = (a: Box, b: Box): boolean => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
