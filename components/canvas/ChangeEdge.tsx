"use client";
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath, useInternalNode } from "@xyflow/react";
import { bytes, layersText, written } from "../format.ts";
import { nearestSides } from "./nearest-sides.ts";
import type { LayerMove } from "./plan-changes.ts";

export type ChangeFlowEdge = Edge<{ move: LayerMove }, "change">;
/** Beside the link between the same two nodes, not on it. */
const ASIDE_PX = 14;

/** Layers on their way from one node to another, were the draft deployed. */
export function ChangeEdge({ id, source, target, data, markerEnd }: EdgeProps<ChangeFlowEdge>) {
  const [from, to] = [useInternalNode(source), useInternalNode(target)];
  if (!data || !from || !to) return null;
  const sides = nearestSides(from, to);
  const length = Math.max(1, Math.hypot(sides.targetX - sides.sourceX, sides.targetY - sides.sourceY));
  const [dx, dy] = [(-(sides.targetY - sides.sourceY) / length) * ASIDE_PX, ((sides.targetX - sides.sourceX) / length) * ASIDE_PX];
  const [path, labelX, labelY] = getBezierPath({ ...sides, sourceX: sides.sourceX + dx, sourceY: sides.sourceY + dy, targetX: sides.targetX + dx, targetY: sides.targetY + dy });
  const { move } = data;
  return (
    <>
      <BaseEdge id={id} path={path} interactionWidth={0} {...(markerEnd ? { markerEnd } : {})} style={{ stroke: "var(--accent)", strokeWidth: 1.75, strokeDasharray: "6 4" }} />
      <EdgeLabelRenderer>
        <div data-testid="layer-move" className="pointer-events-none absolute rounded-sm border border-accent bg-raised px-1 text-center text-2xs leading-[0.95rem] text-ink" style={{ transform: `translate(-50%, 4px) translate(${labelX}px, ${labelY}px)` }}>
          <div>{move.ranges.map((range) => layersText(range)).join(", ")} move</div>
          <div className="num text-ink-2">{written(bytes(move.shipBytes))} to ship</div>
        </div>
      </EdgeLabelRenderer>
    </>
  );
}

/** One edge for each pair of nodes that layers move between. */
export function changeEdges(moves: readonly LayerMove[]): ChangeFlowEdge[] {
  return moves.map((move): ChangeFlowEdge => ({ id: `change-${move.fromId}-${move.toId}`, type: "change", source: move.fromId, target: move.toId, selectable: false, focusable: false, deletable: false, zIndex: 5, ariaLabel: "layers that would move", markerEnd: { type: "arrowclosed" as never, color: "var(--accent)" }, data: { move } }));
}
