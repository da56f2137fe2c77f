// Owns Prometheus' text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): one block a family, whoever in this agent counted for it.
import type { CumulativeHistogram } from "./ingress/latency-histogram.ts";

export type Labels = Record<string, string | number>;
/** `suffix`: of a histogram's rows. */
export type Row = [labels: Labels, value: number, suffix?: "_bucket" | "_sum" | "_count"];
/** `name` in base units (seconds, bytes); counters end in `_total`. */
export type Family = { name: string; type: "counter" | "gauge" | "histogram"; help: string; rows: Row[] };

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Of one histogram, in the order the format wants: buckets, sum, count. */
export function histogramRows(labels: Labels, histogram: CumulativeHistogram): Row[] {
  return [
    ...histogram.cumulative().map(([bound, count]): Row => [{ ...labels, le: bound }, count, "_bucket"]),
    [labels, histogram.sum, "_sum"], [labels, histogram.count, "_count"],
  ];
}

/** Families of one name are one block, in the order they first came. Those without rows are left out. */
export function expositionText(families: readonly Family[]): string {
  const blocks = new Map<string, Family>();
  for (const family of families) {
    const block = blocks.get(family.name);
    if (block) block.rows.push(...family.rows);
    else blocks.set(family.name, { ...family, rows: [...family.rows] });
  }
  const lines: string[] = [];
  for (const { name, type, help, rows } of blocks.values()) {
    if (rows.length === 0) continue;
    lines.push(`# HELP ${name} ${help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}`, `# TYPE ${name} ${type}`);
    for (const [labels, value, suffix = ""] of rows) lines.push(`${name}${suffix}${labelText(labels)} ${value}`);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${String(value).replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
