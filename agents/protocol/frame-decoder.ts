// Owns turning bytes, split anywhere, into frames. Tensor payloads land where they stay: `destination()` names the memory for the next read,
// so a socket that can read into given memory writes straight into the tensor. Limits are checked before anything is allocated.
import {
  decodeMeta, HEADER_BYTES, MAX_CHUNK_BYTES, MAX_CONTROL_BODY_BYTES, MAX_META_BYTES, readHeader,
  type ControlFrame, type Descriptor, type Header, type Message, type StageTrace,
} from "./frame.ts";
import { WireError } from "./wire-error.ts";

export type DecoderOptions = {
  /** Largest payload of one tensors message. */
  maxPayloadBytes: number;
  /** Memory for a payload; at least `bytes` long. */
  allocate(bytes: number): ArrayBuffer;
  /** Milliseconds of any steady clock; messages then say how long they took to come in. */
  nowMs?(): number;
  onMessage(message: Message): void;
  onControl(frame: ControlFrame): void;
};

/** Bytes read at once while no tensor is open: small messages arrive whole in one read. */
const STAGING_BYTES = 72 * 1024;
const NOTHING = new Uint8Array(0);
/** A lane's messages are alike. Where the last one had this much payload the next is read in place from its first byte; smaller ones rather come in several at once. */
const MIN_AWAITED_BYTES = 16 * 1024;
/** Memory kept waiting per connection. */
const MAX_AWAITED_BYTES = 2 * 1024 * 1024;
/** Of a payload in its buffer: what any typed array and the widest vector instructions ask for. */
const PAYLOAD_ALIGNMENT = 64;

type Open = {
  header: Header; traces: StageTrace[]; descriptors: Descriptor[]; buffer: ArrayBuffer; bytes: Uint8Array;
  /** Where the payload begins in `buffer`. */
  base: number;
  filled: number;
  /** Payload in its first frame. */
  firstBytes: number;
  /** When its header was read. */
  sinceMs: number;
};
// header ──► body (control) ──► header
//        ──► meta ──► piece ──► header (message open: only chunk and control frames may follow) ──► … ──► message done
//        ──► piece (chunk of the open message) ──► header
// Any violation throws WireError; the decoder is dead after that and the connection must be closed.
type State = "header" | "meta" | "piece" | "body" | "skip";

/** Memory for a message of the last one's shape: its head ends where its payload, aligned, begins. */
type Awaited = { headBytes: number; firstBytes: number; payloadBytes: number; base: number; buffer: ArrayBuffer | null };

/** Incremental decoder of one connection's incoming bytes. */
export class FrameDecoder {
  readonly #options: DecoderOptions;
  readonly #staging = new Uint8Array(STAGING_BYTES);
  readonly #small = new Uint8Array(Math.max(MAX_META_BYTES, MAX_CONTROL_BODY_BYTES));
  readonly #head = new Uint8Array(HEADER_BYTES);
  readonly #headView = new DataView(this.#head.buffer);
  #state: State = "header";
  #filled = 0;
  /** Bytes the present state still needs (piece and skip), or needs in all (the others). */
  #need = HEADER_BYTES;
  #header: Header | null = null;
  #headerAtMs = 0;
  #open: Open | null = null;
  #awaited: Awaited | null = null;
  /** What the last `destination` was. */
  #into: "staging" | "piece" | "awaited" = "staging";

  constructor(options: DecoderOptions) {
    this.#options = options;
  }

