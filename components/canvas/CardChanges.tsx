"use client";
import { bytes, written } from "../format.ts";
import { useDraftDiff } from "./use-draft-diff.ts";
import { useWorkbench } from "./workbench-store.ts";

/** Laid over the canvas below the card, which keeps its size. What deploying the draft would make of one node: memory before, at its peak and after, and the bytes it fetches. */
export function CardChanges({ topologyNodeId }: { topologyNodeId: string }) {
  const shown = useWorkbench((state) => state.changesShown);
  const change = useDraftDiff()?.nodes.get(topologyNodeId);
  if (!shown || !change) return null;
  const { beforeBytes, peakBytes, afterBytes, shipBytes, limitBytes } = change;
  const isOver = limitBytes !== null && peakBytes > limitBytes;
  return (
    <div data-testid="card-changes" className="absolute top-full left-0 z-10 mt-1 w-full rounded-sm border border-l-2 border-line border-l-accent bg-raised px-1.5 py-0.5 text-2xs leading-4 text-ink-2">
      <div className="num"><span className="text-ink-3">memory </span>{written(bytes(beforeBytes))} → {written(bytes(afterBytes))}</div>
      {peakBytes > Math.max(beforeBytes, afterBytes) && <div className={`num ${isOver ? "text-bad" : ""}`}>{written(bytes(peakBytes))} <span className={isOver ? "" : "text-ink-3"}>while it moves{isOver && ", too much"}</span></div>}
      {shipBytes > 0 && <div className="num">{written(bytes(shipBytes))} <span className="text-ink-3">to fetch</span></div>}
    </div>
  );
}
