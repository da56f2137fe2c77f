/** Requests of one window; its figure is their median. */
export const WINDOW_REQUESTS = 5;
/** How far the medians of windows that agree may lie apart, as a share of the lowest. */
const AGREE_WITHIN = 0.1;
const WINDOWS_THAT_AGREE = 3;

/**
 * The latency of one request at a time once it is steady: the median of the last three windows' medians, when these three agree within 10 %.
 * What a machine still does right after a deployment (compiling, other segments loading) is thus not taken for the model's latency.
 * @param timesMs requests' latencies in the order they were made; those after the last whole window do not count yet
 * @returns null = not steady yet
 */
export function steadyLatencyMs(timesMs: readonly number[]): number | null {
  const medians: number[] = [];
  for (let from = 0; from + WINDOW_REQUESTS <= timesMs.length; from += WINDOW_REQUESTS) medians.push(median(timesMs.slice(from, from + WINDOW_REQUESTS)));
  const last = medians.slice(-WINDOWS_THAT_AGREE);
  if (last.length < WINDOWS_THAT_AGREE || Math.max(...last) > Math.min(...last) * (1 + AGREE_WITHIN)) return null;
  return median(last);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
