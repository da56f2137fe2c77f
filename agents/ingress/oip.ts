// Owns the Open Inference Protocol v2 over HTTP as bytes: infer requests in (JSON and the binary tensor extension), answers out.
// https://github.com/kserve/open-inference-protocol; binary extension and the sequence and timeout parameters as Triton names them.
import { elementCount, tensorBytes, BYTES_PER_ELEMENT, type DataType, type TensorSpec, type WireTensor } from "../protocol/tensor.ts";
import { BRAIN_FLOAT_BYTES, widenBrainFloat } from "./brain-float.ts";
import { fromHalf, toHalf } from "./half.ts";
import { textAt } from "./json-text.ts";
import { JSON_TYPES, type Place, placeParameters, readPlace, type SharedInput, type WrongPlace } from "./shared-memory/place.ts";

export const OIP_NAMES: Record<DataType, string> = {
  bool: "BOOL", uint8: "UINT8", int8: "INT8", uint16: "UINT16", int16: "INT16", uint32: "UINT32", int32: "INT32", uint64: "UINT64", int64: "INT64",
  float16: "FP16", float32: "FP32", float64: "FP64",
};
const typeByName = new Map(Object.entries(OIP_NAMES).map(([type, name]) => [name, type as DataType]));

/** What is wrong with a request, in words for its sender. */
export class BadRequest extends Error {}

/** `told`: the name its sender gave its type, where it came in another one than it has here. */
export type GivenTensor = WireTensor & { told?: typeof BF16 };

/** The protocol's BYTES: what a processor takes and answers (process-model.ts), never a model. `data`: each element after its length, a little-endian uint32. */
export type BytesTensor = { name: string; dataType: "bytes"; shape: number[]; data: Uint8Array; elements: Uint8Array[] };
export type AnswerTensor = WireTensor | BytesTensor;
export const BYTES = "BYTES";
export const oipNameOf = (dataType: AnswerTensor["dataType"]): string => (dataType === "bytes" ? BYTES : OIP_NAMES[dataType]);

export type OipRequest<T = GivenTensor> = {
  id: string | null;
  /** Asked for again under the same id, it is the same request. */
  idempotent: boolean;
  tensors: T[];
  /** Inputs whose bytes are in shared memory, by their places in `tensors`, which hold none of them yet. */
  shared: (SharedInput<T> & { index: number; name: string })[];
  /** null = all outputs. `classes`: so many of the best instead of the tensor (classification.ts); null = the tensor. `place`: where its bytes go; null = into the answer. */
  outputs: { name: string; binary: boolean; classes: number | null; place: Place | null }[] | null;
  binaryByDefault: boolean;
  sequence: { id: string; start: boolean; end: boolean } | null;
  timeoutMs: number | null;
  /** 1 = first; 0 = the deployment's default. */
  priority: number;
};

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** One input of a request: its JSON, the text and place it has in the body, and where in the body its bytes would begin. `from`: they are in shared memory instead. Throws BadRequest. */
export type ReadInput<T> = (input: unknown, index: number, text: string, body: Buffer, at: number) => { tensor: T; binaryBytes: number; from?: SharedInput<T> };

/** `headerLength` is Inference-Header-Content-Length: the JSON's bytes when binary tensors follow. Throws BadRequest. */
export const parseInfer = (body: Buffer, headerLength: number | null): OipRequest => parseInferOf(body, headerLength, readTensor);

