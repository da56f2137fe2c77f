// Owns the grader of an accuracy run: from the labels of its samples, and a digest by which two runs know that they asked the same.
import { createHash } from "node:crypto";
import { MAX_DATASET_ROWS } from "./method/dataset.ts";
import { createGrader, type Grader } from "./method/grade-answers.ts";
import type { Label } from "./method/labelled-row.ts";
import { isGrpc, type Options } from "./parse-options.ts";
import type { RawSample } from "./targets/process-target.ts";
import type { DataRow } from "./targets/read-data.ts";

/** null = no sample has a label. @throws Error in words for whoever started the run */
export function makeGrader({ api, url }: Pick<Options["target"], "api" | "url">, samples: readonly (DataRow | RawSample)[]): Grader | null {
  const labels = samples.flatMap(({ label }): Label[] => (label === undefined ? [] : [label]));
  if (labels.length === 0) return null;
  if (labels.length < samples.length) throw new Error(`${samples.length - labels.length} of ${samples.length} samples have no "label": give each one, or none.`);
  if (labels.length > MAX_DATASET_ROWS) throw new Error(`${labels.length} samples have labels; ${MAX_DATASET_ROWS} are the limit.`);
  if (isGrpc(url) || (api !== "oip" && api !== "process")) throw new Error(`Labels are compared with answers of the Open Inference Protocol over HTTP and of processors (--api oip, process), not of ${isGrpc(url) ? "gRPC" : api}.`);
  return createGrader(labels, digestOf(samples));
}

function digestOf(samples: readonly (DataRow | RawSample)[]): string {
  const hash = createHash("sha256");
  for (const sample of samples) hash.update("bytes" in sample ? sample.bytes : JSON.stringify(sample.request)).update("\0").update(JSON.stringify(sample.label)).update("\n");
  return hash.digest("hex");
}
