import { expect, test } from "vitest";
import { nextRate } from "./transfer-rate.ts";

test("the first long transfer is believed, later ones count half; short ones say nothing", () => {
  expect(nextRate(null, 1_000, 1)).toBeNull();
  expect(nextRate(null, 1_000_000, 500)).toBe(2_000_000);
  expect(nextRate(2_000_000, 1_000_000, 1_000)).toBe(1_500_000);
  expect([nextRate(7, 1_000, 1), nextRate(7, 1_000_000, 0)]).toEqual([7, 7]);
});
