// Owns latencies as counts, while a run goes on and to be kept: bins that are each 5 % wider than the one before, so that any percentile is within 5 %.

const FIRST_NS = 1000;
const GROWTH = 1.05;
/** Past the last bin lie 1,000 s. */
const BINS = Math.ceil(Math.log(1e12 / FIRST_NS) / Math.log(GROWTH));

/** `counts[i]` of latencies from `fromNs(i)` to `fromNs(i + 1)`; sparse, by bin. */
export type HistogramBin = { fromNs: number; toNs: number; count: number };

export function createLatencyHistogram() {
  const counts = new Uint32Array(BINS);
  let total = 0;
  const fromNs = (bin: number) => (bin === 0 ? 0 : FIRST_NS * GROWTH ** bin);
  return {
    add(ns: number): void {
      counts[Math.min(BINS - 1, Math.max(0, Math.floor(Math.log(ns / FIRST_NS) / Math.log(GROWTH))))]!++;
      total++;
    },
    /** Upper end of the bin that holds it; null = nothing yet. */
    percentileNs(percentile: number): number | null {
      let left = Math.floor(total * percentile);
      for (let bin = 0; bin < BINS; bin++) {
        if (left < counts[bin]!) return fromNs(bin + 1);
        left -= counts[bin]!;
      }
      return null;
    },
    bins(): HistogramBin[] {
      const all: HistogramBin[] = [];
      counts.forEach((count, bin) => { if (count > 0) all.push({ fromNs: fromNs(bin), toNs: fromNs(bin + 1), count }); });
      return all;
    },
  };
}
