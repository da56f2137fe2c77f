// Owns ModelInferRequest → what an ingress runs, and its outputs → ModelInferResponse: typed and raw contents.
import type { DataType } from "../../protocol/tensor.ts";
import { bytesTensor, demandBytes, sharedBytes, splitElements } from "../bytes-tensor.ts";
import { BadRequest, BF16, type BytesTensor, countOf, dataTypeOf, demandPlace, type GivenTensor, givenBytes, isShape, type OipRequest, oipNameOf, readClasses, sharedTensor, takeBytes } from "../oip.ts";
import { GRPC_TYPES, type Place, PLACE_PARAMETERS, placeParameters, readPlace, type SharedInput } from "../shared-memory/place.ts";
import type { Served } from "../serve-infer.ts";

/** 64-bit integers as the decoder gives them. */
type Integer = number | { toNumber(): number; toString(): string; low: number; high: number };
type Parameter = { bool_param?: boolean; int64_param?: Integer; string_param?: string; double_param?: number; uint64_param?: Integer; parameter_choice?: string };
/** An entry may come without its value. */
type Parameters = Record<string, Parameter | null>;
type Contents = { bool_contents: boolean[]; int_contents: number[]; int64_contents: Integer[]; uint_contents: number[]; uint64_contents: Integer[]; fp32_contents: number[]; fp64_contents: number[]; bytes_contents: Uint8Array[] };
type Input = { name: string; datatype: string; shape: Integer[]; parameters: Parameters; contents: Contents | null };
export type ModelInferRequest = {
  model_name: string; model_version: string; id: string; parameters: Parameters;
  inputs: Input[];
  outputs: { name: string; parameters: Parameters }[];
  raw_input_contents: Uint8Array[];
};

const numberOf = (value: Integer): number => (typeof value === "number" ? value : value.toNumber());

/** `from`: its bytes are in shared memory. */
type Told<T> = { tensor: T; from?: SharedInput<T> };

/** `read`: one input, with its raw contents where there are some, or its place in shared memory. Throws BadRequest. */
export function readInferMessage<T>(message: ModelInferRequest, read: (input: Input, raw: Uint8Array | null, place: Place | null) => Told<T>): OipRequest<T> {
  const { inputs, outputs, raw_input_contents: raw, id } = message;
  if (inputs.length === 0) throw new BadRequest("the request has no inputs");
  const places = inputs.map(({ name, parameters }) => placeOf(name, parameters));
  const given = places.filter((place) => place === null).length;
  if (raw.length > 0 && raw.length !== given) throw new BadRequest(`raw_input_contents has ${raw.length} tensors, inputs ${given}${given === inputs.length ? "" : " beside those in shared memory"}: there must be one for each`);
  const shared: OipRequest<T>["shared"] = [];
  let next = 0;
  const tensors = inputs.map((input, index) => {
    const place = places[index]!;
    const { tensor, from } = read(input, place === null ? (raw[next++] ?? null) : null, place);
    if (from) shared.push({ index, name: input.name, ...from });
    return tensor;
  });
  const wishes = outputs.map((output) => readWish(output));
  const parameters = Object.fromEntries(Object.entries(message.parameters).map(([key, value]) => [key, parameterValue(value)]));
  return { id: id === "" ? null : id, tensors, shared, outputs: wishes.length === 0 ? null : wishes, binaryByDefault: true, ...readParameters(parameters) };
}

/** Throws BadRequest. */
function readWish(output: ModelInferRequest["outputs"][number]): NonNullable<OipRequest["outputs"]>[number] {
  const { name, parameters } = output;
  const classes = readClassification(output);
  const place = placeOf(name, parameters);
  if (place && classes !== null) throw new BadRequest("output can't set both 'shared_memory_region' and 'classification'");
  return { name, binary: true, classes, place };
}

/** Null = none is told. Throws BadRequest. */
function placeOf(name: string, parameters: Parameters): Place | null {
  if (!PLACE_PARAMETERS.some((key) => Object.hasOwn(parameters, key))) return null;
  const told: Record<string, unknown> = {};
  for (const key of PLACE_PARAMETERS) {
    if (!Object.hasOwn(parameters, key)) continue;
    const parameter = parameters[key];
    const value = parameter?.parameter_choice === (key === "shared_memory_region" ? GRPC_TYPES.string : GRPC_TYPES.number) ? parameterValue(parameter) : null;
    // A number of 64 bits that JavaScript's would round comes as digits.
    told[key] = key !== "shared_memory_region" && typeof value === "string" ? Number(value) : value;
  }
  return demandPlace(readPlace(name, told, GRPC_TYPES));
}