/** Throws BadRequest. */
export function parseInferOf<T extends { name: string }>(body: Buffer, headerLength: number | null, read: ReadInput<T>): OipRequest<T> {
  if (headerLength !== null && !(Number.isInteger(headerLength) && headerLength > 0 && headerLength <= body.length)) throw new BadRequest(`Inference-Header-Content-Length is ${headerLength}, the body has ${body.length} bytes`);
  const text = body.toString("utf8", 0, headerLength ?? body.length);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new BadRequest(`the body is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(json)) throw new BadRequest("the body must be a JSON object");
  if (!Array.isArray(json.inputs) || json.inputs.length === 0) throw new BadRequest('"inputs" must be a list of tensors');
  let at = headerLength ?? body.length;
  const shared: OipRequest<T>["shared"] = [];
  const tensors = json.inputs.map((input: unknown, index) => {
    const { tensor, binaryBytes, from } = read(input, index, text, body, at);
    at += binaryBytes;
    if (from) shared.push({ index, name: tensor.name, ...from });
    return tensor;
  });
  if (at !== body.length) throw new BadRequest(`${body.length - at} bytes follow the last binary tensor`);
  const parameters = isObject(json.parameters) ? json.parameters : {};
  if (typeof parameters.sequence_id === "number" && !Number.isSafeInteger(parameters.sequence_id)) parameters.sequence_id = textAt(text, ["parameters", "sequence_id"]);
  return readWishes(typeof json.id === "string" ? json.id : null, { tensors, shared }, json, parameters);
}

/** Models here have no such tensors (agents/protocol/tensor.ts). As bytes it is taken where a model takes FP32: each of its values is one of FP32's. */
export const BF16 = "BF16";

/** By the protocol's name. Throws BadRequest: models that take text are not served as tensors (agents/protocol/tensor.ts). */
export function dataTypeOf(name: string, datatype: unknown): { dataType: DataType; told?: typeof BF16 } {
  if (datatype === BF16) return { dataType: "float32", told: BF16 };
  const dataType = typeByName.get(String(datatype));
  if (!dataType) throw new BadRequest(`input "${name}": datatype ${JSON.stringify(datatype) ?? "undefined"} is not one of ${[...typeByName.keys()].join(", ")}, which models take here, or ${BF16} for an FP32 input${datatype === BYTES ? "; text, pictures and sound go to NAME.process, where a model declares a processor" : ""}`);
  return { dataType };
}

/** Of a tensor as its sender gives its bytes. */
export const givenBytes = ({ dataType, told }: ReturnType<typeof dataTypeOf>, shape: readonly number[]): number => (told === BF16 ? elementCount(shape) * BRAIN_FLOAT_BYTES : tensorBytes(dataType, shape));

/** `data`: as many bytes as `givenBytes` says. */
export const takeBytes = (name: string, { dataType, told }: ReturnType<typeof dataTypeOf>, shape: number[], data: Uint8Array): GivenTensor => (told === BF16 ? { name, dataType, shape, data: widenBrainFloat(data), told } : { name, dataType, shape, data });

/** What is the same for inputs of any type. `type`: what `typeOf` makes of the datatype. `values`: those in the JSON; null = there are none. `place`: of its bytes, in shared memory. Throws BadRequest. */
export function readInputHead<D>(input: unknown, index: number, typeOf: (name: string, datatype: unknown) => D): { name: string; type: D; shape: number[]; count: number; binaryBytes: unknown; values: unknown[] | null; place: Place | null } {
  if (!isObject(input) || typeof input.name !== "string") throw new BadRequest(`inputs[${index}] has no name`);
  const { name } = input;
  const type = typeOf(name, input.datatype);
  const shape = input.shape;
  if (!Array.isArray(shape) || !isShape(shape)) throw new BadRequest(`input "${name}": shape must be a list of sizes`);
  const count = countOf(name, shape);
  const parameters = isObject(input.parameters) ? input.parameters : ({} as Json);
  const { binary_data_size: binaryBytes } = parameters;
  const place = demandPlace(readPlace(name, parameters, JSON_TYPES));
  if (place && (input.data !== undefined || binaryBytes !== undefined)) {
    throw new BadRequest(`Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', 'shared_memory_region' in 'parameters'. But set${input.data === undefined ? "" : " 'data'"}${binaryBytes === undefined ? "" : " 'binary_data_size'"} 'shared_memory_region'`);
  }
  return { name, type, shape, count, binaryBytes, values: Array.isArray(input.data) ? (input.data.flat(16) as unknown[]) : null, place };
}

