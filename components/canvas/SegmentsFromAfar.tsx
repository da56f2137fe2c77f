"use client";
import { useReactFlow } from "@xyflow/react";
import { layersText } from "../format.ts";
import type { Chip } from "./canvas-graph.ts";

/** Several chips of a card seen from far away would lie closer together than a finger or a pointer can tell apart: one thing to press, which comes closer. */
export function SegmentsFromAfar({ chips, topologyNodeId, nodeName }: { chips: readonly Chip[]; topologyNodeId: string; nodeName: string }) {
  const flow = useReactFlow();
  const numbers = chips.map((chip) => chip.stageIndex + 1).join(", ");
  const layers = chips.map((chip) => layersText(chip.range)).join("; ");
  return (
    <button type="button" data-testid="segments-from-afar" title={`segments ${numbers}: ${layers}. Come closer to move one.`} onClick={(event) => { event.stopPropagation(); void flow.fitView({ nodes: [{ id: topologyNodeId }], maxZoom: 1, padding: 0.4 }); }}
      className="nodrag nopan flex h-6 w-full items-center gap-1.5 rounded-md border border-accent bg-accent-wash px-1.5 text-left text-[17px] leading-6">
      <span className="num font-medium"><span className="sr-only">Segments </span>{numbers}</span><span className="min-w-0 flex-1 truncate"> {chips.length} segments</span>
      <span className="sr-only"> on {nodeName}: {layers}. Enter comes closer.</span>
    </button>
  );
}
