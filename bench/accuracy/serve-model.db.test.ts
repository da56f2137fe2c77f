// The short form of "accuracy": a cut model answers labelled mails in accuracy mode as the whole one does, and text that is known is read.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../e2e/cluster.ts";
import { demoModel, sentenceEncoderProcessor } from "../../server/demo/bundled-models.ts";
import { SUBJECTS } from "../prediction-subjects.ts";
import { askAll, serveModel } from "./serve-model.ts";
import { readMails } from "./spam-mails.ts";
import { wholeAnswers } from "./whole-answers.ts";

let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "cutplane-accuracy-test-"));
  cluster = await startCluster(["alpha", "beta"]);
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});
const withBytes = (files: { name: string; path: string }[]) => files.map(({ name, path: file }) => ({ name, bytes: readFileSync(file) }));

test("mails through the sentence encoder: every answer of the accuracy log is the whole model's", async () => {
  const { processor, processorFiles } = sentenceEncoderProcessor();
  const model = { name: "sentence-encoder", processor, processorFiles: withBytes(processorFiles) };
  const bytes = SUBJECTS.find(({ name }) => name === model.name)?.bytes() ?? Buffer.alloc(0);
  const modelFile = path.join(folder, "encoder.onnx");
  writeFileSync(modelFile, bytes);
  const mails = readMails(6, 1).map(({ text }) => ({ contentType: "text/plain", body: Buffer.from(text) }));
  const { answers, report } = await askAll((await serveModel(cluster, model, bytes)).url, model.name, mails, path.join(folder, "mails"));
  const whole = (await wholeAnswers(model, modelFile, mails)) as { embedding: number[]; tokenCount: number }[];
  expect(report.settings.mode).toBe("AccuracyOnly");
  expect(report.accuracy).toMatchObject({ asked: 6, labelled: 0 });
  for (const [at, answer] of (answers as typeof whole).entries()) {
    expect(answer.tokenCount).toBe(whole[at]?.tokenCount);
    for (const [place, value] of answer.embedding.entries()) expect(value).toBeCloseTo(whole[at]?.embedding[place] ?? Number.NaN, 5);
  }
});

test("a picture whose text is known: the load generator judges it right, and wrong where the label is another", async () => {
  const bundled = demoModel();
  if (!bundled.processor) throw new Error("the recognition model has no processor");
  const model = { name: bundled.name, processor: bundled.processor, processorFiles: withBytes(bundled.processorFiles) };
  const body = readFileSync(path.resolve(import.meta.dirname, "../../server/demo/picture.png"));
  const [known] = (await wholeAnswers(model, bundled.path, [{ contentType: "image/png", body }])) as { text: string }[];
  const samples = [known?.text ?? "", known?.text ?? "", "something else"].map((expected) => ({ contentType: "image/png", body, expect: expected }));
  const { answers, report } = await askAll((await serveModel(cluster, model, readFileSync(bundled.path))).url, model.name, samples, path.join(folder, "pictures"));
  expect((answers as { text: string }[]).map(({ text }) => text)).toEqual([known?.text, known?.text, known?.text]);
  expect(known?.text.length).toBeGreaterThan(5);
  expect(report.accuracy).toMatchObject({ asked: 3, labelled: 3, correct: 2 });
});
