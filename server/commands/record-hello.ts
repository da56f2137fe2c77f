// Takes what an agent says of itself when it connects. Its whole state follows with its first report.
import type { Hello } from "../../agents/protocol/control.ts";
import { liveFleet, liveNode } from "../live/live-fleet.ts";
import { peerNode } from "../live/peer-node.ts";
import { findNode, saveObserved, updateNode } from "../store/nodes.ts";
import type { Deps } from "./deps.ts";

/** `remoteAddress` stands in for a data host the agent does not know. */
export async function recordHello(deps: Deps, input: { nodeId: string; hello: Hello; remoteAddress: string }): Promise<void> {
  const { nodeId, hello } = input;
  const nowMs = deps.clock.now();
  const data = { host: hello.dataHost === "" ? input.remoteAddress : hello.dataHost, port: hello.dataPort };
  const fleet = liveFleet(deps.db);
  await deps.publisher.transact(async (tx, append) => {
    const node = await findNode(tx, nodeId);
    if (!node || node.removedAt) return;
    // An agent that has seen a later version than we know of (a restored database): versions must still only grow for it.
    if (hello.cursor > node.desiredVersion) await updateNode(tx, nodeId, { desiredVersion: hello.cursor, desiredHash: "" });
    const observed = node.observed ?? { assignments: [], ingress: [], measures: [] };
    await saveObserved(tx, nodeId, { ...observed, hardware: hello.hardware, bootId: hello.bootId, dataHost: data.host, dataPort: data.port, cursor: hello.cursor, lastSeenAt: new Date(nowMs) });
    const message = node.observed?.bootId === hello.bootId ? `${node.name} is connected again.` : `${node.name} is connected (agent ${hello.agentVersion}).`;
    await append({ name: "node.online", subjectId: nodeId, actor: `node:${node.name}`, message, payload: { nodeId, bootId: hello.bootId } });
  });
  const live = liveNode(fleet, nodeId);
  live.via = null;
  if (hello.cursor > (fleet.desired.get(nodeId)?.document.version ?? 0)) fleet.desired.delete(nodeId);
  Object.assign(live, { connected: true, presence: "online", lastSeenAtMs: nowMs, leftAtMs: null, isGone: false, hasTold: false, cursor: hello.cursor, hardware: hello.hardware, data });
  if (live.bootId !== hello.bootId) Object.assign(live, { bootId: hello.bootId, assignments: [], ingress: [], measures: [], held: null, sample: null });
  fleet.touched.nodes.add(nodeId);
  deps.peers?.tell({ kind: "node", node: peerNode(live) });
  deps.wake("an agent connected");
}

/** The connection ended. Its silence from now on makes it late, then lost. `closed`: by its own side or its system. */
export function recordDisconnect(deps: Deps, nodeId: string, closed: boolean): void {
  const live = liveFleet(deps.db).nodes.get(nodeId);
  // It may have gone over to another console, and this one heard of that first.
  if (!live || live.via !== null) return;
  live.connected = false;
  live.leftAtMs = closed ? deps.clock.now() : null;
  deps.peers?.tell({ kind: "gone", nodeId, closed });
  liveFleet(deps.db).touched.nodes.add(nodeId);
  deps.wake("an agent disconnected");
}
