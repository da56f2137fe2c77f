// Every legal cut of every bundled model, run through ONNX Runtime in two segments and compared with the whole; then random splits.
// Inputs are real and fixed: the demo's picture and recording, made into tensors by each model's own processor. What the whole model
// answers is checked for its meaning too, so that numbers are never compared on an input the model can make nothing of.
import { expect, test } from "vitest";
import type { ModelFacts } from "../model/model.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { bundledModel, demoPicture, demoSpeech, realInputs } from "./testdata/real-inputs.ts";
import { errorOfSplit, everyCut, factsOf, randomSplit, type Reference, referenceOf } from "./testing-models.ts";

const TOLERANCE = 1e-5;
const TIMEOUT_MS = 170_000;
const SPEECH_SECONDS = 30;
/** 30 s at 16 kHz in chunks of 512 samples, the last one filled up with silence. */
const SPEECH_STEPS = 938;

const PICTURES: { name: string; file: string; legalCuts: number; shape: number[]; answer: object }[] = [
  { name: "PP-OCRv4 recognition", file: "ch_PP-OCRv4_rec_infer.onnx", legalCuts: 50, shape: [1, 3, 48, 320], answer: { text: "CUTPLANE READS 2026" } },
  { name: "PP-OCRv4 detection", file: "ch_PP-OCRv4_det_infer.onnx", legalCuts: 63, shape: [1, 3, 96, 640], answer: { boxes: [expect.objectContaining({ score: expect.any(Number) })] } },
  { name: "PP-OCR orientation", file: "ch_ppocr_mobile_v2.0_cls_infer.onnx", legalCuts: 53, shape: [1, 3, 48, 192], answer: { label: "0" } },
];

async function expectEveryCutEqual(path: string, facts: ModelFacts, reference: Reference): Promise<void> {
  const different: string[] = [];
  const random = seededRandom(11);
  const splits = [...everyCut(facts), ...[3, 4, 5].map((parts) => randomSplit(facts, parts, random))];
  for (const ranges of splits) {
    const error = await errorOfSplit(path, facts, ranges, reference).catch((failure: Error) => failure.message);
    if (typeof error === "string" || !(error <= TOLERANCE)) different.push(`${ranges.map((range) => `${range.from}–${range.to}`).join(" ")}: ${error}`);
  }
  expect(different).toEqual([]);
}

for (const { name, file, legalCuts, shape, answer } of PICTURES) {
  test(`${name}: every legal cut gives the whole model's numbers for the demo's picture`, async () => {
    const model = bundledModel(file);
    const facts = await factsOf(model.path);
    expect(facts.cuts.filter((cut) => cut.legal).length).toBeGreaterThanOrEqual(legalCuts);
    const { steps, decode } = await realInputs(model, facts, demoPicture());
    expect(steps.map((step) => step.map((tensor) => tensor.shape))).toEqual([[shape]]);
    const reference = await referenceOf(model.path, facts, steps);
    expect(await decode(reference.outputs)).toMatchObject(answer);
    await expectEveryCutEqual(model.path, facts, reference);
  }, TIMEOUT_MS);
}

for (const file of ["silero_vad_half.onnx", "silero_vad_16k_op15.onnx"]) {
  test(`${file}: every legal cut gives the whole model's numbers over ${SPEECH_SECONDS} s of the demo's recording with state`, async () => {
    const model = bundledModel(file);
    const facts = await factsOf(model.path);
    expect(facts.states).toMatchObject([{ input: "state", output: "stateN", shape: [2, 1, 128] }]);
    expect(facts.cuts.filter((cut) => cut.legal).length).toBeGreaterThanOrEqual(5);
    const { steps, decode } = await realInputs(model, facts, demoSpeech(SPEECH_SECONDS));
    expect(steps).toHaveLength(SPEECH_STEPS);
    const reference = await referenceOf(model.path, facts, steps);
    const heard = (await decode(reference.outputs)) as { durationMs: number; segments: unknown[] };
    expect(heard.durationMs).toBeCloseTo(SPEECH_SECONDS * 1000, 0);
    // Two sentences each time the recording of about four seconds comes round.
    expect(heard.segments.length).toBeGreaterThanOrEqual(14);
    await expectEveryCutEqual(model.path, facts, reference);
  }, TIMEOUT_MS);
}

test("the plain silero file has no legal cut, and says why", async () => {
  const facts = await factsOf(bundledModel("silero_vad.onnx").path);
  expect(facts.cuts.filter((cut) => cut.legal)).toEqual([]);
  expect(facts.noCutReason).toContain("inside one If op");
}, TIMEOUT_MS);
