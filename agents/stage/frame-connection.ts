// Owns one established data connection: decoding what comes in, and sending so that a control frame never waits behind more than two chunks of
// a tensor. Knows nothing of lanes, credits or requests.
//
//   open ──► closing (goaway sent, what was queued before it goes out) ──► closed
//   open ──► closed (peer closed, silence, malformed frame: then a goaway with the code is tried first)
import type { Socket } from "node:net";
import { FrameDecoder } from "../protocol/frame-decoder.ts";
import {
  encodeControl, encodeMessage, HEADER_BYTES, MAX_CHUNK_BYTES, MAX_META_BYTES, NO_DEADLINE, writeHeader, type ControlFields, type ControlFrame, type FrameType, type Message,
} from "../protocol/frame.ts";
import { WIRE_ERRORS, WireError, wireErrorCode, type WireErrorCode } from "../protocol/wire-error.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { RoundTrips } from "./round-trips.ts";
import { readInto } from "./user-buffer.ts";

/**
 * Writes under way with TLS: one with the system, one behind it. A third would wait inside the stream, and what gathers there is copied once more into fresh
 * memory before it is encrypted, which costs more than it gains. Small messages better gather until the first is out.
 */
const MAX_TLS_WRITES = 2;
/** Without encryption the system takes many buffers in one call, which is what costs. */
const MAX_UNSENT_PLAIN_BYTES = 4 * MAX_CHUNK_BYTES;
/** Messages waiting to be sent; credits keep it far below, this is the backstop. */
const MAX_QUEUED_MESSAGES = 1024;
/** Control frames waiting; a peer that reads nothing while we answer its pings must not fill our memory. */
const MAX_QUEUED_CONTROL = 8192;
/** Up to this a frame is copied into one buffer: cheaper than handing several to the system. */
const COALESCE_BELOW_BYTES = 32 * 1024;
/** Under TLS frames gather up to this for one write. */
const TLS_BATCH_BYTES = 128 * 1024;
/** A batch that just stayed under that, and then one more frame. */
const SPARE_BYTES = TLS_BATCH_BYTES + HEADER_BYTES + MAX_META_BYTES + MAX_CHUNK_BYTES;
const MAX_SPARE = 3;
/** While messages pass, so that a path that becomes longer is known within a second … */
const PING_EVERY_MS = 100;
/** … for so long after one … */
const IN_USE_MS = 1_000;
/** … else so that a path that is gone is. */
const IDLE_PING_EVERY_MS = 250;
/** Nothing heard for so long: the path is gone even if TCP has not noticed. */
const SILENT_AFTER_MS = 5_000;

export type ConnectionOptions = {
  maxPayloadBytes: number;
  pool: BufferPool;
  onMessage(message: Message, connection: FrameConnection): void;
  /** All but ping, pong and goaway. */
  onControl(frame: ControlFrame, connection: FrameConnection): void;
  onClose(code: WireErrorCode, reason: string, connection: FrameConnection): void;
  /** Read straight into tensors where possible (default). */
  zeroCopy?: boolean;
};

/** `whole`: all of it left; else the connection ended first, and the system may still hold pieces. */
type Sent = (whole: boolean) => void;
type Outgoing = {
  head: Uint8Array | null; parts: Uint8Array[]; requestId: number;
  part: number; at: number; left: number;
  sent: Sent | null;
};

