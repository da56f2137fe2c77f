// Owns which sizes dynamic dimensions are given for FLOPs, bytes and sample inputs. Sensible defaults by rank, type and name; recorded, never hidden.
import type { Dimension } from "../../agents/protocol/tensor.ts";
import type { Graph } from "./graph.ts";
import type { ValueInfoProto } from "./onnx-types.ts";
import { isPastDimension } from "./states.ts";

/** Defaults: batch 1, a text of 128 tokens, 128 tokens of past, a line of text 48 × 320, a page 640 × 640, a picture to classify 224 × 224, 36 ms of audio at 16 kHz. */
const BATCH = 1;
const SEQUENCE = 128;
const PAST = 128;
const LINE = { height: 48, width: 320 };
const PAGE = 640;
const PICTURE = 224;
const AUDIO_SAMPLES = 576;

/** Key of a dimension in `dimensionValues`: its own name, or "input[axis]" where it has none. */
export function dimensionKey(input: string, axis: number, dimension: Dimension): string {
  return typeof dimension === "string" && dimension !== "" ? dimension : `${input}[${axis}]`;
}

export function chooseDimensionValues(graph: Graph): Record<string, number> {
  const values: Record<string, number> = {};
  const hasPast = graph.inputs.some((input) => input.shape?.some((size) => typeof size === "string" && isPastDimension(size)) && /past|cache/i.test(input.name));
  for (const input of graph.inputs) {
    for (const [axis, dimension] of (input.shape ?? []).entries()) {
      if (typeof dimension === "number") continue;
      const key = dimensionKey(input.name, axis, dimension);
      values[key] ??= defaultFor(graph, input, axis, dimension, hasPast);
    }
  }
  for (const key of Object.keys(values)) {
    const sum = sumOf(key, values);
    if (sum !== null) values[key] = sum;
  }
  return values;
}

function defaultFor(graph: Graph, input: ValueInfoProto, axis: number, dimension: string, hasPast: boolean): number {
  const shape = input.shape ?? [];
  if (/batch|^n$|^b$/i.test(dimension) || (axis === 0 && shape.length > 1)) return BATCH;
  if (/^(h|c)(n|0|_in)?$|state|hidden|cell/i.test(input.name)) return BATCH;
  if (hasPast && /total|\+/.test(dimension)) return PAST + 1;
  if (isPastDimension(dimension)) return PAST;
  if (hasPast && /seq|len/i.test(dimension)) return input.name.includes("attention_mask") ? PAST + 1 : 1;
  const isFloat = input.elementType === 1 || input.elementType === 10 || input.elementType === 11;
  if (isFloat && shape.length === 4) return imageSize(graph, shape, axis);
  if (isFloat && shape.length === 2 && axis === 1) return AUDIO_SAMPLES;
  return SEQUENCE;
}

/** NCHW or NHWC: a fixed height of a text line keeps the line's shape; else by what the model gives (a map of the page, or classes). */
function imageSize(graph: Graph, shape: Dimension[], axis: number): number {
  const first = shape[3] === 1 || shape[3] === 3 || shape[3] === 4 ? 1 : 2;
  if (axis < first || axis > first + 1) return 3;
  const height = shape[first];
  const width = shape[first + 1];
  if (typeof height === "number") return Math.max(Math.round((height * LINE.width) / LINE.height), 1);
  if (typeof width === "number") return width;
  return graph.outputs.some((output) => output.shape?.length === 4) ? PAGE : PICTURE;
}

/** "past_sequence_length + 1": a sum of known names and numbers, else null. */
function sumOf(key: string, values: Record<string, number>): number | null {
  if (!key.includes("+")) return null;
  let total = 0;
  for (const part of key.split("+").map((text) => text.trim())) {
    const value = /^\d+$/.test(part) ? Number(part) : values[part];
    if (value === undefined) return null;
    total += value;
  }
  return total;
}

/** A declared shape with every dimension resolved; null = unknown rank or a dimension that has no value. */
export function resolveShape(name: string, shape: Dimension[] | null, values: Record<string, number>): number[] | null {
  if (shape === null) return null;
  const sizes = shape.map((dimension, axis) => (typeof dimension === "number" ? dimension : (values[dimensionKey(name, axis, dimension)] ?? sumOf(dimension, values))));
  return sizes.every((size): size is number => size !== null) ? sizes : null;
}

/** The shape of a state before the first step: a past that grows is empty, the rest as usual. */
export function firstStepShape(input: ValueInfoProto, values: Record<string, number>): number[] {
  return (input.shape ?? []).map((dimension, axis) => {
    if (typeof dimension === "number") return dimension;
    return isPastDimension(dimension) ? 0 : (values[dimensionKey(input.name, axis, dimension)] ?? 1);
  });
}
