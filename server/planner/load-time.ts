// Owns how long reading and packing weights takes on a node, and its first run: as was seen there, else as elsewhere in the fleet, else an estimate that says so. Pure.

/** A stage that has loaded on a node: how long reading and packing its weights took, and its first run. */
export type SeenLoad = { nodeId: string; bytes: number; loadMs: number; warmMs: number };
export type SeenTime = { ms: number; /** measured = as seen on this very node. */ kind: "measured" | "estimated" };

/** Reading, optimising and packing weights, where nothing was seen. */
const LOAD_BYTES_PER_SECOND = 300e6;
/** A first run, where none was seen. */
const WARM_MS = 500;
/** What loads fewer bytes tells how long the rest of loading takes, and nothing of its rate. */
const LEAST_TELLING_BYTES = 8e6;

/** Of all that a node loads at once: its stages share its processors and its disk. */
export function loadTime(seen: readonly SeenLoad[], nodeId: string, bytes: number): SeenTime {
  const own = seen.filter((one) => one.nodeId === nodeId);
  const ofOwn = rateOf(own);
  const known = own.length > 0 ? own : seen;
  // No load is done sooner than the least of the small ones, however few its bytes.
  const leastMs = Math.min(...known.flatMap((one) => (isTelling(one) ? [] : [one.loadMs])));
  const rate = ofOwn ?? slowestOf(seen) ?? LOAD_BYTES_PER_SECOND;
  const ms = Math.max(Number.isFinite(leastMs) ? leastMs : 0, (bytes / rate) * 1000);
  return { ms, kind: ofOwn !== null || (own.length > 0 && bytes < LEAST_TELLING_BYTES) ? "measured" : "estimated" };
}

/** The longest that was seen there. */
export function warmTime(seen: readonly SeenLoad[], nodeId: string): SeenTime {
  const own = seen.filter((one) => one.nodeId === nodeId);
  return own.length === 0 ? { ms: Math.max(WARM_MS, ...seen.map((one) => one.warmMs)), kind: "estimated" } : { ms: Math.max(...own.map((one) => one.warmMs)), kind: "measured" };
}

const isTelling = ({ bytes, loadMs }: SeenLoad): boolean => bytes >= LEAST_TELLING_BYTES && loadMs > 0;

/** Bytes a second, of all together. */
function rateOf(loads: readonly SeenLoad[]): number | null {
  const telling = loads.filter(isTelling);
  return telling.length === 0 ? null : (telling.reduce((sum, one) => sum + one.bytes, 0) / telling.reduce((sum, one) => sum + one.loadMs, 0)) * 1000;
}

/** Of single loads: another node may be as slow as any. */
function slowestOf(loads: readonly SeenLoad[]): number | null {
  const telling = loads.filter(isTelling);
  return telling.length === 0 ? null : Math.min(...telling.map((one) => one.bytes / one.loadMs)) * 1000;
}
