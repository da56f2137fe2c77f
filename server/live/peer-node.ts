// Owns what another console is told of a node that is connected here, and how such a word is taken.
import { type LiveFleet, type LiveNode, liveNode } from "./live-fleet.ts";
import type { PeerNode } from "./peer-message.ts";

export function peerNode(live: LiveNode): PeerNode {
  const { nodeId, bootId, cursor, hardware, data, assignments, ingress, measures, held, hasTold } = live;
  return { nodeId, bootId: bootId ?? "", cursor, hardware, data, assignments, ingress, measures: measures.map((measure) => ({ ...measure, result: null })), held, hasTold };
}

/** The newest word counts: a node has one connection, and its old one may take a while to be missed. */
export function takePeerNode(fleet: LiveFleet, from: string, { nodeId, hasTold = true, ...told }: PeerNode, nowMs: number): void {
  const live = liveNode(fleet, nodeId);
  if (told.cursor > (fleet.desired.get(nodeId)?.document.version ?? 0)) fleet.desired.delete(nodeId);
  if (live.bootId !== told.bootId) live.sample = null;
  Object.assign(live, told, { hasTold, via: from, connected: true, presence: "online", lastSeenAtMs: nowMs, leftAtMs: null, isGone: false, dirty: false });
  fleet.touched.nodes.add(nodeId);
}

/** Its connection to `from` ended, if it was there last. `leftAtMs`: when it closed it; null = it did not, as where the console itself is gone. */
export function takePeerGone(fleet: LiveFleet, from: string, nodeId: string, leftAtMs: number | null): boolean {
  const live = fleet.nodes.get(nodeId);
  if (live?.via !== from) return false;
  Object.assign(live, { via: null, connected: false, leftAtMs });
  fleet.touched.nodes.add(nodeId);
  return true;
}
