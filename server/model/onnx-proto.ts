// Owns ModelProto's bytes: parses a model into messages that keep their place in the file, and writes it back byte for byte.
// Weights are never read. Not what a graph means.
import type { Dimension } from "../../agents/protocol/tensor.ts";
import type { ByteRange, ByteSource } from "./byte-source.ts";
import { ModelRefusal } from "./model-refusal.ts";
import type { AttributeProto, FieldRange, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from "./onnx-types.ts";
import { malformed, WireReader } from "./wire-reader.ts";
import { type Piece, varint, writePieces } from "./wire-writer.ts";

/** Where protobuf ends: no reader of ONNX files takes a message of 2 GiB. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1;
/** Ops with all sub-graphs; the largest exports in use have some 20,000. Bounds time and memory of everything after. */
export const MAX_OPS = 65_536;
/** Declared tensors and values; bounds memory. */
const MAX_DECLARED = 262_144;
/** If inside Loop inside If …; real models stay under 4. */
export const MAX_DEPTH = 16;
/** Integers kept of one attribute. Longer lists are weights in disguise and are not needed for shapes. */
const MAX_ATTRIBUTE_INTEGERS = 4096;
/** Inputs and outputs of one op. */
const MAX_OP_VALUES = 16_384;

type Budget = { ops: number; declared: number };

/** Parses; errors are ModelRefusal with the place. */
export function parseModel(source: ByteSource): ModelProto {
  refuseOtherFormats(source);
  if (source.size > MAX_MODEL_BYTES) throw tooLargeForProtobuf();
  const reader = new WireReader(source);
  const model: Omit<ModelProto, "graph"> = { irVersion: 0, producer: "", opsets: [], functions: [], fields: [] };
  let producerVersion = "";
  let graph: GraphProto | null = null;
  const budget: Budget = { ops: 0, declared: 0 };
  reader.seek(0);
  while (reader.next(source.size)) {
    const field = fieldOf(reader);
    model.fields.push(field);
    if (model.fields.length > MAX_DECLARED) throw tooMany("fields", MAX_DECLARED);
    if (field.number === 1) { reader.expect(0); model.irVersion = reader.value; }
    else if (field.number === 2) model.producer = reader.string();
    else if (field.number === 3) producerVersion = reader.string();
    else if (field.number === 7) {
      reader.expect(2);
      if (graph !== null) throw malformed("there are two graphs", field.tagStart);
      graph = parseGraph(reader, reader.range(), 0, budget);
    } else if (field.number === 8) model.opsets.push(parseOpset(reader));
    else if (field.number === 25) model.functions.push(parseFunction(reader));
    reader.seek(field.end);
  }
  if (graph === null) throw new ModelRefusal("no-graph", "The file holds no ONNX graph.", { fix: "Upload an .onnx model; weights, checkpoints and ONNX data files alone have no graph." });
  if (model.opsets.length === 0 && model.irVersion >= 3) throw new ModelRefusal("malformed", "The file names no operator set (opset_import).", { place: "opset_import" });
  return { ...model, producer: `${model.producer} ${producerVersion}`.trim(), graph };
}

/** The model as pieces, in the file's order. Graph header and fields are emitted one by one; ranges are copied, never held. */
export function* modelPieces(model: ModelProto): Generator<Piece> {
  for (const field of model.fields) {
    if (field.number !== 7) {
      yield { start: field.tagStart, end: field.end };
      continue;
    }
    yield* header(field);
    for (const inner of model.graph.fields) {
      yield* header(inner);
      yield { start: inner.start, end: inner.end };
    }
  }
}

/** Writes the model chunk by chunk; returns the bytes written. */
export function writeModel(source: ByteSource, model: ModelProto, sink: (chunk: Uint8Array) => void): number {
  return writePieces(source, modelPieces(model), sink);
}

/** Encoded anew for large payloads; kept from the file where it was written in more bytes than needed (legal, and must survive) or is tiny. */
function* header(field: FieldRange): Generator<Piece> {
  const large = field.wireType === 2 && field.end - field.start >= 1024 * 1024;
  if (large) {
    const tag = varint(field.number * 8 + 2);
    const length = varint(field.end - field.start);
    if (tag.length + length.length === field.start - field.tagStart) {
      yield tag;
      yield length;
      return;
    }
  }
  yield { start: field.tagStart, end: field.start };
}

function parseGraph(reader: WireReader, range: ByteRange, depth: number, budget: Budget): GraphProto {
  if (depth > MAX_DEPTH) throw new ModelRefusal("too-deep", `Sub-graphs are nested more than ${MAX_DEPTH} deep.`, { place: `byte ${range.start}` });
  const graph: GraphProto = { name: "", nodes: [], initializers: [], sparseInitializers: 0, inputs: [], outputs: [], valueInfos: [], range, fields: [] };
  reader.seek(range.start);
  while (reader.next(range.end)) {
    const field = fieldOf(reader);
    if (depth === 0) graph.fields.push(field);
    if (field.number === 1) {
      if (++budget.ops > MAX_OPS) throw new ModelRefusal("too-many-ops", `The model has more than ${MAX_OPS} ops.`, { place: `graph.node[${graph.nodes.length}]`, fix: "Export without unrolled loops." });
      graph.nodes.push(parseNode(reader, depth, budget));
    } else if (field.number === 2) graph.name = reader.string();
    else if ([5, 11, 12, 13, 15].includes(field.number)) {
      reader.expect(2);
      if (++budget.declared > MAX_DECLARED) throw tooMany("tensors and values", MAX_DECLARED);
      if (field.number === 5) graph.initializers.push(parseTensor(reader));
      else if (field.number === 11) graph.inputs.push(parseValueInfo(reader));
      else if (field.number === 12) graph.outputs.push(parseValueInfo(reader));
      else if (field.number === 13) graph.valueInfos.push(parseValueInfo(reader));
      else graph.sparseInitializers++;
    }
    reader.seek(field.end);
  }
  return graph;
}

function parseNode(reader: WireReader, depth: number, budget: Budget): NodeProto {
  reader.expect(2);
  const range = reader.range();
  const node: NodeProto = { name: "", opType: "", domain: "", inputs: [], outputs: [], attributes: [], range };
  reader.seek(range.start);
  while (reader.next(range.end)) {
    const end = reader.end;
    if (reader.number === 1) node.inputs.push(reader.string());
    else if (reader.number === 2) node.outputs.push(reader.string());
    else if (reader.number === 3) node.name = reader.string();
    else if (reader.number === 4) node.opType = reader.string();
    else if (reader.number === 5) node.attributes.push(parseAttribute(reader, depth, budget));
    else if (reader.number === 7) node.domain = reader.string();
    if (node.inputs.length + node.outputs.length > MAX_OP_VALUES || node.attributes.length > 1024) throw malformed("an op has too many inputs, outputs or attributes", range.start);
    reader.seek(end);
  }
  return node;
}

function parseAttribute(reader: WireReader, depth: number, budget: Budget): AttributeProto {
  reader.expect(2);
  const range = reader.range();
  const attribute: AttributeProto = { name: "", range, i: null, f: null, s: null, ints: [], tensor: null, graphs: [] };
  reader.seek(range.start);
  while (reader.next(range.end)) {
    const end = reader.end;
    if (reader.number === 1) attribute.name = reader.string();
    else if (reader.number === 2) attribute.f = reader.float();
    else if (reader.number === 3) { reader.expect(0); attribute.i = reader.value; }
    else if (reader.number === 4) attribute.s = reader.end - reader.start <= 256 ? reader.string() : null;
    else if (reader.number === 5) { reader.expect(2); attribute.tensor = parseTensor(reader); }
    else if (reader.number === 6 || reader.number === 11) { reader.expect(2); attribute.graphs.push(parseGraph(reader, reader.range(), depth + 1, budget)); }
    else if (reader.number === 8) reader.integers(attribute.ints, MAX_ATTRIBUTE_INTEGERS);
    reader.seek(end);
  }
  return attribute;
}

function parseTensor(reader: WireReader): TensorProto {
  const range = reader.range();
  const tensor: TensorProto = { name: "", elementType: 0, dims: [], range, data: null, typedBytes: 0, external: null };
  const external = { location: "", offset: 0, length: null as number | null };
  let isExternal = false;
  reader.seek(range.start);
  while (reader.next(range.end)) {
    const { number, start, end } = reader;
    if (number === 1) reader.integers(tensor.dims, 64);
    else if (number === 2) { reader.expect(0); tensor.elementType = reader.value; }
    else if (number === 8) tensor.name = reader.string();
    else if (number === 9) { reader.expect(2); tensor.data = { start, end }; }
    else if (number === 13) parseExternalEntry(reader, external);
    else if (number === 14) { reader.expect(0); isExternal = reader.value === 1; }
    else if (number === 4 || number === 10) {
      // One packed run of floats or doubles has raw_data's own bytes; anything else stays typed.
      const plain = reader.wireType === 2 && tensor.data === null && tensor.typedBytes === 0;
      if (plain) tensor.data = { start, end };
      tensor.typedBytes += end - start;
    } else if (number === 5 || number === 6 || number === 7 || number === 11) tensor.typedBytes += end - start;
    reader.seek(end);
  }
  const typedAsData = tensor.data !== null && tensor.typedBytes > 0;
  if (typedAsData && ((tensor.elementType !== 1 && tensor.elementType !== 11) || tensor.typedBytes !== (tensor.data as ByteRange).end - (tensor.data as ByteRange).start)) tensor.data = null;
  else if (typedAsData) tensor.typedBytes = 0;
  if (isExternal) tensor.external = external;
  return tensor;
}

function parseExternalEntry(reader: WireReader, external: { location: string; offset: number; length: number | null }): void {
  reader.expect(2);
  const limit = reader.end;
  let key = "";
  let value = "";
  reader.seek(reader.start);
  while (reader.next(limit)) {
    if (reader.number === 1) key = reader.string();
    else if (reader.number === 2) value = reader.string();
  }
  if (key === "location") external.location = value;
  else if (key === "offset") external.offset = wholeNumber(value, limit);
  else if (key === "length") external.length = wholeNumber(value, limit);
}

function wholeNumber(text: string, place: number): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || !Number.isSafeInteger(value)) throw malformed("an external offset or length is no whole number", place);
  return value;
}

