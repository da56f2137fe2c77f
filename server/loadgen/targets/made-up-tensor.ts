// Owns inputs that nobody gave: for each sample other values, by seed, of a tensor's type and shape as the Open Inference Protocol names them.
import { createMt19937, type Random } from "../method/mt19937.ts";
import { MAX_LOADED_BYTES } from "./target.ts";

export type TensorSpec = { name: string; datatype: string; shape: number[] };

/** Sizes and how one value is written, little-endian. Floats lie in [0, 1), integers in 0…9: valid as pixels, masks and most token ids. */
const TYPES: Record<string, { bytes: number; write: (view: DataView, at: number, random: Random) => void }> = {
  BOOL: { bytes: 1, write: (view, at, random) => view.setUint8(at, random() & 1) },
  UINT8: { bytes: 1, write: (view, at, random) => view.setUint8(at, random() % 10) },
  INT8: { bytes: 1, write: (view, at, random) => view.setInt8(at, random() % 10) },
  UINT16: { bytes: 2, write: (view, at, random) => view.setUint16(at, random() % 10, true) },
  INT16: { bytes: 2, write: (view, at, random) => view.setInt16(at, random() % 10, true) },
  UINT32: { bytes: 4, write: (view, at, random) => view.setUint32(at, random() % 10, true) },
  INT32: { bytes: 4, write: (view, at, random) => view.setInt32(at, random() % 10, true) },
  UINT64: { bytes: 8, write: (view, at, random) => view.setBigUint64(at, BigInt(random() % 10), true) },
  INT64: { bytes: 8, write: (view, at, random) => view.setBigInt64(at, BigInt(random() % 10), true) },
  // Halves from 1 to 2: exponent 0, any fraction.
  FP16: { bytes: 2, write: (view, at, random) => view.setUint16(at, 0x3c00 | (random() & 0x3ff), true) },
  BF16: { bytes: 2, write: (view, at, random) => view.setUint16(at, 0x3f80 | (random() & 0x7f), true) },
  FP32: { bytes: 4, write: (view, at, random) => view.setFloat32(at, random() / 2 ** 32, true) },
  FP64: { bytes: 8, write: (view, at, random) => view.setFloat64(at, random() / 2 ** 32, true) },
};

export const MADE_UP_TYPES = [...Object.keys(TYPES), "BYTES"];
/** Of one value; null = no such type, or none of one size. */
export const bytesOfType = (datatype: string): number | null => TYPES[datatype]?.bytes ?? null;

/** A text's length and at least as much of it. */
const MIN_TEXT_BYTES = 16;

/** Binary form of sample number `sample`. @throws Error for a type that is none of the protocol's, or more than a run's samples may be together: an endpoint may declare anything */
export function madeUpTensor({ name, datatype, shape }: TensorSpec, sample: number): Buffer {
  const random = createMt19937(BigInt(sample) * 2654435761n + BigInt(name.length));
  const count = shape.reduce((product, size) => product * size, 1);
  if (count * (datatype === "BYTES" ? MIN_TEXT_BYTES : (TYPES[datatype]?.bytes ?? 1)) > MAX_LOADED_BYTES) throw new Error(`Input "${name}" of shape [${shape.join(", ")}] is larger than the ${MAX_LOADED_BYTES / 2 ** 20} MiB that all samples of a run may have together: give a smaller shape.`);
  if (datatype === "BYTES") return Buffer.concat(Array.from({ length: count }, () => bytesElement(Buffer.from(`sample ${sample} ${random()}`))));
  const type = TYPES[datatype];
  if (!type) throw new Error(`Input "${name}" is of type ${datatype}; one of ${MADE_UP_TYPES.join(", ")} can be made up. Give real inputs with --data.`);
  const bytes = Buffer.alloc(count * type.bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < count; i++) type.write(view, i * type.bytes, random);
  return bytes;
}

/** Behind its length. */
export function bytesElement(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Values for JSON. 16-bit floats have no JSON form in the protocol. */
export function tensorValues({ name, datatype }: TensorSpec, bytes: Buffer): (number | boolean | string)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (datatype === "BYTES") return readBytesElements(bytes);
  const read: Record<string, (at: number) => number | boolean> = {
    BOOL: (at) => view.getUint8(at) === 1, UINT8: (at) => view.getUint8(at), INT8: (at) => view.getInt8(at), UINT16: (at) => view.getUint16(at, true), INT16: (at) => view.getInt16(at, true),
    UINT32: (at) => view.getUint32(at, true), INT32: (at) => view.getInt32(at, true), UINT64: (at) => Number(view.getBigUint64(at, true)), INT64: (at) => Number(view.getBigInt64(at, true)),
    FP32: (at) => view.getFloat32(at, true), FP64: (at) => view.getFloat64(at, true),
  };
  const one = read[datatype];
  if (!one) throw new Error(`Input "${name}" is of type ${datatype}, which JSON cannot carry: use --encoding binary.`);
  return Array.from({ length: bytes.length / TYPES[datatype]!.bytes }, (_, i) => one(i * TYPES[datatype]!.bytes));
}

function readBytesElements(bytes: Buffer): string[] {
  const elements: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    elements.push(bytes.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}
