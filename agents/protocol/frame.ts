// Owns the layout of a frame: the fixed 64-byte header, traces and tensor descriptors. Every byte is drawn in README.md beside this file.
// Decoding a stream of frames is frame-decoder.ts; who may send what when is the connection's business.
import { BYTES_PER_ELEMENT, DATA_TYPES, type WireTensor } from "./tensor.ts";
import { WireError } from "./wire-error.ts";

export const FRAME_VERSION = 1;
export const HEADER_BYTES = 64;
const MAGIC = 0x5043; // "CP", little endian

export const FRAME_TYPES = {
  open: 1, opened: 2, tensors: 3, chunk: 4, credit: 5, cancel: 6, error: 7, ping: 8, pong: 9, goaway: 10,
  "stream-end": 11, "lane-state": 12, probe: 13, "probe-ack": 14,
} as const;
export type FrameType = keyof typeof FRAME_TYPES;
const typeByNumber = new Map(Object.entries(FRAME_TYPES).map(([name, number]) => [number as number, name as FrameType]));

/** Bytes after the header in one frame: a control frame may always pass between two of them. */
export const MAX_CHUNK_BYTES = 256 * 1024;
/** Bytes of a trace's times. Whoever reads skips what follows them: later versions may say more. */
const TIMES_BYTES = 12;
/** Traces and descriptors of one message; 64 KiB is 400 tensors with long names. */
export const MAX_META_BYTES = 64 * 1024;
/** JSON of open/opened, text of an error. */
export const MAX_CONTROL_BODY_BYTES = 4096;
export const MAX_TENSORS = 1024;
export const MAX_RANK = 16;
export const MAX_NAME_BYTES = 512;
export const MAX_TRACES = 256;
/** Tensors start at multiples of this in the payload, so that any typed array can view them in place. */
export const PAYLOAD_ALIGNMENT = 8;
/** `deadlineMs` of a frame without one. */
export const NO_DEADLINE = 0xffff_ffff;
/**
 * Flags. `stream`: streamId and stepIndex count. `streamEnd`: forget the stream's state after this step. `linked` and `movesStreams`: of lane-state. `takeState`: nothing runs; each stage adds a
 * copy of the stream's state (`value` = the epoch it goes to). `giveState`: nothing runs; each stage keeps what is its own. Neither is sent where lane-state has not said `movesStreams`.
 */
export const FLAGS = { stream: 1, streamEnd: 2, linked: 4, answer: 8, takeState: 16, giveState: 32, movesStreams: 64 } as const;

/** All fields of a header; what a type does not use is 0. Ids are below 2^53. */
export type Header = {
  type: FrameType; flags: number; attempt: number;
  requestId: number; originId: number; streamId: number;
  stepIndex: number; epoch: number; deadlineMs: number;
  metaBytes: number; bodyBytes: number;
  /** credit: frames granted; error and goaway: code's number; ping and probe: any, echoed; tensors that take state: the epoch it goes to. */
  value: number;
  payloadBytes: number;
};
/** Durations of a frame at one node, milliseconds. Each is the difference of two readings of that node's own clock: nobody's clocks are compared. */
export type StageTimes = {
  /** First to last byte of the frame. */
  receiveMs: number;
  /** Shortest recent round trip of a ping on the connection the frame came by; null = none yet. */
  roundTripMs: number | null;
  /** Last byte received to result handed to its connection: waiting, computing, waiting for credit. */
  holdMs: number;
};
/** `times` is absent where a node on the way does not tell them. */
export type StageTrace = { stageIndex: number; nodeId: string; queueMs: number; computeMs: number; receivedBytes: number; times?: StageTimes };

/** What identifies and bounds one request's frame. */
export type MessageFields = Pick<Header, "flags" | "attempt" | "requestId" | "originId" | "streamId" | "stepIndex" | "epoch" | "deadlineMs">;
/** A whole tensors message. Tensors view `buffer` when decoded. */
export type Message = MessageFields & { traces: StageTrace[]; tensors: WireTensor[]; buffer: ArrayBuffer | null; /** Absent = 0. */ value?: number | undefined; /** First to last byte, by this process's clock; of a decoder with a clock. */ receiveMs?: number };
/** Everything else. `body` is a copy. */
export type ControlFrame = Header & { body: Uint8Array };

const MAX_SAFE_HIGH = 0x1f_ffff;

function setUint53(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}
function getUint53(view: DataView, offset: number): number {
  const high = view.getUint32(offset + 4, true);
  if (high > MAX_SAFE_HIGH) throw new WireError("bad_frame", `number at byte ${offset} of the header is above 2^53`);
  return high * 2 ** 32 + view.getUint32(offset, true);
}

