// Owns what an op costs: floating-point operations, parameters and weight bytes, activation bytes. Counts from shapes, no measured time.
import { type Graph, type Op, tensorByteSize } from "./graph.ts";
import type { AttributeProto, GraphProto, TensorProto } from "./onnx-types.ts";
import { FLOPS_PER_ELEMENT } from "./op-types.ts";
import type { ValueTable } from "./shapes.ts";


const product = (sizes: readonly number[]) => sizes.reduce((total, size) => total * size, 1);

/** A multiplication with an addition counts as two. Unknown shapes count as nothing. */
export function flopsOf(op: Op, graph: Graph, values: ValueTable): number {
  const sizes = (name: string | undefined) => (name === undefined ? null : (values.get(name)?.sizes ?? constantSizes(graph, name)));
  const output = sizes(op.outputs[0]);
  const elements = output === null ? 0 : product(output);
  const left = sizes(op.inputs[0]);
  const right = sizes(op.inputs[1]);
  switch (op.opType) {
    case "Conv": case "ConvInteger": case "FusedConv": {
      const weight = op.opType === "Conv" || op.opType === "FusedConv" || op.opType === "ConvInteger" ? right : null;
      return weight === null ? 0 : 2 * elements * product(weight.slice(1));
    }
    case "QLinearConv": {
      const weight = sizes(op.inputs[3]);
      return weight === null ? 0 : 2 * elements * product(weight.slice(1));
    }
    case "ConvTranspose":
      return left === null || right === null ? 0 : 2 * product(left) * product(right.slice(1));
    case "MatMul": case "MatMulInteger": case "FusedMatMul": case "DynamicQuantizeMatMul":
      return left === null ? 0 : 2 * elements * (left[left.length - 1] ?? 1);
    case "Gemm": {
      if (left === null) return 0;
      const transposed = op.attributes.get("transA")?.i === 1;
      return 2 * elements * ((transposed ? left[0] : left[1]) ?? 1);
    }
    case "MatMulNBits":
      return 2 * elements * (op.attributes.get("K")?.i ?? 0);
    case "LSTM": case "GRU": case "RNN": {
      const gates = op.opType === "LSTM" ? 4 : op.opType === "GRU" ? 3 : 1;
      const hidden = op.attributes.get("hidden_size")?.i ?? 0;
      return left === null ? 0 : 2 * (left[0] ?? 1) * (left[1] ?? 1) * gates * hidden * (hidden + (left[2] ?? 0)) * (right?.[0] ?? 1);
    }
    case "AveragePool": case "MaxPool": case "LpPool":
      return elements * product(op.attributes.get("kernel_shape")?.ints ?? [1]);
    case "GlobalAveragePool": case "GlobalMaxPool": case "ReduceMean": case "ReduceSum": case "ReduceMax": case "ReduceMin": case "ReduceL2":
      return left === null ? 0 : product(left);
    case "If": case "Loop": case "Scan":
      return bodyFlops(op);
    default:
      return elements * (FLOPS_PER_ELEMENT[op.opType] ?? 1);
  }
}

/** Shapes inside a body are not known; its weights are: each is used once with a multiplication and an addition. */
function bodyFlops(op: Op): number {
  let flops = 0;
  for (const attribute of op.attributes.values()) for (const body of attribute.graphs) flops = Math.max(flops, 2 * bodyWeights(body).parameters);
  return flops;
}

export function constantSizes(graph: Graph, name: string): number[] | null {
  const tensor = graph.initializers.get(name);
  if (tensor !== undefined) return tensor.dims;
  const made = graph.producer.get(name);
  const value = made?.opType === "Constant" ? made.attributes.get("value")?.tensor : undefined;
  return value?.dims ?? null;
}

export type Weights = { parameters: number; bytes: number };

/** Weights an op owns: initializers and constants it reads, those behind constant ops included, and those inside its bodies. `seen` counts shared ones once. */
export function weightsOf(op: Op, graph: Graph, seen: Set<string>): Weights {
  const total: Weights = { parameters: 0, bytes: 0 };
  const open = [...op.reads];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    const made = graph.producer.get(name);
    const tensor = graph.initializers.get(name) ?? (made?.opType === "Constant" ? made.attributes.get("value")?.tensor : undefined);
    if (tensor) add(total, tensor);
    else if (made?.isConstant !== true) continue;
    seen.add(name);
    if (made?.isConstant === true) open.push(...made.reads);
  }
  for (const attribute of op.attributes.values()) {
    for (const body of attribute.graphs) {
      const inner = bodyWeights(body);
      total.parameters += inner.parameters;
      total.bytes += inner.bytes;
    }
  }
  return total;
}

/** Bytes of the table an op looks rows up in, if nothing else reads it: of such a one only the rows in use are ever loaded. `seen` counts shared ones once. */
export function tableBytesOf(op: Op, graph: Graph, seen: Set<string>): number {
  const name = op.opType === "Gather" ? op.reads[0] : undefined;
  const tensor = name === undefined ? undefined : graph.initializers.get(name);
  if (name === undefined || tensor === undefined || seen.has(name) || tensor.dims.length < 2) return 0;
  seen.add(name);
  return (graph.consumers.get(name) ?? []).every((reader) => reader.opType === "Gather" && reader.reads[0] === name) ? (tensorByteSize(tensor) ?? tensor.typedBytes) : 0;
}

function bodyWeights(body: GraphProto): Weights {
  const total: Weights = { parameters: 0, bytes: 0 };
  for (const tensor of body.initializers) add(total, tensor);
  for (const node of body.nodes) {
    for (const attribute of node.attributes) {
      if (node.opType === "Constant" && attribute.tensor !== null) add(total, attribute.tensor);
      addBodies(total, attribute);
    }
  }
  return total;
}

function addBodies(total: Weights, attribute: AttributeProto): void {
  for (const inner of attribute.graphs) {
    const weights = bodyWeights(inner);
    total.parameters += weights.parameters;
    total.bytes += weights.bytes;
  }
}

function add(total: Weights, tensor: TensorProto): void {
  const count = product(tensor.dims);
  total.bytes += tensorByteSize(tensor) ?? tensor.typedBytes;
  // Shapes, axes and scalars are constants of the wiring, not parameters that were trained.
  if (count > 1 && (tensor.elementType === 1 || tensor.elementType === 10 || tensor.elementType === 11 || tensor.elementType === 16 || count >= 64)) total.parameters += count;
}
