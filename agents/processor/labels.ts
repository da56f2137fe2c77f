// Owns labels: reading them from a declaration, and the best k of a score vector.
import type { TensorSpec, WireTensor } from "../protocol/tensor.ts";
import { ProcessorError } from "./processor-error.ts";
import type { Processor } from "./processor.ts";
import type { OptionReader } from "./read-options.ts";
import { floatsOf, softmax } from "./tensor-values.ts";

const MAX_LABELS = 1_000_000;
export type Scored = { index: number; label: string | null; score: number };
export type LabelOptions = { labels: string[] | null; topK: number; softmax: boolean };

/** `labels` (a list) or `labelsFile` (one a line); without either, answers carry indices alone. */
export function readLabels(options: OptionReader): LabelOptions {
  const list = options.texts("labels", MAX_LABELS);
  const file = options.file("labelsFile");
  if (list && file) throw new ProcessorError("option", `give "labels" or "labelsFile", not both`);
  return {
    labels: list ?? (file ? linesOf(file) : null),
    topK: options.number("topK", 5, { min: 1, max: 1000, whole: true }),
    softmax: options.boolean("softmax", false),
  };
}

/** What a processor tells of them: whose they are. */
export const labelsOf = (output: TensorSpec, { labels }: LabelOptions): Pick<Processor, "labels"> => (labels ? { labels: { output: output.name, labels } } : {});

/** Lines without their ends; an empty last line is not a line. Characters other than line ends stay: a label may be a blank. */
export function linesOf(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Best first; equal scores by index. */
export function bestLabels(output: WireTensor, options: LabelOptions): Scored[] {
  const raw = floatsOf(output);
  if (options.labels && options.labels.length !== raw.length) {
    throw new ProcessorError("output", `the model answers ${raw.length} scores, but there are ${options.labels.length} labels`);
  }
  const scores = options.softmax ? softmax(raw) : raw;
  return Array.from(scores, (score, index) => ({ index, label: options.labels?.[index] ?? null, score }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, options.topK);
}