export function writeHeader(view: DataView, offset: number, header: Header): void {
  view.setUint16(offset, MAGIC, true);
  view.setUint8(offset + 2, FRAME_VERSION);
  view.setUint8(offset + 3, FRAME_TYPES[header.type]);
  view.setUint16(offset + 4, header.flags, true);
  view.setUint16(offset + 6, header.attempt, true);
  setUint53(view, offset + 8, header.requestId);
  setUint53(view, offset + 16, header.originId);
  setUint53(view, offset + 24, header.streamId);
  view.setUint32(offset + 32, header.stepIndex, true);
  view.setUint32(offset + 36, header.epoch, true);
  view.setUint32(offset + 40, header.deadlineMs, true);
  view.setUint32(offset + 44, header.metaBytes, true);
  view.setUint32(offset + 48, header.bodyBytes, true);
  view.setUint32(offset + 52, header.value, true);
  setUint53(view, offset + 56, header.payloadBytes);
}

/** Throws WireError `bad_frame`/`bad_version`/`too_large`; `maxPayloadBytes` bounds a tensors message. */
export function readHeader(view: DataView, offset: number, maxPayloadBytes: number): Header {
  if (view.getUint16(offset, true) !== MAGIC) throw new WireError("bad_frame", "wrong magic");
  const version = view.getUint8(offset + 2);
  if (version !== FRAME_VERSION) throw new WireError("bad_version", `frame version ${version}, this side speaks ${FRAME_VERSION}`);
  const type = typeByNumber.get(view.getUint8(offset + 3));
  if (!type) throw new WireError("bad_frame", `frame type ${view.getUint8(offset + 3)}`);
  const header: Header = {
    type, flags: view.getUint16(offset + 4, true), attempt: view.getUint16(offset + 6, true),
    requestId: getUint53(view, offset + 8), originId: getUint53(view, offset + 16), streamId: getUint53(view, offset + 24),
    stepIndex: view.getUint32(offset + 32, true), epoch: view.getUint32(offset + 36, true), deadlineMs: view.getUint32(offset + 40, true),
    metaBytes: view.getUint32(offset + 44, true), bodyBytes: view.getUint32(offset + 48, true), value: view.getUint32(offset + 52, true),
    payloadBytes: getUint53(view, offset + 56),
  };
  checkSizes(header, maxPayloadBytes);
  return header;
}

