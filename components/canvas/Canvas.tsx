// biome-ignore-all lint/a11y/noStaticElementInteractions: a place to drop; a button beside it does the same
"use client";
import { Background, BackgroundVariant, type Connection, ConnectionMode, Controls, MiniMap, PanOnScrollMode, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { type DragEvent, type MouseEvent, useMemo } from "react";
import { addNext } from "./add-next.ts";
import { addLink, addNode, remove } from "./canvas-edit.ts";
import { flowEdges } from "./canvas-graph.ts";
import { CARD } from "./canvas-layout.ts";
import { CanvasTools } from "./CanvasTools.tsx";
import { ChangeEdge, changeEdges } from "./ChangeEdge.tsx";
import { FindBox } from "./FindBox.tsx";
import { FIT_ZOOM_MIN, fitOptions } from "./fit-view.ts";
import { Ghost } from "./Ghost.tsx";
import { LinkEdge } from "./LinkEdge.tsx";
import { newId } from "./new-id.ts";
import { NEW_NODE_MIME } from "./new-node-mime.ts";
import { NodeCard } from "./NodeCard.tsx";
import { useCanvasKeys } from "./use-canvas-keys.ts";
import { useLabelScale } from "./use-label-scale.ts";
import { useDraftDiff } from "./use-draft-diff.ts";
import { chooseChanged, useFlowNodes } from "./use-flow-nodes.ts";
import { usePrediction } from "./use-prediction.ts";
import { useTrustBrush } from "./use-trust-brush.ts";
import { Conflicts } from "./Conflicts.tsx";
import { choose, edit, editDocument, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";
import { ZoneFrame } from "./ZoneFrame.tsx";

const NODE_TYPES = { card: NodeCard, frame: ZoneFrame };
const EDGE_TYPES = { link: LinkEdge, change: ChangeEdge };
const ZOOM = { min: 0.2, max: 2 } as const;
/** From here on only what is in sight is drawn. */
const MANY_NODES = 60;
const NO_HOPS: never[] = [];
const NO_MOVES: never[] = [];

export function Canvas() {
  return <ReactFlowProvider><Flow /></ReactFlowProvider>;
}

function Flow() {
  const store = useWorkbenchStore();
  const flow = useReactFlow();
  const { nodes, onNodesChange, startDrag, stopDrag } = useFlowNodes();
  const edges = useFlowEdges();
  useCanvasKeys();
  useLabelScale();
  const brush = useTrustBrush();
  const addAt = (event: { clientX: number; clientY: number }) => {
    const id = newId("tn");
    const position = flow.screenToFlowPosition({ x: event.clientX - (CARD.width / 2) * flow.getZoom(), y: event.clientY - 40 * flow.getZoom() });
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
    <div className={`relative size-full ${brush.onClickCapture ? "[&_.react-flow__node]:cursor-crosshair [&_.react-flow__edge]:cursor-crosshair" : ""}`} data-testid="canvas" onDoubleClick={doubleClick} {...brush}>
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
        minZoom={ZOOM.min} maxZoom={ZOOM.max} defaultViewport={{ x: 0, y: 0, zoom: nodes.length > MANY_NODES ? FIT_ZOOM_MIN : 1 }} onInit={(made) => void made.fitView(fitOptions())} onlyRenderVisibleElements={nodes.length > MANY_NODES} aria-label="Topology" proOptions={{ hideAttribution: true }}>
        <Background variant={BackgroundVariant.Dots} gap={22} size={1} />
        <Controls showInteractive={false} onFitView={() => void flow.fitView(fitOptions())} className="max-sm:hidden" />
        {nodes.length > 6 && <MiniMap pannable zoomable ariaLabel="Map of the topology" className="max-md:hidden" style={{ width: 140, height: 92 }} />}
      </ReactFlow>
      <CanvasTools addNode={() => addNext(store, flow)} />
      <FindBox />
      <Conflicts />
      <Ghost />
    </div>
  );
}

function useFlowEdges() {
  const topology = useWorkbench((state) => state.history.present.document);
  const selection = useWorkbench((state) => state.selection);
  const several = useWorkbench((state) => state.several);
  const { draft, dropped } = usePrediction();
  const hops = (dropped ?? draft)?.estimate?.hops ?? NO_HOPS;
  const changesShown = useWorkbench((state) => state.changesShown);
  const moves = useDraftDiff()?.diff.moves ?? NO_MOVES;
  const links = useMemo(() => flowEdges(topology, hops).map((link) => ({ ...link, selected: selection?.id === link.id || several.includes(link.id) })), [topology, hops, selection, several]);
  return useMemo(() => [...links, ...(changesShown ? changeEdges(moves) : [])], [links, changesShown, moves]);
}
