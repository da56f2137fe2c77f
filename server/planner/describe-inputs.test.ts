import { expect, test } from "vitest";
import { describeInputs, shortDigest } from "./describe-inputs.ts";
import type { ParityInputs } from "./plan.ts";

const base: ParityInputs = { source: "given", kind: "picture", fileName: "a.png", digest: "ab".repeat(32), tensors: [{ name: "x", dataType: "float32", shape: [1, 3, 48, 320] }], steps: 1, note: null };
const withShape = (shape: number[]) => ({ ...base, tensors: [{ name: "x", dataType: "float32" as const, shape }] });

test("a picture is named by its width and height, whichever way its channels lie", () => {
  expect(describeInputs({ ...base, source: "bundled" })).toBe("picture, 320×48, bundled sample");
  expect(describeInputs(withShape([1, 48, 320, 3]))).toBe("picture, 320×48, the model's sample");
  expect(describeInputs(withShape([1, 48, 320, 7]))).toBe("picture, x [1×48×320×7], the model's sample");
  expect(describeInputs(withShape([3, 48, 320]))).toBe("picture, x [3×48×320], the model's sample");
});

test("sound says its steps, text its tokens, tensors all their shapes", () => {
  expect(describeInputs({ ...withShape([1, 576]), kind: "audio", steps: 32, source: "built-in" })).toBe("audio, 576 samples a step, Cutplane's own sample, 32 steps with state");
  expect(describeInputs({ ...withShape([1, 12]), kind: "text" })).toBe("text, 12 tokens, the model's sample");
  expect(describeInputs({ ...base, kind: "tensors", tensors: [...base.tensors, { name: "sr", dataType: "int64", shape: [] }] })).toBe("tensors, x [1×3×48×320] sr [], the model's sample");
});

test("made-up inputs are called that", () => {
  const madeUp: ParityInputs = { ...base, source: "made-up", kind: null, fileName: null, digest: null };
  expect(describeInputs(madeUp)).toBe("made-up inputs, seed 7");
  expect(describeInputs({ ...madeUp, steps: 8 })).toBe("made-up inputs, seed 7, 8 steps with state");
  expect(shortDigest(madeUp.digest)).toBeNull();
  expect(shortDigest(base.digest)).toBe("abababab");
});
