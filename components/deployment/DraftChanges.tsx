"use client";
import { useDraftDiff } from "../canvas/use-draft-diff.ts";
import { usePrediction } from "../canvas/use-prediction.ts";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { DiffTables, DiffView } from "../plan/DiffView.tsx";

/** What the draft would change, as lists: the same as the canvas draws. */
export function DraftChanges() {
  const changes = useDraftDiff();
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const { draft } = usePrediction();
  if (!changes) return <p className="text-ink-2">The draft is what runs. Drag a segment to another node, or choose layers and press M; what that would change is listed here before anything does.</p>;
  return draft?.estimate ? <DiffView diff={changes.diff} nodes={nodes} estimate={draft.estimate} /> : <DiffTables diff={changes.diff} nodes={nodes} />;
}
