// Owns how a drawing becomes React Flow's nodes and edges. Pure: data in, data out; the cards read live values themselves.
import { type Edge, MarkerType, type Node, Position } from "@xyflow/react";
import type { SessionOptions } from "../../agents/protocol/control.ts";
import type { LayerRange } from "../../server/model/model.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { TopologyDocument, TopologyLink, TopologyNode } from "../../server/topology/topology.ts";
import type { Drawing } from "./canvas-edit.ts";
import { sameStage } from "./placement-edit.ts";
import { CARD, completeLayout, zoneFrame } from "./canvas-layout.ts";

export type Chip = { stageIndex: number; range: LayerRange; session?: SessionOptions; state: "draft" | "running" | "leaving" };
export type CardData = { node: TopologyNode; chips: Chip[]; isSource: boolean };
export type FrameData = { name: string; empty: boolean };
export type EdgeData = { link: TopologyLink; fromNodeId: string | null; toNodeId: string | null; bytes: number | null };
export type CardNode = Node<CardData, "card">;
export type FrameNode = Node<FrameData, "frame">;
export type FlowNode = CardNode | FrameNode;
export type FlowEdge = Edge<EdgeData, "link">;

export const CHIP_HEIGHT = 27;
const HANDLE_PX = 9;
/** React Flow lifts what is chosen by 1000: a chosen zone must still lie below its cards, or nothing could be dropped on them. */
const FRAME_Z = -2000;
export const cardHeight = (chipCount: number): number => CARD.height + Math.max(1, chipCount) * CHIP_HEIGHT;

/** Chips of a node: what the draft puts there, and what runs there but would leave. */
export function chipsOf(placement: Placement, running: Placement | null, topologyNodeId: string): Chip[] {
  const own = placement.flatMap((stage, stageIndex): Chip[] => (stage.topologyNodeId === topologyNodeId ? [{ stageIndex, range: stage, ...modeOnly(stage), state: isRunning(running, stage) ? "running" : "draft" }] : []));
  const leaving = (running ?? []).flatMap((stage, stageIndex): Chip[] => (stage.topologyNodeId === topologyNodeId && !placement.some((one) => sameStage(one, stage)) ? [{ stageIndex, range: stage, ...modeOnly(stage), state: "leaving" }] : []));
  return [...own, ...leaving];
}
const modeOnly = ({ session }: Placement[number]) => (session ? { session } : {});
const isRunning = (running: Placement | null, stage: Placement[number]) => running?.some((one) => sameStage(one, stage)) ?? false;

const NO_ROWS: ReadonlyMap<string, number> = new Map();

/** `extra`: rows of a card beside its chips, by node. */
export function flowNodes(drawing: Drawing, running: Placement | null, extra: ReadonlyMap<string, number> = NO_ROWS): FlowNode[] {
  const { document, placement } = drawing;
  const layout = completeLayout(document, drawing.layout);
  const chips = new Map(document.nodes.map((node) => [node.id, chipsOf(placement, running, node.id)]));
  const heightOf = (nodeId: string) => cardHeight((chips.get(nodeId)?.length ?? 0) + (extra.get(nodeId) ?? 0));
  const frames = document.zones.map((zone): FrameNode => {
    const { x, y, width, height } = zoneFrame(document, layout, zone.id, heightOf);
    const empty = !document.nodes.some((node) => node.zoneId === zone.id);
    return { id: zone.id, type: "frame", position: { x, y }, width, height, measured: { width, height }, zIndex: FRAME_Z, selectable: true, connectable: false, ariaLabel: `zone ${zone.name}`, data: { name: zone.name, empty } };
  });
  const cards = document.nodes.map((node): CardNode => ({ id: node.id, type: "card", position: layout[node.id] ?? { x: 0, y: 0 }, ...sized(heightOf(node.id)), ariaLabel: `node ${node.name}`, data: { node, chips: chips.get(node.id) ?? [], isSource: document.sourceId === node.id } }));
  return [...frames, ...cards];
}

/** A card's size and handles are known before it is drawn, so that of hundreds only those in sight have to be. */
function sized(height: number): Pick<CardNode, "measured" | "handles"> {
  const handle = { y: (height - HANDLE_PX) / 2, width: HANDLE_PX, height: HANDLE_PX };
  return {
    measured: { width: CARD.width, height },
    handles: [{ type: "target", position: Position.Left, x: -HANDLE_PX / 2, ...handle }, { type: "source", position: Position.Right, x: CARD.width - HANDLE_PX / 2, ...handle }],
  };
}

/** A line's end where requests of the plan arrive. */
const ARROW = { type: MarkerType.ArrowClosed, width: 14, height: 14, color: "var(--accent)" } as const;

/** Bytes that cross a link for one request, per direction summed; `hops` come from the estimate. */
export function flowEdges(document: TopologyDocument, hops: readonly { fromTopologyNodeId: string; toTopologyNodeId: string; bytes: number }[]): FlowEdge[] {
  const nodeIdOf = new Map(document.nodes.map((node) => [node.id, node.nodeId]));
  return document.links.map((link): FlowEdge => {
    const there = hops.filter((hop) => hop.fromTopologyNodeId === link.fromId && hop.toTopologyNodeId === link.toId);
    const back = link.bidirectional ? hops.filter((hop) => hop.fromTopologyNodeId === link.toId && hop.toTopologyNodeId === link.fromId) : [];
    const crossing = [...there, ...back];
    const bytes = crossing.length === 0 ? null : crossing.reduce((sum, hop) => sum + hop.bytes, 0);
    return { id: link.id, ...(there.length > 0 ? { markerEnd: ARROW } : {}), ...(back.length > 0 ? { markerStart: ARROW } : {}), type: "link", source: link.fromId, target: link.toId, ariaLabel: `link from ${link.fromId} to ${link.toId}`, data: { link, fromNodeId: nodeIdOf.get(link.fromId) ?? null, toNodeId: nodeIdOf.get(link.toId) ?? null, bytes } };
  });
}
