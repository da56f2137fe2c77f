"use client";
import { layersText } from "../format.ts";
import type { Chip } from "./canvas-graph.ts";
import { ChipProgress, progressWords } from "./ChipProgress.tsx";
import { useSegmentProgress } from "./use-segment-progress.ts";
import { useWorkbench } from "./workbench-store.ts";

type Row = { from: number; to: number };
const NONE: Row[] = [];

/** Segments that a move brings here and that this browser's draft does not show: somebody else's move, a drain, or a roll back. */
export function ArrivingSegments({ nodeId, nodeName, chips }: { nodeId: string | null; nodeName: string; chips: readonly Chip[] }) {
  const rows = useWorkbench((state) => state.moving?.nodes ?? NONE) as (Row & { nodeId: string; assignmentId: string })[];
  const own = rows.filter((row) => row.nodeId === nodeId && !chips.some((chip) => chip.state !== "leaving" && chip.range.from === row.from && chip.range.to === row.to));
  return own.map((row) => <Arriving key={row.assignmentId} nodeId={nodeId} nodeName={nodeName} range={row} />);
}

function Arriving({ nodeId, nodeName, range }: { nodeId: string | null; nodeName: string; range: Row }) {
  const progress = useSegmentProgress(nodeId, range);
  if (!progress) return null;
  return (
    <div data-testid="arriving-segment" data-state={progress.state} className="relative flex h-6 items-center gap-1.5 rounded-md border border-dashed border-accent bg-raised px-1.5 text-xs">
      <span className="min-w-0 flex-1 truncate">{layersText(range)}</span>
      <span className="num text-2xs text-ink-2">{progressWords(progress)}</span>
      <span className="sr-only"> arrives on {nodeName}</span>
      <ChipProgress progress={progress} />
    </div>
  );
}
