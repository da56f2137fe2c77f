// Owns how a node's pre-flight is read: what it told of itself, and what its probes say of its peers.
import type { Deps } from "../commands/deps.ts";
import { freshAvailableBytes } from "../live/memory-capacity.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { type PreflightCheck, preflight } from "../policy/preflight.ts";
import { listLinks } from "../store/links.ts";
import type { NodeRow } from "./read-node-rows.ts";

export async function readPreflight(deps: Pick<Deps, "db" | "clock">, node: NodeRow, consoleVersion: string): Promise<PreflightCheck[]> {
  const fleet = liveFleet(deps.db);
  const stored = await listLinks(deps.db);
  const between = (from: string, to: string) => fleet.links.get(`${from}>${to}`) ?? stored.find((one) => one.fromNodeId === from && one.toNodeId === to);
  const peers = (fleet.desired.get(node.id)?.document.peers ?? []).filter((peer) => peer.measure).map((peer) => {
    const link = between(node.id, peer.nodeId);
    return { name: peer.name, rttMs: link && link.error === null ? link.rttMs : null, error: link?.error ?? null, inboundError: between(peer.nodeId, node.id)?.error ?? null };
  });
  const availableBytes = freshAvailableBytes(fleet.capacity.nodes.get(node.id)?.memory, deps.clock.now());
  const hardware = node.hardware && availableBytes !== null ? { ...node.hardware, memoryAvailableBytes: availableBytes } : node.hardware;
  return preflight({ presence: node.status, hardware, clockOffsetMs: fleet.nodes.get(node.id)?.clockOffsetMs ?? null, consoleVersion, peers });
}
