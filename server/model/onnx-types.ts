// Owns ONNX's own vocabulary as the codec yields it: messages with their byte ranges, and the numbers of its data types.
import type { DataType, Dimension } from "../../agents/protocol/tensor.ts";
import type { ByteRange } from "./byte-source.ts";

/** TensorProto.DataType → our name. Types that cannot cross a cut have none. */
export const DATA_TYPE_OF: Record<number, DataType> = {
  1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
};
export const ELEMENT_TYPE_OF = Object.fromEntries(Object.entries(DATA_TYPE_OF).map(([number, name]) => [name, Number(number)])) as Record<DataType, number>;

/** Bits of one element of every type a weight may have; null = not fixed (string). */
export const BITS_OF: Record<number, number | null> = {
  1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 8: null, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8,
  21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
};
const NAMES = [
  "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64", "complex64", "complex128",
  "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2",
];
export function elementTypeName(elementType: number): string {
  return NAMES[elementType] ?? `type ${elementType}`;
}

export type TensorProto = {
  name: string;
  elementType: number;
  dims: number[];
  /** The whole message. */
  range: ByteRange;
  /** Little-endian data as one run of bytes: raw_data, or packed float_data / double_data, which have the same bytes. */
  data: ByteRange | null;
  /** Bytes of other typed fields (int32_data …); they stay in the message. */
  typedBytes: number;
  external: { location: string; offset: number; length: number | null } | null;
};

export type AttributeProto = {
  name: string;
  range: ByteRange;
  i: number | null;
  f: number | null;
  s: string | null;
  ints: number[];
  tensor: TensorProto | null;
  graphs: GraphProto[];
};

export type NodeProto = {
  name: string; opType: string; domain: string;
  inputs: string[]; outputs: string[];
  attributes: AttributeProto[];
  range: ByteRange;
};

export type ValueInfoProto = {
  name: string;
  /** "tensor", or what it is instead ("sequence", "map", "optional", "sparse tensor"); null = nothing said. */
  kind: string | null;
  elementType: number;
  shape: Dimension[] | null;
  range: ByteRange;
};

export type GraphProto = {
  name: string;
  nodes: NodeProto[];
  initializers: TensorProto[];
  sparseInitializers: number;
  inputs: ValueInfoProto[];
  outputs: ValueInfoProto[];
  valueInfos: ValueInfoProto[];
  range: ByteRange;
  /** Every field in the file's order, known or not: what `write` walks. */
  fields: FieldRange[];
};

/** One field: its tag's first byte, its payload, its number. */
export type FieldRange = { number: number; wireType: number; tagStart: number; start: number; end: number };

export type ModelProto = {
  irVersion: number;
  producer: string;
  opsets: { domain: string; version: number }[];
  graph: GraphProto;
  /** Model-local functions, kept whole. */
  functions: { name: string; domain: string; range: ByteRange }[];
  fields: FieldRange[];
};
