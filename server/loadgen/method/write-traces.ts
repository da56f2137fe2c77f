// Owns mlperf_log_accuracy.json and mlperf_log_trace.json (loadgen/logging.h): each sample's answer, and each sample's time for chrome://tracing.
import { queryOf, type RunRecord } from "./run-record.ts";

export function writeAccuracy(answers: readonly { sequence: number; sample: number; data: Uint8Array }[]): string {
  const rows = answers.map(({ sequence, sample, data }) => `{ "seq_id" : ${sequence}, "qsl_idx" : ${sample}, "data" : "${Buffer.from(data).toString("hex").toUpperCase()}" }`);
  return rows.length === 0 ? "" : `[\n${rows.join(",\n")}\n]\n`;
}

/** Nanoseconds, begin and end of each sample; the file ends with an event of no meaning, since every line before it ends with a comma. */
export function writeTrace(record: RunRecord, pid: number): string {
  const { scheduledNs, issuedNs, sampleLatenciesNs, sampleIndices } = record;
  const lines = sampleLatenciesNs.flatMap((latency, sequence) => {
    const query = queryOf(record, sequence);
    const start = scheduledNs[query]!;
    const head = `"name": "Sample", "cat": "default", "id": ${sequence}, "pid": ${pid}, "tid": ${pid}`;
    const args = `"sample_seq" : ${sequence}, "query_seq" : ${query}, "sample_idx" : ${sampleIndices[sequence]}, "issue_start_ns" : ${Math.round(issuedNs[query]! - start)}, "complete_ns" : ${Math.round(latency)}`;
    return [`{ ${head}, "ph": "b", "ts": ${Math.round(start)}, "args": { ${args} } },`, `{ ${head}, "ph": "e", "ts": ${Math.round(start + latency)} },`];
  });
  return ['{ "traceEvents": [', ...lines, '{ "name": "LastTrace" }', "],", '"displayTimeUnit": "ns",', '"otherData": { "version": "MLPerf LoadGen method, Cutplane" }', "}", ""].join("\n");
}
