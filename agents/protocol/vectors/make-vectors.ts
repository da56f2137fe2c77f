// Writes the golden frames. Run only when frames are added: bytes of an existing vector may never change within a version.
//   npx tsx agents/protocol/vectors/make-vectors.ts
import { existsSync, writeFileSync } from "node:fs";
import { encodeControl, encodeMessage, MAX_CHUNK_BYTES, HEADER_BYTES, writeHeader, NO_DEADLINE, type ControlFields, type FrameType, type Message } from "../frame.ts";
import { encodePreamble } from "../preamble.ts";

type MessageVector = Omit<Message, "buffer" | "tensors"> & { tensors: { name: string; dataType: Message["tensors"][number]["dataType"]; shape: number[]; hex?: string; fill?: number; bytes: number }[] };
export type Vector = { about: string } & ({ preamble: { kind: "stage" | "ingress" | "probe"; target: string } } | { control: { type: FrameType; fields: ControlFields; bodyText: string } } | { message: MessageVector });

const folder = new URL("./", import.meta.url);
const fields = { attempt: 1, requestId: 1_764_000_000 * 2 ** 20 + 7, originId: 0x0102_0304_0506, streamId: 0, stepIndex: 0, epoch: 3, deadlineMs: 1500, flags: 0 };

function write(name: string, vector: Vector, bytes: Uint8Array): void {
  const bin = new URL(`${name}.bin`, folder);
  if (existsSync(bin)) return;
  writeFileSync(bin, bytes);
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(vector, null, 1)}\n`);
}

/** A message's whole bytes on the wire, chunks included. */
export function wireBytes(message: Omit<Message, "buffer">): Uint8Array {
  const { head, parts, payloadBytes } = encodeMessage(message);
  const payload = Buffer.concat(parts);
  const out: Uint8Array[] = [head, payload.subarray(0, MAX_CHUNK_BYTES)];
  for (let at = MAX_CHUNK_BYTES; at < payloadBytes; at += MAX_CHUNK_BYTES) {
    const piece = payload.subarray(at, at + MAX_CHUNK_BYTES);
    const header = new Uint8Array(HEADER_BYTES);
    writeHeader(new DataView(header.buffer), 0, { type: "chunk", flags: 0, attempt: 0, requestId: message.requestId, originId: 0, streamId: 0, stepIndex: 0, epoch: 0, deadlineMs: NO_DEADLINE, metaBytes: 0, bodyBytes: piece.length, value: 0, payloadBytes: 0 });
    out.push(header, piece);
  }
  return Buffer.concat(out);
}

/** A vector's tensors with their bytes. */
export function messageOf(vector: MessageVector): Omit<Message, "buffer"> {
  return { ...vector, tensors: vector.tensors.map(({ name, dataType, shape, hex, fill, bytes }) => ({ name, dataType, shape, data: hex === undefined ? new Uint8Array(bytes).fill(fill ?? 0) : new Uint8Array(Buffer.from(hex, "hex")) })) };
}

function makeAll(): void {
  const preamble = { kind: "stage" as const, target: "stage:asg_01" };
  write("preamble-stage", { about: "plaintext before TLS", preamble }, encodePreamble(preamble));
  const control = (name: string, about: string, type: FrameType, controlFields: ControlFields, bodyText = "") =>
    write(name, { about, control: { type, fields: controlFields, bodyText } }, encodeControl(type, controlFields, new TextEncoder().encode(bodyText)));
  control("open", "a receiver opens a lane with 16 credits", "open", { value: 16, epoch: 3 }, '{"laneId":"lan_1","revisionId":"rev_1","epoch":3,"role":"stage","stageIndex":1}');
  control("opened", "the sender takes it", "opened", { epoch: 3 });
  control("credit", "two more frames may come", "credit", { value: 2, epoch: 3 });
  control("cancel", "a request is withdrawn", "cancel", { requestId: fields.requestId, originId: fields.originId, epoch: 3 });
  control("error", "deadline passed at a stage", "error", { ...fields, value: 8 }, "waited past its deadline");
  control("lane-state", "the way to the last stage is up", "lane-state", { flags: 4, epoch: 3 });
  control("stream-end", "a stream's state may be forgotten", "stream-end", { originId: fields.originId, streamId: 9, epoch: 3 });
  control("ping", "sign of life", "ping", {});
  control("goaway", "closing for going_away", "goaway", { value: 20 }, "the stage stops");
  const message = (name: string, about: string, vector: MessageVector) => write(name, { about, message: vector }, wireBytes(messageOf(vector)));
  message("tensors-small", "two tensors, a scalar among them, one trace", {
    ...fields, traces: [{ stageIndex: 0, nodeId: "nod_a", queueMs: 0.5, computeMs: 12.25, receivedBytes: 4096 }],
    tensors: [{ name: "x", dataType: "float32", shape: [2, 3], hex: "0000803f00000040000040400000804000a0404000c04040".slice(0, 48), bytes: 24 }, { name: "größe", dataType: "uint8", shape: [], hex: "07", bytes: 1 }],
  });
  message("tensors-times", "traces with times: of two nodes, the second without a ping yet, after one that tells none", {
    ...fields,
    traces: [
      { stageIndex: 0, nodeId: "nod_a", queueMs: 0.5, computeMs: 12.25, receivedBytes: 4096 },
      { stageIndex: 1, nodeId: "nod_b", queueMs: 0.25, computeMs: 8, receivedBytes: 65_536, times: { receiveMs: 5.25, roundTripMs: 8.5, holdMs: 9.5 } },
      { stageIndex: 2, nodeId: "nod_c", queueMs: 0, computeMs: 2, receivedBytes: 1024, times: { receiveMs: 0, roundTripMs: null, holdMs: 2.125 } },
    ],
    tensors: [{ name: "y", dataType: "uint8", shape: [3], hex: "010203", bytes: 3 }],
  });
  message("tensors-step", "step 4, the last, of a stream", { ...fields, flags: 3, streamId: 9, stepIndex: 4, deadlineMs: NO_DEADLINE, traces: [], tensors: [{ name: "ids", dataType: "int64", shape: [1, 1], hex: "2a00000000000000", bytes: 8 }] });
  message("tensors-empty", "a tensor without elements", { ...fields, traces: [], tensors: [{ name: "none", dataType: "float32", shape: [0, 4], hex: "", bytes: 0 }] });
  message("tensors-chunks", "600,000 bytes: a first body and two chunks", { ...fields, traces: [], tensors: [{ name: "big", dataType: "int8", shape: [600_000], fill: 5, bytes: 600_000 }] });
}

if (process.argv[1]?.endsWith("make-vectors.ts")) makeAll();
