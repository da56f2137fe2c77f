// Owns mlperf_log_accuracy.json and mlperf_log_trace.json (loadgen/logging.h): each sample's answer, and each sample's time for chrome://tracing.
import { queryOf, type RunRecord } from "./run-record.ts";

export function writeAccuracy(answers: readonly { sequence: number; sample: number; data: Uint8Array }[]): string {
  const rows = answers.map(({ sequence, sample, data }) => `{ "seq_id" : ${sequence}, "qsl_idx" : ${sample}, "data" : "${Buffer.from(data).toString("hex").toUpperCase()}" }`);
  return rows.length === 0 ? "" : `[\n${rows.join(",\n")}\n]\n`;
}

/** Two lines a sample, some 400 bytes: what a person looks at in a browser, and what fits an answer of 64 MiB. */
const MAX_TRACED_SAMPLES = 150_000;
/** `beginNs`: since the run's begin; an accuracy run starts its clock anew with each set of samples. */
export type TracedSet = { record: RunRecord; beginNs: number };

/** Nanoseconds, begin and end of each sample, counted on from set to set; the file ends with an event of no meaning, since every line before it ends with a comma. It says how many samples are not in it: those beyond the first `limit`. */
export function writeTrace(sets: readonly TracedSet[], pid: number, limit = MAX_TRACED_SAMPLES): string {
  const lines: string[] = [];
  let [samples, queries] = [0, 0];
  for (const { record, beginNs } of sets) {
    const count = record.sampleIndices.length;
    // Up to the limit and no further: what is left out is not made.
    for (let at = 0; at < count && samples + at < limit; at++) lines.push(...traced(record, at, { beginNs, samplesBefore: samples, queriesBefore: queries, pid }));
    samples += count;
    queries += record.issuedNs.length;
  }
  const left = Math.max(0, samples - limit);
  return ['{ "traceEvents": [', ...lines, '{ "name": "LastTrace" }', "],", '"displayTimeUnit": "ns",', `"otherData": { "version": "MLPerf LoadGen method, Cutplane", "samples": ${samples}, "samples_left_out": ${left} }`, "}", ""].join("\n");
}

/** None of one that was not answered. */
function traced(record: RunRecord, at: number, { beginNs, samplesBefore, queriesBefore, pid }: { beginNs: number; samplesBefore: number; queriesBefore: number; pid: number }): string[] {
  const { scheduledNs, issuedNs, sampleLatenciesNs, sampleIndices } = record;
  const latency = sampleLatenciesNs[at];
  if (latency === undefined) return [];
  const query = queryOf(record, at);
  const scheduled = scheduledNs[query]!;
  const start = beginNs + scheduled;
  const head = `"name": "Sample", "cat": "default", "id": ${samplesBefore + at}, "pid": ${pid}, "tid": ${pid}`;
  const args = `"sample_seq" : ${samplesBefore + at}, "query_seq" : ${queriesBefore + query}, "sample_idx" : ${sampleIndices[at]}, "issue_start_ns" : ${Math.round(issuedNs[query]! - scheduled)}, "complete_ns" : ${Math.round(latency)}`;
  return [`{ ${head}, "ph": "b", "ts": ${Math.round(start)}, "args": { ${args} } },`, `{ ${head}, "ph": "e", "ts": ${Math.round(start + latency)} },`];
}
