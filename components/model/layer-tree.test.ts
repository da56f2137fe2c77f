import { expect, test } from "vitest";
import type { Layer } from "../../server/model/model.ts";
import { rowRange, spanOf, treeRows } from "./layer-tree.ts";

const layer = (index: number, name: string): Layer => ({ index, name, scope: name.split("/").slice(0, -1), kind: "Conv", opCount: 1, opTypes: {}, opNames: [], parameterCount: 0, weightBytes: 0, flops: 0, workspaceBytes: 0, outputs: [] });
const LAYERS = ["stem", "body/a/conv1", "body/a/conv2", "body/b", "head/fc", "body/late", "body/later"].map((name, index) => layer(index, name));

test("layers keep their order and scopes open at their first layer", () => {
  const rows = treeRows(LAYERS, new Set());
  expect(rows.map((row) => `${"  ".repeat(row.depth)}${row.name}`)).toEqual(["stem", "body", "  a", "    conv1", "    conv2", "  b", "head/fc", "body", "  late", "  later"]);
});
test("a folded scope hides its layers and still stands for them", () => {
  const key = treeRows(LAYERS, new Set())[1]?.key ?? "";
  const rows = treeRows(LAYERS, new Set([key]));
  expect(rows.map((row) => row.name)).toEqual(["stem", "body", "head/fc", "body", "late", "later"]);
  expect(rows.map(rowRange)[1]).toEqual({ from: 1, to: 4 });
});
test("every layer appears once", () => {
  const rows = treeRows(LAYERS, new Set());
  expect(rows.flatMap((row) => (row.kind === "layer" ? [row.layer.index] : []))).toEqual([0, 1, 2, 3, 4, 5, 6]);
});
test("a span covers both ranges", () => expect(spanOf({ from: 4, to: 6 }, { from: 1, to: 2 })).toEqual({ from: 1, to: 6 }));
