"use client";
import { LockKeyhole } from "lucide-react";
import type { DragEvent } from "react";
import { layersText, ms } from "../format.ts";
import { useStale } from "../live/use-stale.ts";
import { shortcutOf } from "../shell/shortcuts.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import type { Chip } from "./canvas-graph.ts";
import { ChipProgress, progressWords } from "./ChipProgress.tsx";
import { clear } from "./placement-edit.ts";
import { useSegmentProgress } from "./use-segment-progress.ts";
import { useSensitive } from "./use-sensitive.ts";
import { useStageCompute } from "./use-stage-compute.ts";
import { useWorkbench, useWorkbenchStore, editPlacement } from "./workbench-store.ts";
import { modeText } from "../../server/planner/mode-text.ts";
import { modeOf } from "../../server/planner/node-modes.ts";
import { stageComputeMs } from "../../server/planner/problem.ts";

const WORDS = { running: "runs", draft: "draft", leaving: "leaves" } as const;
const LOOKS = { running: "border-accent bg-accent-wash", draft: "border-dashed border-accent bg-raised", leaving: "border-dotted border-line-strong bg-raised text-ink-3 line-through" } as const;

/** A segment on a node. Drag it to another node, or select it and use "Move layers to…". */
export function SegmentChip({ chip, topologyNodeId, nodeId, nodeName, far = false }: { chip: Chip; topologyNodeId: string; nodeId: string | null; nodeName: string; far?: boolean }) {
  const store = useWorkbenchStore();
  const problem = useWorkbench((state) => state.problem);
  const { from, to } = chip.range;
  const node = problem?.nodes.find((one) => one.topologyNodeId === topologyNodeId);
  const sensitive = useSensitive()?.stage(from, to) ?? false;
  const mode = node && modeOf(node, chip.session);
  const start = (event: DragEvent) => {
    event.stopPropagation();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", `layers ${from}-${to}`);
    store.setState({ drag: { range: { from, to }, fromNodeId: topologyNodeId }, layers: { from, to } });
  };
  const fixed = chip.state === "leaving";
  const progress = useSegmentProgress(fixed ? null : nodeId, chip.range);
  const computeMs = useStageCompute(chip.state === "running" ? nodeId : null, topologyNodeId, chip.range);
  const stale = useStale({ node: nodeId ?? "" }) !== null;
  return (
    <button type="button" draggable={!fixed} disabled={fixed} data-testid="segment-chip" data-state={chip.state} data-stage={chip.stageIndex} data-from={from} data-to={to}
      onDragStart={start} onDragEnd={() => store.setState({ drag: null, hoverNodeId: null })}
      onClick={(event) => { event.stopPropagation(); store.setState({ layers: { from, to } }); }}
      onDoubleClick={(event) => { event.stopPropagation(); store.setState({ layers: { from, to }, moveOpen: true }); }}
      onKeyDown={(event) => {
        const meant = shortcutOf(event, "segment")?.id;
        if (meant === "segment.move") { event.preventDefault(); event.stopPropagation(); store.setState({ layers: { from, to }, moveOpen: true }); }
        if (meant === "segment.clear") { event.preventDefault(); event.stopPropagation(); editPlacement(store, (placement) => clear(placement, { from, to })); }
      }}
      className={`nodrag nopan relative flex h-6 w-full cursor-grab items-center gap-1.5 rounded-md border px-1.5 text-left ${far ? "text-[17px] leading-6" : "text-xs"} active:cursor-grabbing ${LOOKS[chip.state]}`}>
      <span className="num font-medium"><span className="sr-only">Segment </span>{chip.stageIndex + 1}<span className="sr-only">, </span></span>
      <span className="min-w-0 flex-1 truncate">{layersText(chip.range)}</span>
      {sensitive && <span className="text-ink-2" title="Sees something sensitive" data-testid="chip-sensitive"><LockKeyhole size={11} aria-label="sees something sensitive" /></span>}
      {progress && !far && <span className="num text-2xs text-ink-2" data-testid="chip-progress" data-state={progress.state}>{progressWords(progress)}</span>}
      {computeMs !== null && !far && !progress && <Figure figure={ms(computeMs)} stale={stale} label="computes in" className="text-2xs" />}
      {chip.session && <span className="text-2xs whitespace-nowrap text-ink-2" data-testid="chip-mode"><span aria-hidden>×</span><span className="num">{chip.session.intraOpThreads}</span><span className="sr-only">, {modeText(chip.session)}, </span></span>}
      {mode && !fixed && !far && !progress && <Figure figure={ms(stageComputeMs(mode, from, to))} kind={predicted(mode.kind)} label={computeMs === null ? "computes in" : "predicted"} className="text-2xs" />}
      {fixed && <span className="no-underline">leaves</span>}
      {progress && <ChipProgress progress={progress} />}
      <span className="sr-only"> on {nodeName}, {WORDS[chip.state]}. Enter moves it.</span>
    </button>
  );
}
