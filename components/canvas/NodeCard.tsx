"use client";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Cpu, LogIn } from "lucide-react";
import type { DragEvent } from "react";
import { bytes, digits, percent, written } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { nodeState } from "../node/node-state.ts";
import { Figure } from "../ui/Figure.tsx";
import { Meter } from "../ui/Meter.tsx";
import { State } from "../ui/State.tsx";
import { editNode } from "./canvas-edit.ts";
import type { CardNode } from "./canvas-graph.ts";
import { NameInPlace } from "./NameInPlace.tsx";
import { SegmentChip } from "./SegmentChip.tsx";
import { useDrop } from "./use-drop.ts";
import { useFleetNode } from "./use-fleet.ts";
import { usePrediction } from "./use-prediction.ts";
import { editDocument, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** A node on the canvas: solid when a machine stands behind it, dashed and hatched when it is only drawn. */
export function NodeCard({ data, selected }: NodeProps<CardNode>) {
  const { node, chips, isSource } = data;
  const fleet = useFleetNode(node.nodeId);
  // What is shown, not what came: with hundreds of cards most samples change no text, and then nothing is drawn again.
  const status = useLive((state) => (node.nodeId === null ? undefined : state.nodes[node.nodeId]?.status));
  const cpuPercent = useLive((state) => (node.nodeId === null ? null : shownPercent(state.nodes[node.nodeId]?.sample?.cpuRatio)));
  const stale = useLive((state) => state.connection === "lost");
  const hovered = useWorkbench((state) => state.drag !== null && state.hoverNodeId === node.id);
  const dragging = useWorkbench((state) => state.drag !== null);
  const store = useWorkbenchStore();
  const naming = useWorkbench((state) => state.namingId === node.id);
  const { drop, refused } = useDrop(node.id);
  const planned = node.nodeId === null;
  const state = nodeState(planned ? null : { status: status ?? fleet?.status ?? "lost", cordoned: fleet?.cordoned ?? false });
  const edge = hovered ? (refused ? "border-bad" : "border-accent") : selected ? "border-accent" : planned ? "border-line-strong" : "border-ink-3";
  const speed = node.speed === null ? `${fleet?.hardware ? digits(fleet.hardware.cores) : "–"} cores` : `${digits(node.speed)}× reference`;
  return (
    <div data-testid="node-card" data-node-name={node.name} data-planned={planned} {...drop}
      className={`w-[232px] rounded-lg border bg-panel text-sm ${planned ? "border-dashed" : ""} ${edge} ${hovered ? `outline-2 outline-offset-2 ${refused ? "outline-bad" : "outline-accent"}` : ""} ${dragging && !hovered ? "opacity-90" : ""}`}>
      <Handle type="target" position={Position.Left} />
      <div className={`flex items-center gap-2 rounded-t-lg border-b border-line px-2.5 py-1.5 ${planned ? "hatch" : ""}`}>
        {naming ? <NameInPlace name={node.name} label={`New name of ${node.name}`} save={(name) => editDocument(store, (document) => editNode(document, node.id, { name }))} />
          // biome-ignore lint/a11y/noStaticElementInteractions: F2 does the same
          : <span title="Double-click or F2 to rename" className="min-w-0 flex-1 truncate font-medium" onDoubleClick={(event) => { event.stopPropagation(); store.setState({ namingId: node.id }); }}>{node.name}</span>}
        {isSource && <span title="Requests enter and answers leave here" className="text-ink-2"><LogIn size={13} aria-label="ingress" /></span>}
        <State tone={stale && !planned ? "idle" : state.tone}>{state.word}</State>
      </div>
      <div className="space-y-1.5 px-2.5 py-2">
        <div className="flex items-center justify-between gap-2 text-xs text-ink-2">
          <span className="flex items-center gap-1"><Cpu size={12} aria-hidden />{speed}</span>
          {planned ? <span className="text-ink-3">no machine yet</span> : <span><span className="text-ink-3">cpu </span><Figure figure={percent(cpuPercent === null ? null : cpuPercent / 100)} stale={stale} /></span>}
        </div>
        <Memory topologyNodeId={node.id} fallbackBytes={node.memoryBytes ?? fleet?.hardware?.memoryBytes ?? null} />
        <div className="space-y-[3px] pt-0.5">
          {chips.map((chip) => <SegmentChip key={`${chip.state}-${chip.range.from}-${chip.range.to}`} chip={chip} topologyNodeId={node.id} nodeName={node.name} />)}
          {chips.length === 0 && <div className="grid h-6 place-items-center rounded-md border border-dashed border-line text-2xs text-ink-3">{dragging ? "drop layers here" : "holds no layers"}</div>}
        </div>
      </div>
      <Handle type="source" position={Position.Right} />
    </div>
  );
}

const shownPercent = (ratio: number | null | undefined): number | null => (ratio === null || ratio === undefined ? null : Math.round(ratio * 100));

/** Memory of the draft's stages against the limit, with what a drop would add. */
function Memory({ topologyNodeId, fallbackBytes }: { topologyNodeId: string; fallbackBytes: number | null }) {
  const { draft, dropped } = usePrediction();
  const before = draft?.estimate?.memory.find((one) => one.topologyNodeId === topologyNodeId);
  const after = dropped ? dropped.estimate?.memory.find((one) => one.topologyNodeId === topologyNodeId) : before;
  const limit = after?.limitBytes ?? before?.limitBytes ?? fallbackBytes;
  const used = before?.usedBytes ?? 0;
  const next = after?.usedBytes ?? (dropped ? 0 : used);
  const over = limit !== null && next > limit;
  const text = limit === null ? `${written(bytes(next))}, limit not known` : `${written(bytes(next))} of ${written(bytes(limit))}`;
  return (
    <div className="text-xs">
      <div className={`mb-0.5 flex justify-between ${over ? "text-bad" : "text-ink-2"}`}><span className={over ? "" : "text-ink-3"}>{over ? "too much" : "memory"}</span><span className="num">{text}</span></div>
      <Meter label="Memory of segments" ratio={limit ? Math.min(used, next) / limit : 0} extraRatio={limit ? Math.max(0, next - used) / limit : 0} tone={over ? "bad" : "accent"} text={text} />
    </div>
  );
}

export type DropHandlers = { onDragOver: (event: DragEvent) => void; onDragEnter: (event: DragEvent) => void; onDragLeave: (event: DragEvent) => void; onDrop: (event: DragEvent) => void };
