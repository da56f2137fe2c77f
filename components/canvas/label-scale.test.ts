import { expect, it } from "vitest";
import { labelScale, unzoomOf } from "./label-scale.ts";

it("keeps a label's size on the screen while the drawing shrinks, up to a limit", () => {
  expect(labelScale(1, 1)).toBe(1);
  expect(labelScale(0.8, 1) * 0.8).toBeCloseTo(1, 2);
  expect(labelScale(0.3, 1)).toBeLessThan(2);
});
it("grows with the drawing when that is enlarged", () => {
  expect(labelScale(2, 1)).toBe(1);
});
it("follows the text size of the browser", () => {
  expect(labelScale(1, 1.4)).toBeCloseTo(1.4);
  expect(labelScale(2, 2)).toBe(1);
});
it("what is read from afar keeps its size on the screen within a few per cent, and changes in steps", () => {
  const zooms = Array.from({ length: 800 }, (_, index) => 0.2 + index / 1000);
  for (const zoom of zooms) expect(Math.abs(unzoomOf(zoom) * zoom - 1)).toBeLessThan(0.035);
  expect(new Set(zooms.map(unzoomOf)).size).toBeLessThan(32);
  expect(unzoomOf(2)).toBe(1);
});
