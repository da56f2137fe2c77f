import { expect, test } from "vitest";
import { type Chosen, historyStep, readChosen, sameChosen, writeChosen } from "./selection-address.ts";

const nothing: Chosen = { ids: [], layers: null };
const read = (text: string) => readChosen(new URLSearchParams(text));

test("what is written is read again, and other parts of the address stay", () => {
  const chosen: Chosen = { ids: ["tn_a1", "lnk_b-2"], layers: { from: 2, to: 14 } };
  const search = writeChosen(new URLSearchParams("model=mdl_1&tab=charts"), chosen);
  expect(search.get("layers")).toBe("3-14");
  expect(search.get("model")).toBe("mdl_1");
  expect(sameChosen(readChosen(search), chosen)).toBe(true);
  expect(writeChosen(search, nothing).toString()).toBe("model=mdl_1&tab=charts");
});
test("one layer is one number", () => {
  expect(writeChosen(new URLSearchParams(), { ids: [], layers: { from: 6, to: 7 } }).get("layers")).toBe("7");
  expect(read("layers=7").layers).toEqual({ from: 6, to: 7 });
});
test("nonsense chooses nothing", () => {
  for (const text of ["layers=0", "layers=9-3", "layers=a-b", "layers=-1", "selected=<b>", "selected=,,"]) expect(read(text), text).toEqual(nothing);
});
test("walking the layers and gathering things are one step back, another thing is a step of its own", () => {
  const layer = (from: number, ids: string[] = []): Chosen => ({ ids, layers: { from, to: from + 1 } });
  expect(historyStep(nothing, layer(1))).toBe("push");
  expect(historyStep(layer(1), layer(2))).toBe("replace");
  expect(historyStep({ ids: ["tn_1"], layers: null }, { ids: ["tn_1", "tn_2"], layers: null })).toBe("replace");
  expect(historyStep({ ids: ["tn_1"], layers: null }, { ids: ["tn_2"], layers: null })).toBe("push");
  expect(historyStep({ ids: ["tn_1"], layers: null }, nothing)).toBe("push");
});
