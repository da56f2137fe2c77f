// Owns what a lane says of its senders: whether it is through to one of them, or to all but those that are gone. Pure.
import type { ObservedLane } from "../../agents/protocol/control.ts";
import type { NodeView } from "./snapshot.ts";

type Told = Pick<ObservedLane, "upstreamLinked" | "refusedBy" | "unlinkedFrom">;

/** Null = its agent does not tell which of several senders is missing. */
export function isLinkedFrom(lane: Told, nodeId: string): boolean | null {
  if (lane.upstreamLinked) return true;
  if (lane.unlinkedFrom) return !lane.unlinkedFrom.includes(nodeId);
  return lane.refusedBy?.includes(nodeId) ? false : null;
}

/** Of a stage whose senders are `senderIds`: through to each of them that is there. False where none is. */
export function isLinkedToAll(lane: Told, senderIds: readonly string[], nodes: ReadonlyMap<string, NodeView>): boolean {
  if (lane.upstreamLinked) return true;
  const there = senderIds.filter((id) => !isAway(nodes.get(id) ?? null));
  return there.length > 0 && there.length < senderIds.length && there.every((id) => isLinkedFrom(lane, id) === true);
}

/** Nobody hears it any more, neither the console nor those who dial it: it takes no requests, and when it comes back it does what it is told then. */
export const isAway = (node: NodeView | null): boolean => node === null || (node.presence === "lost" && node.serves !== true);
