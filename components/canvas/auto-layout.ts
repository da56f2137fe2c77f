// Owns the automatic arrangement: columns along the links as drawn, few crossings, zones kept together, no link behind a card. Loaded when first asked for. Pure.
import { Graph, layout as runLayout } from "@dagrejs/dagre";
import type { TopologyDocument, TopologyLayout, TopologyLink } from "../../server/topology/topology.ts";
import { arrange, type Box, CARD } from "./canvas-layout.ts";
import { isBlocked } from "./link-route.ts";

const GAP = { across: 130, zone: 60 } as const;
/** Between cards above each other; the wider one leaves room for a link's figures. */
const DOWN = { bare: 48, linked: 120 } as const;

/** Integer places of every node and empty zone. */
export function autoLayout(document: TopologyDocument, heightOf: (nodeId: string) => number): TopologyLayout {
  const along = columnsAlong(document, document.links, DOWN.bare, heightOf);
  const zoneOf = new Map(document.nodes.map((node) => [node.id, node.zoneId]));
  const between = document.links.filter(({ fromId, toId }) => zoneOf.get(fromId) === null || zoneOf.get(fromId) !== zoneOf.get(toId));
  const hidden = hiddenLinks(document, along, heightOf);
  // Where a link within a zone puts one of its nodes before the other's links, they stand above each other instead.
  const stacked = hidden > 0 && between.length < document.links.length ? columnsAlong(document, between, DOWN.linked, heightOf) : null;
  const places = stacked !== null && hiddenLinks(document, stacked, heightOf) < hidden ? stacked : along;
  const byDistance = arrange(document);
  const bottom = Math.max(0, ...document.nodes.map((node) => (places[node.id]?.y ?? 0) + heightOf(node.id))) + GAP.zone;
  for (const zone of document.zones) if (!document.nodes.some((node) => node.zoneId === zone.id)) places[zone.id] = { x: byDistance[zone.id]?.x ?? 0, y: bottom };
  return places;
}

function columnsAlong(document: TopologyDocument, links: readonly TopologyLink[], down: number, heightOf: (nodeId: string) => number): TopologyLayout {
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: GAP.across, nodesep: down, edgesep: down / 2, marginx: GAP.zone, marginy: GAP.zone });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of document.nodes) graph.setNode(node.id, { width: CARD.width, height: heightOf(node.id) });
  for (const zone of document.zones) {
    const members = document.nodes.filter((node) => node.zoneId === zone.id);
    if (members.length > 0) graph.setNode(zone.id, {});
    for (const node of members) graph.setParent(node.id, zone.id);
  }
  // Links run the way they were drawn, so the arrangement reads from left to right; circles are the library's to break.
  for (const { id, fromId, toId } of links) if (graph.hasNode(fromId) && graph.hasNode(toId) && fromId !== toId) graph.setEdge(fromId, toId, {}, id);
  runLayout(graph);
  return Object.fromEntries(document.nodes.map((node) => { const { x, y } = graph.node(node.id) as { x: number; y: number }; return [node.id, { x: Math.round(x - CARD.width / 2), y: Math.round(y - heightOf(node.id) / 2) }]; }));
}

/** Links whose straight way lies behind a card. */
function hiddenLinks(document: TopologyDocument, places: TopologyLayout, heightOf: (nodeId: string) => number): number {
  const boxes = new Map(document.nodes.map((node): [string, Box] => [node.id, { ...(places[node.id] ?? { x: 0, y: 0 }), width: CARD.width, height: heightOf(node.id) }]));
  return document.links.filter(({ fromId, toId }) => {
    const [from, to] = [boxes.get(fromId), boxes.get(toId)];
    return from && to && fromId !== toId && isBlocked(from, to, [...boxes].flatMap(([id, box]) => (id === fromId || id === toId ? [] : [box])));
  }).length;
}