/** Throws BadRequest. */
export function demandPlace(told: Place | WrongPlace | null): Place | null {
  if (told !== null && "wrong" in told) throw new BadRequest(told.wrong);
  return told;
}

export const isShape = (shape: unknown[]): shape is number[] => shape.length <= 16 && shape.every((size) => Number.isInteger(size) && (size as number) >= 0 && (size as number) < 2 ** 32);

/** Elements of a shape a sender gave. Throws BadRequest. */
export function countOf(name: string, shape: readonly number[]): number {
  const count = elementCount(shape);
  if (!Number.isSafeInteger(count * 8)) throw new BadRequest(`input "${name}": shape [${shape.join(", ")}] is too large`);
  return count;
}

const NO_BYTES = new Uint8Array();

/** What stands for a tensor whose bytes are in shared memory until they are read, and what makes the tensor of them. */
export const sharedTensor = (name: string, type: ReturnType<typeof dataTypeOf>, shape: number[], place: Place): { tensor: GivenTensor; from: SharedInput<GivenTensor> } => ({
  tensor: { name, ...type, shape, data: NO_BYTES },
  from: { place, bytes: givenBytes(type, shape), make: (data) => takeBytes(name, type, shape, data) },
});

function readTensor(input: unknown, index: number, text: string, body: Buffer, at: number): ReturnType<ReadInput<GivenTensor>> {
  const { name, type, shape, count, binaryBytes, values: flat, place } = readInputHead(input, index, dataTypeOf);
  if (place) return { ...sharedTensor(name, type, shape, place), binaryBytes: 0 };
  const bytes = givenBytes(type, shape);
  if (binaryBytes !== undefined) {
    if (binaryBytes !== bytes) throw new BadRequest(`input "${name}": binary_data_size is ${String(binaryBytes)}, shape [${shape.join(", ")}] of ${type.told ?? OIP_NAMES[type.dataType]} needs ${bytes}`);
    if (at + bytes > body.length) throw new BadRequest(`input "${name}": the body ends before its ${bytes} bytes`);
    return { tensor: takeBytes(name, type, shape, body.subarray(at, at + bytes)), binaryBytes: bytes };
  }
  if (type.told === BF16) throw new BadRequest(`input "${name}": BF16 has no JSON form, send it as binary data`);
  const { dataType } = type;
  if (!flat) throw new BadRequest(`input "${name}" has neither data nor binary_data_size`);
  if (flat.length !== count) throw new BadRequest(`input "${name}": ${flat.length} values, shape [${shape.join(", ")}] needs ${count}`);
  return { tensor: { name, dataType, shape, data: packValues(name, dataType, flat, () => textAt(text, ["inputs", index, "data"])?.match(NUMBERS) ?? []) }, binaryBytes: 0 };
}

/** Throws BadRequest. */
export function readClasses(name: string, wished: unknown): number {
  if (!Number.isSafeInteger(wished) || (wished as number) < 1) throw new BadRequest(`output "${name}": classification is ${JSON.stringify(wished)}, not a whole number of classes from 1`);
  return wished as number;
}

