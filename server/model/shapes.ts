// Owns what is known of each value: type, declared shape, concrete sizes. Merges the file's own declarations with what ONNX Runtime reported.
import { BYTES_PER_ELEMENT, type DataType, type Dimension } from "../../agents/protocol/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
import { resolveShape } from "./dimensions.ts";
import { type Graph, type Op, tensorByteSize } from "./graph.ts";
import { DATA_TYPE_OF, ELEMENT_TYPE_OF, elementTypeName } from "./onnx-types.ts";
import { NON_TENSOR_OUTPUT } from "./op-types.ts";
import { type SkeletonInput, writeSkeleton } from "./skeleton.ts";

export type ValueFacts = {
  dataType: DataType | null;
  /** Why the value cannot cross machines; null = it can. */
  notWire: string | null;
  shape: Dimension[] | null;
  /** Sizes at the model's dimension values; null = unknown. */
  sizes: number[] | null;
};
export type ValueTable = ReadonlyMap<string, ValueFacts>;

/** What ONNX Runtime says of a value of a session: an empty shape means a scalar or an unknown rank. */
export type ReportedValue = { name: string; type: string; shape: Dimension[] };

/**
 * A model whose outputs are the values in question. Without its large weights: loading it reports types and shapes, nothing runs. With them: to be
 * run for the sizes of some values, so that only what leads to those is kept.
 */
export function shapeProbe(source: ByteSource, graph: Graph, ask: string[], fixed: Record<string, number> | null, withWeights: boolean): Uint8Array {
  const inputs: SkeletonInput[] = graph.inputs.map((input) => ({
    name: input.name, elementType: input.elementType, shape: fixed === null ? input.shape : (resolveShape(input.name, input.shape, fixed) ?? input.shape),
  }));
  const own = new Set(graph.outputs.map((output) => output.name));
  const wired = (elementType: number) => DATA_TYPE_OF[elementType] !== undefined;
  // Declared outputs keep names only where their declared shape would contradict the fixed inputs.
  const probe = fixed === null ? graph : { ...graph, outputs: [] };
  const outputs = [...new Set([...ask, ...(withWeights ? [] : own)])];
  return writeSkeleton({
    source, graph: probe, ops: withWeights ? opsFor(graph, ask) : graph.ops, inputs, outputs, fileNameOf: (file) => file ?? "model.onnx",
    asInput: withWeights ? undefined : (tensor) => wired(tensor.elementType),
  }).bytes;
}

function opsFor(graph: Graph, values: string[]): Op[] {
  const needed = new Set<Op>();
  const open = [...values];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const made = graph.producer.get(name);
    if (made === undefined || needed.has(made)) continue;
    needed.add(made);
    open.push(...made.reads);
  }
  return graph.ops.filter((op) => needed.has(op));
}

/** Bytes of the weights that a run for these values loads. */
export function weightBytesFor(graph: Graph, values: string[]): number {
  const names = new Set(opsFor(graph, values).flatMap((op) => op.reads));
  let bytes = 0;
  for (const name of names) {
    const tensor = graph.initializers.get(name);
    if (tensor !== undefined) bytes += tensorByteSize(tensor) ?? 0;
  }
  return bytes;
}

/** Values worth asking about: made by ops that are not constants, and tensors of a type the runtime can hand out. */
export function askableValues(graph: Graph, notWire: ReadonlyMap<string, string>): string[] {
  return graph.ops.filter((op) => !op.isConstant).flatMap((op) => op.outputs.filter((output) => !notWire.has(output)));
}

/** Values that are no dense tensors of a known type, by rules of types alone; asking the runtime for them would end its process. */
export function nonWireValues(graph: Graph): Map<string, string> {
  const notWire = new Map<string, string>();
  for (const input of graph.inputs) if (input.elementType !== 0 && DATA_TYPE_OF[input.elementType] === undefined) notWire.set(input.name, elementTypeName(input.elementType));
  for (const [name, tensor] of graph.initializers) if (DATA_TYPE_OF[tensor.elementType] === undefined) notWire.set(name, elementTypeName(tensor.elementType));
  for (const op of graph.ops) {
    const reason = nonWireOutput(op, notWire);
    if (reason !== null) for (const output of op.outputs) notWire.set(output, reason);
  }
  for (const info of graph.valueInfos.values()) {
    if (info.kind !== null && info.kind !== "tensor") notWire.set(info.name, info.kind);
    else if (info.elementType !== 0 && DATA_TYPE_OF[info.elementType] === undefined) notWire.set(info.name, elementTypeName(info.elementType));
  }
  return notWire;
}

/** Ops whose output type does not follow their first input. */
const FREE_OUTPUT = new Set(["DequantizeLinear", "DequantizeBFP", "SequenceAt", "SequenceLength", "ConcatFromSequence", "Shape", "Size", "Equal", "Greater", "Less", "IsNaN", "IsInf", "OptionalHasElement", "MatMulNBits", "GatherBlockQuantized"]);

