"use client";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import type { Placement } from "../../server/planner/plan.ts";
import { moveBorder, nearestLegal } from "../canvas/placement-edit.ts";
import { editPlacement, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { bytes, layersText, written } from "../format.ts";

/** Rows are nodes, columns are layers: gaps and borders are seen at a glance. Drag a border, or move it with the arrow keys, to cut elsewhere. */
export function Spans() {
  const store = useWorkbenchStore();
  const problem = useWorkbench((state) => state.problem);
  const placement = useWorkbench((state) => state.history.present.placement);
  const running = useWorkbench((state) => state.running);
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const [preview, setPreview] = useState<Placement | null>(null);
  const track = useRef<HTMLDivElement>(null);
  if (!problem) return <p className="text-ink-2">Choose a model to see its layers over the nodes.</p>;
  const shown = preview ?? placement;
  const rows = nodes.filter((node) => [...shown, ...(running ?? [])].some((stage) => stage.topologyNodeId === node.id));
  if (rows.length === 0) return <p className="text-ink-2">No layer is placed. Drag layers from the left onto a node, or press <b>Plan it</b>.</p>;
  const left = (at: number) => `${(at / problem.layerCount) * 100}%`;
  const moved = (index: number, clientX: number): Placement => {
    const box = track.current?.getBoundingClientRect();
    if (!box) return placement;
    const at = nearestLegal(problem.cutLegal, Math.round(((clientX - box.left) / box.width) * problem.layerCount));
    return at === null ? placement : moveBorder(placement, index, at);
  };
  const step = (index: number, event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    for (let at = (placement[index]?.to ?? 0) + by; at > 0 && at < problem.layerCount; at += by) {
      if (problem.cutLegal[at - 1]) { editPlacement(store, (now) => moveBorder(now, index, at)); return; }
    }
  };
  const release = () => { if (preview) { const next = preview; setPreview(null); editPlacement(store, () => next); } };
  return (
    <div className="grid grid-cols-[7rem_1fr] gap-x-3 text-xs" data-testid="spans">
      <div>{rows.map((node) => <div key={node.id} className="flex h-6 items-center truncate">{node.name}</div>)}<div className="flex h-5 items-end text-2xs text-ink-3">layer</div></div>
      <div className="relative" ref={track}>
        {rows.map((node) => (
          <div key={node.id} className="relative h-6 border-b border-line">
            {(running ?? []).filter((stage) => stage.topologyNodeId === node.id).map((stage) => <span key={`r${stage.from}`} className="absolute inset-y-0.5 border border-dashed border-line-strong" style={{ left: left(stage.from), width: left(stage.to - stage.from) }} title={`runs now: ${layersText(stage)}`} />)}
            {shown.map((stage, index) => stage.topologyNodeId === node.id && <span key={stage.from} data-testid="span" className="absolute inset-y-[3px] truncate rounded-sm bg-accent-wash px-1 text-2xs leading-[18px] text-accent outline outline-accent-mid" style={{ left: left(stage.from), width: left(stage.to - stage.from) }} title={`segment ${index + 1}, ${layersText(stage)}`}>{index + 1} · {layersText(stage)}</span>)}
          </div>
        ))}
        {shown.slice(0, -1).map((stage, index) => stage.to === shown[index + 1]?.from && (
          <button key={stage.from} type="button" role="slider" aria-label={`Border between segments ${index + 1} and ${index + 2}`} aria-valuemin={1} aria-valuemax={problem.layerCount - 1} aria-valuenow={stage.to} aria-valuetext={`after layer ${stage.to}, ${written(bytes(problem.cutBytes[stage.to - 1]))} cross`} data-testid="span-border"
            onKeyDown={(event) => step(index, event)} onPointerDown={(event: PointerEvent<HTMLButtonElement>) => event.currentTarget.setPointerCapture(event.pointerId)} onPointerMove={(event) => { if (event.currentTarget.hasPointerCapture(event.pointerId)) setPreview(moved(index, event.clientX)); }} onPointerUp={release}
            className="absolute top-0 w-3 -translate-x-1/2 cursor-ew-resize touch-none before:absolute before:inset-y-0 before:left-1/2 before:w-0.5 before:-translate-x-1/2 before:bg-accent" style={{ left: left(stage.to), height: rows.length * 24 }}><span className="absolute top-full left-1/2 -translate-x-1/2 whitespace-nowrap text-2xs text-accent">{written(bytes(problem.cutBytes[stage.to - 1]))}</span></button>
        ))}
        <div className="num flex h-5 items-end justify-between text-2xs text-ink-3"><span>1</span><span>{problem.layerCount}</span></div>
      </div>
    </div>
  );
}
