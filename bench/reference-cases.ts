// Owns the inputs of a load and what the whole model, run in this process and not by the product, answers to each.
import { writeFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { seededRandom } from "../server/model/seeded-random.ts";
import type { ToldTensor } from "./load-process.ts";

/** One float input, one or more float outputs. Writes the file lab/load.ts reads. */
export async function writeReferenceCases(file: string, options: { modelPath: string; shape: number[]; variants: number; seed: number }): Promise<void> {
  const session = await ort.InferenceSession.create(options.modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1, extra: { session: { intra_op: { allow_spinning: "0" } } } });
  const input = session.inputNames[0] ?? "";
  const told = (name: string, tensor: ort.Tensor): ToldTensor => {
    const data = tensor.data as Float32Array;
    return { name, datatype: "FP32", shape: [...tensor.dims], base64: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
  };
  const count = options.shape.reduce((product, size) => product * size, 1);
  const cases = [];
  for (let variant = 0; variant < options.variants; variant++) {
    const random = seededRandom(options.seed + variant);
    const tensor = new ort.Tensor("float32", Float32Array.from({ length: count }, () => random() * 2 - 1), options.shape);
    const outputs = await session.run({ [input]: tensor });
    cases.push({ inputs: [told(input, tensor)], outputs: session.outputNames.map((name) => told(name, outputs[name] as ort.Tensor)) });
  }
  await session.release();
  writeFileSync(file, JSON.stringify(cases));
}
