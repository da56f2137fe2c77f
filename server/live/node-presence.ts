// Owns how a node's presence is read off the live fleet and its rows: the same for loops, planning and API.
import { type Presence, presenceOf } from "../policy/presence.ts";
import type { StoredNode } from "../store/nodes.ts";
import type { LiveFleet } from "./live-fleet.ts";

/** `seenAtMs` is 0 for a node that never connected. Rows of before this console's start say what was, not what is: only a connection makes a node online. */
export function nodePresence(fleet: LiveFleet, node: Pick<StoredNode, "id" | "observed" | "enrolledAt">, nowMs: number): { presence: Presence; seenAtMs: number } {
  const live = fleet.nodes.get(node.id);
  const heard = live?.bootId != null;
  const seenAtMs = Math.max(heard ? live.lastSeenAtMs : 0, node.observed?.lastSeenAt.getTime() ?? 0);
  // A console that has just started has heard of nobody: silence counts from its own start.
  const silentSinceMs = Math.max(seenAtMs, node.observed ? fleet.startedAtMs : node.enrolledAt.getTime());
  return { presence: presenceOf({ connected: live?.connected ?? false, heard, silentMs: nowMs - silentSinceMs }), seenAtMs };
}
