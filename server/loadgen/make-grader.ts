// Owns the grader of an accuracy run: from the labels of its samples, and a digest by which two runs know that they asked the same.
import { createHash } from "node:crypto";
import { MAX_DATASET_ROWS } from "./method/dataset.ts";
import { embeddedLabelsProblem } from "./method/embedded-labels.ts";
import { createGrader, type Grader } from "./method/grade-answers.ts";
import type { Label } from "./method/labelled-row.ts";
import type { Options } from "./parse-options.ts";
import type { RawSample } from "./targets/process-target.ts";
import type { DataRow } from "./targets/read-data.ts";

/** null = no sample has a label. @throws Error in words for whoever started the run */
export function makeGrader({ api }: Pick<Options["target"], "api">, samples: readonly (DataRow | RawSample)[]): Grader | null {
  const labels = samples.flatMap(({ label }): Label[] => (label === undefined ? [] : [label]));
  if (labels.length === 0) return null;
  if (labels.length < samples.length) throw new Error(`${samples.length - labels.length} of ${samples.length} samples have no "label": give each one, or none.`);
  if (labels.length > MAX_DATASET_ROWS) throw new Error(`${labels.length} samples have labels; ${MAX_DATASET_ROWS} are the limit.`);
  if (api === "openai-embeddings") demandEmbedded(labels);
  return createGrader(labels, digestOf(samples));
}

function demandEmbedded(labels: readonly Label[]): void {
  const counts = new Map<Label, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const problem = embeddedLabelsProblem("The data", counts);
  if (problem !== null) throw new Error(problem);
}

/** Of what the samples say and not of how they are sent: the same text asked of a processor and of OpenAI's API is the same sample. */
function digestOf(samples: readonly (DataRow | RawSample)[]): string {
  const hash = createHash("sha256");
  for (const sample of samples) hash.update("bytes" in sample ? sample.bytes : (sample.text ?? JSON.stringify(sample.request))).update("\0").update(JSON.stringify(sample.label)).update("\n");
  return hash.digest("hex");
}
