// Owns the automatic arrangement: columns along the links as drawn, few crossings, zones kept together. Loaded when first asked for. Pure.
import { Graph, layout as runLayout } from "@dagrejs/dagre";
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";
import { arrange, CARD } from "./canvas-layout.ts";

const GAP = { across: 130, down: 48, zone: 60 } as const;

/** Integer places of every node and empty zone. */
export function autoLayout(document: TopologyDocument, heightOf: (nodeId: string) => number): TopologyLayout {
  const byDistance = arrange(document);
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: GAP.across, nodesep: GAP.down, edgesep: GAP.down / 2, marginx: GAP.zone, marginy: GAP.zone });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of document.nodes) graph.setNode(node.id, { width: CARD.width, height: heightOf(node.id) });
  for (const zone of document.zones) {
    const members = document.nodes.filter((node) => node.zoneId === zone.id);
    if (members.length > 0) graph.setNode(zone.id, {});
    for (const node of members) graph.setParent(node.id, zone.id);
  }
  // Links run the way they were drawn, so the arrangement reads from left to right; circles are the library's to break.
  for (const { id, fromId, toId } of document.links) if (graph.hasNode(fromId) && graph.hasNode(toId) && fromId !== toId) graph.setEdge(fromId, toId, {}, id);
  runLayout(graph);
  const places: TopologyLayout = {};
  for (const node of document.nodes) { const { x, y } = graph.node(node.id) as { x: number; y: number }; places[node.id] = { x: Math.round(x - CARD.width / 2), y: Math.round(y - heightOf(node.id) / 2) }; }
  const bottom = Math.max(0, ...document.nodes.map((node) => (places[node.id]?.y ?? 0) + heightOf(node.id))) + GAP.zone;
  for (const zone of document.zones) if (!document.nodes.some((node) => node.zoneId === zone.id)) places[zone.id] = { x: byDistance[zone.id]?.x ?? 0, y: bottom };
  return places;
}
