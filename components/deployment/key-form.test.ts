import { expect, test } from "vitest";
import { keyFieldsOf, keySettingsOf } from "./key-form.ts";

const LIMITS = { requestsPerSecond: 0.5, burst: 3, maxInFlight: 2 };

test("what a key may ask becomes fields and the same again; own limits begin from the deployment's", () => {
  for (const limits of [null, LIMITS]) for (const quota of [null, { perDay: 10, perMonth: null }, { perDay: 10, perMonth: 100 }]) for (const mayLoad of [false, true]) expect(keySettingsOf(keyFieldsOf({ limits, quota, mayLoad }, null))).toEqual({ settings: { limits, quota, mayLoad }, problems: null });
  expect(keyFieldsOf({ limits: null, quota: null, mayLoad: false }, LIMITS)).toEqual({ hasOwn: false, requestsPerSecond: "0.5", burst: "3", maxInFlight: "2", perDay: "", perMonth: "", mayLoad: false });
});

test("what is off is not looked at; what is on is told where it is wrong", () => {
  expect(keySettingsOf({ ...keyFieldsOf({ limits: null, quota: null, mayLoad: false }, null), burst: "many" }).problems).toBeNull();
  expect(keySettingsOf({ ...keyFieldsOf({ limits: LIMITS, quota: null, mayLoad: false }, null), requestsPerSecond: "", burst: "many", maxInFlight: "2.5" }).problems).toEqual({ requestsPerSecond: "A number from 0.001 to 1000000.", burst: "A whole number from 1 to 1000000.", maxInFlight: "A whole number from 1 to 65536." });
  const none = keyFieldsOf({ limits: null, quota: null, mayLoad: false }, null);
  expect(keySettingsOf({ ...none, perDay: "0", perMonth: "lots" }).problems).toEqual({ perDay: "A whole number from 1 to 1000000000000.", perMonth: "A whole number from 1 to 1000000000000." });
  expect(keySettingsOf({ ...none, perDay: "11", perMonth: "10" }).problems).toEqual({ perDay: "More than a whole month may have." });
});
