// Owns reading the protobuf wire format from a byte source through a small window: fields one by one, never a payload that nobody asked for.
// Not ONNX's meaning of the fields.
import type { ByteRange, ByteSource } from "./byte-source.ts";
import { ModelRefusal } from "./model-refusal.ts";

/** Bytes read at a time; headers of a model are dense, so that one window holds hundreds of them. */
const WINDOW_BYTES = 64 * 1024;
/** Names and other strings; real ones stay under some hundred bytes. */
const MAX_STRING_BYTES = 1024 * 1024;

const utf8 = new TextDecoder();

/** A cursor over fields. After `next` returned true the fields below describe the current one. */
export class WireReader {
  readonly source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;
  #position = 0;

  /** Current field: number, wire type, first byte of its tag, payload [start, end). For a varint `value` holds it. */
  number = 0;
  wireType = 0;
  tagStart = 0;
  start = 0;
  end = 0;
  value = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  seek(position: number): void {
    this.#position = position;
  }

  /** Steps to the next field before `limit`; false at the limit. Errors: malformed tags, lengths past the limit. */
  next(limit: number): boolean {
    if (this.#position >= limit) return false;
    this.tagStart = this.#position;
    const tag = this.#varint(limit);
    this.wireType = tag & 7;
    this.number = Math.floor(tag / 8);
    if (this.number === 0 || this.number > 536_870_911) throw malformed("a field has an impossible number", this.tagStart);
    this.start = this.#position;
    if (this.wireType === 0) {
      this.value = this.#varint(limit);
      this.end = this.#position;
    } else if (this.wireType === 2) {
      const length = this.#varint(limit);
      this.start = this.#position;
      this.end = this.start + length;
      if (length < 0 || this.end > limit) throw pastTheEnd(this.end, limit, this.source.size, this.tagStart);
    } else if (this.wireType === 1 || this.wireType === 5) {
      this.end = this.start + (this.wireType === 1 ? 8 : 4);
      if (this.end > limit) throw pastTheEnd(this.end, limit, this.source.size, this.tagStart);
    } else {
      throw malformed(`a field has wire type ${this.wireType}, which ONNX never uses`, this.tagStart);
    }
    this.#position = this.end;
    return true;
  }

  /** The current length-delimited field as text. */
  string(): string {
    this.expect(2);
    if (this.end - this.start > MAX_STRING_BYTES) throw new ModelRefusal("too-large", `A name of ${this.end - this.start} bytes is not plausible.`, { place: `byte ${this.start}` });
    return utf8.decode(this.#view(this.start, this.end - this.start));
  }

  /** The current 32-bit field as a float. */
  float(): number {
    this.expect(5);
    const view = this.#view(this.start, 4);
    return new DataView(view.buffer, view.byteOffset, 4).getFloat32(0, true);
  }

  /** The current field as integers, packed or not; at most `limit` of them. */
  integers(into: number[], limit: number): void {
    if (this.wireType === 0) {
      if (into.length < limit) into.push(this.value);
      return;
    }
    this.expect(2);
    const end = this.end;
    this.#position = this.start;
    while (this.#position < end && into.length < limit) into.push(this.#varint(end));
    this.#position = end;
  }

  range(): ByteRange {
    return { start: this.start, end: this.end };
  }

  expect(wireType: number): void {
    if (this.wireType !== wireType) throw malformed(`field ${this.number} has wire type ${this.wireType} instead of ${wireType}`, this.tagStart);
  }

  /** Unsigned where it fits 53 bits; negative 64-bit integers come out negative; others lose low bits, which only INT64_MAX-like bounds have. */
  #varint(limit: number): number {
    let low = 0;
    let scale = 1;
    for (let index = 0; index < 10; index++) {
      if (this.#position >= limit) throw pastTheEnd(this.#position + 1, limit, this.source.size, this.#position);
      const byte = this.#byte(this.#position++);
      if (index === 9) return this.#negative(this.#position);
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return low;
      scale *= 128;
    }
    throw malformed("a number is longer than ten bytes", this.#position);
  }

  /** Ten-byte varints are negative int64: read again exactly. */
  #negative(end: number): number {
    let value = 0n;
    for (let index = 9; index >= 0; index--) value = (value << 7n) | BigInt(this.#byte(end - 10 + index) & 0x7f);
    return Number(BigInt.asIntN(64, value));
  }

  #byte(position: number): number {
    const inside = position - this.#windowStart;
    if (inside >= 0 && inside < this.#window.length) return this.#window[inside] as number;
    this.#fill(position);
    return this.#window[0] as number;
  }

  #view(offset: number, length: number): Uint8Array {
    const inside = offset - this.#windowStart;
    if (inside >= 0 && inside + length <= this.#window.length) return this.#window.subarray(inside, inside + length);
    if (length > WINDOW_BYTES) return this.source.read(offset, length).slice();
    this.#fill(offset);
    return this.#window.subarray(0, length);
  }

  #fill(position: number): void {
    // Copied, because a source may reuse its buffer for the next read.
    this.#window = this.source.read(position, Math.min(WINDOW_BYTES, this.source.size - position)).slice();
    this.#windowStart = position;
  }
}

function pastTheEnd(end: number, limit: number, size: number, place: number): ModelRefusal {
  if (limit >= size) {
    return new ModelRefusal("truncated", `The file ends too early: a field at byte ${place} needs ${end - size} more bytes than there are.`, {
      place: `byte ${place}`, fix: "Upload the file again; compare its size and checksum with the source.",
    });
  }
  return malformed(`a field reaches ${end - limit} bytes past the message that holds it`, place);
}

export function malformed(what: string, place: number): ModelRefusal {
  return new ModelRefusal("malformed", `The file is not a valid ONNX file: ${what} (byte ${place}).`, {
    place: `byte ${place}`, fix: "Export the model again, or upload the original file.",
  });
}