function nonWireOutput(op: Op, notWire: ReadonlyMap<string, string>): string | null {
  const named = NON_TENSOR_OUTPUT[op.opType];
  if (named !== undefined && op.opType !== "OptionalGetElement") return named;
  const target = op.attributes.get(op.opType === "Cast" ? "to" : "output_dtype")?.i ?? op.attributes.get("dtype")?.i ?? null;
  if (target !== null && target !== 0) return DATA_TYPE_OF[target] === undefined ? elementTypeName(target) : null;
  if (op.opType === "Constant") {
    const tensor = op.attributes.get("value")?.tensor;
    return tensor && DATA_TYPE_OF[tensor.elementType] === undefined ? elementTypeName(tensor.elementType) : null;
  }
  if (op.opType === "QuantizeLinear") return (op.inputs[2] !== undefined && notWire.get(op.inputs[2])) || null;
  if (op.opType === "CastLike") return (op.inputs[1] !== undefined && notWire.get(op.inputs[1])) || null;
  if (FREE_OUTPUT.has(op.opType) || op.captures.length > 0) return null;
  return (op.inputs[0] !== undefined && notWire.get(op.inputs[0])) || null;
}

export type ShapeReports = {
  /** With the model's own dynamic dimensions. */
  symbolic: ReportedValue[];
  /** With dimensions fixed at `dimensionValues`. */
  fixed: ReportedValue[];
  /** Sizes seen in a real run, for what the runtime could not infer. */
  seen: { name: string; type: string; sizes: number[] }[];
};

export function mergeShapes(graph: Graph, values: Record<string, number>, notWire: ReadonlyMap<string, string>, reports: ShapeReports): Map<string, ValueFacts> {
  const table = new Map<string, ValueFacts>();
  const seen = new Map(reports.seen.map((one) => [one.name, one]));
  const fixed = new Map(reports.fixed.map((one) => [one.name, one]));
  const symbolic = new Map(reports.symbolic.map((one) => [one.name, one]));
  for (const input of graph.inputs) {
    const dataType = DATA_TYPE_OF[input.elementType] ?? null;
    table.set(input.name, { dataType, notWire: dataType === null ? "an unknown type" : null, shape: input.shape, sizes: resolveShape(input.name, input.shape, values) });
  }
  const outputs = new Map(graph.outputs.map((output) => [output.name, output]));
  for (const op of graph.ops) {
    for (const name of op.outputs) {
      const declared = outputs.get(name) ?? graph.valueInfos.get(name);
      const run = seen.get(name);
      const reported = symbolic.get(name);
      const typeName = reported?.type ?? fixed.get(name)?.type ?? run?.type;
      const dataType = (typeName !== undefined && typeName in ELEMENT_TYPE_OF ? (typeName as DataType) : null) ?? (declared ? (DATA_TYPE_OF[declared.elementType] ?? null) : null);
      const sizes = run?.sizes ?? concrete(fixed.get(name)?.shape) ?? concrete(declared?.shape ?? undefined);
      const shape = cleanShape(reported?.shape ?? null, sizes) ?? cleanShape(declared?.shape ?? null, sizes) ?? null;
      table.set(name, { dataType, notWire: notWire.get(name) ?? (dataType === null ? "an unknown type" : null), shape, sizes });
    }
  }
  return table;
}

/** Values whose sizes are still unknown; an empty reported shape may be a scalar or anything. */
export function unresolvedValues(graph: Graph, notWire: ReadonlyMap<string, string>, reports: Omit<ShapeReports, "seen">): string[] {
  const known = new Set(reports.fixed.filter((one) => one.shape.length > 0 && concrete(one.shape) !== null).map((one) => one.name));
  return askableValues(graph, notWire).filter((name) => !known.has(name));
}

function concrete(shape: readonly Dimension[] | undefined): number[] | null {
  if (shape === undefined || shape.length === 0) return null;
  return shape.every((size): size is number => typeof size === "number" && size >= 0) ? [...shape] : null;
}

/** A reported shape is believed unless it is empty (unknown rank, or a scalar that a run confirmed) or contradicts the run's rank. */
function cleanShape(shape: readonly Dimension[] | null, sizes: readonly number[] | null): Dimension[] | null {
  if (shape === null) return null;
  if (shape.length === 0) return sizes !== null && sizes.length === 0 ? [] : null;
  if (sizes !== null && sizes.length !== shape.length) return null;
  return shape.map((size, axis) => (typeof size === "number" ? (size < 0 || (sizes !== null && sizes[axis] !== size) ? "" : size) : size));
}

/** Bytes at the model's dimension values; 0 where nothing is known. */
export function valueBytes(facts: ValueFacts | undefined): number {
  if (facts === undefined || facts.sizes === null || facts.dataType === null) return 0;
  return facts.sizes.reduce((product, size) => product * size, 1) * BYTES_PER_ELEMENT[facts.dataType];
}
