// biome-ignore-all lint/a11y/noStaticElementInteractions: a place to drop; a button beside it does the same
"use client";
import { applyNodeChanges, Background, BackgroundVariant, type Connection, ConnectionMode, Controls, MiniMap, type NodeChange, PanOnScrollMode, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { type DragEvent, type MouseEvent, useEffect, useMemo, useState } from "react";
import { addLink, addNode, remove } from "./canvas-edit.ts";
import { type FlowNode, flowEdges, flowNodes } from "./canvas-graph.ts";
import { CanvasTools } from "./CanvasTools.tsx";
import { FIT } from "./fit-view.ts";
import { Ghost } from "./Ghost.tsx";
import { LinkEdge } from "./LinkEdge.tsx";
import { newId } from "./new-id.ts";
import { NEW_NODE_MIME } from "./new-node-mime.ts";
import { NodeCard } from "./NodeCard.tsx";
import { useCanvasKeys } from "./use-canvas-keys.ts";
import { usePrediction } from "./use-prediction.ts";
import { edit, editDocument, useDrawing, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";
import { ZoneFrame } from "./ZoneFrame.tsx";

const NODE_TYPES = { card: NodeCard, frame: ZoneFrame };
const EDGE_TYPES = { link: LinkEdge };
const ZOOM = { min: 0.2, max: 2 } as const;
const NO_HOPS: never[] = [];

export function Canvas() {
  return <ReactFlowProvider><Flow /></ReactFlowProvider>;
}

function Flow() {
  const store = useWorkbenchStore();
  const flow = useReactFlow();
  const { nodes, onNodesChange, onNodeDragStop } = useFlowNodes();
  const edges = useFlowEdges();
  useCanvasKeys();
  const addAt = (event: { clientX: number; clientY: number }) => {
    const id = newId("tn");
    const position = flow.screenToFlowPosition({ x: event.clientX - 116, y: event.clientY - 40 });
    edit(store, (drawing) => ({ ...drawing, document: addNode(drawing.document, id, "node"), layout: { ...drawing.layout, [id]: position } }));
    store.setState({ selection: { kind: "node", id } });
  };
  const connect = ({ source, target }: Connection) => {
    const id = newId("lnk");
    editDocument(store, (document) => addLink(document, id, source, target));
    store.setState({ selection: { kind: "link", id } });
  };
  const drop = (event: DragEvent) => {
    if (event.dataTransfer.types.includes(NEW_NODE_MIME)) { event.preventDefault(); addAt(event); }
  };
  const doubleClick = (event: MouseEvent) => { if ((event.target as HTMLElement).classList.contains("react-flow__pane")) addAt(event); };
  return (
    <div className="relative size-full" data-testid="canvas" onDoubleClick={doubleClick}>
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES} onNodesChange={onNodesChange} onNodeDragStop={onNodeDragStop} onConnect={connect}
        onDragOver={(event) => { if (event.dataTransfer.types.includes(NEW_NODE_MIME)) event.preventDefault(); }} onDrop={drop}
        onNodeClick={(_, node) => store.setState({ selection: { kind: node.type === "frame" ? "zone" : "node", id: node.id } })}
        onEdgeClick={(_, link) => store.setState({ selection: { kind: "link", id: link.id } })}
        onPaneClick={() => store.setState({ selection: null })}
        onBeforeDelete={async ({ nodes: gone, edges: cut }) => {
          if (gone.length + cut.length > 0) edit(store, (drawing) => remove(drawing, new Set([...gone, ...cut].map((one) => one.id))));
          store.setState({ selection: null });
          return false;
        }}
        connectionMode={ConnectionMode.Loose} deleteKeyCode={["Delete", "Backspace"]} multiSelectionKeyCode={["Control", "Meta"]} selectionKeyCode="Shift" panActivationKeyCode="Space" panOnDrag={[0, 1]} zoomOnScroll={false} zoomOnDoubleClick={false} panOnScroll panOnScrollMode={PanOnScrollMode.Free}
        minZoom={ZOOM.min} maxZoom={ZOOM.max} fitView fitViewOptions={FIT} onlyRenderVisibleElements={nodes.length > 60} aria-label="Topology" proOptions={{ hideAttribution: true }}>
        <Background variant={BackgroundVariant.Dots} gap={22} size={1} />
        <Controls showInteractive={false} fitViewOptions={FIT} className="max-sm:hidden" />
        {nodes.length > 6 && <MiniMap pannable zoomable ariaLabel="Map of the topology" className="max-md:hidden" style={{ width: 140, height: 92 }} />}
      </ReactFlow>
      <CanvasTools addNode={() => { const box = document.querySelector("[data-testid=canvas]")?.getBoundingClientRect(); if (box) addAt({ clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }); }} />
      <Ghost />
    </div>
  );
}

/** React Flow moves its own copies while a card is dragged; the drawing changes once, when it is let go. */
function useFlowNodes() {
  const store = useWorkbenchStore();
  const drawing = useDrawing();
  const running = useWorkbench((state) => state.running);
  const selection = useWorkbench((state) => state.selection);
  const wanted = useMemo(() => flowNodes(drawing, running), [drawing, running]);
  const [nodes, setNodes] = useState<FlowNode[]>(wanted);
  useEffect(() => setNodes((old) => {
    const known = new Map(old.map((node) => [node.id, node]));
    return wanted.map((node) => { const before = known.get(node.id); return { ...node, ...(before?.measured ? { measured: before.measured } : {}), selected: selection === null ? before?.selected === true : selection.id === node.id } as FlowNode; });
  }), [wanted, selection]);
  const onNodesChange = (changes: NodeChange<FlowNode>[]) => {
    setNodes((old) => applyNodeChanges(changes, old));
    // Chosen by keyboard: the inspector follows.
    const chosen = changes.find((change) => change.type === "select" && change.selected);
    if (chosen?.type === "select" && store.getState().selection?.id !== chosen.id) store.setState({ selection: { kind: store.getState().history.present.document.zones.some((zone) => zone.id === chosen.id) ? "zone" : "node", id: chosen.id } });
  };
  const onNodeDragStop = (_: unknown, __: unknown, moved: FlowNode[]) => edit(store, (drawing) => {
    const places = moved.map((node) => [node.id, { x: Math.round(node.position.x), y: Math.round(node.position.y) }] as const);
    const same = places.every(([id, place]) => drawing.layout[id]?.x === place.x && drawing.layout[id]?.y === place.y);
    return same ? drawing : { ...drawing, layout: { ...Object.fromEntries(flowNodes(drawing, null).filter((node) => node.type === "card").map((node) => [node.id, node.position])), ...drawing.layout, ...Object.fromEntries(places) } };
  });
  return { nodes, onNodesChange, onNodeDragStop };
}

function useFlowEdges() {
  const topology = useWorkbench((state) => state.history.present.document);
  const selection = useWorkbench((state) => state.selection);
  const { draft, dropped } = usePrediction();
  const hops = (dropped ?? draft)?.estimate?.hops ?? NO_HOPS;
  return useMemo(() => flowEdges(topology, hops).map((link) => ({ ...link, selected: selection?.id === link.id })), [topology, hops, selection]);
}
