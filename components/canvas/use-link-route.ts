import { type InternalNode, type Node, useStore } from "@xyflow/react";
import { cardBox } from "./card-box.ts";
import type { LinkRoute } from "./link-route.ts";
import { nextIndex, type RouteIndex, routeIn } from "./route-index.ts";

/** By drawing: its cards as they were last seen, and the ways between them. All links of a drawing share them. */
const known = new WeakMap<ReadonlyMap<string, InternalNode>, { nodes: readonly Node[]; index: RouteIndex }>();

/** The way of a link past the cards of its drawing; null until both of its cards are there. */
export function useLinkRoute(fromId: string, toId: string): LinkRoute | null {
  return useStore(({ nodes, nodeLookup }) => routeIn(indexOf(nodes, nodeLookup), fromId, toId), sameRoute);
}

/** Panning and zooming leave the list of nodes as it is: nothing is computed then. */
function indexOf(nodes: readonly Node[], lookup: ReadonlyMap<string, InternalNode>): RouteIndex {
  const before = known.get(lookup);
  if (before?.nodes === nodes) return before.index;
  const boxes = new Map([...lookup.values()].flatMap((node) => (node.type === "card" ? [[node.id, cardBox(node)] as const] : [])));
  const index = nextIndex(before?.index ?? null, boxes);
  known.set(lookup, { nodes, index });
  return index;
}

const sameRoute = (a: LinkRoute | null, b: LinkRoute | null): boolean => a === b || (a !== null && b !== null && a.path === b.path && a.labelSide === b.labelSide);