/** Null = none is wished. Throws BadRequest. */
function readClassification({ name, parameters }: ModelInferRequest["outputs"][number]): number | null {
  if (!Object.hasOwn(parameters, "classification")) return null;
  const { classification } = parameters;
  if (classification?.parameter_choice !== "int64_param") throw new BadRequest(`output "${name}": classification must be an int64_param`);
  return readClasses(name, parameterValue(classification));
}

function parameterValue(parameter: Parameter | null): unknown {
  if (!parameter) return undefined;
  const value = parameter[parameter.parameter_choice as keyof Parameter];
  // Ids of sequences are 64-bit numbers to which JavaScript's are not equal: those it would round stay digits.
  return typeof value === "object" ? (Number.isSafeInteger(value.toNumber()) ? value.toNumber() : value.toString()) : value;
}

function readParameters(parameters: Record<string, unknown>): Pick<OipRequest, "sequence" | "timeoutMs" | "priority" | "idempotent"> {
  const { sequence_id: id, sequence_start: start, sequence_end: end, timeout, priority = 0, triton_enable_empty_final_response: emptyFinal } = parameters;
  if (emptyFinal !== undefined && typeof emptyFinal !== "boolean") throw new BadRequest("invalid value type for 'triton_enable_empty_final_response' parameter, expected bool_param.");
  if (id !== undefined && typeof id !== "number" && typeof id !== "string") throw new BadRequest("sequence_id must be a number or a string");
  if (timeout !== undefined && !(typeof timeout === "number" && timeout >= 0)) throw new BadRequest("timeout must be a number of microseconds");
  if (!(Number.isSafeInteger(priority) && (priority as number) >= 0)) throw new BadRequest("priority must be a whole number from 0");
  const hasSequence = id !== undefined && id !== 0 && id !== "";
  return {
    sequence: hasSequence ? { id: String(id), start: start === true, end: end === true } : null,
    // gRPC cannot leave a number out: 0 is no timeout.
    timeoutMs: typeof timeout === "number" && timeout > 0 ? timeout / 1000 : null, priority: priority as number, idempotent: parameters.idempotent === true,
  };
}

/** Throws BadRequest. */
function readHead<D>({ name, datatype, shape: told, contents }: Input, raw: Uint8Array | null, place: Place | null, typeOf: (name: string, datatype: unknown) => D): { type: D; shape: number[]; count: number } {
  const type = typeOf(name, datatype);
  const shape = told.map(numberOf);
  if (!isShape(shape)) throw new BadRequest(`input "${name}": shape must be a list of sizes`);
  const count = countOf(name, shape);
  if (place && contents) throw new BadRequest(`unexpected 'content' provided when using shared memory for input tensor '${name}'`);
  if (raw && contents) throw new BadRequest(`input "${name}": contents and raw_input_contents exclude each other`);
  return { type, shape, count };
}

/** The values in the one field that is theirs. Throws BadRequest. */
function readContents<N extends keyof Contents>({ name, datatype, contents, shape }: Input, field: N, count: number): Contents[N] {
  const others = contents ? CONTENTS.filter((other) => other !== field && contents[other].length > 0) : [];
  if (others.length > 0) throw new BadRequest(`input "${name}": ${datatype} goes into ${field}, not ${others.join(", ")}`);
  const values = contents?.[field] ?? ([] as never);
  if (values.length !== count) throw new BadRequest(`input "${name}": ${field} has ${values.length} values, shape [${shape.map(numberOf).join(", ")}] needs ${count}`);
  return values;
}

/** Throws BadRequest. */
export function readBytes(input: Input, raw: Uint8Array | null, place: Place | null): Told<BytesTensor> {
  const { shape, count } = readHead(input, raw, place, demandBytes);
  if (place) return sharedBytes(input.name, shape, count, place);
  return { tensor: bytesTensor(input.name, shape, raw ? splitElements(input.name, raw, count) : readContents(input, "bytes_contents", count)) };
}

