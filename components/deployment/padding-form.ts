// Owns how padding becomes two texts and back: "sequence: 16, 32" a dimension and "input_ids = 0" an input, one a line. Pure: what a line says wrong is told beside it, in words.
import { type BatchPadding, planPadding } from "../../agents/protocol/pad-plan.ts";
import type { TensorSpec } from "../../agents/protocol/tensor.ts";

export type PaddedModel = { inputs: readonly TensorSpec[]; outputs: readonly TensorSpec[] };
export type PaddingTexts = { padDimensions: string; padValues: string };
type Problems = Partial<Record<keyof PaddingTexts, string>>;

export function paddingTexts(padding: BatchPadding | null): PaddingTexts {
  return {
    padDimensions: padding?.dimensions.map(({ name, lengths }) => (lengths.length > 0 || name.includes(":") ? `${name}: ${lengths.join(", ")}`.trim() : name)).join("\n") ?? "",
    padValues: padding?.values.map(({ input, value }) => `${input} = ${value}`).join("\n") ?? "",
  };
}

export function paddingOf(texts: PaddingTexts, model: PaddedModel | null): { padding: BatchPadding; problems: null } | { padding: null; problems: Problems } {
  const dimensions = linesOf(texts.padDimensions).map((line) => {
    const [name, lengths] = splitAt(line, ":");
    return { name, lengths: lengths.split(",").map((part) => part.trim()).filter((part) => part !== "").map(Number) };
  });
  const values = linesOf(texts.padValues).map((line) => {
    const [input, value] = splitAt(line, "=");
    return { input, value: value === "" ? Number.NaN : Number(value) };
  });
  const problems: Problems = {};
  if (dimensions.length === 0 || dimensions.length > 8) problems.padDimensions = "One to 8 dimensions, one a line.";
  else if (dimensions.some(({ name, lengths }) => name === "" || lengths.length > 64 || lengths.some((length) => !Number.isInteger(length) || length < 1 || length > 1_048_576))) problems.padDimensions = "A name a line, then : and whole numbers from 1 to 1048576 with commas between them, or none.";
  if (values.length === 0 || values.length > 64 || values.some(({ input, value }) => input === "" || !Number.isFinite(value))) problems.padValues = "An input a line, then = and a number.";
  if (Object.keys(problems).length > 0) return { padding: null, problems };
  const padding = { dimensions, values };
  const { problem } = model ? planPadding(padding, model.inputs, model.outputs) : { problem: null };
  if (!problem) return { padding, problems: null };
  const text = `${problem.why[0]?.toUpperCase()}${problem.why.slice(1)}. ${problem.fix}`;
  return { padding: null, problems: { [problem.place.startsWith("values") ? "padValues" : "padDimensions"]: text } };
}

/** What such a model would be padded by, to begin with: its first dynamic dimension beside the batch, to the longest, with zeros. */
export function firstPadding({ inputs }: PaddedModel): PaddingTexts {
  const batch = inputs[0]?.shape?.[0];
  const name = inputs.flatMap(({ shape }) => shape ?? []).find((size) => typeof size === "string" && size !== "" && size !== batch);
  if (typeof name !== "string") return paddingTexts(null);
  return paddingTexts({ dimensions: [{ name, lengths: [] }], values: inputs.filter(({ shape }) => shape?.includes(name)).map((input) => ({ input: input.name, value: 0 })) });
}

const linesOf = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

/** At the last one: names may have the mark in them. */
function splitAt(line: string, mark: string): [before: string, after: string] {
  const at = line.lastIndexOf(mark);
  return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + mark.length).trim()];
}
