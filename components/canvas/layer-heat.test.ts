import { expect, test } from "vitest";
import { bytes } from "../format.ts";
import { type Heat, rangeHeat } from "./layer-heat.ts";
import { rowWindow } from "./row-window.ts";

const heat = (kind: Heat["kind"], values: (number | null)[]): Heat => ({ kind, name: kind, note: "", values, most: Math.max(...values.map((value) => value ?? 0)), write: bytes });

test("a scope's weights are the sum of its layers, its bar their average against the hottest one", () => expect(rangeHeat(heat("weights", [100, 300, 400]), { from: 0, to: 2 })).toEqual({ share: 0.5, text: "400 B" }));
test("a scope's cut is the one after its last layer", () => expect(rangeHeat(heat("cut", [100, 400, null]), { from: 0, to: 2 })).toEqual({ share: 1, text: "400 B" }));
test("where no cut may go, a word stands instead of a number", () => {
  expect(rangeHeat(heat("cut", [null, 400, null]), { from: 0, to: 1 })).toEqual({ share: 0, text: "no cut" });
  expect(rangeHeat(heat("cut", [null, 400, null]), { from: 2, to: 3 })).toEqual({ share: 0, text: "end" });
});
test("weightless layers draw no bar", () => expect(rangeHeat(heat("weights", [0, 0]), { from: 0, to: 1 }).share).toBe(0));
test("of 500 rows only those seen are drawn, with a few to spare", () => {
  expect(rowWindow(0, 440, 500, 22)).toEqual({ first: 0, last: 28 });
  expect(rowWindow(2200, 440, 500, 22)).toEqual({ first: 92, last: 128 });
  expect(rowWindow(99_999, 440, 500, 22)).toEqual({ first: 500, last: 500 });
  expect(rowWindow(0, 440, 90, 22)).toEqual({ first: 0, last: 90 });
});
