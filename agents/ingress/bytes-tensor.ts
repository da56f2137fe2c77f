// Owns the protocol's BYTES as bytes: elements that each follow their length (a little-endian uint32), in REST's JSON and binary data and in gRPC's
// contents. https://github.com/kserve/open-inference-protocol; Triton's binary tensor data extension, whose words a wrong length is refused with.
import { BadRequest, BYTES, type BytesTensor, type OipRequest, type ReadInput, readInputHead } from "./oip.ts";
import { PROCESS_INPUT } from "./process-model.ts";
import type { Place, SharedInput } from "./shared-memory/place.ts";

const LENGTH_BYTES = 4;

/** Throws BadRequest unless the datatype is BYTES. */
export function demandBytes(name: string, datatype: unknown): typeof BYTES {
  if (datatype !== BYTES) throw new BadRequest(`input "${name}" is ${JSON.stringify(datatype) ?? "undefined"}, the model takes ${BYTES}`);
  return BYTES;
}

/** Views of the elements; nothing is copied, nor made for a count that is only claimed. Throws BadRequest. */
export function splitElements(name: string, data: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const elements: Uint8Array[] = [];
  for (let at = 0; at < data.length; ) {
    if (elements.length === count) throw new BadRequest(`unexpected number of string elements for inference input '${name}', expecting ${count}: ${data.length - at} bytes follow`);
    const left = data.length - at - LENGTH_BYTES;
    if (left < 0) throw new BadRequest(`incomplete string length indicator for inference input '${name}', expecting ${LENGTH_BYTES} bytes but only ${data.length - at} bytes available`);
    const length = view.getUint32(at, true);
    if (length > left) throw new BadRequest(`incomplete string data for inference input '${name}', expecting string of length ${length} but only ${left} bytes available`);
    at += LENGTH_BYTES;
    elements.push(data.subarray(at, at + length));
    at += length;
  }
  if (elements.length !== count) throw new BadRequest(`unexpected number of string elements ${elements.length} for inference input '${name}', expecting ${count}`);
  return elements;
}

/** Each element after its length. */
export function joinElements(elements: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(elements.flatMap((element) => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(element.length);
    return [length, element];
  }));
}

/** Of one that was read `data` is empty: its elements are what counts. */
export const bytesTensor = (name: string, shape: number[], elements: Uint8Array[]): BytesTensor => ({ name, dataType: "bytes", shape, data: new Uint8Array(), elements });

/** Of an answer. */
export function textsTensor(name: string, shape: number[], texts: readonly string[]): BytesTensor {
  const elements = texts.map((text) => Buffer.from(text));
  return { ...bytesTensor(name, shape, elements), data: joinElements(elements) };
}

/** In shared memory each element follows its length, as in binary data. */
export const sharedBytes = (name: string, shape: number[], count: number, place: Place): { tensor: BytesTensor; from: SharedInput<BytesTensor> } => ({
  tensor: bytesTensor(name, shape, []),
  from: { place, bytes: null, make: (data) => bytesTensor(name, shape, splitElements(name, data, count)) },
});

/** An input over REST: strings in the JSON, binary data, or a place in shared memory. Throws BadRequest. */
export function readBytesInput(input: unknown, index: number, _text: string, body: Buffer, at: number): ReturnType<ReadInput<BytesTensor>> {
  const { name, shape, count, binaryBytes, values, place } = readInputHead(input, index, demandBytes);
  if (place) return { ...sharedBytes(name, shape, count, place), binaryBytes: 0 };
  if (binaryBytes !== undefined) {
    if (!(Number.isSafeInteger(binaryBytes) && (binaryBytes as number) >= 0)) throw new BadRequest(`input "${name}": binary_data_size is ${String(binaryBytes)}, not a number of bytes`);
    const bytes = binaryBytes as number;
    if (at + bytes > body.length) throw new BadRequest(`input "${name}": the body ends before its ${bytes} bytes`);
    return { tensor: bytesTensor(name, shape, splitElements(name, body.subarray(at, at + bytes), count)), binaryBytes: bytes };
  }
  if (!values) throw new BadRequest(`input "${name}" has neither data nor binary_data_size`);
  if (values.length !== count) throw new BadRequest(`input "${name}": ${values.length} values, shape [${shape.join(", ")}] needs ${count}`);
  const elements = values.map((value, place) => {
    if (typeof value !== "string") throw new BadRequest(`input "${name}": value ${place} is ${JSON.stringify(value)}, not a string`);
    return Buffer.from(value);
  });
  return { tensor: bytesTensor(name, shape, elements), binaryBytes: 0 };
}

/** A raw binary request (Inference-Header-Content-Length 0): the body is the one element, without its length. All outputs are answered as bytes. */
export const parseRawBytes = (body: Buffer): OipRequest<BytesTensor> => ({
  id: null, idempotent: false, tensors: [bytesTensor(PROCESS_INPUT, [1], [body])], shared: [], outputs: null, binaryByDefault: true, sequence: null, timeoutMs: null, priority: 0,
});
