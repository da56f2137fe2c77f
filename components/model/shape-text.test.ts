import { expect, test } from "vitest";
import { shapeText } from "./shape-text.ts";

test("dimensions are written by value, by name, or as not known", () => {
  expect(shapeText(["batch", 3, "width", ""], { batch: 1 })).toBe("1×3×width×?");
  expect(shapeText([], {})).toBe("scalar");
  expect(shapeText(null, {})).toBe("rank not known");
});
