// Benchmark "accuracy": does a model that is cut across machines still know what the whole one knows? Labelled data through real deployments, by the load generator in accuracy mode:
// rendered lines of text through PP-OCRv4 recognition, and SpamAssassin's mails through the sentence encoder, told apart by the nearest centroid of other mails' embeddings.
// Usage: npm run bench -- accuracy [--lines 200] [--mails 400] [--examples 200]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { startCluster } from "../e2e/cluster.ts";
import { demoModel, sentenceEncoderProcessor } from "../server/demo/bundled-models.ts";
import { editDistance } from "../server/loadgen/method/edit-distance.ts";
import { nearestCentroid } from "./accuracy/nearest-centroid.ts";
import { renderLines } from "./accuracy/rendered-lines.ts";
import { type AccuracyModel, askAll, type LabelledInput, serveModel } from "./accuracy/serve-model.ts";
import { readMails } from "./accuracy/spam-mails.ts";
import { wholeAnswers } from "./accuracy/whole-answers.ts";
import { launchBrowser } from "./open-canvas.ts";
import { SUBJECTS } from "./prediction-subjects.ts";
import { type Figure, reportBench } from "./report.ts";

const SEED = 20_261;
const { values } = parseArgs({ options: { lines: { type: "string", default: "200" }, mails: { type: "string", default: "400" }, examples: { type: "string", default: "200" } } });
const folder = mkdtempSync(path.join(tmpdir(), "cutplane-accuracy-"));
const cluster = await startCluster(["alpha", "beta", "gamma"]);

const withBytes = (files: { name: string; path: string }[]) => files.map(({ name, path: file }) => ({ name, bytes: readFileSync(file) }));
const share = (rights: readonly boolean[]): number => (100 * rights.filter((right) => right).length) / rights.length;

/** Both ways of asking: what the deployment answers, and what the whole model does. */
async function answersOf(model: AccuracyModel, modelBytes: Buffer, samples: readonly LabelledInput[], examples: readonly LabelledInput[] = []) {
  const modelFile = path.join(folder, `${model.name}.onnx`);
  writeFileSync(modelFile, modelBytes);
  process.stderr.write(`deploying ${model.name} over three nodes…\n`);
  const { url } = await serveModel(cluster, model, modelBytes);
  process.stderr.write(`asking ${samples.length} samples…\n`);
  const { answers, report } = await askAll(url, model.name, samples, path.join(folder, model.name));
  return { served: answers, report, whole: await wholeAnswers(model, modelFile, samples), examples: await wholeAnswers(model, modelFile, examples) };
}

async function readLines(count: number): Promise<Figure[]> {
  const browser = await launchBrowser();
  const lines = await renderLines(browser, count, SEED).finally(() => browser.close());
  const bundled = demoModel();
  if (!bundled.processor) throw new Error("the recognition model has no processor");
  const model = { name: bundled.name, processor: bundled.processor, processorFiles: withBytes(bundled.processorFiles) };
  const { served, whole, report } = await answersOf(model, readFileSync(bundled.path), lines.map(({ text, png }) => ({ contentType: "image/png", body: png, expect: text })));
  const texts = (answers: unknown[]) => answers.map((answer) => (answer as { text: string }).text.trim());
  const rate = (read: string[]) => (100 * read.reduce((sum, text, at) => sum + editDistance(text, lines[at]?.text ?? ""), 0)) / lines.reduce((sum, { text }) => sum + text.length, 0);
  const exact = (read: string[]) => share(read.map((text, at) => text === lines[at]?.text));
  const [cut, one] = [texts(served), texts(whole)];
  const interval = report.accuracy?.interval;
  return [
    { figure: `text: lines read without a fault, of ${count} rendered`, value: exact(cut), unit: "%", against: `${exact(one).toFixed(1)} % by the whole model`, ratio: exact(cut) / exact(one), target: { op: ">=", than: 1 } },
    { figure: "text: characters wrong", value: rate(cut), unit: "%", against: `${rate(one).toFixed(2)} % by the whole model` },
    { figure: "text: answers that bear the label, as the load generator judged them", value: (100 * (report.accuracy?.correct ?? Number.NaN)) / (report.accuracy?.labelled ?? Number.NaN), unit: "%", ...(interval ? { against: `95 % interval ${(100 * interval.low).toFixed(1)} to ${(100 * interval.high).toFixed(1)} %` } : {}) },
    { figure: "text: answers that differ from the whole model's", value: cut.filter((text, at) => text !== one[at]).length, unit: "answers", target: { op: "==", than: 0 } },
  ];
}

async function tellMails(count: number, exampleCount: number): Promise<Figure[]> {
  const mails = readMails(count + exampleCount, SEED);
  const [examples, asked] = [mails.slice(0, exampleCount), mails.slice(exampleCount)];
  const { processor, processorFiles } = sentenceEncoderProcessor();
  const model = { name: "sentence-encoder", processor, processorFiles: withBytes(processorFiles) };
  const bytes = SUBJECTS.find(({ name }) => name === model.name)?.bytes();
  if (!bytes) throw new Error("the sentence encoder is not among the subjects");
  const inputs = (some: typeof mails) => some.map(({ text }) => ({ contentType: "text/plain", body: Buffer.from(text) }));
  const answers = await answersOf(model, bytes, inputs(asked), inputs(examples));
  const embeddings = (some: unknown[]) => some.map((answer) => (answer as { embedding: number[] }).embedding);
  const kindOf = nearestCentroid(embeddings(answers.examples).map((embedding, at) => ({ label: examples[at]?.label ?? "ham", embedding })));
  const [cut, one] = [embeddings(answers.served).map(kindOf), embeddings(answers.whole).map(kindOf)];
  const right = (kinds: string[]) => share(kinds.map((kind, at) => kind === asked[at]?.label));
  const whole = embeddings(answers.whole);
  const apart = embeddings(answers.served).map((embedding, at) => Math.max(...embedding.map((value, place) => Math.abs(value - (whole[at]?.[place] ?? Number.NaN)))));
  return [
    { figure: `mails: told apart, of ${count} by ${exampleCount} examples`, value: right(cut), unit: "%", against: `${right(one).toFixed(1)} % by the whole model`, ratio: right(cut) / right(one), target: { op: ">=", than: 1 } },
    { figure: "mails: told otherwise than by the whole model", value: cut.filter((kind, at) => kind !== one[at]).length, unit: "mails", target: { op: "==", than: 0 } },
    { figure: "mails: farthest any number of an embedding is from the whole model's", value: Math.max(...apart), unit: "of a unit vector", target: { op: "<=", than: 1e-5 } },
  ];
}

try {
  const figures = [...(await readLines(Number(values.lines))), ...(await tellMails(Number(values.mails), Number(values.examples)))];
  process.exitCode = reportBench("accuracy", figures) ? 0 : 1;
} finally {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}
