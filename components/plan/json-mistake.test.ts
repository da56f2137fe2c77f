import { expect, test } from "vitest";
import { findJsonMistake } from "./json-mistake.ts";

const GOOD = ['{"a": [1, -2.5e3, true, null, "x\\n\\u00e9"], "b": {}}', "[]", " 0 ", '"x"'];
const BAD: [text: string, line: number, column: number, what: RegExp][] = [
  ["{", 1, 2, /key/], ['{"a": 1,}', 1, 9, /key/], ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /“,” or “}”/], ["[1, ]", 1, 5, /value/], ['{"a" 1}', 1, 6, /“:”/], ["[1] x", 1, 5, /more follows/],
  ["hello", 1, 1, /value/], ["", 1, 1, /missing/], ['{"a": "x\n"}', 1, 7, /not closed/], ["[01]", 1, 3, /“,” or “]”/], ["{a: 1}", 1, 2, /double quotes/], ["[".repeat(200_000), 1, 102, /too deep/],
];

for (const text of GOOD) test(`${text} is JSON`, () => expect(findJsonMistake(text)).toBeNull());
for (const [text, line, column, what] of BAD) test(`the mistake in ${text.slice(0, 30)} is found`, () => {
  expect(() => JSON.parse(text)).toThrow();
  expect(findJsonMistake(text)).toMatchObject({ line, column, what: expect.stringMatching(what) });
});
