// Owns how one moment of the past becomes React Flow's nodes and edges. Pure: nothing in it is live.
import { MarkerType, type Edge, type Node } from "@xyflow/react";
import type { ReplayMoment } from "../api.ts";
import { flowEdges, flowNodes, type FrameData } from "../canvas/canvas-graph.ts";
import type { TopologyLink, TopologyNode } from "../../server/topology/topology.ts";

export type PastStage = { stageIndex: number; from: number; to: number; computeMs: number | null; queueMs: number | null };
export type PastCardData = { node: TopologyNode; isEntry: boolean; stages: PastStage[]; measured: Pick<ReplayMoment["nodes"][string], "cpuRatio" | "memoryUsedBytes" | "cores" | "throttled"> | null };
export type PastEdgeData = { link: TopologyLink; bytes: number | null; measured: { rttMs: number; bandwidthBytesPerSecond: number | null; bytesPerSecond: number } | null };
export type PastCardNode = Node<PastCardData, "card">;
export type PastFrameNode = Node<FrameData, "frame">;
export type PastEdge = Edge<PastEdgeData, "link">;

export function pastNodes(moment: ReplayMoment): (PastCardNode | PastFrameNode)[] {
  const { document, layout } = moment.topology;
  const serving = moment.serving?.stages ?? [];
  const idOf = new Map(document.nodes.flatMap((node) => (node.nodeId === null ? [] : [[node.nodeId, node.id] as const])));
  const placement = serving.flatMap(({ from, to, nodeId }) => { const topologyNodeId = idOf.get(nodeId); return topologyNodeId === undefined ? [] : [{ from, to, topologyNodeId }]; });
  return flowNodes({ document, layout, placement }, placement).map((drawn): PastCardNode | PastFrameNode => {
    const still = { draggable: false, connectable: false, deletable: false, selectable: false, focusable: false } as const;
    if (drawn.type === "frame") return { ...drawn, ...still };
    const { node } = drawn.data;
    const own = node.nodeId === null ? undefined : moment.nodes[node.nodeId];
    const stages = serving.flatMap((stage, place): PastStage[] => {
      const stageIndex = place - serving.findIndex((one) => (one.replica ?? 1) === (stage.replica ?? 1));
      if (node.nodeId === null || stage.nodeId !== node.nodeId) return [];
      const known = own?.stages.find((one) => one.stageIndex === stageIndex);
      return [{ stageIndex, from: stage.from, to: stage.to, computeMs: known?.computeMs ?? null, queueMs: known?.queueMs ?? null }];
    });
    const isEntry = node.nodeId !== null && (moment.serving?.ingressNodeIds.includes(node.nodeId) ?? false);
    return { ...drawn, ...still, data: { node, isEntry, stages, measured: own ?? null } };
  });
}

export function pastEdges(moment: ReplayMoment): PastEdge[] {
  return flowEdges(moment.topology.document, moment.serving?.hops ?? []).map((edge): PastEdge => {
    const { link, fromNodeId, toNodeId, bytes } = edge.data as NonNullable<typeof edge.data>;
    const there = fromNodeId && toNodeId ? moment.links[`${fromNodeId}>${toNodeId}`] : undefined;
    const back = link.bidirectional && fromNodeId && toNodeId ? moment.links[`${toNodeId}>${fromNodeId}`] : undefined;
    const measured = there ? { ...there, bytesPerSecond: there.bytesPerSecond + (back?.bytesPerSecond ?? 0) } : (back ?? null);
    const arrow = { type: MarkerType.ArrowClosed, width: 14, height: 14, color: "var(--accent)" };
    return { ...edge, selectable: false, focusable: false, deletable: false, ...(edge.markerEnd ? { markerEnd: arrow } : {}), data: { link, bytes, measured } };
  });
}
