import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { draftOf, fileNames, readDraft, strangeOptions, withKind } from "./processor-draft.ts";
import { PROCESSOR_KINDS } from "./processor-kinds.ts";

const source = (name: string) => readFileSync(new URL(`../../agents/processor/${name}`, import.meta.url), "utf8");
const READER_FILES: Record<string, string[]> = {
  "image-classify": ["image-classify.ts", "picture-tensor.ts", "labels.ts"], "image-tensor": ["image-classify.ts", "picture-tensor.ts"], "ctc-text": ["ctc-text.ts", "picture-tensor.ts"],
  "text-detect": ["text-detect.ts", "picture-tensor.ts"], "text-embed": ["text-model.ts"], "text-classify": ["text-model.ts", "labels.ts"], "voice-activity": ["voice-activity.ts"],
};
const METHODS: Record<string, string> = { tensor: "text" };

test("the kinds are those the ingress loads", () => {
  const loaded = [...source("load-processor.ts").matchAll(/^ {2}"([a-z-]+)": load/gm)].map((match) => match[1]);
  expect(loaded.length).toBeGreaterThan(5);
  expect(PROCESSOR_KINDS.map((one) => one.kind)).toEqual(loaded);
});
test.each(PROCESSOR_KINDS)("every option of $kind is one its reader asks for, with that type", ({ kind, options }) => {
  const text = (READER_FILES[kind] ?? []).map(source).join("\n");
  for (const option of options) expect(text).toContain(`options.${METHODS[option.type] ?? option.type}("${option.name}"`);
});
test("no reader asks for an option that the form lacks", () => {
  const asked = Object.values(READER_FILES).flat().flatMap((name) => [...source(name).matchAll(/options\.(?:number|boolean|choice|text|numbers|texts|file)\("(\w+)"/g)].map((match) => match[1]));
  const known = new Set(PROCESSOR_KINDS.flatMap((one) => one.options.map((option) => option.name)));
  expect(asked.filter((name) => name && !known.has(name))).toEqual([]);
  expect(asked.length).toBeGreaterThan(30);
});

test("what is declared comes back as it was", () => {
  const declared = { kind: "image-classify", labels: ["0", "180"], width: 192, fit: "pad", mean: [0.5], softmax: true, topK: 2 };
  expect(readDraft(draftOf(declared))).toEqual({ processor: declared, problems: [] });
});
test("none stays none", () => expect(readDraft(draftOf(null))).toEqual({ processor: null, problems: [] }));
test("what is left empty is not declared", () => expect(readDraft({ kind: "text-detect", values: { maxSide: " ", threshold: "0.4" } }).processor).toEqual({ kind: "text-detect", threshold: 0.4 }));
test.each([["topK", "0"], ["topK", "2.5"], ["width", "wide"], ["mean", "1, 2"], ["std", "0"], ["fit", "squash"], ["softmax", "maybe"]])("%s “%s” is refused by name", (name, text) => {
  expect(readDraft({ kind: "image-classify", values: { [name]: text } }).problems.map((one) => one.option)).toEqual([name]);
});
test("a missing file is told", () => expect(readDraft({ kind: "ctc-text", values: {} }).problems[0]).toMatchObject({ option: "keysFile", fix: "Choose the file." }));
test("a tokenizer and a vocabulary exclude each other", () => {
  expect(readDraft({ kind: "text-embed", values: { tokenizerFile: "a.json", vocabularyFile: "b.json" } }).problems).toHaveLength(1);
  expect(readDraft({ kind: "text-embed", values: { vocabularyFile: "b.json" } }).problems).toHaveLength(0);
});
test("two files of one name are refused", () => expect(readDraft({ kind: "text-embed", values: { tokenizerFile: "a.json", tokenizerConfigFile: "a.json" } }).problems.map((one) => one.option)).toEqual(["tokenizerConfigFile"]));
test("labels keep blanks within", () => expect(readDraft({ kind: "text-classify", values: { vocabularyFile: "v", labels: "a\n\nb c\n" } }).processor).toMatchObject({ labels: ["a", "", "b c"] }));
test("another kind keeps what both have", () => {
  const next = withKind({ kind: "image-classify", values: { labelsFile: "l.txt", width: "32" } }, "text-classify");
  expect([next.values.labelsFile, next.values.width, fileNames(next)]).toEqual(["l.txt", undefined, ["l.txt"]]);
});
test("strange options and kinds are known as such", () => {
  expect(strangeOptions({ kind: "text-detect", colour: 1 })).toEqual(["colour"]);
  expect(draftOf({ kind: "dream" })).toEqual({ kind: "", values: {} });
});
