// Owns how far one segment is on one node while its deployment moves: the row says which assignment it is, the live feed how far.
import { useLive } from "../live/live-store.ts";
import { useWorkbench, type Workbench } from "./workbench-store.ts";

type Row = NonNullable<Workbench["moving"]>["nodes"][number];
export type SegmentProgress = Pick<Row, "state" | "bytesDone" | "bytesTotal" | "bytesPerSecond">;

/** Null while nothing moves, or when the segment is no part of it. */
export function useSegmentProgress(nodeId: string | null, range: { from: number; to: number }): SegmentProgress | null {
  const row = useWorkbench((state) => (state.moving === null || nodeId === null ? null : (state.moving.nodes.find((one) => one.nodeId === nodeId && one.from === range.from && one.to === range.to) ?? null)));
  const live = useLive((state) => (row === null ? undefined : state.nodes[row.nodeId]?.assignments.find((one) => one.assignmentId === row.assignmentId)));
  return live ?? row;
}
