import { expect, test } from "vitest";
import type { ServingSettings } from "../api.ts";
import { fieldsOf, settingsOf } from "./serving-form.ts";

const OFF: ServingSettings = { batching: null, keyLimits: null, canary: null, streams: { policy: "move", limitMs: 3_600_000, maxStateBytes: 2 ** 28 }, limits: { maxInFlight: 256, defaultDeadlineMs: 10_000, maxDeadlineMs: 60_000 } };
const ON: ServingSettings = { batching: { maxSize: 16, maxDelayMs: 1.5, preferredSizes: [4, 8] }, keyLimits: { requestsPerSecond: 0.5, burst: 3, maxInFlight: 2 }, canary: { share: 0.07, shadowShare: 0.5, maxErrorRatio: 0.001, maxLatencyMsP99: 40 }, streams: { policy: "finish", limitMs: 90_000, maxStateBytes: 1_000_000 }, limits: OFF.limits };

test("settings become fields and the same settings again", () => {
  for (const settings of [OFF, ON]) expect(settingsOf(fieldsOf(settings))).toEqual({ settings, problems: null });
});

test("switched on, the fields say something modest that is valid", () => {
  expect(settingsOf({ ...fieldsOf(OFF), joins: true, limitsKeys: true, tries: true }).settings).toMatchObject({ canary: { share: 0.1, shadowShare: 0, maxErrorRatio: 0.01, maxLatencyMsP99: null }, batching: { maxSize: 8, preferredSizes: [] }, keyLimits: { burst: 40 } });
});

test("what is off is not looked at; what is on is told where it is wrong", () => {
  expect(settingsOf({ ...fieldsOf(OFF), maxSize: "many" }).problems).toBeNull();
  const wrong = settingsOf({ ...fieldsOf(ON), maxSize: "1", maxDelayMs: "", preferredSizes: "4, four", burst: "2.5", maxInFlight: "0" });
  expect(Object.keys(wrong.problems ?? {}).sort()).toEqual(["burst", "maxDelayMs", "maxInFlight", "maxSize", "preferredSizes"]);
  expect(settingsOf({ ...fieldsOf(ON), maxSize: "6" }).problems).toEqual({ preferredSizes: "Whole numbers from 2 to 6, with commas between them." });
  expect(settingsOf({ ...fieldsOf(OFF), defaultDeadlineMs: "90000" }).problems).toEqual({ defaultDeadlineMs: "Longer than the longest one allowed." });
});
