import { expect, test } from "vitest";
import { regionFile } from "./region-key.ts";

test("a key is one plain name", () => {
  expect(["/input_simple", "input_simple", "/..a", "/a b", "/T\u00fcr", `/${"a".repeat(255)}`].map(regionFile)).toEqual(["input_simple", "input_simple", "..a", "a b", "T\u00fcr", "a".repeat(255)]);
});

test.each(["", "/", ".", "..", "/.", "/..", "//a", "/a/b", "../etc/passwd", "/../a", "/a\0b", "a/", `/${"a".repeat(256)}`, `/${"\u00fc".repeat(128)}`])("%j is none", (key) => {
  expect(regionFile(key)).toBeNull();
});
