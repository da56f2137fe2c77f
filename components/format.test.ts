import { expect, test } from "vitest";
import { bytes, digits, errorText, layersText, ms, relativeError, relativeTime, written } from "./format.ts";

test.each([[0, "0"], [0.00123, "0.0012"], [1.234, "1.23"], [41.27, "41.3"], [980.4, "980"]])("three significant digits of %s are %s", (value, text) => {
  expect(digits(value)).toBe(text);
});
test("every figure carries its unit", () => {
  expect(written(bytes(10_800_000))).toBe("10.8 MB");
  expect(written(ms(0.05))).toBe("50.0 µs");
  expect(written(ms(2300))).toBe("2.30 s");
  expect(written(ms(null))).toBe("–");
});
test("layers are counted from one and ranges are inclusive", () => {
  expect(layersText({ from: 0, to: 14 })).toBe("layers 1–14");
  expect(layersText({ from: 4, to: 5 })).toBe("layer 5");
});
test("parity is written as a power of ten", () => expect(relativeError(3.1e-7)).toBe("3e-7"));
test("errors keep their sign", () => {
  expect(errorText(41, 39)).toBe("+5.1 %");
  expect(errorText(30, 40)).toBe("−25 %");
});
test("times are relative to the given now", () => {
  expect(relativeTime("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:00:42Z"))).toBe("42 s ago");
  expect(relativeTime("2026-01-01T01:00:00Z", Date.parse("2026-01-01T00:00:00Z"))).toBe("in 60 min");
});
