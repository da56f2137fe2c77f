// Owns whether memory grows: the trend of samples against their own noise. Pure.
import { quantile } from "./quantile.ts";

export type MemorySample = { atMs: number; bytes: number };
export type MemoryTrend = { samples: number; medianBytes: number; /** Over the whole time, by the trend; negative where it shrinks. */ growthBytes: number; /** Between the tenth and ninetieth percentile of what the trend leaves. */ noiseBytes: number };

/** More pairs than this say no more. */
const MAX_POINTS = 300;

/** Theil–Sen (Sen 1968): the median slope of all pairs, which single peaks and restarts hardly move. */
export function memoryTrend(samples: readonly MemorySample[]): MemoryTrend {
  const step = Math.max(1, Math.ceil(samples.length / MAX_POINTS));
  const points = samples.filter((_, index) => index % step === 0);
  const slopes: number[] = [];
  for (const [index, one] of points.entries()) for (const other of points.slice(index + 1)) if (other.atMs > one.atMs) slopes.push((other.bytes - one.bytes) / (other.atMs - one.atMs));
  const slope = slopes.length === 0 ? 0 : quantile(slopes, 0.5);
  const rest = points.map((point) => point.bytes - slope * (point.atMs - (points[0]?.atMs ?? 0)));
  const spanMs = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  return { samples: samples.length, medianBytes: quantile(samples.map((sample) => sample.bytes), 0.5), growthBytes: slope * spanMs, noiseBytes: rest.length === 0 ? 0 : quantile(rest, 0.9) - quantile(rest, 0.1) };
}
