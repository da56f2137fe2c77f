// Owns the real things tests feed models with: the repository's picture and recording and a few sentences, made into tensors by the
// processors an ingress runs. The same bytes on every machine and in every run.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { loadProcessor } from "../../../agents/processor/load-processor.ts";
import type { Encoded, Processor, ProcessorInput } from "../../../agents/processor/processor.ts";
import type { WireTensor } from "../../../agents/protocol/tensor.ts";
import { bundledModels, sentenceEncoderProcessor, type BundledModel } from "../../demo/bundled-models.ts";
import type { ModelFacts } from "../../model/model.ts";

export type RealInputs = Encoded & {
  /** The whole model's outputs, a list per step → what the processor makes of them. */
  decode(outputs: WireTensor[][]): Promise<unknown>;
};

const demoFile = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../../demo/${name}`, import.meta.url)));

/** The model in one of the product's own packages by its file's name. */
export function bundledModel(fileName: string): BundledModel {
  const found = bundledModels().find(({ path }) => basename(path) === fileName);
  if (!found) throw new Error(`${fileName} is not among the bundled models`);
  return found;
}

/** A line of text: dark letters on a light ground, 640 × 96. */
export function demoPicture(): ProcessorInput {
  return { contentType: "image/png", body: demoFile("picture.png") };
}

/** The recording of two spoken sentences, over and over until it lasts `seconds`. A WAV file of one `data` chunk. */
export function demoSpeech(seconds: number): ProcessorInput {
  const HEADER_BYTES = 44;
  const wav = demoFile("speech.wav");
  if (wav.toString("latin1", 36, 40) !== "data") throw new Error("speech.wav is not a plain WAV file with a header of 44 bytes");
  const samples = wav.subarray(HEADER_BYTES, HEADER_BYTES + wav.readUInt32LE(40));
  const body = Buffer.alloc(HEADER_BYTES + seconds * wav.readUInt32LE(28));
  wav.copy(body, 0, 0, HEADER_BYTES);
  body.writeUInt32LE(body.length - 8, 4);
  body.writeUInt32LE(body.length - HEADER_BYTES, 40);
  for (let at = HEADER_BYTES; at < body.length; at += samples.length) samples.copy(body, at);
  return { contentType: "audio/wav", body };
}

/** What the model's own processor makes of `input`, as an ingress would send it. */
export async function realInputs(model: Pick<BundledModel, "processor" | "processorFiles">, facts: ModelFacts, input: ProcessorInput): Promise<RealInputs> {
  const processor = await processorOf(model, facts);
  const encoded = await processor.encode(input);
  return { ...encoded, decode: (outputs) => processor.decode(outputs, encoded.context) };
}

export function sentenceInputs(facts: ModelFacts, sentence: string): Promise<RealInputs> {
  return realInputs(sentenceEncoderProcessor(), facts, { contentType: "text/plain", body: Buffer.from(sentence) });
}

function processorOf({ processor, processorFiles }: Pick<BundledModel, "processor" | "processorFiles">, { inputs, outputs, states }: ModelFacts): Promise<Processor> {
  if (!processor) throw new Error("the model has no processor");
  return loadProcessor(processor, new Map(processorFiles.map(({ name, path }) => [name, readFileSync(path)])), { inputs, outputs, states });
}
