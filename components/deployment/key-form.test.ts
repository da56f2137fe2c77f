import { expect, test } from "vitest";
import { keyFieldsOf, keySettingsOf } from "./key-form.ts";

const LIMITS = { requestsPerSecond: 0.5, burst: 3, maxInFlight: 2 };

test("what a key may ask becomes fields and the same again; own limits begin from the deployment's", () => {
  for (const limits of [null, LIMITS]) expect(keySettingsOf(keyFieldsOf({ limits }, null))).toEqual({ settings: { limits }, problems: null });
  expect(keyFieldsOf({ limits: null }, LIMITS)).toEqual({ hasOwn: false, requestsPerSecond: "0.5", burst: "3", maxInFlight: "2" });
});

test("what is off is not looked at; what is on is told where it is wrong", () => {
  expect(keySettingsOf({ ...keyFieldsOf({ limits: null }, null), burst: "many" }).problems).toBeNull();
  expect(keySettingsOf({ ...keyFieldsOf({ limits: LIMITS }, null), requestsPerSecond: "", burst: "many", maxInFlight: "2.5" }).problems).toEqual({ requestsPerSecond: "A number from 0.001 to 1000000.", burst: "A whole number from 1 to 1000000.", maxInFlight: "A whole number from 1 to 65536." });
});
