// Owns an analysis as a table for other programs: RFC 4180, one row a configuration, empty where there is no figure. Pure.
import type { AnalysisOutcome, Figures, Measured, Variant } from "./analysis.ts";

const FIGURES: (keyof Figures)[] = ["perSecond", "plusMinus", "latencyMsP50", "latencyMsP90", "latencyMsP99", "sampleCount", "memoryBytes", "isHarnessLate"];
const HEAD = ["measurement", "plan", "planId", "threads", "maxBatch", "concurrency", ...FIGURES, "othersPerSecond", "measuredAt", "why"];

export function analysisTable(variants: readonly Variant[], results: readonly Measured[], outcome: AnalysisOutcome | null): string {
  const labelOf = (planId: string) => variants.find((variant) => variant.planId === planId)?.label ?? planId;
  const row = (measurement: string, { configuration: { planId, threads, maxBatch, concurrency }, figures, why }: Pick<Measured, "configuration" | "figures" | "why">, rest: readonly unknown[]) => [measurement, labelOf(planId), planId, threads, maxBatch, concurrency, ...FIGURES.map((key) => figures?.[key] ?? null), ...rest, why];
  const rows = [HEAD, ...results.map((one) => row("first", one, [one.othersPerSecond, one.measuredAt])), ...(outcome?.again ?? []).map((one) => row("again", one, [null, null]))];
  return `${rows.map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** A text that a spreadsheet would take for a formula is quoted as text. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
