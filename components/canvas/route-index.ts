// Owns the ways of all links of a drawing while its cards move: only what a moved card could be in the way of is found anew. Pure.
import type { Box } from "./canvas-layout.ts";
import { type LinkRoute, routeLink, touches } from "./link-route.ts";

/** `routes` by "fromId>toId", filled as they are asked for. */
export type RouteIndex = { boxes: ReadonlyMap<string, Box>; routes: Map<string, LinkRoute> };

/** The index of these cards; ways no moved card comes near stay the same object. */
export function nextIndex(before: RouteIndex | null, boxes: ReadonlyMap<string, Box>): RouteIndex {
  if (before === null) return { boxes, routes: new Map() };
  const changed: Box[] = [];
  const moved = new Set<string>();
  for (const id of new Set([...before.boxes.keys(), ...boxes.keys()])) {
    const [old, now] = [before.boxes.get(id), boxes.get(id)];
    if (old && now && sameBox(old, now)) continue;
    moved.add(id);
    if (old) changed.push(old);
    if (now) changed.push(now);
  }
  if (moved.size === 0) return before;
  const stays = ([key, { reach }]: [string, LinkRoute]) => !key.split(">").some((id) => moved.has(id)) && !changed.some((box) => touches(box, reach));
  return { boxes, routes: new Map([...before.routes].filter(stays)) };
}

/** The way of a link; null when one of its cards is not there. */
export function routeIn(index: RouteIndex, fromId: string, toId: string): LinkRoute | null {
  const key = `${fromId}>${toId}`;
  const known = index.routes.get(key);
  if (known) return known;
  const [a, b] = [index.boxes.get(fromId), index.boxes.get(toId)];
  if (!a || !b) return null;
  const others: Box[] = [];
  for (const [id, box] of index.boxes) if (id !== fromId && id !== toId) others.push(box);
  const route = routeLink(a, b, others);
  index.routes.set(key, route);
  return route;
}

const sameBox = (a: Box, b: Box): boolean => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