function readWishes<T>(id: string | null, inputs: Pick<OipRequest<T>, "tensors" | "shared">, json: Json, parameters: Json): OipRequest<T> {
  const binaryByDefault = parameters.binary_data_output === true;
  if (json.outputs !== undefined && !Array.isArray(json.outputs)) throw new BadRequest('"outputs" must be a list');
  const outputs = (json.outputs as unknown[] | undefined)?.map((output, index) => {
    if (!isObject(output) || typeof output.name !== "string") throw new BadRequest(`outputs[${index}] has no name`);
    const wished = isObject(output.parameters) ? output.parameters : ({} as Json);
    const { binary_data: wish, classification } = wished;
    const place = demandPlace(readPlace(output.name, wished, JSON_TYPES));
    if (place && classification !== undefined) throw new BadRequest("Output can't set both 'shared_memory_region' and 'classification'");
    if (place && wish === true) throw new BadRequest("Output can't set both 'shared_memory_region' and 'binary_data'");
    return { name: output.name, binary: typeof wish === "boolean" ? wish : binaryByDefault, classes: classification === undefined ? null : readClasses(output.name, classification), place };
  }) ?? null;
  const sequenceId = parameters.sequence_id;
  const hasSequence = (typeof sequenceId === "number" && sequenceId !== 0) || (typeof sequenceId === "string" && sequenceId !== "");
  if (sequenceId !== undefined && typeof sequenceId !== "number" && typeof sequenceId !== "string") throw new BadRequest("sequence_id must be a number or a string");
  const timeout = parameters.timeout;
  const priority = parameters.priority ?? 0;
  if (!(Number.isSafeInteger(priority) && (priority as number) >= 0)) throw new BadRequest("priority must be a whole number from 0");
  if (timeout !== undefined && !(typeof timeout === "number" && timeout >= 0)) throw new BadRequest("timeout must be a number of microseconds");
  return {
    id, tensors: inputs.tensors, shared: inputs.shared,
    // An empty list is what clients send that have no wish.
    outputs: outputs?.length === 0 ? null : outputs, binaryByDefault,
    sequence: hasSequence ? { id: String(sequenceId), start: parameters.sequence_start === true, end: parameters.sequence_end === true } : null,
    // As over gRPC, which cannot leave a number out, 0 is no timeout.
    timeoutMs: typeof timeout === "number" && timeout > 0 ? timeout / 1000 : null, priority: priority as number, idempotent: parameters.idempotent === true,
  };
}

const NUMBERS = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The type decides once, before the loop (docs/decisions/0005): how one value is checked and written. `digits`: of all values, as they were sent. */
function packValues(name: string, dataType: DataType, values: unknown[], digits: () => readonly string[]): Uint8Array {
  const size = BYTES_PER_ELEMENT[dataType];
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  const write = writerOf(view, dataType);
  const fits = checkOf(dataType);
  const wide = WIDE_RANGES[dataType];
  let exact: readonly string[] | null = null;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (wide && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      // Read as a number it has lost its last digits: what was sent counts.
      exact ??= digits();
      const written = exact[i] ?? "";
      const whole = /^-?\d+$/.test(written) ? BigInt(written) : null;
      if (whole === null || whole < wide[0] || whole > wide[1]) throw new BadRequest(`input "${name}": value ${i} is ${written}, not ${OIP_NAMES[dataType]} (${wide[0]} to ${wide[1]}, written as digits)`);
      view.setBigInt64(i * size, BigInt.asIntN(64, whole), true);
      continue;
    }
    if (!fits(value)) throw new BadRequest(`input "${name}": value ${i} is ${JSON.stringify(value)}, not ${OIP_NAMES[dataType]}${hintOf(dataType, value)}`);
    write(i * size, Number(value));
  }
  return bytes;
}

function checkOf(dataType: DataType): (value: unknown) => boolean {
  if (dataType === "bool") return (value) => typeof value === "boolean" || value === 0 || value === 1;
  const range = RANGES[dataType];
  if (range) return (value) => Number.isInteger(value) && (value as number) >= range[0] && (value as number) <= range[1];
  return (value) => typeof value === "number";
}

/** What fits; what does not would arrive as another number. Of 64-bit integers: what a number holds exactly; the others are read by their digits. */
const RANGES: Partial<Record<DataType, [min: number, max: number]>> = {
  int8: [-128, 127], uint8: [0, 255], int16: [-32_768, 32_767], uint16: [0, 65_535], int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], uint64: [0, Number.MAX_SAFE_INTEGER],
};
const WIDE_RANGES: Partial<Record<DataType, [min: bigint, max: bigint]>> = { int64: [-(2n ** 63n), 2n ** 63n - 1n], uint64: [0n, 2n ** 64n - 1n] };