const TYPE_KINDS: Record<number, string> = { 1: "tensor", 4: "sequence", 5: "map", 8: "sparse tensor", 9: "optional", 7: "opaque" };

function parseValueInfo(reader: WireReader): ValueInfoProto {
  const range = reader.range();
  const info: ValueInfoProto = { name: "", kind: null, elementType: 0, shape: null, range };
  reader.seek(range.start);
  while (reader.next(range.end)) {
    const end = reader.end;
    if (reader.number === 1) info.name = reader.string();
    else if (reader.number === 2) parseType(reader, info);
    reader.seek(end);
  }
  return info;
}

function parseType(reader: WireReader, info: ValueInfoProto): void {
  reader.expect(2);
  const typeEnd = reader.end;
  reader.seek(reader.start);
  while (reader.next(typeEnd)) {
    const { end, number } = reader;
    const kind = TYPE_KINDS[number];
    if (kind !== undefined) info.kind = kind;
    if (number === 1) parseTensorType(reader, info);
    reader.seek(end);
  }
}

function parseTensorType(reader: WireReader, info: ValueInfoProto): void {
  reader.expect(2);
  const limit = reader.end;
  reader.seek(reader.start);
  while (reader.next(limit)) {
    const end = reader.end;
    if (reader.number === 1) { reader.expect(0); info.elementType = reader.value; }
    else if (reader.number === 2) info.shape = parseShape(reader);
    reader.seek(end);
  }
}

