"use client";
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath, Position, useInternalNode } from "@xyflow/react";
import type { LayerMove } from "../../server/planner/plan.ts";
import { bytes, layersText, written } from "../format.ts";
import { cardBox } from "./card-box.ts";
import { nearestSides, sideMiddle } from "./nearest-sides.ts";

export type ChangeFlowEdge = Edge<{ move: LayerMove }, "change">;
/** Below the link between the same two nodes, whose figures stand above it; the way back lies lower still. */
const ASIDE_PX = { there: 16, back: 52 };

const POSITIONS = { left: Position.Left, right: Position.Right, top: Position.Top, bottom: Position.Bottom } as const;

/** Layers on their way from one node to another, were the draft deployed. */
export function ChangeEdge({ id, source, target, data, markerEnd }: EdgeProps<ChangeFlowEdge>) {
  const [from, to] = [useInternalNode(source), useInternalNode(target)];
  if (!data || !from || !to) return null;
  const [a, b] = [cardBox(from), cardBox(to)];
  const sides = nearestSides(a, b);
  const [start, end] = [sideMiddle(a, sides.from), sideMiddle(b, sides.to)];
  const length = Math.max(1, Math.hypot(end.x - start.x, end.y - start.y));
  const across = [-(end.y - start.y) / length, (end.x - start.x) / length] as const;
  const aside = (source < target ? ASIDE_PX.there : ASIDE_PX.back) * (across[1] < 0 || (across[1] === 0 && across[0] < 0) ? -1 : 1);
  const [dx, dy] = [across[0] * aside, across[1] * aside];
  const [path, labelX, labelY] = getBezierPath({ sourcePosition: POSITIONS[sides.from], targetPosition: POSITIONS[sides.to], sourceX: start.x + dx, sourceY: start.y + dy, targetX: end.x + dx, targetY: end.y + dy });
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
  return moves.map((move): ChangeFlowEdge => ({ id: `change-${move.fromTopologyNodeId}-${move.toTopologyNodeId}`, type: "change", source: move.fromTopologyNodeId, target: move.toTopologyNodeId, selectable: false, focusable: false, deletable: false, zIndex: 5, ariaLabel: "layers that would move", markerEnd: { type: "arrowclosed" as never, color: "var(--accent)" }, data: { move } }));
}
