// Owns what planning knows of the live fleet: enrolled nodes with their reported hardware, and the links measured between them.
import { linkKey, liveFleet } from "../live/live-fleet.ts";
import { knownHandover } from "../live/handover.ts";
import { freshAvailableBytes, usableMemoryBytes } from "../live/memory-capacity.ts";
import { nodePresence } from "../live/node-presence.ts";
import { listLinks } from "../store/links.ts";
import { listNodes, type StoredNode } from "../store/nodes.ts";
import type { LiveLink, LiveNode } from "../topology/topology.ts";
import type { Deps } from "./deps.ts";
import { listHeld } from "./list-held.ts";

export type LiveFleetFigures = { nodes: LiveNode[]; links: LiveLink[] };

/** Nodes that never reported are there without figures of their own: offline, with no memory known. */
export async function listLiveFleet(deps: Pick<Deps, "db" | "clock">): Promise<LiveFleetFigures> {
  const [nodes, links, held] = await Promise.all([listNodes(deps.db), listLinks(deps.db), listHeld(deps)]);
  return {
    nodes: nodes.map((node) => ({ ...toLiveNode(deps, node), held: held.get(node.id) ?? [] })),
    // A probe that failed says nothing about speed.
    links: links.filter((link) => link.error === null).map(({ error: _error, ...link }) => ({ ...link, ...spreadOf(deps, link) })),
  };
}

function toLiveNode(deps: Pick<Deps, "db" | "clock">, node: StoredNode): LiveNode {
  const fleet = liveFleet(deps.db);
  const live = fleet.nodes.get(node.id);
  const hardware = live?.hardware ?? node.observed?.hardware ?? null;
  const nowMs = deps.clock.now();
  const { presence, serves } = nodePresence(fleet, node, nowMs);
  const { memory } = fleet.capacity.nodes.get(node.id) ?? { memory: null };
  const usable = usableMemoryBytes(memory, nowMs);
  return {
    nodeId: node.id,
    name: node.name,
    online: hardware !== null && presence !== "lost",
    ...(serves ? { serves } : {}),
    cordoned: node.cordoned,
    approved: node.approvedAt !== null,
    cores: hardware?.cores ?? 1,
    memoryBytes: hardware?.memoryBytes ?? 0,
    memoryAvailableBytes: freshAvailableBytes(memory, nowMs) ?? hardware?.memoryAvailableBytes ?? 0,
    ...(usable === null ? {} : { usableMemoryBytes: usable }),
    deviceClass: hardware?.deviceClass ?? "",
    ...(hardware?.maxMemoryBytes === undefined ? {} : { maxMemoryBytes: hardware.maxMemoryBytes }),
    ...knownHandover(live?.handover ?? null),
  };
}

function spreadOf(deps: Pick<Deps, "db">, { fromNodeId, toNodeId }: LiveLink): Pick<LiveLink, "spread"> {
  const spread = liveFleet(deps.db).links.get(linkKey(fromNodeId, toNodeId))?.spread;
  return spread === undefined ? {} : { spread };
}