/** One connection; `peerNodeId` is what its certificate says ("" without TLS). */
export class FrameConnection {
  readonly peerNodeId: string;
  receivedBytes = 0;
  sentBytes = 0;
  /** Whether reads go straight into tensors here. */
  readonly zeroCopy: boolean;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #decoder: FrameDecoder;
  readonly #control: Uint8Array[] = [];
  readonly #messages: Outgoing[] = [];
  readonly #timer: NodeJS.Timeout;
  /** TLS copies when it is given several buffers, into fresh memory each time: it gets one, from memory used again. */
  readonly #tls: boolean;
  readonly #spare: Uint8Array[] = [];
  #unsentBytes = 0;
  #unsentWrites = 0;
  /** Set = what is queued leaves at the end of this turn of the event loop: a write costs more than all else about a small frame. */
  #gathering: NodeJS.Immediate | null = null;
  #grants = 0;
  #grantsEpoch = 0;
  #heardAt = performance.now();
  #closed = false;
  #closing: { code: WireErrorCode; reason: string } | null = null;
  /** null = answered. */
  #pingSentAt: number | null = null;
  #pingedAt = Number.NEGATIVE_INFINITY;
  /** When a message last came or was queued. */
  #usedAt = Number.NEGATIVE_INFINITY;
  readonly #roundTrips = new RoundTrips();

