import { expect, test } from "vitest";
import { readJsonLine } from "./read-json-line.ts";
import { readLabelledRow } from "./labelled-row.ts";

const read = (line: string) => readLabelledRow(readJsonLine(line, "a.jsonl, line 3"), "a.jsonl, line 3");
const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1").toString("base64");

test("a text, a picture by its first bytes, a kind that is told, and tensors as they are sent", () => {
  expect(read('{"text":"ä","label":"spam"}')).toEqual({ form: "raw", bytes: Buffer.from("ä"), contentType: "text/plain", label: "spam" });
  expect(read(`{"base64":"${PNG}","label":3}`)).toEqual({ form: "raw", bytes: Buffer.from(PNG, "base64"), contentType: "image/png", label: 3 });
  expect(read('{"base64":"/9j/AA==","label":""}')).toMatchObject({ contentType: "image/jpeg", label: "" });
  expect(read('{"base64":"AAAA","contentType":"audio/x-wav","label":0}')).toMatchObject({ contentType: "audio/x-wav" });
  const inputs = [{ name: "x", datatype: "FP32", shape: [1, 2], data: [[1, 2]] }];
  const request = { inputs, outputs: [{ name: "y" }] };
  expect(read(JSON.stringify({ ...request, label: 1 }))).toEqual({ form: "tensors", request, label: 1 });
  expect(read(JSON.stringify({ request, label: 1 }))).toEqual({ form: "tensors", request, label: 1 });
});

const tensor = (change: object) => JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2], ...change }], label: 1 });

test.each([
  ["{", /^a\.jsonl, line 3: not JSON/], ["3", /^a\.jsonl, line 3: must be a JSON object/], ['{"text":"a"}', /^a\.jsonl, line 3: has no "label"/], ['{"text":"a","label":null}', /"label" must be a text or a number/],
  ['{"text":"a","label":["b"]}', /"label" must be a text or a number/], [JSON.stringify({ text: "a", label: "x".repeat(1001) }), /"label" is longer than 1000 characters/],
  ['{"label":"a"}', /give "text", "base64" or "inputs", one of them/], ['{"text":"a","base64":"AAAA","label":1}', /one of them/], ['{"text":"","label":1}', /"text" must be a text that is not empty/],
  ['{"text":"a","file":"/etc/passwd","label":1}', /"file" has no meaning beside "text"/], ['{"base64":"A","label":1}', /"base64" is none/], ['{"base64":"AAAA","label":1}', /neither PNG, JPEG nor WAV: give its "contentType"/],
  ['{"base64":"AAAA","contentType":"a\\r\\nb: c","label":1}', /"contentType" must be one like image\/png/], ['{"inputs":[],"label":1}', /"inputs" must be a list of tensors/], ['{"request":3,"label":1}', /"request" must be a JSON object/],
  [tensor({ data: undefined }), /line 3, input 1: must have "name"/], [tensor({ shape: [-1] }), /"shape" must be a list of sizes/], [tensor({ data: [1, 2, 3] }), /"x" has 3 values, its shape \[1, 2\] has 2/],
])("%s is told with its line", (line, words) => {
  expect(() => read(line)).toThrow(words);
});
