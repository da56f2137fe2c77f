// Owns making a small ONNX file out of some ops of a model: nodes copied as they are, large weights referred to by (file, offset, length).
// Not which ops.
import type { Dimension } from "../../agents/protocol/tensor.ts";
import type { ByteRange, ByteSource } from "./byte-source.ts";
import { type Graph, type Op, tensorByteSize } from "./graph.ts";
import type { TensorProto } from "./onnx-types.ts";
import { MessageWriter } from "./wire-writer.ts";

/** Weights below this stay inside the skeleton: a range costs more to name and fetch than it saves. */
export const EMBED_BELOW_BYTES = 1024;

export type SkeletonInput = { name: string; elementType: number; shape: Dimension[] | null };
/** Where a weight's bytes are: `file` null = the model file itself. */
export type WeightPlace = { file: string | null; offset: number; length: number };

export type SkeletonRequest = {
  source: ByteSource;
  graph: Graph;
  /** In topological order, constants included. */
  ops: Op[];
  inputs: SkeletonInput[];
  outputs: string[];
  /** Name in the skeleton of the file a weight lies in. */
  fileNameOf(file: string | null): string;
  /** Weights that become inputs instead (their bytes are not needed): for shape inference. */
  asInput?: (tensor: TensorProto) => boolean;
};
export type Skeleton = { bytes: Uint8Array; places: WeightPlace[]; embeddedWeightBytes: number };

export function writeSkeleton(request: SkeletonRequest): Skeleton {
  const { source, graph } = request;
  const body = new MessageWriter();
  const places: WeightPlace[] = [];
  const extraInputs: SkeletonInput[] = [];
  let embeddedWeightBytes = 0;
  const made = new Set<string>();
  const copy = (range: ByteRange) => source.read(range.start, range.end - range.start).slice();
  const addWeight = (name: string, tensor: TensorProto, embed: () => void) => {
    const bytes = tensorByteSize(tensor) ?? tensor.typedBytes;
    if (bytes >= EMBED_BELOW_BYTES && request.asInput?.(tensor) === true) {
      extraInputs.push({ name, elementType: tensor.elementType, shape: tensor.dims });
      return;
    }
    const place = placeOfWeight(tensor);
    if (place !== null && (place.length >= EMBED_BELOW_BYTES || place.file !== null)) {
      places.push(place);
      body.message(5, externalTensor(name, tensor, place, request.fileNameOf(place.file)));
    } else {
      embeddedWeightBytes += bytes;
      embed();
    }
  };
  for (const op of request.ops) {
    for (const output of op.outputs) made.add(output);
    const value = op.opType === "Constant" ? op.attributes.get("value")?.tensor : undefined;
    const name = op.outputs[0];
    if (value && name !== undefined) addWeight(name, value, () => body.bytes(1, copy(op.proto.range)));
    else body.bytes(1, copy(op.proto.range));
  }
  body.string(2, graph.model.graph.name === "" ? "segment" : graph.model.graph.name.slice(0, 200));
  const wanted = new Set<string>([...request.ops.flatMap((op) => op.reads), ...request.outputs]);
  for (const name of wanted) {
    const tensor = graph.initializers.get(name);
    if (tensor !== undefined && !made.has(name)) addWeight(name, tensor, () => body.bytes(5, copy(tensor.range)));
  }
  for (const input of [...request.inputs, ...extraInputs]) body.message(11, valueInfo(input));
  const declared = new Map(graph.outputs.map((output) => [output.name, output]));
  for (const output of request.outputs) {
    const original = declared.get(output);
    if (original !== undefined) body.bytes(12, copy(original.range));
    else body.message(12, new MessageWriter().string(1, output));
  }
  return { bytes: withHeader(request, body, copy), places, embeddedWeightBytes };
}

/** Model fields that a segment keeps: producer, domain, version, operator sets, local functions. */
const KEPT_MODEL_FIELDS = new Set([2, 3, 4, 5, 8, 25]);

function withHeader(request: SkeletonRequest, body: MessageWriter, copy: (range: ByteRange) => Uint8Array): Uint8Array {
  const { model } = request.graph;
  // Before version 4 weights had to be inputs too; a skeleton's never are.
  const whole = new MessageWriter().integer(1, Math.max(4, model.irVersion));
  for (const field of model.fields) if (KEPT_MODEL_FIELDS.has(field.number)) whole.raw(copy({ start: field.tagStart, end: field.end }));
  return whole.message(7, body).finish();
}

/** Where a weight's bytes lie as one run, or null where they are inside a typed field. */
export function placeOfWeight(tensor: TensorProto): WeightPlace | null {
  if (tensor.external !== null) {
    return { file: tensor.external.location, offset: tensor.external.offset, length: tensor.external.length ?? tensorByteSize(tensor) ?? 0 };
  }
  return tensor.data === null ? null : { file: null, offset: tensor.data.start, length: tensor.data.end - tensor.data.start };
}

function externalTensor(name: string, tensor: TensorProto, place: WeightPlace, fileName: string): MessageWriter {
  const message = new MessageWriter();
  for (const size of tensor.dims) message.integer(1, size);
  message.integer(2, tensor.elementType).string(8, name);
  const entries: [string, string][] = [["location", fileName], ["offset", String(place.offset)], ["length", String(place.length)]];
  for (const [key, value] of entries) message.message(13, new MessageWriter().string(1, key).string(2, value));
  return message.integer(14, 1);
}

/** ValueInfoProto of a tensor; an unknown rank leaves the shape out. */
export function valueInfo(input: SkeletonInput): MessageWriter {
  const tensorType = new MessageWriter().integer(1, input.elementType);
  if (input.shape !== null) {
    const shape = new MessageWriter();
    for (const dimension of input.shape) {
      const message = new MessageWriter();
      if (typeof dimension === "number") message.integer(1, dimension);
      else if (dimension !== "") message.string(2, dimension);
      shape.message(1, message);
    }
    tensorType.message(2, shape);
  }
  return new MessageWriter().string(1, input.name).message(2, new MessageWriter().message(1, tensorType));
}
