// Owns what planning knows of the live fleet: enrolled nodes with their reported hardware, and the links measured between them.
import { presenceOf } from "../policy/presence.ts";
import { listLinks } from "../store/links.ts";
import { listNodes } from "../store/nodes.ts";
import type { LiveLink, LiveNode } from "../topology/topology.ts";
import type { Deps } from "./deps.ts";

export type LiveFleetFigures = { nodes: LiveNode[]; links: LiveLink[] };

/** Nodes that never reported are there without figures of their own: offline, with no memory known. */
export async function listLiveFleet(deps: Pick<Deps, "db" | "clock">): Promise<LiveFleetFigures> {
  const [nodes, links] = await Promise.all([listNodes(deps.db), listLinks(deps.db)]);
  const now = deps.clock.now();
  return {
    nodes: nodes.map((node) => {
      const observed = node.observed;
      return {
        nodeId: node.id,
        name: node.name,
        online: observed !== null && presenceOf(observed.lastSeenAt.getTime(), now) === "online",
        cordoned: node.cordoned,
        cores: observed?.hardware.cores ?? 1,
        memoryBytes: observed?.hardware.memoryBytes ?? 0,
        memoryAvailableBytes: observed?.hardware.memoryAvailableBytes ?? 0,
        deviceClass: observed?.hardware.deviceClass ?? "",
      };
    }),
    // A probe that failed says nothing about speed.
    links: links.filter((link) => link.error === null).map(({ error: _error, ...link }) => link),
  };
}