  constructor(socket: Socket, peerNodeId: string, options: ConnectionOptions) {
    this.peerNodeId = peerNodeId;
    this.#socket = socket;
    this.#tls = "encrypted" in socket;
    this.#options = options;
    this.#decoder = new FrameDecoder({
      maxPayloadBytes: options.maxPayloadBytes,
      allocate: (bytes) => options.pool.acquire(bytes),
      nowMs: () => performance.now(),
      onMessage: (message) => {
        if (this.#closed) return;
        this.#usedAt = this.#heardAt;
        options.onMessage(message, this);
      },
      onControl: (frame) => this.#onControl(frame),
    });
    socket.on("error", (error: Error) => this.#end("link_lost", error.message));
    socket.on("end", () => this.#end("link_lost", "the peer closed the connection"));
    socket.on("close", () => this.#end("link_lost", "the connection closed"));
    socket.setNoDelay(true);
    this.zeroCopy = options.zeroCopy !== false && readInto(socket, () => this.#decoder.destination(), (count) => this.#read(null, count));
    if (this.zeroCopy) socket.resume();
    else socket.on("data", (bytes: Uint8Array) => this.#read(bytes, bytes.length));
    this.#timer = setInterval(() => this.#tick(), PING_EVERY_MS);
    this.#timer.unref();
  }

  get closed(): boolean {
    return this.#closed || this.#closing !== null;
  }

  /** Shortest recent round trip of a ping, ms, and no less than one that is overdue has taken already; null = none yet. */
  get roundTripMs(): number | null {
    return this.#roundTrips.pathMs(this.#pingSentAt === null ? 0 : performance.now() - this.#pingSentAt);
  }

  /** One at a time: the answer to an earlier one would be taken for this one's. */
  ping(): void {
    if (this.#pingSentAt !== null) return;
    this.#pingSentAt = this.#pingedAt = performance.now();
    this.sendControl("ping");
  }

  sendControl(type: FrameType, fields: ControlFields = {}, body?: Uint8Array): void {
    if (this.closed) return;
    if (this.#control.length >= MAX_QUEUED_CONTROL) return this.close("overloaded", "the peer does not read");
    this.#control.push(encodeControl(type, fields, body, allocateHead));
    this.#gather();
  }

  /**
   * Grants the sender `frames` more of a window of `windowFrames`. Told when a quarter of the window has gathered, so that it is told of while the sender
   * still has credit and costs no write of its own for every frame.
   */
  grant(epoch: number, windowFrames: number, frames = 1): void {
    if (this.closed || frames === 0) return;
    if (this.#grants > 0 && this.#grantsEpoch !== epoch) this.#tellGrants();
    this.#grants += frames;
    this.#grantsEpoch = epoch;
    if (this.#grants * 4 >= windowFrames) this.#gather();
  }

  #tellGrants(): void {
    if (this.#grants === 0) return;
    this.#control.push(encodeControl("credit", { value: this.#grants, epoch: this.#grantsEpoch }, undefined, allocateHead));
    this.#grants = 0;
  }

  /** Queues a message; `sent` is called once its bytes are no longer needed (also when the connection closes first). Throws WireError. */
  sendMessage(message: Omit<Message, "buffer">, sent: Sent | null = null): void {
    if (this.closed) { sent?.(true); return; }
    if (this.#messages.length >= MAX_QUEUED_MESSAGES) throw new WireError("no_credit", "too many messages queued for one connection");
    const { head, parts, payloadBytes } = encodeMessage(message, allocateHead);
    this.#usedAt = performance.now();
    this.#messages.push({ head, parts, requestId: message.requestId, part: 0, at: 0, left: payloadBytes, sent });
    if (payloadBytes >= TLS_BATCH_BYTES) this.#pump();
    else this.#gather();
  }

  /** Says why, then closes once that is out. */
  close(code: WireErrorCode, reason: string): void {
    if (this.closed) return;
    const body = new TextEncoder().encode(reason.slice(0, 500));
    this.#control.push(encodeControl("goaway", { value: WIRE_ERRORS[code].number }, body));
    this.#pump();
    this.#closing = { code, reason };
    this.#socket.end();
    // A peer that no longer reads would keep us here forever.
    setTimeout(() => this.#end(code, reason), 1000).unref();
    this.#end(code, reason, false);
  }

  /** `bytes: null` = they are where the decoder wanted them. */
  #read(bytes: Uint8Array | null, count: number): void {
    if (this.#closed) return;
    this.receivedBytes += count;
    this.#heardAt = performance.now();
    try {
      if (bytes) this.#decoder.push(bytes);
      else this.#decoder.received(count);
    } catch (error) {
      const wire = error instanceof WireError ? error : new WireError("internal", String((error as Error)?.stack ?? error));
      this.close(wire.code, wire.message);
    }
  }

  #onControl(frame: ControlFrame): void {
    if (this.closed) return;
    if (frame.type === "ping") return this.sendControl("pong", { value: frame.value });
    if (frame.type === "pong") {
      if (this.#pingSentAt === null) return;
      this.#roundTrips.add(performance.now() - this.#pingSentAt);
      this.#pingSentAt = null;
      // The next one was due while this one was under way: a path as long as the time between two would be looked at half as often.
      if (performance.now() - this.#pingedAt >= PING_EVERY_MS) this.#tick();
      return;
    }
    if (frame.type === "goaway") {
      const reason = new TextDecoder().decode(frame.body);
      return this.#end(wireErrorCode(frame.value), `the peer closed: ${reason}`);
    }
    this.#options.onControl(frame, this);
  }

  #tick(): void {
    const now = performance.now();
    if (now - this.#heardAt > SILENT_AFTER_MS) return this.#end("silent", `nothing heard for ${SILENT_AFTER_MS} ms`);
    if (now - this.#usedAt < IN_USE_MS || now - this.#pingedAt > IDLE_PING_EVERY_MS - PING_EVERY_MS / 2) this.ping();
  }

  #gather(): void {
    this.#gathering ??= setImmediate(() => { this.#gathering = null; this.#pump(); });
  }

  /** Sends what may be sent: control frames first, small frames together in one write, large ones chunk by chunk. */
  #pump(): void {
    if (this.#closed) return;
    this.#tellGrants();
    while (this.#control.length > 0 || (this.#messages.length > 0 && this.#mayWrite)) this.#writeBatch();
  }

  get #mayWrite(): boolean {
    if (!this.#tls) return this.#unsentBytes < MAX_UNSENT_PLAIN_BYTES;
    const large = (this.#messages[0]?.left ?? 0) >= TLS_BATCH_BYTES;
    return this.#unsentWrites < (large ? MAX_TLS_WRITES : 1);
  }

  #writeBatch(): void {
    const batch: Uint8Array[] = [];
    const sent: Sent[] = [];
    let total = 0;
    while (this.#control.length > 0 && total < COALESCE_BELOW_BYTES) {
      const frame = this.#control.shift()!;
      batch.push(frame);
      total += frame.length;
    }
    const enough = this.#tls ? TLS_BATCH_BYTES : MAX_UNSENT_PLAIN_BYTES - this.#unsentBytes;
    const free = this.#mayWrite;
    while (free && this.#messages.length > 0 && this.#control.length === 0 && total < enough) {
      total += this.#takePiece(this.#messages[0]!, batch, sent);
    }
    this.#unsentBytes += total;
    this.#unsentWrites++;
    this.sentBytes += total;
    if (total <= COALESCE_BELOW_BYTES || this.#tls) return this.#writeTogether(batch, total, sent);
    this.#socket.cork();
    for (const bytes of batch.slice(0, -1)) this.#socket.write(bytes);
    this.#socket.write(batch.at(-1)!, () => this.#written(total, sent));
    this.#socket.uncork();
  }

  /** Adds the next frame of a message to a batch; gives its bytes. */
  #takePiece(message: Outgoing, batch: Uint8Array[], sent: Sent[]): number {
    const bytes = Math.min(message.left, MAX_CHUNK_BYTES);
    const head = message.head ?? chunkHeader(message.requestId, bytes);
    message.head = null;
    message.left -= bytes;
    batch.push(head);
    takeViews(message, bytes, batch);
    if (message.left === 0) {
      this.#messages.shift();
      if (message.sent) sent.push(message.sent);
    }
    return head.length + bytes;
  }

  #writeTogether(batch: Uint8Array[], total: number, sent: Sent[]): void {
    if (batch.length === 1) return void this.#socket.write(batch[0]!, () => this.#written(total, sent));
    const small = total <= COALESCE_BELOW_BYTES;
    const memory = small ? Buffer.allocUnsafe(total) : (this.#spare.pop() ?? Buffer.allocUnsafeSlow(SPARE_BYTES));
    let at = 0;
    for (const bytes of batch) { memory.set(bytes, at); at += bytes.length; }
    // Copied: the tensors' own bytes are free already.
    for (const free of sent) free(true);
    this.#socket.write(small ? memory : memory.subarray(0, total), () => {
      if (!small && this.#spare.length < MAX_SPARE) this.#spare.push(memory);
      this.#written(total, []);
    });
  }

  #written(total: number, sent: Sent[]): void {
    this.#unsentBytes -= total;
    this.#unsentWrites--;
    for (const free of sent) free(true);
    this.#pump();
  }

  #end(code: WireErrorCode, reason: string, destroy = true): void {
    if (destroy) this.#socket.destroy();
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    if (this.#gathering) clearImmediate(this.#gathering);
    for (const message of this.#messages.splice(0)) message.sent?.(false);
    this.#options.onClose(code, reason, this);
  }
}

/** Adds the next `bytes` of a message's payload to a batch, as views. */
function takeViews(message: Outgoing, bytes: number, batch: Uint8Array[]): void {
  for (let rest = bytes; rest > 0;) {
    const part = message.parts[message.part]!;
    const count = Math.min(rest, part.length - message.at);
    batch.push(count === part.length ? part : part.subarray(message.at, message.at + count));
    rest -= count;
    message.at += count;
    if (message.at === part.length) { message.part++; message.at = 0; }
  }
}

/** From Node's pool: a memory area of its own for every head costs more than filling it. */
const allocateHead = (bytes: number): Uint8Array => Buffer.allocUnsafe(bytes);

const chunkHeader = (requestId: number, bodyBytes: number): Uint8Array => {
  const bytes = allocateHead(HEADER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  writeHeader(view, 0, { type: "chunk", flags: 0, attempt: 0, requestId, originId: 0, streamId: 0, stepIndex: 0, epoch: 0, deadlineMs: NO_DEADLINE, metaBytes: 0, bodyBytes, value: 0, payloadBytes: 0 });
  return bytes;
};
