// Owns how an enrolled agent appears in, and a removed one leaves, the drawings that follow the fleet.
import { randomBytes } from "node:crypto";
import type { Append } from "../events/publish.ts";
import type { Tx } from "../store/db.ts";
import { listTopologies, updateTopologyDocument } from "../store/topologies.ts";
import type { TopologyDocument, TopologyLink, TopologyNode } from "../topology/topology.ts";
import type { Deps } from "./deps.ts";

/** Linking everybody with everybody costs n² links: from here on a new node is linked to nobody, and a person draws what matters. */
const MAX_LINKED_NODES = 24;

/** Adds the node, and links with measured figures to the live nodes of the drawing, wherever a topology follows the fleet. Idempotent. */
export async function addLiveNode(deps: Deps, tx: Tx, append: Append, node: { nodeId: string; name: string }): Promise<void> {
  await changeFollowing(deps, tx, append, `${node.name} joined the fleet.`, (document) => addToDocument(document, node));
}

/** The drawing keeps its shape: the node that stood for the removed one is planned again, unless nothing but agents put it there. */
export async function removeLiveNode(deps: Deps, tx: Tx, append: Append, nodeId: string): Promise<void> {
  await changeFollowing(deps, tx, append, "A node left the fleet.", (document) => {
    const gone = new Set(document.nodes.filter((node) => node.nodeId === nodeId).map((node) => node.id));
    if (gone.size === 0) return document;
    return {
      ...document,
      nodes: document.nodes.filter((node) => !gone.has(node.id)),
      links: document.links.filter((link) => !gone.has(link.fromId) && !gone.has(link.toId)),
      sourceId: document.sourceId !== null && gone.has(document.sourceId) ? null : document.sourceId,
    };
  });
}

/** The document itself when the node is in it. */
export function addToDocument(document: TopologyDocument, node: { nodeId: string; name: string }): TopologyDocument {
  if (document.nodes.some((other) => other.nodeId === node.nodeId)) return document;
  const added: TopologyNode = { id: drawingId("tn"), name: node.name, zoneId: null, nodeId: node.nodeId, trust: "trusted", memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null };
  const others = document.nodes.filter((other) => other.nodeId !== null);
  const links = others.length < MAX_LINKED_NODES ? others.map((other) => measuredLink(other.id, added.id)) : [];
  return { ...document, nodes: [...document.nodes, added], links: [...document.links, ...links] };
}

function measuredLink(fromId: string, toId: string): TopologyLink {
  return { id: drawingId("tl"), fromId, toId, bidirectional: true, latencyMs: null, bandwidthBytesPerSecond: null, trust: "trusted" };
}

function drawingId(prefix: string): string {
  return `${prefix}_${randomBytes(8).toString("hex")}`;
}

async function changeFollowing(deps: Deps, tx: Tx, append: Append, why: string, change: (document: TopologyDocument) => TopologyDocument): Promise<void> {
  for (const { id } of (await listTopologies(tx)).filter((topology) => topology.followsFleet)) {
    // The row is held from here on, so that a canvas that saves at the same moment waits and then is told of the newer revision.
    await tx.$queryRaw`SELECT id FROM "Topology" WHERE id = ${id} FOR UPDATE`;
    const topology = (await listTopologies(tx)).find((candidate) => candidate.id === id);
    if (!topology) continue;
    const document = change(topology.document);
    if (document === topology.document) continue;
    const saved = await updateTopologyDocument(tx, id, topology.revision, document, new Date(deps.clock.now()));
    if (saved) await append({ name: "topology.saved", subjectId: id, actor: "control", message: why, payload: { topologyId: id, revision: saved.revision } });
  }
}
