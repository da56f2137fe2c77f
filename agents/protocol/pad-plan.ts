// Owns what may be padded so that requests of different lengths run together, and why not. Pure: the ingress does it by this, the console and its page refuse by this.
import type { DataType, TensorSpec } from "./tensor.ts";

/** What an operator declares that the model does not see. A value for every input that has one of the dimensions: what is filled in behind its own. */
export type BatchPadding = { dimensions: PaddedDimension[]; values: { input: string; value: number }[] };
/** `name`: the dimension's in the model. `lengths`: a request is padded to the next of them, one longer than all to none; empty = to the longest it runs with. */
export type PaddedDimension = { name: string; lengths: number[] };

/** `dimension`: index into `dimensions`. */
export type PaddedAxis = { axis: number; dimension: number };
export type PadPlan = {
  dimensions: readonly PaddedDimension[];
  /** Inputs that have one of the dimensions. */
  inputs: ReadonlyMap<string, { value: number; axes: readonly PaddedAxis[] }>;
  /** Outputs that are cut back, and where. */
  outputs: ReadonlyMap<string, readonly PaddedAxis[]>;
};
/** `place`: below the padding, e.g. "values.0". */
export type PadProblem = { place: string; why: string; fix: string };

const INTEGER_RANGES: Partial<Record<DataType, readonly [least: number, most: number]>> = {
  bool: [0, 1], uint8: [0, 255], int8: [-128, 127], uint16: [0, 65_535], int16: [-32_768, 32_767], uint32: [0, 2 ** 32 - 1], int32: [-(2 ** 31), 2 ** 31 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER], int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};
const MOST_FLOAT = { float16: 65_504, float32: 3.4028234663852886e38, float64: Number.MAX_VALUE } as const;

/** Outputs can be cut back only where their declared shapes say where the padding went: each dynamic dimension of theirs must be one of the inputs', by name. */
export function planPadding(padding: BatchPadding, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): { plan: PadPlan; problem: null } | { plan: null; problem: PadProblem } {
  const problem = problemOf(padding, inputs, outputs);
  if (problem) return { plan: null, problem };
  const axesOf = ({ shape }: TensorSpec): PaddedAxis[] => (shape ?? []).flatMap((size, axis) => {
    const dimension = padding.dimensions.findIndex(({ name }) => name === size);
    return dimension < 0 ? [] : [{ axis, dimension }];
  });
  const padded = (specs: readonly TensorSpec[]) => specs.map((spec) => ({ spec, axes: axesOf(spec) })).filter(({ axes }) => axes.length > 0);
  const filledWith = (input: string) => padding.values.find((one) => one.input === input)!.value;
  const plan: PadPlan = {
    dimensions: padding.dimensions.map(({ name, lengths }) => ({ name, lengths: [...lengths].sort((a, b) => a - b) })),
    inputs: new Map(padded(inputs).map(({ spec: { name }, axes }) => [name, { value: filledWith(name), axes }])),
    outputs: new Map(padded(outputs).map(({ spec: { name }, axes }) => [name, axes])),
  };
  return { plan, problem: null };
}

function problemOf({ dimensions, values }: BatchPadding, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): PadProblem | null {
  const names = new Set(dimensions.map(({ name }) => name));
  const known = [...new Set(inputs.flatMap(({ shape }) => shape ?? []).filter((size): size is string => typeof size === "string" && size !== ""))];
  const batch = inputs[0]?.shape?.[0];
  const offered = known.filter((name) => name !== batch);
  if (names.size === 0) return { place: "dimensions", why: "no dimension is named", fix: "Name one, or leave padding out." };
  for (const [index, { name, lengths }] of dimensions.entries()) {
    const place = `dimensions.${index}`;
    const fix = offered.length > 0 ? `The model's inputs have ${offered.map((one) => `"${one}"`).join(", ")}.` : "The model's inputs have no named dimension beside the batch; leave padding out.";
    if (!known.includes(name)) return { place, why: `no input of the model has a dimension named "${name}"`, fix };
    if (name === batch) return { place, why: `"${name}" is what requests are joined along`, fix };
    if (dimensions.findIndex((one) => one.name === name) !== index) return { place, why: `"${name}" is named twice`, fix: "Give its lengths in one list." };
    if (lengths.some((length) => !Number.isSafeInteger(length) || length < 1)) return { place, why: `a length of "${name}" is no whole number of at least 1`, fix: "Lengths are whole numbers." };
  }
  return problemOfShapes(names, inputs, outputs, known) ?? problemOfValues(names, values, inputs);
}

function problemOfShapes(names: ReadonlySet<string>, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[], known: readonly string[]): PadProblem | null {
  const place = "dimensions";
  for (const { name, shape } of inputs) {
    const derived = (shape ?? []).find((size) => typeof size === "string" && !names.has(size) && wordsOf(size).some((word) => names.has(word)));
    if (shape === null) return { place, why: `the shape of input "${name}" is not known`, fix: "Leave padding out." };
    if (derived !== undefined) return { place, why: `input "${name}" has a dimension "${derived}", which is made from a padded one`, fix: "Leave that dimension out." };
  }
  for (const { name, shape } of outputs) {
    if (shape === null) return { place, why: `the shape of output "${name}" is not known, so it cannot be told where padding went`, fix: "Leave padding out." };
    const unknown = shape.find((size) => typeof size === "string" && !known.includes(size));
    if (unknown !== undefined) {
      const which = unknown === "" ? "a dynamic dimension without a name" : `a dimension "${unknown}" that no input has`;
      return { place, why: `output "${name}" has ${which}, so it cannot be told where padding went`, fix: "Leave padding out, or export the model with that dimension named as the input's that it equals." };
    }
  }
  return null;
}

function problemOfValues(names: ReadonlySet<string>, values: BatchPadding["values"], inputs: readonly TensorSpec[]): PadProblem | null {
  for (const [index, { input, value }] of values.entries()) {
    const place = `values.${index}`;
    const spec = inputs.find((one) => one.name === input);
    if (!spec?.shape?.some((size) => names.has(String(size)))) return { place, why: spec ? `input "${input}" has none of the padded dimensions` : `the model has no input "${input}"`, fix: "Leave it out." };
    if (values.findIndex((one) => one.input === input) !== index) return { place, why: `input "${input}" has two values`, fix: "Give it one." };
    if (!canHold(spec.dataType, value)) return { place, why: `${value} is no ${spec.dataType}, which input "${input}" is of`, fix: "Give it a value of that type." };
  }
  const without = inputs.find(({ name, shape }) => shape?.some((size) => names.has(String(size))) && !values.some(({ input }) => input === name));
  return without ? { place: "values", why: `input "${without.name}" has a padded dimension, and no value to fill in`, fix: `Give "${without.name}" one: often 0, also for a mask.` } : null;
}

function canHold(dataType: DataType, value: number): boolean {
  const range = INTEGER_RANGES[dataType];
  if (range) return Number.isInteger(value) && value >= range[0] && value <= range[1];
  return Number.isFinite(value) && Math.abs(value) <= MOST_FLOAT[dataType as keyof typeof MOST_FLOAT];
}

/** Names in "past_length + sequence". */
const wordsOf = (expression: string): string[] => expression.match(/[A-Za-z_][\w.]*/g) ?? [];
