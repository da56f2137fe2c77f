// biome-ignore-all lint/a11y/noStaticElementInteractions: a place to drop; a button beside it does the same
"use client";
import { applyNodeChanges, Background, BackgroundVariant, type Connection, ConnectionMode, Controls, type EdgeChange, MiniMap, type NodeChange, PanOnScrollMode, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { type DragEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import { addLink, addNode, remove } from "./canvas-edit.ts";
import { type FlowNode, flowEdges, flowNodes } from "./canvas-graph.ts";
import { CARD } from "./canvas-layout.ts";
import { CanvasTools } from "./CanvasTools.tsx";
import { FindBox } from "./FindBox.tsx";
import { FIT } from "./fit-view.ts";
import { Ghost } from "./Ghost.tsx";
import { LinkEdge } from "./LinkEdge.tsx";
import { newId } from "./new-id.ts";
import { NEW_NODE_MIME } from "./new-node-mime.ts";
import { NodeCard } from "./NodeCard.tsx";
import { useCanvasKeys } from "./use-canvas-keys.ts";
import { usePrediction } from "./use-prediction.ts";
import { Conflicts } from "./Conflicts.tsx";
import { choose, chosenIds, edit, editDocument, useDrawing, useWorkbench, useWorkbenchStore, type WorkbenchStore } from "./workbench-store.ts";
import { dropIntoZones, type Frame } from "./zone-drop.ts";
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
  const { nodes, onNodesChange, startDrag, stopDrag } = useFlowNodes();
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
        nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES} onNodesChange={onNodesChange} onEdgesChange={(changes) => chooseChanged(store, changes)} onConnect={connect}
        onNodeDragStart={startDrag} onSelectionDragStart={startDrag} onNodeDragStop={(_, __, moved) => stopDrag(moved)} onSelectionDragStop={(_, moved) => stopDrag(moved)}
        onDragOver={(event) => { if (event.dataTransfer.types.includes(NEW_NODE_MIME)) event.preventDefault(); }} onDrop={drop}
        onBeforeDelete={async ({ nodes: gone, edges: cut }) => {
          if (gone.length + cut.length > 0) edit(store, (drawing) => remove(drawing, new Set([...gone, ...cut].map((one) => one.id))));
          choose(store, []);
          return false;
        }}
        connectionMode={ConnectionMode.Loose} deleteKeyCode={["Delete", "Backspace"]} multiSelectionKeyCode={["Control", "Meta"]} selectionKeyCode="Shift" panActivationKeyCode="Space" panOnDrag={[0, 1]} zoomOnScroll={false} zoomOnDoubleClick={false} panOnScroll panOnScrollMode={PanOnScrollMode.Free}
        minZoom={ZOOM.min} maxZoom={ZOOM.max} fitView fitViewOptions={FIT} onlyRenderVisibleElements={nodes.length > 60} aria-label="Topology" proOptions={{ hideAttribution: true }}>
        <Background variant={BackgroundVariant.Dots} gap={22} size={1} />
        <Controls showInteractive={false} fitViewOptions={FIT} className="max-sm:hidden" />
        {nodes.length > 6 && <MiniMap pannable zoomable ariaLabel="Map of the topology" className="max-md:hidden" style={{ width: 140, height: 92 }} />}
      </ReactFlow>
      <CanvasTools addNode={() => { const box = document.querySelector("[data-testid=canvas]")?.getBoundingClientRect(); if (box) addAt({ clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }); }} />
      <FindBox />
      <Conflicts />
      <Ghost />
    </div>
  );
}

/** React Flow says what was chosen and what no longer is; the workbench keeps the sum. */
function chooseChanged(store: WorkbenchStore, changes: readonly (NodeChange<FlowNode> | EdgeChange)[]): void {
  const selects = changes.filter((change) => change.type === "select");
  if (selects.length === 0) return;
  const ids = new Set(chosenIds(store.getState()));
  for (const change of selects) { if (change.selected) ids.add(change.id); else ids.delete(change.id); }
  choose(store, [...ids]);
}

/** React Flow moves its own copies while a card is dragged; the drawing changes once, when it is let go. */
function useFlowNodes() {
  const store = useWorkbenchStore();
  const drawing = useDrawing();
  const running = useWorkbench((state) => state.running);
  const selection = useWorkbench((state) => state.selection);
  const several = useWorkbench((state) => state.several);
  const frames = useRef<Frame[]>([]);
  const wanted = useMemo(() => flowNodes(drawing, running), [drawing, running]);
  const [nodes, setNodes] = useState<FlowNode[]>(wanted);
  useEffect(() => setNodes((old) => {
    const known = new Map(old.map((node) => [node.id, node]));
    const chosen = new Set(chosenIds({ selection, several }));
    return wanted.map((node) => {
      const before = known.get(node.id);
      // What is in the hand stays in the hand, whoever changes the drawing meanwhile.
      return { ...node, ...(before?.measured ? { measured: before.measured } : {}), ...(before?.dragging ? { position: before.position, dragging: true } : {}), selected: chosen.has(node.id) } as FlowNode;
    });
  }), [wanted, selection, several]);
  const onNodesChange = (changes: NodeChange<FlowNode>[]) => {
    setNodes((old) => applyNodeChanges(changes.filter((change) => change.type !== "select"), old));
    chooseChanged(store, changes);
  };
  const startDrag = () => {
    frames.current = flowNodes(store.getState().history.present, running).flatMap((node) => (node.type === "frame" ? [{ zoneId: node.id, x: node.position.x, y: node.position.y, width: node.width ?? 0, height: node.height ?? 0 }] : []));
  };
  const stopDrag = (moved: FlowNode[]) => edit(store, (now) => {
    const places = moved.map((node) => [node.id, { x: Math.round(node.position.x), y: Math.round(node.position.y) }] as const);
    if (places.every(([id, place]) => now.layout[id]?.x === place.x && now.layout[id]?.y === place.y)) return now;
    const layout = { ...Object.fromEntries(flowNodes(now, null).filter((node) => node.type === "card").map((node) => [node.id, node.position])), ...now.layout, ...Object.fromEntries(places) };
    const cards = moved.filter((node) => node.type === "card").map((node) => ({ id: node.id, x: node.position.x, y: node.position.y, width: node.measured?.width ?? CARD.width, height: node.measured?.height ?? CARD.height }));
    return { ...now, document: dropIntoZones(now.document, frames.current, cards), layout };
  });
  return { nodes, onNodesChange, startDrag, stopDrag };
}

function useFlowEdges() {
  const topology = useWorkbench((state) => state.history.present.document);
  const selection = useWorkbench((state) => state.selection);
  const several = useWorkbench((state) => state.several);
  const { draft, dropped } = usePrediction();
  const hops = (dropped ?? draft)?.estimate?.hops ?? NO_HOPS;
  return useMemo(() => flowEdges(topology, hops).map((link) => ({ ...link, selected: selection?.id === link.id || several.includes(link.id) })), [topology, hops, selection, several]);
}
