// Owns the difference of two runs in words, one line a figure.
import type { Difference } from "./compare-runs.ts";

export function sayDifferences(differences: readonly Difference[]): string {
  return differences.map(({ name, unit, before, after, share, interval, kind }) => {
    const write = (value: number) => (unit === "ns" ? `${(value / 1e6).toFixed(3)} ms` : `${value.toFixed(2)} /s`);
    const range = interval ? `, between ${write(interval.low)} and ${write(interval.high)}` : ", interval unknown: too few samples";
    return `${name}: ${write(before)} → ${write(after)} (${share >= 0 ? "+" : "−"}${Math.abs(share * 100).toFixed(1)} %${range}): ${kind}`;
  }).join("\n");
}
