import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FrameDecoder } from "./frame-decoder.ts";
import { encodeControl, HEADER_BYTES, MAX_CHUNK_BYTES, MAX_RANK, type ControlFrame, type Message } from "./frame.ts";
import { decodePreamble, encodePreamble } from "./preamble.ts";
import { messageOf, wireBytes, type Vector } from "./vectors/make-vectors.ts";
import { WireError } from "./wire-error.ts";

const folder = new URL("./vectors/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));
const vectors = names.map((name) => ({ name, vector: JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as Vector, bytes: new Uint8Array(readFileSync(new URL(`${name}.bin`, folder))) }));
const framed = vectors.filter(({ vector }) => !("preamble" in vector));

function collect(maxPayloadBytes = 1 << 20) {
  const got: (ControlFrame | Message)[] = [];
  const allocated: number[] = [];
  const decoder = new FrameDecoder({ maxPayloadBytes, allocate: (bytes) => { allocated.push(bytes); return new ArrayBuffer(bytes); }, onMessage: (message) => got.push(message), onControl: (frame) => got.push(frame) });
  return { decoder, got, allocated };
}
/** Feeds bytes as a socket that reads into given memory does: never more than it offers. */
function feedDirect(decoder: FrameDecoder, bytes: Uint8Array, atMost: () => number): void {
  for (let at = 0; at < bytes.length;) {
    const into = decoder.destination();
    const count = Math.min(into.length, bytes.length - at, atMost());
    into.set(bytes.subarray(at, at + count));
    decoder.received(count);
    at += count;
  }
}
function plain(frame: ControlFrame | Message): unknown {
  if (!("tensors" in frame)) return { ...frame, body: Buffer.from(frame.body).toString("hex") };
  return { ...frame, buffer: null, tensors: frame.tensors.map((tensor) => ({ ...tensor, data: Buffer.from(tensor.data).toString("hex") })) };
}

test("golden vectors: enough of them, encoded byte by byte as stored, decoded to what they say", () => {
  expect(vectors.length).toBeGreaterThanOrEqual(14);
  for (const { name, vector, bytes } of vectors) {
    if ("preamble" in vector) {
      expect(Buffer.from(encodePreamble(vector.preamble)).equals(bytes), name).toBe(true);
      expect(decodePreamble(bytes)).toEqual({ state: "done", preamble: vector.preamble, bytes: bytes.length });
      continue;
    }
    const { decoder, got } = collect();
    decoder.push(bytes);
    expect(got.length, name).toBe(1);
    if ("control" in vector) {
      const { type, fields, bodyText } = vector.control;
      expect(Buffer.from(encodeControl(type, fields, new TextEncoder().encode(bodyText))).equals(bytes), name).toBe(true);
      expect(got[0]).toMatchObject({ type, ...fields, body: new Uint8Array(Buffer.from(bodyText)) });
    } else {
      const message = messageOf(vector.message);
      expect(Buffer.from(wireBytes(message)).equals(bytes), name).toBe(true);
      expect(plain(got[0]!)).toEqual(plain({ ...message, about: undefined, buffer: null } as unknown as Message));
    }
  }
});

test("frames split at every byte decode alike, copied or read in place", () => {
  const small = framed.filter(({ bytes }) => bytes.length < 1000);
  const all = Buffer.concat(small.map(({ bytes }) => bytes));
  const whole = collect();
  whole.decoder.push(all);
  const expected = whole.got.map(plain);
  expect(expected.length).toBe(small.length);
  for (let split = 1; split < all.length; split++) {
    const copied = collect();
    copied.decoder.push(all.subarray(0, split));
    copied.decoder.push(all.subarray(split));
    expect(copied.got.map(plain)).toEqual(expected);
  }
  for (let size = 1; size < 200; size++) {
    const direct = collect();
    feedDirect(direct.decoder, all, () => size);
    expect(direct.got.map(plain)).toEqual(expected);
  }
});

test("control frames between chunks and odd read sizes leave a large tensor whole", () => {
  const data = new Uint8Array(2 * MAX_CHUNK_BYTES + 12_345).map((_, i) => (i * 31) & 0xff);
  const bytes = wireBytes({ flags: 0, attempt: 1, requestId: 5, originId: 1, streamId: 0, stepIndex: 0, epoch: 1, deadlineMs: 9, traces: [], tensors: [{ name: "t", dataType: "uint8", shape: [data.length], data }] });
  const firstFrame = HEADER_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(48, true);
  const ping = encodeControl("ping", { value: 3 });
  const secondFrame = firstFrame + HEADER_BYTES + MAX_CHUNK_BYTES;
  const mixed = Buffer.concat([bytes.subarray(0, firstFrame), ping, ping, bytes.subarray(firstFrame, secondFrame), ping, bytes.subarray(secondFrame), ping]);
  let seed = 7;
  for (const next of [() => 1_000_000, () => 100_001, () => { seed = (seed * 48_271) % 65_537; return seed + 1; }]) {
    const { decoder, got } = collect();
    feedDirect(decoder, mixed, next);
    expect(got.map((frame) => ("tensors" in frame ? "tensors" : frame.type))).toEqual(["ping", "ping", "ping", "tensors", "ping"]);
    expect(Buffer.from((got[3] as Message).tensors[0]!.data).equals(data)).toBe(true);
  }
});

test("messages alike are read in place, whatever comes between and however it is split", () => {
  const fields = { flags: 0, attempt: 1, originId: 1, streamId: 0, stepIndex: 0, epoch: 1, deadlineMs: 9, traces: [] };
  const message = (requestId: number, length: number) => {
    const data = new Uint8Array(length).map((_, i) => (i * 31 + requestId * 7) & 0xff);
    return wireBytes({ ...fields, requestId, tensors: [{ name: "t", dataType: "uint8", shape: [length], data }] });
  };
  const ping = encodeControl("ping", { value: 3 });
  const lengths = [40_000, 40_000, 40_000, 40_001, 40_001, 500, 40_001, 300_000, 300_000, 300_000, 20_000, 20_000];
  const stream = Buffer.concat(lengths.flatMap((length, i) => (i % 4 === 2 ? [ping, message(i, length), ping] : [message(i, length)])));
  let seed = 11;
  for (const next of [() => 1_000_000, () => 39_000, () => 97, () => { seed = (seed * 48_271) % 65_537; return seed + 1; }]) {
    const { decoder, got } = collect();
    feedDirect(decoder, stream, next);
    const messages = got.filter((frame): frame is Message => "tensors" in frame);
    expect(got.length - messages.length).toBe(6);
    expect(messages.map(({ requestId, tensors }) => [requestId, tensors[0]!.data.length, tensors[0]!.data.byteOffset % 64])).toEqual(lengths.map((length, i) => [i, length, 0]));
    // All at the end: none was read into memory that another still has.
    for (const { requestId, tensors } of messages) expect(tensors[0]!.data.every((value, i) => value === ((i * 31 + requestId * 7) & 0xff))).toBe(true);
  }
});

test("what is too large is refused before memory is taken", () => {
  const big = vectors.find(({ name }) => name === "tensors-chunks")!;
  const { decoder, allocated } = collect(100_000);
  expect(() => decoder.push(big.bytes)).toThrow(/payload of 600000 bytes/);
  expect(allocated).toEqual([]);
});

test("every damaged header and descriptor byte is either refused with a code or still a frame, never a crash", () => {
  for (const { bytes } of framed.filter((vector) => vector.bytes.length < 1000)) {
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff, bytes[at]! ^ 0x10]) {
        const damaged = bytes.slice();
        damaged[at] = value;
        const { decoder, allocated } = collect(4096);
        try {
          decoder.push(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
        expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(4096);
      }
    }
  }
});

