import { expect, test } from "vitest";
import { readRange } from "./read-range.ts";

test.each([
  ["3", { from: 2, to: 3 }], ["3-7", { from: 2, to: 7 }], [" 3 – 8 ", { from: 2, to: 8 }], ["1–8", { from: 0, to: 8 }],
  ["", null], ["0", null], ["9", null], ["7-3", null], ["3-9", null], ["a", null], ["3-", null],
])("%s of eight layers", (text, range) => expect(readRange(text, 8)).toEqual(range));