  /** Where the next read should go; pass the number of bytes read to `received`. */
  destination(): Uint8Array {
    if (this.#state === "piece") {
      this.#into = "piece";
      const { bytes, filled, header } = this.#open!;
      // One header further than the piece reaches: the next chunk's header lands where its payload will be written over it, so that a chunk costs
      // one read, not two.
      const beyond = header.payloadBytes - filled - this.#need >= HEADER_BYTES ? HEADER_BYTES : 0;
      return bytes.subarray(filled, filled + this.#need + beyond);
    }
    if (this.#awaited && !this.#open && this.#state === "header" && this.#filled === 0) {
      this.#into = "awaited";
      const { base, headBytes, firstBytes, payloadBytes } = this.#awaited;
      this.#awaited.buffer ??= this.#options.allocate(base + payloadBytes);
      return new Uint8Array(this.#awaited.buffer, base - headBytes, headBytes + firstBytes);
    }
    this.#into = "staging";
    // Inside a message read no further than the next header, so that the tensor's bytes behind it can land in place.
    if (this.#open && this.#state === "header") return this.#staging.subarray(0, HEADER_BYTES - this.#filled);
    return this.#staging;
  }

  /** `count` bytes have been written to the memory `destination` named. Throws WireError. */
  received(count: number): void {
    if (this.#into === "staging") return this.push(this.#staging.subarray(0, count));
    if (this.#into === "awaited") return this.#receivedAwaited(this.#awaited!, count);
    const open = this.#open!;
    const mine = Math.min(count, this.#need);
    open.filled += mine;
    this.#need -= mine;
    if (this.#need > 0) return;
    const end = open.filled;
    this.#endPiece();
    if (count === mine) return;
    // What lies beyond the piece belongs to headers: of the next chunk, or of control frames between.
    this.push(open.bytes.slice(end, end + count - mine));
  }

  /** If it is the message that was awaited, its payload lies where it stays; anything else is taken as if it had come to the staging memory. */
  #receivedAwaited(awaited: Awaited, count: number): void {
    const { base, headBytes, firstBytes, payloadBytes } = awaited;
    const buffer = awaited.buffer!;
    const came = new Uint8Array(buffer, base - headBytes, count);
    if (count < headBytes) return this.push(came);
    const header = readHeader(new DataView(buffer, base - headBytes, HEADER_BYTES), 0, this.#options.maxPayloadBytes);
    if (header.type !== "tensors" || header.metaBytes !== headBytes - HEADER_BYTES || header.payloadBytes !== payloadBytes || header.bodyBytes - header.metaBytes !== firstBytes) return this.push(came);
    awaited.buffer = null;
    this.#beginFrame(header);
    this.#beginMessage(came.subarray(HEADER_BYTES, headBytes), buffer, base);
    this.#open!.filled = count - headBytes;
    this.#need -= count - headBytes;
    if (this.#need === 0) this.#endPiece();
  }

  /** Bytes that arrived in somebody else's memory: tensors are copied once. Throws WireError. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "piece") {
        const open = this.#open!;
        const count = Math.min(this.#need, bytes.length - at);
        open.bytes.set(bytes.subarray(at, at + count), open.filled);
        open.filled += count;
        this.#need -= count;
        at += count;
        if (this.#need === 0) this.#endPiece();
      } else if (this.#state === "skip") {
        const count = Math.min(this.#need, bytes.length - at);
        this.#need -= count;
        at += count;
        if (this.#need === 0) this.#deliver(NOTHING);
      } else {
        const into = this.#state === "header" ? this.#head : this.#small;
        const count = Math.min(this.#need - this.#filled, bytes.length - at);
        into.set(bytes.subarray(at, at + count), this.#filled);
        this.#filled += count;
        at += count;
        if (this.#filled === this.#need) this.#endSmall();
      }
    }
  }

  #expect(state: State, need: number): void {
    this.#state = state;
    this.#need = need;
    this.#filled = 0;
  }

  #endSmall(): void {
    if (this.#state === "header") return this.#beginFrame(readHeader(this.#headView, 0, this.#options.maxPayloadBytes));
    if (this.#state === "meta") {
      const header = this.#header!;
      this.#beginMessage(this.#small.subarray(0, header.metaBytes), this.#options.allocate(header.payloadBytes), 0);
      if (this.#need === 0) this.#endPiece();
      return;
    }
    this.#deliver(this.#small.slice(0, this.#need));
  }

  #beginFrame(header: Header): void {
    this.#header = header;
    if (header.type === "tensors") {
      this.#headerAtMs = this.#options.nowMs?.() ?? 0;
      if (this.#open) throw new WireError("bad_frame", "a second message inside an unfinished one");
      return this.#expect("meta", header.metaBytes);
    }
    if (header.type === "chunk") {
      const open = this.#open;
      if (!open || open.header.requestId !== header.requestId) throw new WireError("bad_frame", "a chunk of no open message");
      if (header.bodyBytes !== Math.min(MAX_CHUNK_BYTES, open.header.payloadBytes - open.filled)) throw new WireError("bad_frame", `chunk of ${header.bodyBytes} bytes`);
      return this.#expect("piece", header.bodyBytes);
    }
    if (header.bodyBytes === 0) return this.#deliver(NOTHING);
    this.#expect(header.type === "probe" || header.type === "probe-ack" ? "skip" : "body", header.bodyBytes);
  }

  #beginMessage(meta: Uint8Array, buffer: ArrayBuffer, base: number): void {
    const header = this.#header!;
    const { traces, descriptors } = decodeMeta(meta, header.payloadBytes);
    const firstBytes = header.bodyBytes - header.metaBytes;
    this.#open = { header, traces, descriptors, buffer, base, bytes: new Uint8Array(buffer, base), filled: 0, firstBytes, sinceMs: this.#headerAtMs };
    this.#expect("piece", firstBytes);
  }

  #endPiece(): void {
    const open = this.#open!;
    this.#expect("header", HEADER_BYTES);
    if (open.filled < open.header.payloadBytes) return;
    this.#open = null;
    const { header, buffer, base } = open;
    this.#await(open);
    this.#options.onMessage({
      flags: header.flags, attempt: header.attempt, requestId: header.requestId, originId: header.originId, streamId: header.streamId,
      stepIndex: header.stepIndex, epoch: header.epoch, deadlineMs: header.deadlineMs, value: header.value || undefined, traces: open.traces, buffer, receiveMs: this.#options.nowMs ? this.#options.nowMs() - open.sinceMs : undefined,
      tensors: open.descriptors.map(({ name, dataType, shape, offset, bytes }) => ({ name, dataType, shape, data: new Uint8Array(buffer, base + offset, bytes) })),
    });
  }

  #await({ header: { metaBytes, payloadBytes }, firstBytes }: Open): void {
    const before = this.#awaited;
    const headBytes = HEADER_BYTES + metaBytes;
    if (before && before.payloadBytes === payloadBytes && before.headBytes === headBytes && before.firstBytes === firstBytes) return;
    this.#awaited = payloadBytes < MIN_AWAITED_BYTES || payloadBytes > MAX_AWAITED_BYTES ? null
      : { headBytes, firstBytes, payloadBytes, base: Math.ceil(headBytes / PAYLOAD_ALIGNMENT) * PAYLOAD_ALIGNMENT, buffer: null };
  }

  #deliver(body: Uint8Array): void {
    const header = this.#header!;
    this.#expect("header", HEADER_BYTES);
    this.#options.onControl(Object.assign(header, { body }));
  }
}
