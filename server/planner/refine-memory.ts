// Owns what processes that were seen teach of a model's memory. The form stays process + weights + largest workspace, so that searches add up as before; its figures
// move to what was seen: up until no range that was seen is predicted below what it held; down, and the process's own share by the middle of all errors, only by
// what is beyond chance.
import type { ResidentRange } from "../model/profile.ts";
import { type MemoryTables, STAGE_PROCESS_BYTES, stageMemoryBytes } from "./stage-memory.ts";

/** A process with the runtime and a segment of a few KB, which needs no thread of its own. Less is a process that the system has taken pages from. */
export const LEAST_PROCESS_BYTES = 86_000_000;
/** Of what was seen: frames that happened to be under way, pages of tables, the collector's mood. Who learns from that moves every other range by it. */
const MORE_SHARE = 0.1;
/** Less says little: a stage that was seen may never have been full. */
const LESS_SHARE = 0.25;
/** What a stage has beside the measuring process: a thread of its own, TLS. */
const STAGE_BESIDE_PROFILE_BYTES = 10_000_000;

type Refined = Pick<MemoryTables, "processBytes" | "parts"> & { layerWorkspaceBytes: number[] };
type Seen = { from: number; to: number; bytes: number };
type Estimated = Pick<MemoryTables, "layerWeightBytes" | "layerWorkspaceBytes" | "layerTableBytes" | "parts">;

export function refineMemory(tables: Estimated, ranges: readonly ResidentRange[]): Refined {
  const seen = mostByRange(ranges, tables.layerWeightBytes.length);
  const layerWorkspaceBytes = [...tables.layerWorkspaceBytes];
  const parts = tables.parts && { ...tables.parts, layerArenaBytes: [...tables.parts.layerArenaBytes] };
  if (seen.length === 0) return { layerWorkspaceBytes, ...(parts ? { parts } : {}) };
  const errors = seen.map((one) => beyond(one.bytes - stageMemoryBytes(tables, one.from, one.to), one.bytes)).sort((a, b) => a - b);
  // Between the middle two the larger: rather too much than too little.
  const shift = errors[errors.length >> 1] as number;
  const processBytes = Math.max(LEAST_PROCESS_BYTES, Math.round(STAGE_PROCESS_BYTES + shift));
  const lists = parts ? [layerWorkspaceBytes, parts.layerArenaBytes] : [layerWorkspaceBytes];
  const without = { ...tables, processBytes, layerWorkspaceBytes: layerWorkspaceBytes.map(() => 0) };
  for (const { from, to, bytes } of seen) {
    const most = Math.max(0, bytes * (1 + LESS_SHARE) - stageMemoryBytes(without, from, to));
    for (const list of lists) for (let layer = from; layer < to; layer++) list[layer] = Math.min(list[layer] as number, most);
  }
  // Small ranges first: what they raise is raised for the ranges around them too.
  for (const { from, to, bytes } of [...seen].sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from)) {
    const needed = bytes - stageMemoryBytes(without, from, to);
    raiseLargest(layerWorkspaceBytes, from, to, needed);
    if (parts) raiseLargest(parts.layerArenaBytes, from, to, needed - Math.max(parts.frameBytes[from] ?? 0, parts.frameBytes[to] ?? 0));
  }
  return { layerWorkspaceBytes, processBytes, ...(parts ? { parts } : {}) };
}

/** What of an error, above 0 = more was seen than predicted, is not chance. */
const beyond = (errorBytes: number, seenBytes: number): number => (errorBytes > 0 ? Math.max(0, errorBytes - MORE_SHARE * seenBytes) : Math.min(0, errorBytes + LESS_SHARE * seenBytes));

function raiseLargest(list: number[], from: number, to: number, neededBytes: number): void {
  let largest = from;
  for (let layer = from; layer < to; layer++) if ((list[layer] as number) > (list[largest] as number)) largest = layer;
  list[largest] = Math.max(list[largest] as number, neededBytes);
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
