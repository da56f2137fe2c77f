import { expect, test } from "vitest";
import { textAt } from "./json-text.ts";

const JSON_TEXT = ' { "a" : [ 1 , [ 2, 3 ] , { "b\\"c" : "x]}\\\\" } ] , "n": 18446744073709551615 , "a2": {}, "e": [], "n": -9223372036854775808\n}';

test.each<[path: (string | number)[], text: string | null]>([
  [["n"], "-9223372036854775808"], [["a", 0], "1"], [["a", 1], "[ 2, 3 ]"], [["a", 1, 1], "3"], [["a", 2, 'b"c'], '"x]}\\\\"'],
  [["a2"], "{}"], [["e"], "[]"], [["e", 0], null], [["a", 3], null], [["missing"], null], [["a2", "x"], null], [["n", "x"], null], [["n", 0], null],
])("%j", (path, text) => {
  expect(textAt(JSON_TEXT, path)).toBe(text);
});

test("a value alone is itself; every value of a document is found as it was written", () => {
  expect(textAt(" 12 ", [])).toBe("12");
  const value = { inputs: [{ name: 'a"\\{', data: [[1.5, -2e3], ["]", null, true]] }, { "": {} }], z: [[[]]] };
  const visit = (one: unknown, path: (string | number)[]): void => {
    expect(JSON.parse(textAt(JSON.stringify(value, null, 2), path)!)).toEqual(one);
    if (Array.isArray(one)) for (const [index, inner] of one.entries()) visit(inner, [...path, index]);
    else if (typeof one === "object" && one !== null) for (const [name, inner] of Object.entries(one)) visit(inner, [...path, name]);
  };
  visit(value, []);
});
