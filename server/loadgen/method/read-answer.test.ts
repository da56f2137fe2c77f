import { expect, test } from "vitest";
import { readAnswer } from "./read-answer.ts";

const read = (answer: unknown) => readAnswer(new TextEncoder().encode(JSON.stringify(answer)));
const output = (change: object) => read({ model_name: "m", outputs: [{ name: "y", datatype: "FP32", shape: [1, 3], data: [0.1, 0.7, 0.2], ...change }] });

test("what processors answer: a text, the best label, an embedding, a model's outputs", () => {
  expect(read({ text: "A 1", confidence: 0.9 })).toEqual({ kind: "text", text: "A 1" });
  expect(read({ label: "cat", score: 0.9, top: [{ index: 2, label: "cat", score: 0.9 }] })).toEqual({ kind: "class", index: 2, name: "cat" });
  expect(read({ label: null, score: 0.1, top: [{ index: 2, label: "cat", score: 0.1 }] })).toEqual({ kind: "class", index: null, name: null });
  expect(read({ embedding: [1, 2], dimensions: 2 })).toEqual({ kind: "embedding", values: Float32Array.of(1, 2) });
  expect(read({ outputs: [{ name: "y", dataType: "float32", shape: [1, 2], values: [3, 1] }] })).toEqual({ kind: "class", index: 0, name: null });
});

test("what a tensor says: the highest score's place, a number, a text", () => {
  expect(output({})).toEqual({ kind: "class", index: 1, name: null });
  expect(output({ data: [[null, -2, -1]] })).toEqual({ kind: "class", index: 2, name: null });
  expect(output({ shape: [1, 1], data: [0.25] })).toEqual({ kind: "number", value: 0.25 });
  expect(output({ datatype: "BOOL", shape: [1], data: [true] })).toEqual({ kind: "number", value: 1 });
  expect(output({ datatype: "BYTES", shape: [1], data: ["spam"] })).toEqual({ kind: "text", text: "spam" });
});

test.each<[unknown, RegExp]>([
  ["no object", /no JSON object/], [{ boxes: [] }, /neither a text, labels, an embedding nor outputs/], [{ top: [] }, /labels are empty/], [{ outputs: [] }, /0 outputs: name one in the request's "outputs"/],
  [{ outputs: [{ name: "y", shape: [1], parameters: { binary_data_size: 4 } }] }, /output "y" came without its values/], [{ outputs: [{ name: "y", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }] }, /shape \[2, 3\]: one row of scores/],
  [{ outputs: [{ name: "y", shape: [2], data: ["a", "b"] }] }, /2 texts, one is needed/], [{ outputs: [{ name: "y", shape: [2], data: [null, null] }] }, /has no numbers/], [{ outputs: [{ name: "y", shape: [1], data: [null] }] }, /is no number/],
])("%j cannot be compared, and why is said", (answer, why) => {
  const value = read(answer);
  expect(value.kind === "unreadable" ? value.why : value).toMatch(why);
});

test("bytes that are no JSON", () => {
  expect(readAnswer(Uint8Array.of(0, 1, 255))).toEqual({ kind: "unreadable", why: "the answer is not JSON" });
});

test("an answer in another form than JSON is told; of 16-bit numbers, how near they are to what they say", () => {
  const told = (outputs: unknown) => readAnswer(Uint8Array.of(1), () => ({ outputs }));
  expect(told([{ name: "y", datatype: "FP32", shape: [1, 2], data: [1, 2] }])).toEqual({ kind: "class", index: 1, name: null });
  expect(told([{ name: "y", datatype: "FP16", shape: [1], data: [0.1] }])).toEqual({ kind: "number", value: 0.1, tolerance: 2 ** -11 });
  expect(readAnswer(Uint8Array.of(1), () => { throw new Error("output \"y\" has 3 bytes"); })).toEqual({ kind: "unreadable", why: 'output "y" has 3 bytes' });
});
