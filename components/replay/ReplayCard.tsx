"use client";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { LogIn, ShieldOff } from "lucide-react";
import { cardHeight } from "../canvas/canvas-graph.ts";
import { CARD } from "../canvas/canvas-layout.ts";
import { SpeckCard } from "../canvas/SpeckCard.tsx";
import { useIsFar, useIsSpeck } from "../canvas/use-is-far.ts";
import { bytes, layersText, ms, percent } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";
import type { PastCardNode, PastFrameNode } from "./replay-graph.ts";

/** A node as it was: what it held and what it measured. Nothing on it can be changed. */
export function ReplayCard({ data }: NodeProps<PastCardNode>) {
  const { node, stages, measured, isEntry } = data;
  const far = useIsFar();
  const speck = useIsSpeck();
  const planned = node.nodeId === null;
  const state = measured?.throttled ? ({ tone: "warn", word: "slowed by heat" } as const) : ({ tone: planned || !measured ? "idle" : "ok", word: planned ? "planned" : measured ? "reported" : "no report" } as const);
  return (
    <div data-testid="past-card" data-node-name={node.name} style={{ width: CARD.width, minHeight: cardHeight(stages.length) }} className={`rounded-lg border bg-panel text-sm ${planned ? "border-dashed border-line-strong" : "border-ink-3"}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {speck ? <SpeckCard id={node.id} name={node.name} state={state} stale={false} chips={stages.map(({ stageIndex, from, to }) => ({ stageIndex, range: { from, to }, state: "running" as const }))} /> : <>
      <div className="flex items-center gap-2 border-b border-line px-2.5 py-1.5">
        <span className={`min-w-0 flex-1 truncate font-medium ${far ? "text-[23px] leading-7" : ""}`}>{node.name}</span>
        {node.trust === "untrusted" && <span className="text-warn" title="Untrusted"><ShieldOff size={13} aria-label="untrusted" /></span>}
        {isEntry && <span className="text-ink-2" title="Requests entered here"><LogIn size={13} aria-label="ingress" /></span>}
        {!far && <State tone={state.tone}>{state.word}</State>}
      </div>
      <div className="space-y-1 px-2.5 py-2">
        {!far && !planned && <div className="flex justify-between gap-2 text-xs"><span>{measured?.cores != null && <><span className="num">{Number(measured.cores.toFixed(2))}</span><span className="text-ink-3"> {measured.cores === 1 ? "core" : "cores"}</span></>}</span><span><span className="text-ink-3">cpu </span><Figure figure={percent(measured?.cpuRatio)} /></span></div>}
        {!far && !planned && <div className="flex justify-between gap-2 text-xs"><span className="text-ink-3">memory</span><Figure figure={bytes(measured?.memoryUsedBytes)} /></div>}
        {stages.map((stage) => (
          <div key={stage.stageIndex} data-testid="past-stage" data-stage={stage.stageIndex} className={`flex h-6 items-center gap-1.5 rounded-md border border-accent bg-accent-wash px-1.5 ${far ? "text-[17px]" : "text-xs"}`}>
            <span className="num font-medium"><span className="sr-only">Segment </span>{stage.stageIndex + 1}</span>
            <span className="min-w-0 flex-1 truncate">{layersText(stage)}</span>
            {!far && stage.queueMs !== null && stage.queueMs > 0 && <Figure figure={ms(stage.queueMs)} label="waits" className="text-2xs text-ink-2" />}
            {!far && <Figure figure={ms(stage.computeMs)} label="computes in" className="text-2xs" />}
          </div>
        ))}
        {stages.length === 0 && !far && <div className="grid h-6 place-items-center text-2xs text-ink-3">held no layers of it</div>}
      </div>
      </>}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

export function ReplayFrame({ data, width, height }: NodeProps<PastFrameNode>) {
  const far = useIsFar();
  return (
    <div style={{ width, height }} className="rounded-lg border border-line-strong bg-sunken/60">
      <div className={`truncate px-3 text-ink-2 ${far ? "text-[min(34px,calc(0.625rem*var(--unzoom,1)))] leading-10" : "py-1.5 text-xs"}`}>{!far && <span className="text-ink-3">zone </span>}{data.name}</div>
    </div>
  );
}
