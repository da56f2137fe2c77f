// Owns which of two measured configurations is better, and whether one keeps to the constraints. Pure.
import type { AnalysisObjective, Constraints, Figures, Measured } from "./analysis.ts";

/** By how much constraints are missed, as shares, summed; 0 = all are kept. Memory that nobody knows keeps no bound. */
export function missedBy(figures: Figures, { maxLatencyMsP99, maxMemoryBytes, minPerSecond }: Constraints): number {
  const above = (value: number, most: number | undefined) => (most === undefined ? 0 : Math.max(0, value / most - 1));
  const memory = maxMemoryBytes === undefined ? 0 : figures.memoryBytes === null ? Number.POSITIVE_INFINITY : above(figures.memoryBytes, maxMemoryBytes);
  const rate = minPerSecond === undefined ? 0 : Math.max(0, 1 - figures.perSecond / minPerSecond);
  return above(figures.latencyMsP99, maxLatencyMsP99) + memory + rate;
}

/** "p99 84 ms is above 50 ms". Empty = all are kept. */
export function sayMissed(figures: Figures, { maxLatencyMsP99, maxMemoryBytes, minPerSecond }: Constraints): string[] {
  const missed: string[] = [];
  if (maxLatencyMsP99 !== undefined && figures.latencyMsP99 > maxLatencyMsP99) missed.push(`p99 ${short(figures.latencyMsP99)} ms is above ${short(maxLatencyMsP99)} ms`);
  if (maxMemoryBytes !== undefined && figures.memoryBytes === null) missed.push("its memory is not known");
  if (maxMemoryBytes !== undefined && (figures.memoryBytes ?? 0) > maxMemoryBytes) missed.push(`${short((figures.memoryBytes ?? 0) / 2 ** 20)} MiB are above ${short(maxMemoryBytes / 2 ** 20)} MiB`);
  if (minPerSecond !== undefined && figures.perSecond < minPerSecond) missed.push(`${short(figures.perSecond)} /s are below ${short(minPerSecond)} /s`);
  return missed;
}

type Asked = { constraints: Constraints; objective: AnalysisObjective };

/** Below 0 = `a` is better. What keeps to the constraints before what does not, what has a figure before what has none. */
export function compareMeasured(a: Pick<Measured, "figures">, b: Pick<Measured, "figures">, { constraints, objective }: Asked): number {
  if (!a.figures || !b.figures) return (a.figures ? 0 : 1) - (b.figures ? 0 : 1);
  const missed = [missedBy(a.figures, constraints), missedBy(b.figures, constraints)] as const;
  if (missed[0] !== missed[1]) return missed[0] < missed[1] ? -1 : 1;
  return objective === "throughput" ? b.figures.perSecond - a.figures.perSecond || a.figures.latencyMsP99 - b.figures.latencyMsP99 : a.figures.latencyMsP99 - b.figures.latencyMsP99 || b.figures.perSecond - a.figures.perSecond;
}

/** Those with a figure that none beats in both throughput and p99; least latency first. */
export function paretoOf<One extends Pick<Measured, "figures">>(measured: readonly One[]): One[] {
  const known = measured.filter((one) => one.figures !== null);
  const beats = (a: Figures, b: Figures) => a.perSecond >= b.perSecond && a.latencyMsP99 <= b.latencyMsP99 && (a.perSecond > b.perSecond || a.latencyMsP99 < b.latencyMsP99);
  return known.filter((one) => !known.some((other) => beats(other.figures!, one.figures!))).sort((a, b) => a.figures!.latencyMsP99 - b.figures!.latencyMsP99);
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
