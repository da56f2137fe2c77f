import { expect, test } from "vitest";
import { mainOutput, shapeText, valueSizes } from "./shape-text.ts";

test("dimensions are written by value, by name, or as not known", () => {
  expect(shapeText(["batch", 3, "width", ""], { batch: 1 })).toBe("1×3×width×?");
  expect(shapeText([], {})).toBe("scalar");
  expect(shapeText(null, {})).toBe("shape not known");
});

test("sizes that are known come before names", () => {
  expect(shapeText(["batch", 3, "width", ""], { batch: 1 }, [1, 3, 320, 7])).toBe("1×3×320×7");
  expect(shapeText(null, {}, [])).toBe("scalar");
  const tensor = { dataType: "float32" as const, shape: null, bytes: 4 };
  expect([...valueSizes({ cuts: [{ index: 0, legal: true, reason: null, bytes: 8, tensors: [{ ...tensor, name: "a", sizes: [1, 2] }, { ...tensor, name: "b" }] }] })]).toEqual([["a", [1, 2]]]);
});

test("of several outputs the largest is a layer's main one", () => {
  const output = (name: string) => ({ name, dataType: "float32" as const, shape: null });
  const layer = { outputs: [output("a"), output("b")] };
  expect(mainOutput(layer, new Map([["a", [1]], ["b", [2, 3]]]))?.name).toBe("b");
  expect(mainOutput(layer, new Map())?.name).toBe("a");
  expect(mainOutput({ outputs: [] }, new Map())).toBeUndefined();
});