function hintOf(dataType: DataType, value: unknown): string {
  const range = RANGES[dataType];
  if (!range || !Number.isInteger(value)) return "";
  const [min, max] = WIDE_RANGES[dataType] ?? range;
  return ` (${min} to ${max})`;
}

function writerOf(view: DataView, dataType: DataType): (at: number, value: number) => void {
  switch (dataType) {
    case "float32": return (at, value) => view.setFloat32(at, value, true);
    case "float64": return (at, value) => view.setFloat64(at, value, true);
    case "float16": return (at, value) => view.setUint16(at, toHalf(value), true);
    case "int64": case "uint64": return (at, value) => view.setBigInt64(at, BigInt(value), true);
    case "int32": case "uint32": return (at, value) => view.setUint32(at, value >>> 0, true);
    case "int16": case "uint16": return (at, value) => view.setUint16(at, value & 0xffff, true);
    default: return (at, value) => view.setUint8(at, value & 0xff);
  }
}

/** Values as JSON text. 64-bit integers keep all digits; NaN and infinities, which JSON does not have, become null. */
function valuesText(tensor: AnswerTensor): string {
  if (tensor.dataType === "bytes") return JSON.stringify(tensor.elements.map((element) => Buffer.from(element).toString()));
  const { dataType, data } = tensor;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const size = BYTES_PER_ELEMENT[dataType];
  const count = data.length / size;
  if (dataType === "int64" || dataType === "uint64") {
    const digits: string[] = [];
    for (let i = 0; i < count; i++) digits.push((dataType === "int64" ? view.getBigInt64(i * 8, true) : view.getBigUint64(i * 8, true)).toString());
    return `[${digits.join(",")}]`;
  }
  const read: (at: number) => number | boolean = {
    bool: (at: number) => view.getUint8(at) !== 0, uint8: (at: number) => view.getUint8(at), int8: (at: number) => view.getInt8(at),
    uint16: (at: number) => view.getUint16(at, true), int16: (at: number) => view.getInt16(at, true), float16: (at: number) => fromHalf(view.getUint16(at, true)),
    uint32: (at: number) => view.getUint32(at, true), int32: (at: number) => view.getInt32(at, true),
    float32: (at: number) => view.getFloat32(at, true), float64: (at: number) => view.getFloat64(at, true),
  }[dataType];
  const values = new Array<number | boolean>(count);
  for (let i = 0; i < count; i++) values[i] = read(i * size);
  return JSON.stringify(values);
}

/** The answer's parts: JSON, then the tensors sent as bytes, in the order the JSON names them. `place`: its bytes were written there, and are in neither. */
export function formatInfer(modelName: string, version: string, id: string | null, tensors: (AnswerTensor & { binary: boolean; place?: Place })[], parameters: Record<string, string | number>): { json: Buffer; binary: Uint8Array[] } {
  const binary: Uint8Array[] = [];
  const outputs = tensors.map((tensor) => {
    const head = `"name":${JSON.stringify(tensor.name)},"datatype":"${oipNameOf(tensor.dataType)}","shape":[${tensor.shape.join(",")}]`;
    if (tensor.place) return `{${head},"parameters":${JSON.stringify(placeParameters(tensor.place))}}`;
    if (!tensor.binary) return `{${head},"data":${valuesText(tensor)}}`;
    binary.push(tensor.data);
    return `{${head},"parameters":{"binary_data_size":${tensor.data.length}}}`;
  });
  const text = `{"model_name":${JSON.stringify(modelName)},"model_version":${JSON.stringify(version)},${id === null ? "" : `"id":${JSON.stringify(id)},`}"parameters":${JSON.stringify(parameters)},"outputs":[${outputs.join(",")}]}`;
  return { json: Buffer.from(text), binary };
}

