import { expect, test } from "vitest";
import { billPartsText } from "./bill-parts-text.ts";

const parts = { fetchSeconds: 8, loadSeconds: 1.5, warmSeconds: 0.2, otherSeconds: 4, loading: "measured" as const };
const from = (...names: (string | null)[]) => names.map((name) => ({ name, bytes: 1e6 }));

test("who gives is named, and more than three are counted", () => {
  expect(billPartsText({ ...parts, from: from("gpu-box", null) })).toBe("fetching 8.00 s from gpu-box and the console, loading 1.50 s and a first run 0.20 s as measured there, all else 4.00 s");
  expect(billPartsText({ ...parts, from: from("a", "b", "c", null) })).toContain("from a, b and 2 others,");
});

test("what was not seen there is called an estimate, and where nobody is known to give nobody is named", () => {
  expect(billPartsText({ ...parts, fetchSeconds: 0, loading: "estimated" })).toBe("fetching 0 s, loading 1.50 s and a first run 0.20 s by estimate, all else 4.00 s");
});
