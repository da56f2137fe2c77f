import { expect, test } from "vitest";
import { type OpenAiKind, readOpenAiRow } from "./openai-row.ts";
import { readJsonLine } from "./read-json-line.ts";

const read = (line: string, kind: OpenAiKind = "chat") => readOpenAiRow(readJsonLine(line, "a.jsonl, line 3"), kind, "a.jsonl, line 3");

test("a text becomes what each API asks for; a request is sent as it is", () => {
  expect(read('{"text":"2+2?","label":"4"}')).toEqual({ label: "4", form: "texts", text: "2+2?", request: { messages: [{ role: "user", content: "2+2?" }] } });
  expect(read('{"text":"2+2=","label":"4"}', "completions").request).toEqual({ prompt: "2+2=" });
  expect(read('{"text":"Hello","label":7}', "embeddings")).toEqual({ label: 7, form: "texts", text: "Hello", request: { input: "Hello" } });
  const request = { messages: [{ role: "user", content: "a" }], max_tokens: 3, n: 1 };
  expect(read(JSON.stringify({ request, label: "b" }))).toEqual({ label: "b", form: "requests", text: null, request });
  for (const input of ["a", ["a"], [1, 2, 3], [[1, 2]]]) expect(read(JSON.stringify({ request: { input }, label: 1 }), "embeddings").request).toEqual({ input });
});

test.each<[line: string, words: RegExp, kind?: OpenAiKind]>([
  ['{"text":"a"}', /^a\.jsonl, line 3: has no "label"/], ['{"text":"a","label":4}', /^a\.jsonl, line 3: OpenAI's chat answers a text: its label must be one, in quotes/], ['{"text":"a","label":4}', /OpenAI's completions answers a text/, "completions"],
  ['{"inputs":[],"label":"a"}', /tensors are not for OpenAI's API/], ['{"base64":"AAAA","label":"a"}', /a picture or a sound is not for OpenAI's embeddings/, "embeddings"], ['{"file":"a.png","label":"a"}', /a picture or a sound/],
  ['{"label":"a"}', /give "text" or "request", one of them/], ['{"text":"a","request":{},"label":"a"}', /one of them/], ['{"text":"","label":"a"}', /"text" must be a text that is not empty/], ['{"text":"a","role":"user","label":"a"}', /"role" has no meaning beside "text"/],
  ['{"request":[],"label":"a"}', /"request" must be a JSON object/], ['{"request":{"prompt":"a"},"label":"a"}', /"request" has no "messages", which OpenAI's chat asks for/], ['{"request":{"messages":[],"n":2},"label":"a"}', /asks for several answers: a sample has one/],
  ['{"request":{"input":["a","b"]},"label":"a"}', /asks for several answers/, "embeddings"], ['{"request":{"prompt":[[1],[2]]},"label":"a"}', /asks for several answers/, "completions"],
])("%s is told with its line", (line, words, kind) => {
  expect(() => read(line, kind)).toThrow(words);
});
