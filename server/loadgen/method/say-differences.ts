// Owns the difference of two runs in words, one line a figure.
import type { Difference } from "./compare-runs.ts";

export function sayDifferences(differences: readonly Difference[]): string {
  return differences.map(({ name, unit, before, after, by, share, interval, kind, pairs }) => {
    const signed = (value: number, digits: number) => `${value >= 0 ? "+" : "−"}${Math.abs(value * 100).toFixed(digits)}`;
    if (unit === "share") return `${name}: ${(before * 100).toFixed(2)} % → ${(after * 100).toFixed(2)} % (${signed(by, 2)} points, between ${interval ? `${signed(interval.low, 2)} and ${signed(interval.high, 2)}` : "unknown"}; ${pairs?.gained ?? 0} samples are right now, ${pairs?.lost ?? 0} no longer): ${kind}`;
    const write = (value: number) => (unit === "ns" ? `${(value / 1e6).toFixed(3)} ms` : `${value.toFixed(2)} /s`);
    const range = interval ? `, between ${write(interval.low)} and ${write(interval.high)}` : ", interval unknown";
    return `${name}: ${write(before)} → ${write(after)} (${signed(share, 1)} %${range}): ${kind}`;
  }).join("\n");
}
