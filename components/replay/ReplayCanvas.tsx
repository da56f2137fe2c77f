"use client";
import { Background, BackgroundVariant, Controls, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo } from "react";
import type { ReplayMoment } from "../api.ts";
import { FIT_ZOOM_MIN, fitOptions } from "../canvas/fit-view.ts";
import { useLabelScale } from "../canvas/use-label-scale.ts";
import { ReplayCard, ReplayFrame } from "./ReplayCard.tsx";
import { ReplayEdge } from "./ReplayEdge.tsx";
import { pastEdges, pastNodes } from "./replay-graph.ts";

const NODE_TYPES = { card: ReplayCard, frame: ReplayFrame };
const EDGE_TYPES = { link: ReplayEdge };
/** From here on only what is in sight is drawn. */
const MANY_NODES = 60;

/** One moment of the past: to be looked at, not changed. */
export function ReplayCanvas({ moment }: { moment: ReplayMoment }) {
  return <ReactFlowProvider><Flow moment={moment} /></ReactFlowProvider>;
}

function Flow({ moment }: { moment: ReplayMoment }) {
  const flow = useReactFlow();
  useLabelScale();
  const nodes = useMemo(() => pastNodes(moment), [moment]);
  const edges = useMemo(() => pastEdges(moment), [moment]);
  const drawn = moment.topology.document.nodes.map((node) => node.id).join();
  // Other nodes are another picture; the same ones keep the view that somebody chose.
  // biome-ignore lint/correctness/useExhaustiveDependencies: fits when the set of nodes changes, not with every figure
  useEffect(() => { void flow.fitView(fitOptions()); }, [drawn]);
  return (
    <ReactFlow
      nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES} nodesDraggable={false} nodesConnectable={false} elementsSelectable={false} nodesFocusable={false} edgesFocusable={false} zoomOnDoubleClick={false}
      minZoom={0.2} maxZoom={2} defaultViewport={{ x: 0, y: 0, zoom: nodes.length > MANY_NODES ? FIT_ZOOM_MIN : 1 }} onInit={(made) => void made.fitView(fitOptions())} onlyRenderVisibleElements={nodes.length > MANY_NODES} aria-label="Topology as it was" proOptions={{ hideAttribution: true }}>
      <Background variant={BackgroundVariant.Dots} gap={22} size={1} />
      <Controls showInteractive={false} onFitView={() => void flow.fitView(fitOptions())} className="max-sm:hidden" />
    </ReactFlow>
  );
}
