// Owns the search for the highest rate that keeps the bound: double until it fails, then halve the gap (LoadGen's FindPeakPerformance, Server only).

export type Probe = { qps: number; isMet: boolean };
export type PeakStep = { kind: "probe"; qps: number } | { kind: "peak"; qps: number } | { kind: "none"; why: string };

/** A search that has not ended by then does not converge: 2^32 queries/s lie beyond. */
const MAX_PROBES = 64;

/** `decimals` of queries/s are resolved: 0 = whole ones. `probes` in the order they were made. */
export function nextPeakProbe(startQps: number, decimals: number, probes: readonly Probe[]): PeakStep {
  if (probes.length === 0) return { kind: "probe", qps: startQps };
  if (!probes[0]!.isMet) return { kind: "none", why: `The bound is not kept at ${startQps} queries/s, where the search starts. Start lower.` };
  const low = Math.max(...probes.filter(({ isMet }) => isMet).map(({ qps }) => qps));
  const failed = probes.filter(({ isMet, qps }) => !isMet && qps > low).map(({ qps }) => qps);
  if (probes.length >= MAX_PROBES) return { kind: "none", why: `No bound was found in ${MAX_PROBES} runs.` };
  if (failed.length === 0) return { kind: "probe", qps: low * 2 };
  const high = Math.min(...failed);
  const scale = 10 ** decimals;
  if (Math.floor(low * scale) + 1 >= Math.floor(high * scale)) return { kind: "peak", qps: low };
  return { kind: "probe", qps: low + (high - low) / 2 };
}
