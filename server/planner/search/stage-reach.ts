// Owns how far a stage may reach by itself: layers that are allowed, memory of its node, busy time under the bottleneck limit.
import { type Instance, processorStageMs } from "../instance.ts";
import { memoryReach } from "./memory-reach.ts";

/**
 * until[c]: largest position index at which a stage on p that starts at c may end; c = none may start there. Never falls with c where a stage may start:
 * terms at the cuts can make holes in a window, and a window that covers them is still a relaxation.
 * `workspace[c]`: the largest workspace of the layers between position c and c + 1, bytes; `resident[c]`: resident bytes before position c.
 */
export function stageReach(instance: Instance, p: number, positions: Int32Array, tables: { resident: Float64Array; workspace: Float64Array }): Int32Array {
  const processor = instance.processors[p]!;
  const place = instance.places[processor.place]!;
  const freeBytes = Math.min(...place.nodes.map((node) => instance.nodes[node]!.freeBytes)) - processor.stageBytes;
  const busyPerMs = Math.max(...place.share) / processor.streams;
  const limitMs = instance.limits.bottleneckMs / busyPerMs;
  const last = positions.length - 1;
  const until = new Int32Array(last + 1);
  const memory = memoryReach(freeBytes, tables.resident, tables.workspace);
  let allowed = 0;
  let furthest = 0;
  for (let from = 0; from <= last; from++) {
    const start = positions[from]!;
    const allowedUntil = from < last ? processor.allowedUntil[start]! : start;
    until[from] = from;
    if (allowedUntil <= start) continue;
    allowed = Math.max(allowed, from);
    while (allowed < last && positions[allowed + 1]! <= allowedUntil) allowed++;
    let reach = Math.min(allowed, memory[from]!);
    while (reach > from && processorStageMs(processor, start, positions[reach]!) > limitMs) reach--;
    if (reach <= from) continue;
    furthest = Math.max(furthest, reach);
    until[from] = furthest;
  }
  return until;
}
