import { expect, test } from "vitest";
import type { Cut, Layer } from "../model/model.ts";
import { workingBytes } from "./working-bytes.ts";

const layer = (workspaceBytes: number, opType: string) => ({ workspaceBytes, opTypes: { [opType]: 1 } }) as unknown as Layer;
const cut = (bytes: number, legal = true) => ({ bytes, legal }) as Cut;

test("convolutions keep several times their live values, and frames count at the legal cuts beside a layer", () => {
  const facts = { layers: [layer(1e6, "Conv"), layer(1e6, "MatMul"), layer(1e6, "MatMul")], cuts: [cut(2e5), cut(9e5, false)] };
  const [first = 0, second = 0, third = 0] = workingBytes(facts, { inputBytes: 1e5, outputBytes: 1e4 });
  expect(first - second).toBe(3e6);
  expect(second).toBeGreaterThan(third);
  expect(third).toBeGreaterThan(1e6);
});

test("more bytes never need less", () => {
  const need = (bytes: number) => workingBytes({ layers: [layer(0, "MatMul"), layer(0, "MatMul")], cuts: [cut(bytes)] }, { inputBytes: 0, outputBytes: 0 })[0] ?? 0;
  const sizes = Array.from({ length: 60 }, (_, index) => 1.4 ** index);
  for (const [index, size] of sizes.entries()) if (index > 0) expect(need(size)).toBeGreaterThanOrEqual(need(sizes[index - 1] ?? 0));
});
