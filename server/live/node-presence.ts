// Owns how a node's presence is read off the live fleet and its rows: the same for loops, planning and API.
import { GONE_AFTER_MS, LATE_AFTER_MS, type Presence, presenceDueInMs, presenceOf } from "../policy/presence.ts";
import { isGone, testimonyOf, type Testimony } from "../policy/testimony.ts";
import type { StoredNode } from "../store/nodes.ts";
import type { LiveFleet } from "./live-fleet.ts";

const NOTHING: Testimony = { reached: 0, refused: 0, unclear: 0 };

/** `serves`: it is lost to the console, but others are through to it, so that what it runs runs on. `seenAtMs` is 0 for a node that never connected. Rows of before this console's start say what was, not what is: only a connection makes a node online. */
export function nodePresence(fleet: LiveFleet, node: Pick<StoredNode, "id" | "observed" | "enrolledAt">, nowMs: number): { presence: Presence; serves: boolean; seenAtMs: number } {
  const live = fleet.nodes.get(node.id);
  const heard = live?.bootId != null;
  const seenAtMs = Math.max(heard ? live.lastSeenAtMs : 0, node.observed?.lastSeenAt.getTime() ?? 0);
  // A console that has just started has heard of nobody: silence counts from its own start.
  const silentSinceMs = Math.max(seenAtMs, node.observed ? fleet.startedAtMs : node.enrolledAt.getTime());
  const connected = live?.connected ?? false;
  const leftMs = live && live.leftAtMs !== null ? nowMs - live.leftAtMs : null;
  const silentMs = nowMs - silentSinceMs;
  // The others are asked only where their word decides.
  const said = !connected && silentMs >= GONE_AFTER_MS ? hear(fleet, node.id, nowMs) : NOTHING;
  if (live && leftMs !== null && leftMs >= GONE_AFTER_MS) live.isGone = isGone(said) || (live.isGone && said.reached === 0);
  const presence = presenceOf({ connected, heard, silentMs, goneMs: live?.isGone ? leftMs : null });
  return { presence, serves: presence === "lost" && said.reached > 0, seenAtMs };
}

/** Milliseconds until a node that has lost its connection is late or lost unless it comes back; Infinity = none has. It is looked at then, not up to a second later. */
export function presenceDueMs(fleet: LiveFleet, nowMs: number): number {
  const away = [...fleet.nodes.values()].filter((live) => !live.connected && live.presence !== "lost");
  return Math.min(Number.POSITIVE_INFINITY, ...away.map(({ lastSeenAtMs, leftAtMs }) => presenceDueInMs({ silentMs: nowMs - lastSeenAtMs, leftMs: leftAtMs === null ? null : nowMs - leftAtMs })));
}

/** Of nodes that report now. */
function hear(fleet: LiveFleet, nodeId: string, nowMs: number): Testimony {
  const given = fleet.desired.get(nodeId)?.document;
  // Whoever runs nothing is dialled by nobody: a fleet has many such nodes that are away, and each look at one reads what all others say.
  if (!given || (given.assignments.length === 0 && given.ingress.length === 0)) return NOTHING;
  const witnesses = [...fleet.nodes.values()].filter((one) => one.connected && nowMs - one.lastSeenAtMs < LATE_AFTER_MS);
  return testimonyOf(nodeId, witnesses.flatMap(({ nodeId: id, assignments, ingress }) => {
    const desired = fleet.desired.get(id)?.document;
    return desired ? [{ nodeId: id, desired, assignments, ingress }] : [];
  }));
}