function checkSizes(header: Header, maxPayloadBytes: number): void {
  const { type, metaBytes, bodyBytes, payloadBytes } = header;
  if (type === "tensors") {
    if (metaBytes < 4 || metaBytes > MAX_META_BYTES) throw new WireError("bad_frame", `descriptors of ${metaBytes} bytes`);
    if (payloadBytes > maxPayloadBytes) throw new WireError("too_large", `payload of ${payloadBytes} bytes, at most ${maxPayloadBytes}`);
    if (bodyBytes !== metaBytes + Math.min(payloadBytes, MAX_CHUNK_BYTES)) throw new WireError("bad_frame", `first body of ${bodyBytes} bytes`);
    return;
  }
  if (metaBytes !== 0 || payloadBytes !== 0) throw new WireError("bad_frame", `${type} frame with tensors`);
  const limit = type === "chunk" || type === "probe" || type === "probe-ack" ? MAX_CHUNK_BYTES : MAX_CONTROL_BODY_BYTES;
  if (bodyBytes > limit) throw new WireError("too_large", `${type} body of ${bodyBytes} bytes, at most ${limit}`);
  if (type === "chunk" && bodyBytes === 0) throw new WireError("bad_frame", "empty chunk");
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export type ControlFields = Partial<Omit<Header, "type" | "bodyBytes" | "metaBytes" | "payloadBytes">>;
/** Memory for a frame's head; contents need not be zero. */
export type Allocate = (bytes: number) => Uint8Array;
const fresh: Allocate = (bytes) => new Uint8Array(bytes);

/** Names repeat with every frame of a pipeline. */
const MAX_NAMES_KEPT = 4096;
const encodedNames = new Map<string, Uint8Array>();
function encodeName(name: string): Uint8Array {
  const known = encodedNames.get(name);
  if (known) return known;
  if (encodedNames.size >= MAX_NAMES_KEPT) encodedNames.clear();
  const bytes = encoder.encode(name);
  encodedNames.set(name, bytes);
  return bytes;
}

/** A control frame as bytes. */
export function encodeControl(type: FrameType, fields: ControlFields, body?: Uint8Array, allocate: Allocate = fresh): Uint8Array {
  const bodyBytes = body?.length ?? 0;
  const bytes = allocate(HEADER_BYTES + bodyBytes);
  // Spelled out: spreading objects would cost more than everything else here.
  writeHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, {
    type, flags: fields.flags ?? 0, attempt: fields.attempt ?? 0, requestId: fields.requestId ?? 0, originId: fields.originId ?? 0, streamId: fields.streamId ?? 0,
    stepIndex: fields.stepIndex ?? 0, epoch: fields.epoch ?? 0, deadlineMs: fields.deadlineMs ?? NO_DEADLINE, metaBytes: 0, bodyBytes, value: fields.value ?? 0, payloadBytes: 0,
  });
  if (body) bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Bytes of a trace before its node's id. */
const TRACE_HEAD_BYTES = 20;

export const traceBytes = (trace: StageTrace): number => TRACE_HEAD_BYTES + encodeName(trace.nodeId).length + (trace.times ? TIMES_BYTES : 0);

/** @returns where what follows it begins */
export function writeTrace(view: DataView, bytes: Uint8Array, at: number, { stageIndex, nodeId, queueMs, computeMs, receivedBytes, times }: StageTrace): number {
  const node = encodeName(nodeId);
  view.setUint8(at, stageIndex);
  view.setUint8(at + 1, node.length);
  view.setUint16(at + 2, times ? TIMES_BYTES : 0, true);
  view.setFloat32(at + 4, queueMs, true);
  view.setFloat32(at + 8, computeMs, true);
  setUint53(view, at + 12, receivedBytes);
  bytes.set(node, at + TRACE_HEAD_BYTES);
  const end = at + TRACE_HEAD_BYTES + node.length;
  if (!times) return end;
  view.setFloat32(end, times.receiveMs, true);
  view.setFloat32(end + 4, times.roundTripMs ?? Number.NaN, true);
  view.setFloat32(end + 8, times.holdMs, true);
  return end + TIMES_BYTES;
}

/** `bytes` are what `view` views. Throws WireError `bad_frame` where they end early. */
export function readTrace(view: DataView, bytes: Uint8Array, at: number): { trace: StageTrace; next: number } {
  const need = (end: number) => { if (end > bytes.length) throw new WireError("bad_frame", "descriptors end early"); };
  need(at + TRACE_HEAD_BYTES);
  const node = at + TRACE_HEAD_BYTES;
  const end = node + bytes[at + 1]!;
  const next = end + view.getUint16(at + 2, true);
  need(next);
  const trace: StageTrace = { stageIndex: bytes[at]!, nodeId: text(bytes.subarray(node, end)), queueMs: readMs(view, at + 4), computeMs: readMs(view, at + 8), receivedBytes: getUint53(view, at + 12) };
  if (next - end >= TIMES_BYTES) trace.times = readTimes(view, end);
  return { trace, next };
}

export const padded = (bytes: number): number => Math.ceil(bytes / PAYLOAD_ALIGNMENT) * PAYLOAD_ALIGNMENT;

export type EncodedMessage = {
  /** Header and meta of the first frame. */
  head: Uint8Array;
  /** Payload in order, padding included; views of the tensors' own bytes, nothing copied. */
  parts: Uint8Array[];
  payloadBytes: number;
};
const ZEROS = new Uint8Array(PAYLOAD_ALIGNMENT);

/** Lays a message out without copying tensor data. Throws WireError `bad_tensors` on what no receiver would take. */
export function encodeMessage(message: Omit<Message, "buffer">, allocate: Allocate = fresh): EncodedMessage {
  const names = message.tensors.map((tensor) => encodeName(tensor.name));
  const traceCount = message.traces.length;
  let metaBytes = 4;
  for (const trace of message.traces) metaBytes += traceBytes(trace);
  for (let i = 0; i < names.length; i++) metaBytes += 4 + 4 * message.tensors[i]!.shape.length + names[i]!.length;
  if (metaBytes > MAX_META_BYTES || names.length > MAX_TENSORS || traceCount > MAX_TRACES) {
    throw new WireError("bad_tensors", `${names.length} tensors with ${metaBytes} bytes of descriptors`);
  }
  const head = allocate(HEADER_BYTES + metaBytes);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  view.setUint16(HEADER_BYTES, names.length, true);
  view.setUint16(HEADER_BYTES + 2, traceCount, true);
  let at = HEADER_BYTES + 4;
  for (const trace of message.traces) at = writeTrace(view, head, at, trace);
  const parts: Uint8Array[] = [];
  let payloadBytes = 0;
  message.tensors.forEach((tensor, i) => {
    if (tensor.shape.length > MAX_RANK || names[i]!.length > MAX_NAME_BYTES) throw new WireError("bad_tensors", `tensor "${tensor.name}": rank or name too long`);
    view.setUint8(at, DATA_TYPES.indexOf(tensor.dataType) + 1);
    view.setUint8(at + 1, tensor.shape.length);
    view.setUint16(at + 2, names[i]!.length, true);
    at += 4;
    for (const size of tensor.shape) { view.setUint32(at, size, true); at += 4; }
    head.set(names[i]!, at);
    at += names[i]!.length;
    const bytes = tensor.data.length;
    if (bytes > 0) parts.push(tensor.data);
    if (padded(bytes) > bytes) parts.push(ZEROS.subarray(0, padded(bytes) - bytes));
    payloadBytes += padded(bytes);
  });
  writeHeader(view, 0, {
    type: "tensors", value: message.value ?? 0, flags: message.flags, attempt: message.attempt, requestId: message.requestId, originId: message.originId,
    streamId: message.streamId, stepIndex: message.stepIndex, epoch: message.epoch, deadlineMs: message.deadlineMs,
    metaBytes, payloadBytes, bodyBytes: metaBytes + Math.min(payloadBytes, MAX_CHUNK_BYTES),
  });
  return { head, parts, payloadBytes };
}

export type Descriptor = Omit<WireTensor, "data"> & { offset: number; bytes: number };

/** Reads traces and descriptors, and checks that the descriptors add up to exactly the payload announced. Throws WireError `bad_frame`. */
export function decodeMeta(meta: Uint8Array, payloadBytes: number): { traces: StageTrace[]; descriptors: Descriptor[] } {
  const view = new DataView(meta.buffer, meta.byteOffset, meta.length);
  let at = 4;
  const need = (bytes: number) => { if (at + bytes > meta.length) throw new WireError("bad_frame", "descriptors end early"); };
  need(0);
  const tensorCount = view.getUint16(0, true);
  const traceCount = view.getUint16(2, true);
  if (tensorCount > MAX_TENSORS || traceCount > MAX_TRACES) throw new WireError("bad_frame", `${tensorCount} tensors, ${traceCount} traces`);
  const traces: StageTrace[] = [];
  for (let i = 0; i < traceCount; i++) {
    const { trace, next } = readTrace(view, meta, at);
    traces.push(trace);
    at = next;
  }
  const descriptors: Descriptor[] = [];
  let offset = 0;
  for (let i = 0; i < tensorCount; i++) {
    need(4);
    const dataType = DATA_TYPES[meta[at]! - 1];
    const rank = meta[at + 1]!;
    const nameBytes = view.getUint16(at + 2, true);
    if (!dataType || rank > MAX_RANK || nameBytes > MAX_NAME_BYTES) throw new WireError("bad_frame", `descriptor ${i}: type ${meta[at]}, rank ${rank}, name ${nameBytes} bytes`);
    at += 4;
    need(4 * rank + nameBytes);
    const shape: number[] = [];
    let bytes = BYTES_PER_ELEMENT[dataType] as number;
    for (let axis = 0; axis < rank; axis++, at += 4) { shape.push(view.getUint32(at, true)); bytes *= shape[axis]!; }
    const name = text(meta.subarray(at, at + nameBytes));
    at += nameBytes;
    if (!(bytes <= payloadBytes - offset)) throw new WireError("bad_frame", `descriptor ${i} ("${name}") reaches past the payload`);
    descriptors.push({ name, dataType, shape, offset, bytes });
    offset += padded(bytes);
  }
  if (at !== meta.length || offset !== payloadBytes) throw new WireError("bad_frame", `descriptors name ${offset} payload bytes, the header ${payloadBytes}`);
  return { traces, descriptors };
}

/** What is no duration counts as none: another node's nonsense must not spoil this one's report. */
function readMs(view: DataView, at: number): number {
  const ms = view.getFloat32(at, true);
  return ms >= 0 && ms < Infinity ? ms : 0;
}

function readTimes(view: DataView, at: number): StageTimes {
  const roundTripMs = view.getFloat32(at + 4, true);
  return { receiveMs: readMs(view, at), roundTripMs: roundTripMs >= 0 && roundTripMs < Infinity ? roundTripMs : null, holdMs: readMs(view, at + 8) };
}

function text(bytes: Uint8Array): string {
  // Names are short and nearly always ASCII; the decoder's call costs more than the loop.
  let ascii = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte > 127) { ascii = ""; break; }
    ascii += String.fromCharCode(byte);
  }
  if (ascii.length === bytes.length) return ascii;
  try {
    return decoder.decode(bytes);
  } catch {
    throw new WireError("bad_frame", "a name is not UTF-8");
  }
}
