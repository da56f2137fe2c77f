import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { readRawData } from "./read-raw-data.ts";

const folder = mkdtempSync(path.join(tmpdir(), "raw-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const list = (...lines: string[]): string => {
  writeFileSync(path.join(folder, "list.jsonl"), lines.join("\n"));
  return path.join(folder, "list.jsonl");
};

test("files beside the list, their kind by their name or as told, and texts", () => {
  writeFileSync(path.join(folder, "a.png"), "png");
  writeFileSync(path.join(folder, "b"), "wav");
  expect(readRawData(list('{"file":"a.png","expect":"A"}', "", '{"file":"b","contentType":"audio/wav"}', '{"text":"words"}'))).toEqual([
    { bytes: Buffer.from("png"), contentType: "image/png", expect: "A" },
    { bytes: Buffer.from("wav"), contentType: "audio/wav" },
    { bytes: Buffer.from("words"), contentType: "text/plain" },
  ]);
});

test("rows of a labelled dataset, and files with labels", () => {
  writeFileSync(path.join(folder, "a.png"), "png");
  expect(readRawData(list('{"text":"words","label":"spam"}', '{"base64":"/9j/AA==","label":3}', '{"file":"a.png","label":"A"}'))).toEqual([
    { bytes: Buffer.from("words"), contentType: "text/plain", label: "spam" },
    { bytes: Buffer.from([255, 216, 255, 0]), contentType: "image/jpeg", label: 3 },
    { bytes: Buffer.from("png"), contentType: "image/png", label: "A" },
  ]);
  expect(() => readRawData(list('{"text":"a","label":1}', '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}],"label":1}'))).toThrow("line 2: tensors are not for --api process");
});

test.each([
  ["", "has no samples"], ["{", "line 1: not JSON"], ["[]", "line 1: must be a JSON object"], ['{"expect":"a"}', 'line 1: give "file" or "text"'],
  ['{"file":"a.png","text":"b"}', 'line 1: give "file" or "text"'], ['{"file":3}', 'line 1: "file" must be a text'], ['{"file":"gone.png"}', "line 1: gone.png cannot be read"], ['{"file":"a.xyz"}', 'line 1: of a.xyz the kind is not known: give "contentType"'],
])("%s: %s", (line, message) => {
  expect(() => readRawData(list(line))).toThrow(message);
});