/**
 * A raw binary request (Inference-Header-Content-Length 0): the body is the bytes of the one input the model takes; at most one of its dimensions
 * may be dynamic and follows from their number. All outputs are answered as bytes. Throws BadRequest.
 */
export function parseRaw(body: Buffer, declared: TensorSpec[], stateInputs: Set<string>): OipRequest {
  const inputs = declared.filter((spec) => !stateInputs.has(spec.name));
  const [spec] = inputs;
  if (!spec || inputs.length > 1) throw new BadRequest(`a raw binary request is for models of one input, this one has ${inputs.length}`);
  const dynamic = spec.shape?.filter((size) => typeof size !== "number").length ?? 2;
  if (dynamic > 1) throw new BadRequest(`a raw binary request is for inputs with at most one dynamic dimension: send "${spec.name}" with its shape`);
  const fixedBytes = (spec.shape ?? []).reduce<number>((bytes, size) => (typeof size === "number" ? bytes * size : bytes), BYTES_PER_ELEMENT[spec.dataType]);
  const size = body.length / fixedBytes;
  if (!Number.isInteger(size) || (dynamic === 0 && size !== 1)) throw new BadRequest(`the body has ${body.length} bytes, input "${spec.name}" takes ${dynamic === 0 ? "" : "a multiple of "}${fixedBytes}`);
  const shape = (spec.shape ?? []).map((declaredSize) => (typeof declaredSize === "number" ? declaredSize : size));
  return { id: null, idempotent: false, tensors: [{ name: spec.name, dataType: spec.dataType, shape, data: body }], shared: [], outputs: null, binaryByDefault: true, sequence: null, timeoutMs: null, priority: 0 };
}

/** Checks a request's tensors against what the model declares. Throws BadRequest. */
export function checkInputs(tensors: GivenTensor[], declared: TensorSpec[], stateInputs: Set<string>): void {
  const seen = new Set<string>();
  const symbols = new Map<string, { size: number; where: string }>();
  for (const { name, dataType, shape, told } of tensors) {
    const spec = declared.find((candidate) => candidate.name === name);
    if (!spec) throw new BadRequest(`the model has no input "${name}"; it has ${declared.map((input) => `"${input.name}"`).join(", ")}`);
    if (stateInputs.has(name)) throw new BadRequest(`input "${name}" is state that lives on the stages: leave it out, and use sequence_id to keep it between requests`);
    if (seen.has(name)) throw new BadRequest(`input "${name}" appears twice`);
    seen.add(name);
    if (told === BF16 && spec.dataType !== "float32") throw new BadRequest(`input "${name}" is BF16, which is taken as FP32; the model takes ${OIP_NAMES[spec.dataType]}`);
    if (dataType !== spec.dataType) throw new BadRequest(`input "${name}" is ${OIP_NAMES[dataType]}, the model takes ${OIP_NAMES[spec.dataType]}`);
    if (spec.shape === null) continue;
    const wrong = () => new BadRequest(`input "${name}" has shape [${shape.join(", ")}], the model takes [${spec.shape!.map((size) => size === "" ? "?" : size).join(", ")}]`);
    if (shape.length !== spec.shape.length) throw wrong();
    spec.shape.forEach((size, axis) => {
      if (typeof size === "number") { if (shape[axis] !== size) throw wrong(); return; }
      const known = size === "" ? undefined : symbols.get(size);
      if (known && known.size !== shape[axis]) throw new BadRequest(`dimension "${size}" is ${known.size} in ${known.where} and ${shape[axis]} in "${name}"`);
      if (size !== "") symbols.set(size, { size: shape[axis]!, where: `"${name}"` });
    });
  }
  const missing = declared.filter((spec) => !seen.has(spec.name) && !stateInputs.has(spec.name));
  if (missing.length > 0) throw new BadRequest(`missing ${missing.map((spec) => `input "${spec.name}"`).join(", ")}`);
}
