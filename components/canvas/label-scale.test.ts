import { expect, it } from "vitest";
import { labelScale } from "./label-scale.ts";

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
