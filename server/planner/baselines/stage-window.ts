import type { Instance, Processor } from "../instance.ts";

/** The largest position up to which a stage from `from` fits on its node alone: what may run there, and memory. Only grows shorter with `from` where the tables rise. */
export function stageWindow(instance: Instance, processor: Processor, from: number): number {
  const freeBytes = Math.min(...instance.places[processor.place]!.nodes.map((node) => instance.nodes[node]!.freeBytes));
  const until = processor.allowedUntil[from] ?? from;
  let workspaceBytes = 0;
  for (let to = from + 1; to <= until; to++) {
    workspaceBytes = Math.max(workspaceBytes, processor.workspaceBytes[to - 1]!);
    if (processor.stageBytes + processor.residentBytes[to]! - processor.residentBytes[from]! + workspaceBytes > freeBytes) return to - 1;
  }
  return until;
}
