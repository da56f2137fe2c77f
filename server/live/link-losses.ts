// Owns what is known of losses on links: the share of segments that had to be sent again, from what nodes' operating systems count. Pure but for what it is given.
import type { LinkLosses } from "../../agents/protocol/link-loss.ts";
import { type Tracked, track } from "../policy/adapt/tracked.ts";

/** `ratios`: by link, 0 to 1. `readable`: by node, of those that told. */
export type KnownLosses = { ratios: Map<string, Tracked>; readable: Map<string, boolean> };
export const createLosses = (): KnownLosses => ({ ratios: new Map(), readable: new Map() });

const FORGET_MS = 10 * 60_000;

export function learnLosses(known: KnownLosses, nodeId: string, told: LinkLosses, linkKey: (from: string, to: string) => string | null, nowMs: number): void {
  known.readable.set(nodeId, told.readable);
  for (const { toNodeId, sentSegments, lostSegments } of told.links) {
    const key = linkKey(nodeId, toNodeId);
    if (key !== null && sentSegments > 0) known.ratios.set(key, track(known.ratios.get(key), lostSegments / sentSegments, nowMs));
  }
  for (const [key, ratio] of known.ratios) if (nowMs - ratio.atMs > FORGET_MS) known.ratios.delete(key);
}
