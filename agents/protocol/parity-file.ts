// Owns a parity file's bytes: fixed inputs of a model with the whole model's own answers, to compare a pipeline with.
//
//   0        8 bytes  magic "CPPARITY"
//   8        u32 LE   version (1)
//   12       u32 LE   header length H
//   16       H bytes  JSON {"inputs":[{name,dataType,shape}],"outputs":[…]}
//   16 + H   raw data of each tensor, inputs then outputs, in header order, little endian, no padding
import { DATA_TYPES, type DataType, tensorBytes, type WireTensor } from "./tensor.ts";

const MAGIC = "CPPARITY";
const VERSION = 1;
const FIXED_BYTES = 16;
/** Names and shapes only. */
export const MAX_PARITY_HEADER_BYTES = 1024 * 1024;
/** Fixed inputs and answers of one request; a node holds it in memory while it verifies. */
export const MAX_PARITY_FILE_BYTES = 256 * 1024 * 1024;
const MAX_TENSORS = 4096;
const MAX_RANK = 16;

/** What a parity file holds, once read. */
export type ParityFile = { inputs: WireTensor[]; outputs: WireTensor[] };

/** Errors: RangeError past the limits. */
export function encodeParityFile(file: ParityFile): Uint8Array {
  const describe = (tensor: WireTensor) => ({ name: tensor.name, dataType: tensor.dataType, shape: tensor.shape });
  const tensors = [...file.inputs, ...file.outputs];
  for (const tensor of tensors) if (tensor.data.length !== tensorBytes(tensor.dataType, tensor.shape)) throw new RangeError(`tensor "${tensor.name}" has ${tensor.data.length} bytes, its shape needs ${tensorBytes(tensor.dataType, tensor.shape)}`);
  const header = new TextEncoder().encode(JSON.stringify({ inputs: file.inputs.map(describe), outputs: file.outputs.map(describe) }));
  const total = FIXED_BYTES + header.length + tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
  if (header.length > MAX_PARITY_HEADER_BYTES || total > MAX_PARITY_FILE_BYTES || tensors.length > MAX_TENSORS) throw new RangeError(`a parity file of ${total} bytes is past its limit`);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC), 0);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, header.length, true);
  bytes.set(header, FIXED_BYTES);
  let offset = FIXED_BYTES + header.length;
  for (const tensor of tensors) {
    bytes.set(tensor.data, offset);
    offset += tensor.data.length;
  }
  return bytes;
}

/** Tensors are views into `bytes`. Errors: RangeError naming what is wrong; never trusts a length. */
export function decodeParityFile(bytes: Uint8Array): ParityFile {
  if (bytes.length < FIXED_BYTES || bytes.length > MAX_PARITY_FILE_BYTES) throw new RangeError(`a parity file can't have ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) throw new RangeError("not a parity file");
  if (view.getUint32(8, true) !== VERSION) throw new RangeError(`parity file version ${view.getUint32(8, true)} is not known`);
  const headerBytes = view.getUint32(12, true);
  if (headerBytes > MAX_PARITY_HEADER_BYTES || FIXED_BYTES + headerBytes > bytes.length) throw new RangeError("the parity file's header is too long");
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(FIXED_BYTES, FIXED_BYTES + headerBytes)));
  let offset = FIXED_BYTES + headerBytes;
  const take = (description: Description): WireTensor => {
    const length = tensorBytes(description.dataType, description.shape);
    if (offset + length > bytes.length) throw new RangeError(`the parity file ends inside "${description.name}"`);
    const data = bytes.subarray(offset, offset + length);
    offset += length;
    return { ...description, data };
  };
  const file = { inputs: header.inputs.map(take), outputs: header.outputs.map(take) };
  if (offset !== bytes.length) throw new RangeError("the parity file has bytes after its last tensor");
  return file;
}

type Description = { name: string; dataType: DataType; shape: number[] };

function parseHeader(text: string): { inputs: Description[]; outputs: Description[] } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new RangeError("the parity file's header is no JSON");
  }
  const { inputs, outputs } = (header ?? {}) as { inputs?: unknown; outputs?: unknown };
  return { inputs: descriptions(inputs), outputs: descriptions(outputs) };
}

function descriptions(list: unknown): Description[] {
  if (!Array.isArray(list) || list.length > MAX_TENSORS) throw new RangeError("the parity file's header has no list of tensors");
  return list.map((one: Partial<Description> | null) => {
    const isShape = Array.isArray(one?.shape) && one.shape.length <= MAX_RANK && one.shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (typeof one?.name !== "string" || !DATA_TYPES.includes(one.dataType as DataType) || !isShape) throw new RangeError("the parity file's header describes an impossible tensor");
    const { name, dataType, shape } = one as Description;
    if (!Number.isSafeInteger(shape.reduce((product, size) => product * size, 1))) throw new RangeError("the parity file's header describes an impossible tensor");
    return { name, dataType, shape };
  });
}
