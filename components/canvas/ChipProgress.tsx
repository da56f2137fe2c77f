import { bytes, bytesPerSecond, written } from "../format.ts";
import type { SegmentProgress } from "./use-segment-progress.ts";

/** "1.20 MB of 3.40 MB, 2.10 MB/s" while it fetches; the step's name after that. */
export function progressWords({ state, bytesDone, bytesTotal, bytesPerSecond: rate }: SegmentProgress): string {
  if (state !== "fetching" || bytesTotal === 0) return state;
  return `${written(bytes(bytesDone))} of ${written(bytes(bytesTotal))}${rate > 0 ? `, ${written(bytesPerSecond(rate))}` : ""}`;
}

/** The foot of a chip: how far its segment is, as a bar; the words stand in the chip. */
export function ChipProgress({ progress }: { progress: SegmentProgress }) {
  const ratio = progress.state === "ready" ? 1 : progress.bytesTotal === 0 ? 0 : progress.bytesDone / progress.bytesTotal;
  return <span aria-hidden className="absolute inset-x-1 bottom-0 h-[3px] overflow-hidden rounded-full bg-line"><span className={`block h-full ${progress.state === "failed" ? "bg-bad" : "bg-accent"}`} style={{ width: `${Math.min(1, ratio) * 100}%` }} /></span>;
}
