import { expect, test } from "vitest";
import { readEmbedding } from "./read-embedding.ts";

const read = (answer: unknown) => readEmbedding(Buffer.from(JSON.stringify(answer)));
const one = (embedding: unknown) => ({ object: "list", data: [{ object: "embedding", index: 0, embedding }] });

test("numbers, or base64 of floats, whichever the endpoint sends", () => {
  expect(read(one([0.5, -1]))).toEqual([0.5, -1]);
  expect(read(one(Buffer.from(Float32Array.of(0.5, -1).buffer).toString("base64")))).toEqual([0.5, -1]);
});

test.each<[unknown, RegExp]>([
  [{ error: "no" }, /no "data", where its embedding would be/], [{ data: [] }, /has 0 embeddings, one is needed/], [{ data: [{ embedding: [1] }, { embedding: [2] }] }, /has 2 embeddings/],
  [one(["a"]), /neither numbers nor base64/], [one("AAA="), /neither numbers nor base64/], [one([]), /neither numbers nor base64/], [{ data: [7] }, /neither numbers nor base64/],
])("%j is said in words", (answer, words) => {
  expect(() => read(answer)).toThrow(words);
});

test("what is no JSON", () => {
  expect(() => readEmbedding(Buffer.from("<html>"))).toThrow("the answer is not JSON");
});
