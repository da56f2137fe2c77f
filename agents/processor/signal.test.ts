// Pure parts: sound, geometry, resizing, speech segments.
import { expect, test } from "vitest";
import { findComponents } from "./connected-components.ts";
import { decodeCtc } from "./ctc-text.ts";
import { cropCentre, resizePicture } from "./picture.ts";
import { cornersOf, smallestRectangle } from "./smallest-rectangle.ts";
import { type SpeechOptions, speechSegments } from "./voice-activity.ts";
import { decodeWav, resample } from "./wav.ts";

/** A WAV file of the given samples (−1 … 1), the same in each channel. */
function wav(samples: number[], options: { rate: number; bits: number; float?: boolean; channels?: number }): Uint8Array {
  const { rate, bits, float = false, channels = 1 } = options;
  const data = Buffer.alloc(samples.length * channels * (bits / 8));
  let at = 0;
  for (const sample of samples) {
    for (let channel = 0; channel < channels; channel++, at += bits / 8) {
      if (float) bits === 32 ? data.writeFloatLE(sample, at) : data.writeDoubleLE(sample, at);
      else if (bits === 8) data.writeUInt8(Math.round(sample * 127) + 128, at);
      else data.writeIntLE(Math.round(sample * (2 ** (bits - 1) - 1)), at, bits / 8);
    }
  }
  const head = Buffer.alloc(44);
  head.write("RIFF"); head.writeUInt32LE(36 + data.length, 4); head.write("WAVEfmt ", 8); head.writeUInt32LE(16, 16);
  head.writeUInt16LE(float ? 3 : 1, 20); head.writeUInt16LE(channels, 22); head.writeUInt32LE(rate, 24);
  head.writeUInt32LE((rate * channels * bits) / 8, 28); head.writeUInt16LE((channels * bits) / 8, 32); head.writeUInt16LE(bits, 34);
  head.write("data", 36); head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

const WAVE = Array.from({ length: 400 }, (_, index) => 0.8 * Math.sin(index / 9));
test.each([
  { rate: 8000, bits: 8, channels: 1 }, { rate: 44_100, bits: 16, channels: 2 }, { rate: 48_000, bits: 24, channels: 1 },
  { rate: 16_000, bits: 32, channels: 3 }, { rate: 16_000, bits: 32, float: true, channels: 1 }, { rate: 96_000, bits: 64, float: true, channels: 2 },
])("WAV at $rate Hz, $bits bits, $channels channels is read back", (options) => {
  const audio = decodeWav(wav(WAVE, options));
  expect(audio.sampleRate).toBe(options.rate);
  expect(audio.samples).toHaveLength(WAVE.length);
  for (const [index, sample] of WAVE.entries()) expect(Math.abs(audio.samples[index]! - sample)).toBeLessThan(options.bits === 8 ? 0.02 : 1e-3);
});

test("broken and foreign audio is refused by name", () => {
  expect(() => decodeWav(new TextEncoder().encode("OggS and more than twelve bytes"))).toThrow(/not a WAV file/);
  expect(() => decodeWav(wav(WAVE, { rate: 16_000, bits: 16 }).subarray(0, 36))).toThrow(/no audio data/);
  const compressed = wav(WAVE, { rate: 16_000, bits: 16 });
  compressed[20] = 85;
  expect(() => decodeWav(compressed)).toThrow(/encoding 85/);
});

test.each([[44_100, 16_000], [22_050, 16_000], [8000, 16_000]])("a tone keeps its pitch and strength from %i to %i Hz", (from, to) => {
  const tone = (rate: number, length: number) => Float32Array.from({ length }, (_, index) => Math.sin((2 * Math.PI * 440 * index) / rate));
  const { samples } = resample({ sampleRate: from, samples: tone(from, from) }, to);
  const wanted = tone(to, samples.length);
  for (let index = 100; index < samples.length - 100; index++) expect(Math.abs(samples[index]! - wanted[index]!)).toBeLessThan(0.01);
});

test("what lies above half the new rate is gone, not folded back", () => {
  const high = Float32Array.from({ length: 44_100 }, (_, index) => Math.sin((2 * Math.PI * 12_000 * index) / 44_100));
  const { samples } = resample({ sampleRate: 44_100, samples: high }, 16_000);
  expect(Math.max(...samples.subarray(100, -100).map(Math.abs))).toBeLessThan(0.01);
});

const SPEECH: SpeechOptions = { sampleRate: 16_000, chunk: 512, threshold: 0.5, endThreshold: 0.35, minSpeechMs: 250, minSilenceMs: 100, padMs: 30 };
const steps = (...runs: [number, number][]) => runs.flatMap(([count, probability]) => Array<number>(count).fill(probability));
test.each<[string, number[], [number, number][]]>([
  ["silence", steps([30, 0.1]), []],
  ["speech to the end", steps([10, 0.1], [20, 0.9]), [[290, 960]]],
  ["a click is too short", steps([10, 0.1], [4, 0.9], [20, 0.1]), []],
  ["a short pause does not divide", steps([10, 0.9], [2, 0.1], [10, 0.9], [20, 0.1]), [[0, 734]]],
  ["between the thresholds speech goes on", steps([10, 0.9], [10, 0.4], [10, 0.9]), [[0, 960]]],
  ["a long pause divides", steps([10, 0.9], [10, 0.1], [10, 0.9], [10, 0.1]), [[0, 350], [610, 990]]],
])("speech segments: %s", (_name, probabilities, expected) => {
  expect(speechSegments(probabilities, probabilities.length * 512, SPEECH).map(({ startMs, endMs }) => [startMs, endMs])).toEqual(expected);
});

test("CTC merges repeats, drops blanks, and lets a blank divide a double letter", () => {
  const alphabet = ["a", "b"];
  const classes = [0, 1, 1, 0, 1, 2, 2, 0];
  const values = Float32Array.from(classes.flatMap((best) => [0, 1, 2].map((index) => (index === best ? 0.8 : 0.1))));
  const read = decodeCtc({ name: "y", dataType: "float32", shape: [1, classes.length, 3], data: new Uint8Array(values.buffer) }, alphabet, "first");
  expect(read.text).toBe("aab");
  expect(read.confidence).toBeCloseTo(0.8, 5);
});

test("the smallest rectangle follows a turned block of points", () => {
  const angle = 0.3;
  const points = Array.from({ length: 41 * 11 }, (_, index) => ({ x: (index % 41) - 20, y: Math.floor(index / 41) - 5 }))
    .map(({ x, y }) => ({ x: 100 + x * Math.cos(angle) - y * Math.sin(angle), y: 50 + x * Math.sin(angle) + y * Math.cos(angle) }));
  const box = smallestRectangle(points);
  expect([box.x, box.y, box.width, box.height, box.angle].map((value) => Number(value.toFixed(6)))).toEqual([100, 50, 40, 10, 0.3]);
  const [topLeft, topRight, , bottomLeft] = cornersOf(box);
  expect(topLeft.x).toBeLessThan(topRight.x);
  expect(topLeft.y).toBeLessThan(bottomLeft.y);
});

test("blobs that touch at a corner are one, others are not", () => {
  const map = Float32Array.from([
    1, 0, 0, 0, 1,
    0, 1, 0, 0, 1,
    0, 0, 0, 0, 0,
    1, 1, 0, 0, 0,
  ]);
  expect(findComponents(map, 5, 4, 0.5, 10).map((blob) => blob.length)).toEqual([2, 2, 2]);
  expect(findComponents(map, 5, 4, 0.5, 1)).toHaveLength(1);
});

test("resizing keeps a plain picture plain, halves by averaging neighbours, and crops the middle", () => {
  const plain = { width: 7, height: 5, rgb: new Uint8Array(7 * 5 * 3).fill(90) };
  expect(new Set(resizePicture(plain, 13, 4).rgb)).toEqual(new Set([90]));
  const row = { width: 4, height: 1, rgb: Uint8Array.from([0, 10, 20, 30].flatMap((value) => [value, value, value])) };
  expect([...resizePicture(row, 2, 1).rgb]).toEqual([5, 5, 5, 25, 25, 25]);
  expect([...cropCentre(row, 2, 1).rgb]).toEqual([10, 10, 10, 20, 20, 20]);
});
