// Owns audio in: reading RIFF/WAVE (PCM 8, 16, 24, 32 bits; float 32, 64), mixing to mono, resampling.
import { ProcessorError } from "./processor-error.ts";

/** Mono samples in −1 … 1. */
export type Audio = { sampleRate: number; samples: Float32Array };

/** Ten minutes of 48 kHz stereo at 16 bits are 110 MB; what an ingress takes at once is bounded before. */
export const MAX_AUDIO_BYTES = 64 * 2 ** 20;
const MIN_SAMPLE_RATE = 1000;
const MAX_SAMPLE_RATE = 384_000;
const MAX_CHANNELS = 16;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

type Format = { tag: number; channels: number; sampleRate: number; bits: number };

/** @throws ProcessorError that says what is not understood */
export function decodeWav(bytes: Uint8Array): Audio {
  if (bytes.length > MAX_AUDIO_BYTES) throw new ProcessorError("too-large", `the audio has ${bytes.length} bytes; at most ${MAX_AUDIO_BYTES} are taken`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) => (at + 4 <= bytes.length ? String.fromCharCode(...bytes.subarray(at, at + 4)) : "");
  if (tag(0) !== "RIFF" || tag(8) !== "WAVE") throw new ProcessorError("unsupported-media-type", "the body is not a WAV file (RIFF/WAVE)");
  let format: Format | null = null;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (tag(at) === "fmt ") format = readFormat(view, body, size);
    if (tag(at) === "data") {
      if (!format) throw new ProcessorError("input", "the WAV file has its data before its format");
      // Recorders that stream write 0 or 0xffffffff as the size: the rest of the file is the data then.
      return { sampleRate: format.sampleRate, samples: readSamples(view, body, Math.min(size || bytes.length, bytes.length - body), format) };
    }
    at = body + size + (size % 2);
  }
  throw new ProcessorError("input", "the WAV file holds no audio data");
}

function readFormat(view: DataView, at: number, size: number): Format {
  if (size < 16 || at + size > view.byteLength) throw new ProcessorError("input", "the WAV file's format is cut off");
  const declared = view.getUint16(at, true);
  const format = {
    tag: declared === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : declared,
    channels: view.getUint16(at + 2, true), sampleRate: view.getUint32(at + 4, true), bits: view.getUint16(at + 14, true),
  };
  const known = (format.tag === PCM && [8, 16, 24, 32].includes(format.bits)) || (format.tag === FLOAT && [32, 64].includes(format.bits));
  if (!known) throw new ProcessorError("unsupported-media-type", `WAV with encoding ${format.tag} at ${format.bits} bits is not supported: use PCM (8, 16, 24, 32) or float (32, 64)`);
  if (format.channels < 1 || format.channels > MAX_CHANNELS) throw new ProcessorError("input", `the WAV file has ${format.channels} channels; 1 to ${MAX_CHANNELS} are taken`);
  if (format.sampleRate < MIN_SAMPLE_RATE || format.sampleRate > MAX_SAMPLE_RATE) throw new ProcessorError("input", `a sample rate of ${format.sampleRate} is not supported`);
  return format;
}

function readSamples(view: DataView, at: number, bytes: number, format: Format): Float32Array {
  const step = format.bits / 8;
  const frames = Math.floor(bytes / (step * format.channels));
  const samples = new Float32Array(frames);
  const read = sampleReader(view, format);
  for (let frame = 0, position = at; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < format.channels; channel++, position += step) sum += read(position);
    samples[frame] = Number.isFinite(sum) ? sum / format.channels : 0;
  }
  return samples;
}

function sampleReader(view: DataView, { tag, bits }: Format): (at: number) => number {
  if (tag === FLOAT) return bits === 32 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);
  if (bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (bits === 16) return (at) => view.getInt16(at, true) / 32_768;
  if (bits === 24) return (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608;
  return (at) => view.getInt32(at, true) / 2_147_483_648;
}

/** Half-width of the filter in zero crossings: aliases stay below −60 dB, which a speech model cannot tell. */
const ZERO_CROSSINGS = 16;

/** Windowed-sinc resampling (Hann), cut off at the lower of both half rates. */
export function resample(audio: Audio, sampleRate: number): Audio {
  if (audio.sampleRate === sampleRate) return audio;
  const ratio = sampleRate / audio.sampleRate;
  const cutoff = Math.min(1, ratio);
  const reach = ZERO_CROSSINGS / cutoff;
  const samples = new Float32Array(Math.floor(audio.samples.length * ratio));
  for (let index = 0; index < samples.length; index++) {
    const centre = index / ratio;
    const from = Math.max(0, Math.ceil(centre - reach));
    const to = Math.min(audio.samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let at = from; at <= to; at++) {
      const distance = at - centre;
      const phase = Math.PI * distance * cutoff;
      const sinc = phase === 0 ? 1 : Math.sin(phase) / phase;
      sum += audio.samples[at]! * sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
    }
    samples[index] = sum * cutoff;
  }
  return { sampleRate, samples };
}