test("out of order frames are refused", () => {
  const big = vectors.find(({ name }) => name === "tensors-chunks")!.bytes;
  const small = vectors.find(({ name }) => name === "tensors-small")!.bytes;
  const firstFrame = HEADER_BYTES + new DataView(big.buffer, big.byteOffset).getUint32(48, true);
  expect(() => collect().decoder.push(Buffer.concat([big.subarray(0, firstFrame), small]))).toThrow(/second message/);
  expect(() => collect().decoder.push(big.subarray(firstFrame))).toThrow(/no open message/);
  expect(MAX_RANK).toBe(16);
});

test("preambles: split anywhere, and refused when not ours", () => {
  const bytes = encodePreamble({ kind: "ingress", target: "ingress" });
  for (let split = 0; split < bytes.length; split++) expect(decodePreamble(bytes.subarray(0, split)).state).toBe("more");
  expect(decodePreamble(new TextEncoder().encode("GET / HTTP/1.1"))).toEqual({ state: "refused", answer: "bad-preamble" });
  expect(decodePreamble(bytes.map((byte, i) => (i === 4 ? 9 : byte)))).toEqual({ state: "refused", answer: "bad-version" });
  expect(decodePreamble(bytes.map((byte, i) => (i === 6 ? 255 : byte)))).toEqual({ state: "refused", answer: "bad-preamble" });
});