/** Throws BadRequest. */
export function readTensor(input: Input, raw: Uint8Array | null, place: Place | null): Told<GivenTensor> {
  const { name, datatype } = input;
  const { type, shape, count } = readHead(input, raw, place, dataTypeOf);
  if (place) return sharedTensor(name, type, shape, place);
  const bytes = givenBytes(type, shape);
  if (raw) {
    if (raw.length !== bytes) throw new BadRequest(`input "${name}": raw_input_contents has ${raw.length} bytes, shape [${shape.join(", ")}] of ${datatype} needs ${bytes}`);
    return { tensor: takeBytes(name, type, shape, raw) };
  }
  const { dataType } = type;
  const field = type.told === BF16 ? undefined : FIELD_OF[dataType];
  if (!field) throw new BadRequest(`input "${name}": ${datatype} has no typed contents, send it in raw_input_contents`);
  const values = readContents(input, field.name, count);
  const data = new Uint8Array(bytes);
  if (!field.write(new DataView(data.buffer), values as never)) throw new BadRequest(`input "${name}": a value does not fit ${datatype}`);
  return { tensor: { name, dataType, shape, data } };
}

const CONTENTS = ["bool_contents", "int_contents", "int64_contents", "uint_contents", "uint64_contents", "fp32_contents", "fp64_contents", "bytes_contents"] as const;
/** False = a value does not fit. Which field, and how, is decided once per tensor (docs/decisions/0005). */
type Field = { name: (typeof CONTENTS)[number]; write(view: DataView, values: never): boolean };
const small = (name: Field["name"], size: number, min: number, max: number, set: (view: DataView, at: number, value: number) => void): Field => ({
  name,
  write(view, values: number[]) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < min || value > max) return false;
      set(view, i * size, value);
    }
    return true;
  },
});
const plain = (name: Field["name"], size: number, set: (view: DataView, at: number, value: number) => void): Field => small(name, size, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, set);
const wide = (name: Field["name"]): Field => ({
  name,
  write(view, values: Integer[]) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (typeof value === "number") view.setBigInt64(i * 8, BigInt(value), true);
      else { view.setInt32(i * 8, value.low, true); view.setInt32(i * 8 + 4, value.high, true); }
    }
    return true;
  },
});
const FIELD_OF: Partial<Record<DataType, Field>> = {
  bool: plain("bool_contents", 1, (view, at, value) => view.setUint8(at, value ? 1 : 0)),
  int8: small("int_contents", 1, -128, 127, (view, at, value) => view.setInt8(at, value)), int16: small("int_contents", 2, -32_768, 32_767, (view, at, value) => view.setInt16(at, value, true)),
  int32: plain("int_contents", 4, (view, at, value) => view.setInt32(at, value, true)), int64: wide("int64_contents"),
  uint8: small("uint_contents", 1, 0, 255, (view, at, value) => view.setUint8(at, value)), uint16: small("uint_contents", 2, 0, 65_535, (view, at, value) => view.setUint16(at, value, true)),
  uint32: plain("uint_contents", 4, (view, at, value) => view.setUint32(at, value, true)), uint64: wide("uint64_contents"),
  float32: plain("fp32_contents", 4, (view, at, value) => view.setFloat32(at, value, true)), float64: plain("fp64_contents", 8, (view, at, value) => view.setFloat64(at, value, true)),
};

const NO_BYTES = new Uint8Array();

/** Outputs are always raw, as Triton's are: clients read both, and FP16 has no other form. One in shared memory has raw contents of no bytes, so that each has its own by its place. */
export function inferResponse(modelName: string, id: string | null, { outputs, version, parameters }: Pick<Served, "outputs" | "version" | "parameters">): Record<string, unknown> & { parameters: object } {
  return {
    model_name: modelName, model_version: version, id: id ?? "",
    parameters: { epoch: { int64_param: parameters.epoch }, request_id: { string_param: parameters.request_id }, ...(parameters.replica === undefined ? {} : { replica: { int64_param: parameters.replica } }) },
    outputs: outputs.map(({ name, dataType, shape, place }) => ({ name, datatype: oipNameOf(dataType), shape, ...(place ? { parameters: toldPlace(place) } : {}) })),
    raw_output_contents: outputs.map((output) => (output.place ? NO_BYTES : output.data)),
  };
}

const toldPlace = (place: Place): Record<string, object> =>
  Object.fromEntries(Object.entries(placeParameters(place)).map(([key, value]) => [key, typeof value === "number" ? { int64_param: value } : { string_param: value }]));