function parseShape(reader: WireReader): Dimension[] {
  reader.expect(2);
  const shapeEnd = reader.end;
  const shape: Dimension[] = [];
  reader.seek(reader.start);
  while (reader.next(shapeEnd)) {
    const end = reader.end;
    if ((reader.number as number) === 1) {
      reader.expect(2);
      let dimension: Dimension = "";
      reader.seek(reader.start);
      while (reader.next(end)) {
        const number: number = reader.number;
        if (number === 1 && reader.wireType === 0) dimension = reader.value >= 0 ? reader.value : "";
        else if (number === 2) dimension = reader.string();
      }
      shape.push(dimension);
      if (shape.length > 64) throw malformed("a shape has more than 64 dimensions", shapeEnd);
    }
    reader.seek(end);
  }
  return shape;
}

function parseOpset(reader: WireReader): { domain: string; version: number } {
  reader.expect(2);
  const end = reader.end;
  const opset = { domain: "", version: 0 };
  reader.seek(reader.start);
  while (reader.next(end)) {
    if (reader.number === 1) opset.domain = reader.string();
    else if (reader.number === 2 && reader.wireType === 0) opset.version = reader.value;
  }
  return opset;
}

function parseFunction(reader: WireReader): { name: string; domain: string; range: ByteRange } {
  reader.expect(2);
  const range = reader.range();
  const local = { name: "", domain: "", range };
  reader.seek(range.start);
  while (reader.next(range.end)) {
    if (reader.number === 1) local.name = reader.string();
    else if (reader.number === 10) local.domain = reader.string();
  }
  return local;
}

