// Owns how an enrolled node comes into a drawing from outside of the canvas. Pure.
import type { TopologyDocument, TopologyLink } from "../../server/topology/topology.ts";

/** Linking everybody with everybody costs n² links: from here on a person draws what matters. */
const LINKED_MAX = 24;

/** The node, and links with measured figures to the live nodes of the drawing. The document itself when the node is in it. */
export function addToTopology(document: TopologyDocument, node: { nodeId: string; name: string }, newId: () => string): TopologyDocument {
  if (document.nodes.some((other) => other.nodeId === node.nodeId)) return document;
  const id = `tn_${newId()}`;
  const others = document.nodes.filter((other) => other.nodeId !== null);
  const link = (fromId: string): TopologyLink => ({ id: `tl_${newId()}`, fromId, toId: id, bidirectional: true, latencyMs: null, bandwidthBytesPerSecond: null, trust: "trusted" });
  return {
    ...document,
    nodes: [...document.nodes, { id, name: node.name, zoneId: null, nodeId: node.nodeId, trust: "trusted", memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null }],
    links: others.length < LINKED_MAX ? [...document.links, ...others.map((other) => link(other.id))] : document.links,
  };
}
