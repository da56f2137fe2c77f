// Owns what is known of a node's memory, from its reports: what is available now, and how much stages and agent could have there beside what others hold. Plans count
// with the second; it only moves when something lastingly takes or gives back much, so that no noise changes a plan. Pure.
import { type Tracked, track } from "../policy/adapt/tracked.ts";

export type MemoryCapacity = {
  availableBytes: Tracked;
  /** What is believed of what the agent with its stages could have: the machine's whole memory until others take much of it. */
  usableBytes: number;
  totalBytes: number;
  /** Since when it is far from what is believed, on which side, and what of that time was nearest to it; null = it is not. */
  off: { sinceMs: number; side: -1 | 1; nearestBytes: number } | null;
};
/** Of one report. `ownBytes`: held by the agent with its stages. */
export type ToldMemory = { availableBytes: number; ownBytes: number; totalBytes: number };

/** Far: this share of the whole memory … */
const FAR_SHARE = 0.1;
/** … for so long. A build that comes and goes is none; what others keep is. */
const SETTLE_MS = 10_000;

export function learnMemory(before: MemoryCapacity | null, { availableBytes, ownBytes, totalBytes }: ToldMemory, nowMs: number): MemoryCapacity {
  // Another limit is another machine.
  const known = before?.totalBytes === totalBytes ? before : null;
  const ownable = Math.min(totalBytes, availableBytes + ownBytes);
  const next = { availableBytes: track(known?.availableBytes, availableBytes, nowMs), usableBytes: known?.usableBytes ?? totalBytes, totalBytes };
  const farBytes = FAR_SHARE * totalBytes;
  if (Math.abs(ownable - next.usableBytes) <= farBytes) return { ...next, off: null };
  const side = ownable < next.usableBytes ? -1 : 1;
  const same = known?.off?.side === side ? known.off : null;
  const off = { sinceMs: same?.sinceMs ?? nowMs, side: side as -1 | 1, nearestBytes: side < 0 ? Math.max(ownable, same?.nearestBytes ?? ownable) : Math.min(ownable, same?.nearestBytes ?? ownable) };
  if (nowMs - off.sinceMs < SETTLE_MS) return { ...next, off };
  // What the system itself takes is no loss.
  return { ...next, usableBytes: off.nearestBytes >= totalBytes - farBytes ? totalBytes : off.nearestBytes, off: null };
}

/** Older reports say nothing of now. */
const FRESH_MS = 30_000;

/** What plans count with; null = all that the machine has, or not known any more. */
export function usableMemoryBytes(known: MemoryCapacity | null | undefined, nowMs: number): number | null {
  return known && nowMs - known.availableBytes.atMs <= FRESH_MS && known.usableBytes < known.totalBytes ? known.usableBytes : null;
}

/** As its last reports say; null = none told, or long ago. */
export function freshAvailableBytes(known: MemoryCapacity | null | undefined, nowMs: number): number | null {
  return known && nowMs - known.availableBytes.atMs <= FRESH_MS ? known.availableBytes.last : null;
}
