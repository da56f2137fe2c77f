// Owns how an analysis is said. Pure.
import type { AnalysisRequest, Configuration, Figures, Variant } from "../../server/policy/analyze/analysis.ts";
import { bytes, digits, ms, perSecond, written } from "../format.ts";

export const figureText = (figures: Figures | null, name: "p50" | "p99" | "rate" | "memory"): string => {
  if (!figures) return "–";
  if (name === "rate") return `${written(perSecond(figures.perSecond))} ± ${digits(figures.plusMinus)}`;
  return name === "memory" ? written(bytes(figures.memoryBytes)) : written(ms(name === "p50" ? figures.latencyMsP50 : figures.latencyMsP99));
};

export const batchText = (maxBatch: number): string => (maxBatch === 1 ? "none" : `up to ${maxBatch}`);

/** "plan 3, which runs, 2 threads a stage; batches up to 4; 8 at once". */
export function configurationText({ planId, maxBatch, concurrency }: Configuration, variants: readonly Pick<Variant, "planId" | "label">[]): string {
  const label = variants.find((variant) => variant.planId === planId)?.label ?? "a plan";
  return `${label}; ${maxBatch === 1 ? "no batches" : `batches up to ${maxBatch}`}; ${concurrency} at once`;
}

/** "p99 at most 50 ms, at least 20 req/s; most requests a second". */
export function askedText({ constraints: { maxLatencyMsP99, maxMemoryBytes, minPerSecond }, objective }: Pick<AnalysisRequest, "constraints" | "objective">): string {
  const bounds = [...(maxLatencyMsP99 === undefined ? [] : [`p99 at most ${written(ms(maxLatencyMsP99))}`]), ...(maxMemoryBytes === undefined ? [] : [`at most ${written(bytes(maxMemoryBytes))}`]), ...(minPerSecond === undefined ? [] : [`at least ${written(perSecond(minPerSecond))}`])];
  return `${bounds.length === 0 ? "no bounds" : bounds.join(", ")}; ${objective === "throughput" ? "most requests a second" : "least p99"}`;
}

/** "4 min 10 s". */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds - minutes * 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