function fieldOf(reader: WireReader): FieldRange {
  return { number: reader.number, wireType: reader.wireType, tagStart: reader.tagStart, start: reader.start, end: reader.end };
}

export function tooLargeForProtobuf(): ModelRefusal {
  return new ModelRefusal("too-large", "The file is larger than 2 GiB, where protobuf ends; nothing could load it as one file.", {
    place: `byte ${MAX_MODEL_BYTES}`, fix: "Save its weights as external data (onnx.save_model with save_as_external_data=True) and upload the .onnx file together with the data files.",
  });
}

function tooMany(what: string, limit: number): ModelRefusal {
  return new ModelRefusal("too-large", `The model declares more than ${limit} ${what}.`, { place: "graph" });
}

const OTHER_FORMATS: [prefix: number[], name: string][] = [
  [[0x50, 0x4b, 0x03, 0x04], "a ZIP archive (a PyTorch checkpoint?)"],
  [[0x89, 0x48, 0x44, 0x46], "an HDF5 file (a Keras model?)"],
  [[0x47, 0x47, 0x55, 0x46], "a GGUF file"],
  [[0x1f, 0x8b], "a gzip archive"],
  [[0x7f, 0x45, 0x4c, 0x46], "a program"],
];

/** A wrong file is named for what it is, where that can be told from its first bytes. */
function refuseOtherFormats(source: ByteSource): void {
  const fix = "Upload an .onnx file (a serialised ONNX ModelProto).";
  if (source.size === 0) throw new ModelRefusal("not-onnx", "The file is empty.", { place: "byte 0", fix });
  const start = source.read(0, Math.min(16, source.size));
  const known = OTHER_FORMATS.find(([prefix]) => prefix.every((byte, index) => start[index] === byte));
  if (known !== undefined) throw new ModelRefusal("not-onnx", `This is ${known[1]}, not an ONNX file.`, { place: "byte 0", fix });
  const tag = start[0] as number;
  const plausible = (tag & 7) === 0 ? tag >> 3 === 1 || tag >> 3 === 5 : (tag & 7) === 2 && [2, 3, 4, 6, 7, 8, 14, 20].includes(tag >> 3);
  // Tags of 16 and more take two bytes; no writer starts with them.
  if (!plausible && tag < 0x80) throw new ModelRefusal("not-onnx", "The file does not start like an ONNX file.", { place: "byte 0", fix });
}
