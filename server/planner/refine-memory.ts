// Owns what processes that were seen teach of a model's memory. The form stays process + weights + largest workspace, so that searches add up as before; its figures
// move to what was seen: the process's own share by the middle of all errors, a layer's workspace down to what every range around it leaves, and up until no range
// that was seen is predicted below what it held.
import type { ResidentRange } from "../model/profile.ts";
import { type MemoryTables, STAGE_PROCESS_BYTES, stageMemoryBytes } from "./stage-memory.ts";

/** A process with the runtime and nothing loaded: Node 35 MB, ONNX Runtime 20 MB, transport. Less is a process that the system has taken pages from. */
export const LEAST_PROCESS_BYTES = 70_000_000;
/** What a stage has beside the measuring process: a worker of its own, TLS. */
const STAGE_BESIDE_PROFILE_BYTES = 25_000_000;

type Refined = { layerWorkspaceBytes: number[]; processBytes?: number };
type Seen = { from: number; to: number; bytes: number };

export function refineMemory(tables: Pick<MemoryTables, "layerWeightBytes" | "layerWorkspaceBytes">, ranges: readonly ResidentRange[]): Refined {
  const seen = mostByRange(ranges, tables.layerWeightBytes.length);
  const layerWorkspaceBytes = [...tables.layerWorkspaceBytes];
  if (seen.length === 0) return { layerWorkspaceBytes };
  const errors = seen.map((one) => one.bytes - stageMemoryBytes(tables, one.from, one.to)).sort((a, b) => a - b);
  // Between the middle two the larger: rather too much than too little.
  const shift = errors[errors.length >> 1] as number;
  const processBytes = Math.max(LEAST_PROCESS_BYTES, Math.round(STAGE_PROCESS_BYTES + shift));
  const without = { ...tables, processBytes, layerWorkspaceBytes: layerWorkspaceBytes.map(() => 0) };
  for (const { from, to, bytes } of seen) {
    const most = Math.max(0, bytes - stageMemoryBytes(without, from, to));
    for (let layer = from; layer < to; layer++) layerWorkspaceBytes[layer] = Math.min(layerWorkspaceBytes[layer] as number, most);
  }
  const refined = { ...tables, processBytes, layerWorkspaceBytes };
  // Small ranges first: what they raise is raised for the ranges around them too.
  for (const { from, to, bytes } of [...seen].sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from)) {
    const shortBytes = bytes - stageMemoryBytes(refined, from, to);
    if (shortBytes <= 0) continue;
    let largest = from;
    for (let layer = from; layer < to; layer++) if ((layerWorkspaceBytes[layer] as number) > (layerWorkspaceBytes[largest] as number)) largest = layer;
    layerWorkspaceBytes[largest] = (layerWorkspaceBytes[largest] as number) + shortBytes;
  }
  return { layerWorkspaceBytes, processBytes };
}

/** The most that any process of a range held; what the measuring process did only where no stage tells. Ranges of another cut of the model are left out. */
function mostByRange(ranges: readonly ResidentRange[], layerCount: number): Seen[] {
  const stages = new Map<string, Seen>();
  const profiles = new Map<string, Seen>();
  for (const { from, to, bytes, source } of ranges) {
    if (!(from >= 0 && from < to && to <= layerCount && bytes > 0)) continue;
    const found = source === "stage" ? stages : profiles;
    const key = `${from}-${to}`;
    const held = bytes + (source === "stage" ? 0 : STAGE_BESIDE_PROFILE_BYTES);
    if (held > (found.get(key)?.bytes ?? 0)) found.set(key, { from, to, bytes: held });
  }
  return [...stages.values(), ...[...profiles].flatMap(([key, one]) => (stages.has(key) ? [] : [one]))].sort((a, b) => a.from - b.from || a.to - b.to);
}
