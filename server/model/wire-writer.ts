// Owns writing the protobuf wire format: small messages as bytes, and whole files as pieces that may be ranges of a source.
import type { ByteRange, ByteSource } from "./byte-source.ts";

/** Bytes copied at a time from a source to a sink. */
export const COPY_CHUNK_BYTES = 1024 * 1024;

/** What a file is written from: bytes of ours, or a range of the source. */
export type Piece = Uint8Array | ByteRange;

const utf8 = new TextEncoder();

/** A varint; negative integers as ten bytes, as int64 demands. */
export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** Collects the fields of one message. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Appends bytes that already are whole fields. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }
  integer(field: number, value: number | bigint): this {
    return this.raw(varint(field * 8)).raw(varint(value));
  }
  bytes(field: number, bytes: Uint8Array): this {
    return this.raw(varint(field * 8 + 2)).raw(varint(bytes.length)).raw(bytes);
  }
  string(field: number, text: string): this {
    return this.bytes(field, utf8.encode(text));
  }
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.raw(varint(field * 8 + 5)).raw(bytes);
  }
  message(field: number, message: MessageWriter): this {
    return this.bytes(field, message.finish());
  }
  get length(): number {
    return this.#length;
  }
  finish(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}

/** Writes pieces in order. Neighbouring ranges become one copy; nothing larger than a chunk is held. The sink must use a chunk before it returns. */
export function writePieces(source: ByteSource, pieces: Iterable<Piece>, sink: (chunk: Uint8Array) => void): number {
  let written = 0;
  let pending: ByteRange | null = null;
  const flush = () => {
    if (pending === null) return;
    for (let offset = pending.start; offset < pending.end; offset += COPY_CHUNK_BYTES) sink(source.read(offset, Math.min(COPY_CHUNK_BYTES, pending.end - offset)));
    written += pending.end - pending.start;
    pending = null;
  };
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      flush();
      sink(piece);
      written += piece.length;
    } else if (pending !== null && (pending as ByteRange).end === piece.start) {
      pending = { start: (pending as ByteRange).start, end: piece.end };
    } else {
      flush();
      pending = piece;
    }
  }
  flush();
  return written;
}
