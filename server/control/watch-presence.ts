// Tells the feed when a node falls silent, and when it is heard again.
import type { Deps } from "../commands/deps.ts";
import { liveFleet, liveNode } from "../live/live-fleet.ts";
import type { FleetSnapshot } from "../policy/snapshot.ts";

/** Nodes whose presence is another one than at the last look get one event each; the hello of an agent tells of "online" by itself. */
export async function watchPresence(deps: Deps, snapshot: FleetSnapshot): Promise<void> {
  const fleet = liveFleet(deps.db);
  const changed = [...snapshot.nodes.values()].filter((node) => liveNode(fleet, node.nodeId).presence !== node.presence);
  for (const node of changed) {
    const live = liveNode(fleet, node.nodeId);
    // No news: it is back in a moment, or the console has just started; what follows is told.
    if (node.presence === "connecting") {
      live.presence = node.presence;
      fleet.touched.nodes.add(node.nodeId);
      continue;
    }
    const silentMs = Math.round(snapshot.nowMs - live.lastSeenAtMs);
    const seconds = Math.round(silentMs / 1000);
    await deps.publisher.transact(async (_tx, append) => {
      const about = { subjectId: node.nodeId, actor: "control" };
      if (node.presence === "late") await append({ name: "node.late", ...about, message: `${node.name} has been silent for ${seconds} s.`, payload: { nodeId: node.nodeId, silentMs } });
      else if (node.presence === "lost") await append({ name: "node.lost", ...about, message: live.isGone ? `${node.name} is lost: its connections closed, and nobody listens there any more.` : `${node.name} is lost: silent for ${seconds} s.`, payload: { nodeId: node.nodeId, silentMs } });
      else if (live.bootId !== null) await append({ name: "node.online", ...about, message: `${node.name} is heard again.`, payload: { nodeId: node.nodeId, bootId: live.bootId } });
    });
    live.presence = node.presence;
    fleet.touched.nodes.add(node.nodeId);
  }
}
