// Owns the kind voice-activity: a WAV file → one stream of many steps → segments of speech, as silero's reference finds them.
import type { TensorSpec, WireTensor } from "../protocol/tensor.ts";
import { ProcessorError } from "./processor-error.ts";
import type { LoadProcessor } from "./processor.ts";
import { readOptions } from "./read-options.ts";
import { floatsOf, integerTensor, outputNamed, pickSpec, requestInputs, requestOutputs } from "./tensor-values.ts";
import { decodeWav, resample } from "./wav.ts";

export type SpeechOptions = { sampleRate: number; chunk: number; threshold: number; endThreshold: number; minSpeechMs: number; minSilenceMs: number; padMs: number };
export type SpeechSegment = { startMs: number; endMs: number };

/** Five minutes at 32 ms a step: one request's worth; longer audio is sent in parts. */
const MAX_STEPS = 10_000;
/** Hours of audio at 1 kHz would take minutes to bring to 16 kHz: refused before the work. */
const MAX_SAMPLES = MAX_STEPS * 512;

export const loadVoiceActivity: LoadProcessor = async (spec, files, model) => {
  const options = readOptions(spec, files);
  const sampleRate = options.number("sampleRate", 16_000, { min: 8000, max: 48_000, whole: true });
  const chunk = options.number("chunk", sampleRate === 8000 ? 256 : 512, { min: 1, max: 65_536, whole: true });
  const context = options.number("context", sampleRate === 8000 ? 32 : 64, { min: 0, max: 65_536, whole: true });
  const threshold = options.number("threshold", 0.5, { min: 0.01, max: 0.99 });
  const speech: SpeechOptions = {
    sampleRate, chunk, threshold,
    endThreshold: options.number("endThreshold", Math.max(threshold - 0.15, 0.01), { min: 0, max: threshold }),
    minSpeechMs: options.number("minSpeechMs", 250, { min: 0, max: 60_000 }),
    minSilenceMs: options.number("minSilenceMs", 100, { min: 0, max: 60_000 }),
    padMs: options.number("padMs", 30, { min: 0, max: 10_000 }),
  };
  const inputs = requestInputs(model);
  const audioInput = pickSpec(inputs.filter((one) => one.dataType === "float32"), options.text("input"), "input");
  const rateInput = inputs.find((one) => one.dataType === "int64" || one.dataType === "int32") ?? null;
  const output = pickSpec(requestOutputs(model), options.text("output"), "output");
  options.end();
  if (model.states.length === 0) throw new ProcessorError("option", "voice-activity needs a model with recurrent state, and this one has none");
  const known = new Set([audioInput.name, rateInput?.name]);
  const strange = inputs.find((one) => !known.has(one.name));
  if (strange) throw new ProcessorError("option", `voice-activity does not know the model's input "${strange.name}"`);
  return {
    accepts: ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"],
    async encode({ body }) {
      const audio = decodeWav(body);
      const seconds = audio.samples.length / audio.sampleRate;
      if (audio.samples.length === 0) throw new ProcessorError("input", "the audio is empty");
      if (seconds * sampleRate > MAX_SAMPLES || seconds * sampleRate > MAX_STEPS * chunk) {
        throw new ProcessorError("too-large", `the audio lasts ${Math.round(seconds)} s; at most ${Math.floor(Math.min(MAX_SAMPLES, MAX_STEPS * chunk) / sampleRate)} s are taken at once`);
      }
      const { samples } = resample(audio, sampleRate);
      const rate = rateInput ? integerTensor(rateInput, rateInput.shape?.length === 1 ? [1] : [], [sampleRate]) : null;
      const steps = framesOf(samples, chunk, context).map((frame) => withRate(frameTensor(audioInput, frame), rate));
      return { steps, context: { sampleCount: samples.length } };
    },
    async decode(outputs, given) {
      const { sampleCount } = given as { sampleCount: number };
      const probabilities = outputs.map((step) => floatsOf(outputNamed(step, output.name))[0] ?? 0);
      const round = (value: number) => Math.round(value * 1e4) / 1e4;
      return {
        durationMs: (sampleCount * 1000) / sampleRate, stepMs: (chunk * 1000) / sampleRate,
        segments: speechSegments(probabilities, sampleCount, speech), probabilities: probabilities.map(round),
      };
    },
  };
};

function withRate(frame: WireTensor, rate: WireTensor | null): WireTensor[] {
  return rate ? [frame, rate] : [frame];
}

function frameTensor(input: TensorSpec, frame: Float32Array): WireTensor {
  return { name: input.name, dataType: "float32", shape: [1, frame.length], data: new Uint8Array(frame.buffer) };
}

/** Each frame = the last `context` samples before it (zeros at the start) and `chunk` new ones (zeros after the end). */
function framesOf(samples: Float32Array, chunk: number, context: number): Float32Array[] {
  return Array.from({ length: Math.ceil(samples.length / chunk) }, (_, index) => {
    const frame = new Float32Array(context + chunk);
    const start = index * chunk - context;
    frame.set(samples.subarray(Math.max(0, start), index * chunk + chunk), Math.max(0, -start));
    return frame;
  });
}

/**
 * Silero's `get_speech_timestamps` without a maximal length: speech starts at `threshold`, ends once it stayed below
 * `endThreshold` for `minSilenceMs`; shorter than `minSpeechMs` is dropped; the rest grows by `padMs` (half of the gap where two meet).
 */
export function speechSegments(probabilities: number[], sampleCount: number, options: SpeechOptions): SpeechSegment[] {
  const samplesOf = (ms: number) => (ms * options.sampleRate) / 1000;
  const found: { start: number; end: number }[] = [];
  let start: number | null = null;
  let quietSince: number | null = null;
  for (const [index, probability] of probabilities.entries()) {
    const at = index * options.chunk;
    if (probability >= options.threshold) {
      quietSince = null;
      start ??= at;
    } else if (probability < options.endThreshold && start !== null) {
      quietSince ??= at;
      if (at - quietSince < samplesOf(options.minSilenceMs)) continue;
      if (quietSince - start > samplesOf(options.minSpeechMs)) found.push({ start, end: quietSince });
      start = null;
      quietSince = null;
    }
  }
  if (start !== null && sampleCount - start > samplesOf(options.minSpeechMs)) found.push({ start, end: sampleCount });
  const pad = samplesOf(options.padMs);
  return found.map(({ start, end }, index) => {
    const before = index === 0 ? start : (start - found[index - 1]!.end) / 2;
    const after = index === found.length - 1 ? sampleCount - end : (found[index + 1]!.start - end) / 2;
    const toMs = (samples: number) => Math.round((samples * 1000) / options.sampleRate);
    return { startMs: toMs(start - Math.min(pad, before)), endMs: toMs(end + Math.min(pad, after)) };
  });
}
