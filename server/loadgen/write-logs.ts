// Owns writing a run's logs, under LoadGen's names, into a folder.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { writeDetail } from "./method/write-detail.ts";
import { writeSummary } from "./method/write-summary.ts";
import { writeAccuracy, writeTrace } from "./method/write-traces.ts";
import type { Measured } from "./run-load.ts";

export type Logs = { "mlperf_log_summary.txt": string; "mlperf_log_detail.txt": string; "mlperf_log_accuracy.json": string; "mlperf_log_trace.json": string };

export function makeLogs({ report, last, sets }: Measured, pid: number): Logs {
  const { record } = last;
  const sinceBegin = (at: Date) => at.getTime() - last.begin.getTime();
  const detail = writeDetail({
    sut: report.sut, record, stats: report.stats, verdict: report.verdict, beginIso: last.begin.toISOString(), durationMs: sinceBegin(last.end), pid,
    sets: sets.map(({ set, generatedQueries, generatedSamplesPerQuery, generatedDurationNs, begin, end }) => ({ loaded: set.indices, generatedQueries, generatedSamplesPerQuery, generatedDurationNs, beginMs: sinceBegin(begin), endMs: sinceBegin(end), beginIso: begin.toISOString(), endIso: end.toISOString() })),
  });
  return {
    "mlperf_log_summary.txt": writeSummary(report.sut, record, report.stats, report.verdict, detail),
    "mlperf_log_detail.txt": detail.text,
    "mlperf_log_accuracy.json": writeAccuracy(last.answers),
    "mlperf_log_trace.json": writeTrace(sets.map((one) => ({ record: one.record, beginNs: sinceBegin(one.begin) * 1e6 })), pid),
  };
}

/** Makes the folder. @throws the file system's errors */
export function writeLogs(folder: string, measured: Measured, pid: number): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(makeLogs(measured, pid))) writeFileSync(path.join(folder, name), text);
  writeFileSync(path.join(folder, "report.json"), `${JSON.stringify(measured.report, null, 1)}\n`);
}
