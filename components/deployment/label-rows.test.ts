import { expect, test } from "vitest";
import { labelRows } from "./label-rows.ts";

const at = (...places: number[]) => places.map((atPx) => ({ atPx, widthPx: 60 }));

test("labels with room between them stand on one line", () => expect(labelRows(at(100, 200, 300))).toEqual([0, 0, 0]));
test("close ones go down a line each, and the first line is taken again as soon as it is free", () => expect(labelRows(at(100, 110, 120, 166, 177))).toEqual([0, 1, 2, 0, 1]));
test("no two on one line overlap, whatever their widths", () => {
  const labels = Array.from({ length: 40 }, (_, index) => ({ atPx: index * 13, widthPx: 20 + ((index * 37) % 60) }));
  const rows = labelRows(labels);
  for (const [index, label] of labels.entries()) for (const [other, before] of labels.slice(0, index).entries()) if (rows[index] === rows[other]) expect(before.atPx + before.widthPx / 2).toBeLessThan(label.atPx - label.widthPx / 2);
});
