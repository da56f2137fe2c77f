// Owns how a node's pre-flight is read: what it told of itself, and what its probes say of its peers.
import type { Deps } from "../commands/deps.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { type PreflightCheck, preflight } from "../policy/preflight.ts";
import { listLinks } from "../store/links.ts";
import type { NodeRow } from "./read-node-rows.ts";

export async function readPreflight(deps: Pick<Deps, "db">, node: NodeRow, consoleVersion: string): Promise<PreflightCheck[]> {
  const fleet = liveFleet(deps.db);
  const stored = await listLinks(deps.db);
  const peers = (fleet.desired.get(node.id)?.document.peers ?? []).filter((peer) => peer.measure).map((peer) => {
    const link = fleet.links.get(`${node.id}>${peer.nodeId}`) ?? stored.find((one) => one.fromNodeId === node.id && one.toNodeId === peer.nodeId);
    return { name: peer.name, rttMs: link && link.error === null ? link.rttMs : null, error: link?.error ?? null };
  });
  return preflight({ online: node.status === "online", hardware: node.hardware, clockOffsetMs: fleet.nodes.get(node.id)?.clockOffsetMs ?? null, consoleVersion, peers });
}
