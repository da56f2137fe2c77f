// Owns what a zone carries along: moving its frame moves its nodes. Pure.
import type { NodeChange, XYPosition } from "@xyflow/react";
import type { FlowNode } from "./canvas-graph.ts";

/** Ids of the nodes that lie in one of these zones and are not among the ids themselves. */
export function carriedIds(nodes: readonly FlowNode[], ids: ReadonlySet<string>): Set<string> {
  return new Set(nodes.flatMap((node) => (node.type === "card" && node.data.node.zoneId !== null && ids.has(node.data.node.zoneId) && !ids.has(node.id) ? [node.id] : [])));
}

/** The changes, and the same shift for every node of a frame that is moved. */
export function withCarried(changes: NodeChange<FlowNode>[], nodes: readonly FlowNode[]): NodeChange<FlowNode>[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const moved = new Set(changes.flatMap((change) => (change.type === "position" ? [change.id] : [])));
  return changes.flatMap((change) => {
    const frame = change.type === "position" ? byId.get(change.id) : undefined;
    if (change.type !== "position" || frame?.type !== "frame" || change.position === undefined) return [change];
    const by = { x: change.position.x - frame.position.x, y: change.position.y - frame.position.y };
    const members = nodes.filter((node) => node.type === "card" && node.data.node.zoneId === frame.id && !moved.has(node.id));
    return [change, ...members.map((node) => ({ id: node.id, type: "position" as const, position: shifted(node.position, by), dragging: change.dragging ?? false }))];
  });
}

const shifted = (place: XYPosition, by: XYPosition): XYPosition => ({ x: place.x + by.x, y: place.y + by.y });
