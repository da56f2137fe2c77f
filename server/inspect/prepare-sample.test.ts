import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { decodeParityFile } from "../../agents/protocol/parity-file.ts";
import { extractSegment } from "../model/extract.ts";
import { buildGraph } from "../model/graph.ts";
import { MAX_SAMPLE_STEPS } from "../model/model-sample.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { openFileSource } from "../threads/file-source.ts";
import { builtInSample } from "./built-in-sample.ts";
import { checkParity } from "./check-parity.ts";
import { prepareSample, tryPrepared } from "./prepare-sample.ts";
import { bundledModel } from "./testdata/real-inputs.ts";
import { everyCut, factsOf, withTempFolder } from "./testing-models.ts";

const orientation = bundledModel("ch_ppocr_mobile_v2.0_cls_infer.onnx");
const voice = bundledModel("silero_vad_16k_op15.onnx");
const orientationFacts = factsOf(orientation.path);
const picture = { spec: orientation.processor!, contentType: "image/png", files: [] };

async function prepareText(text: string) {
  const facts = await orientationFacts;
  return withTempFolder(async (folder) => {
    const path = join(folder, "request.json");
    writeFileSync(path, text);
    return prepareSample({ path, processor: null, facts });
  });
}

test("a picture becomes what the model's processor makes of it, and the whole model runs on it", async () => {
  const facts = await orientationFacts;
  const prepared = await prepareSample({ path: builtInSample("picture").path, processor: picture, facts });
  if ("refusal" in prepared) throw new Error(prepared.refusal);
  try {
    expect(prepared.tensors).toEqual([{ name: facts.inputs[0]?.name, dataType: "float32", shape: [1, 3, 48, 192] }]);
    const [tensor] = decodeParityFile(readFileSync(prepared.stepPaths[0] as string)).inputs;
    expect(new Set(tensor?.data).size).toBeGreaterThan(10);
    await tryPrepared(prepared, { path: orientation.path, externalFiles: [], facts });
  } finally {
    prepared.remove();
  }
  expect(existsSync(dirname(prepared.stepPaths[0] as string))).toBe(false);
});

test("a recording becomes consecutive steps, and a cut model with state is compared over all of them", async () => {
  const facts = await factsOf(voice.path);
  const prepared = await prepareSample({ path: builtInSample("audio").path, processor: { spec: voice.processor!, contentType: "audio/wav", files: [] }, facts });
  if ("refusal" in prepared) throw new Error(prepared.refusal);
  const source = openFileSource(voice.path);
  try {
    expect(prepared.stepPaths.length).toBe(MAX_SAMPLE_STEPS);
    const frames = prepared.stepPaths.map((path) => Buffer.from(decodeParityFile(readFileSync(path)).inputs[0]?.data ?? []).toString("base64"));
    expect(new Set(frames).size).toBeGreaterThan((MAX_SAMPLE_STEPS * 3) / 4);
    const graph = buildGraph(parseModel(source));
    const segments = (everyCut(facts)[0] ?? []).map((range) => extractSegment({ source, graph, facts, range, hashRange: () => "" }));
    const about = { source: "built-in" as const, kind: "audio" as const, fileName: "speech.wav", digest: builtInSample("audio").digest, tensors: prepared.tensors, steps: prepared.stepPaths.length, note: null };
    const { parity, parityFile } = await checkParity({ path: voice.path, externalFiles: [], facts, segments, inputs: { stepPaths: prepared.stepPaths, about }, nowIso: new Date(0).toISOString() });
    expect(parity).toMatchObject({ status: "equal", madeOn: about, inputs: expect.stringContaining("32 steps with state") });
    expect(Buffer.from(decodeParityFile(parityFile!).inputs[0]?.data ?? []).toString("base64")).toBe(frames[0]);
  } finally {
    source.close();
    prepared.remove();
  }
});

test("what does not fit is refused by the tensor's name and shape", async () => {
  const name = (await orientationFacts).inputs[0]?.name;
  const request = (shape: number[]) => JSON.stringify({ inputs: [{ name, datatype: "FP32", shape, data: new Array(shape.reduce((a, b) => a * b, 1)).fill(0) }] });
  expect(await prepareText(request([1, 4, 2, 2]))).toEqual({ refusal: expect.stringMatching(new RegExp(`input "${name}" has shape \\[1, 4, 2, 2\\], the model takes \\[`)) });
  expect(await prepareText(request([1, 3, 2]))).toEqual({ refusal: expect.stringContaining("[1, 3, 2]") });
  expect(await prepareText('{"inputs": [{"name": "ghost", "datatype": "FP32", "shape": [1], "data": [0]}]}')).toEqual({ refusal: expect.stringContaining('no input "ghost"') });
  expect(await prepareText("{")).toEqual({ refusal: expect.stringContaining("not JSON") });
});

test("a file that is no picture, and a picture too large to decode, are refused and end nothing but their child", async () => {
  const facts = await orientationFacts;
  await withTempFolder(async (folder) => {
    const path = join(folder, "picture.png");
    writeFileSync(path, "not a picture");
    expect(await prepareSample({ path, processor: picture, facts })).toEqual({ refusal: expect.stringContaining("PNG") });
    const bomb = PNG.sync.write(new PNG({ width: 16, height: 16 }));
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    writeFileSync(path, bomb);
    expect(await prepareSample({ path, processor: picture, facts })).toEqual({ refusal: expect.any(String) });
  });
});

test("a declaration that does not fit the model is refused too", async () => {
  const refused = await prepareSample({ path: builtInSample("picture").path, processor: { ...picture, spec: { kind: "ctc-text" } }, facts: await orientationFacts });
  expect(refused).toEqual({ refusal: expect.stringContaining("keysFile") });
});
