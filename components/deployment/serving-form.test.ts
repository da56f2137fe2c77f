import { expect, test } from "vitest";
import type { ServingSettings } from "../api.ts";
import { firstPadding, type PaddedModel } from "./padding-form.ts";
import { fieldsOf, type ServingFields, settingsOf } from "./serving-form.ts";

const OFF: ServingSettings = { batching: null, keyLimits: null, canary: null, streams: { policy: "move", limitMs: 3_600_000, maxStateBytes: 2 ** 28 }, limits: { maxInFlight: 256, defaultDeadlineMs: 10_000, maxDeadlineMs: 60_000 } };
const ON: ServingSettings = { batching: { maxSize: 16, maxDelayMs: 1.5, preferredSizes: [4, 8] }, keyLimits: { requestsPerSecond: 0.5, burst: 3, maxInFlight: 2 }, canary: { share: 0.07, shadowShare: 0.5, maxErrorRatio: 0.001, maxLatencyMsP99: 40 }, streams: { policy: "finish", limitMs: 90_000, maxStateBytes: 1_000_000 }, limits: OFF.limits };

test("settings become fields and the same settings again", () => {
  for (const settings of [OFF, ON, { ...ON, batching: { maxSize: 16, maxDelayMs: 1.5, preferredSizes: [], whenNeeded: true } }, ...[null, 0, 0.2].map((maxDifferentRatio) => ({ ...ON, canary: { ...ON.canary!, maxDifferentRatio, watchMs: 2500 } }))]) expect(settingsOf(fieldsOf(settings))).toEqual({ settings, problems: null });
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

const SEQUENCE = ["batch", "sequence"];
const MODEL: PaddedModel = { inputs: ["input_ids", "attention_mask"].map((name) => ({ name, dataType: "int64", shape: SEQUENCE })), outputs: [{ name: "hidden", dataType: "float32", shape: [...SEQUENCE, 8] }] };
const PADDED: ServingSettings = { ...OFF, batching: { maxSize: 8, maxDelayMs: 2, preferredSizes: [], maxQueues: 4, padding: { dimensions: [{ name: "sequence", lengths: [16, 32] }], values: [{ input: "input_ids", value: 1 }, { input: "attention_mask", value: 0 }] } } };

test("queues and padding become texts and the same settings again, one thing a line", () => {
  const fields = fieldsOf(PADDED);
  expect(fields).toMatchObject({ maxQueues: "4", pads: true, padDimensions: "sequence: 16, 32", padValues: "input_ids = 1\nattention_mask = 0" });
  expect(settingsOf(fields, MODEL)).toEqual({ settings: PADDED, problems: null });
  expect(settingsOf({ ...fields, pads: false, maxQueues: "1" }, MODEL).settings!.batching).toEqual({ maxSize: 8, maxDelayMs: 2, preferredSizes: [] });
});

test("switched on for a model, padding says its first dynamic dimension and zeros", () => {
  const fields = { ...fieldsOf(ON), pads: true, ...firstPadding(MODEL) };
  expect(settingsOf(fields, MODEL).settings!.batching!.padding).toEqual({ dimensions: [{ name: "sequence", lengths: [] }], values: [{ input: "input_ids", value: 0 }, { input: "attention_mask", value: 0 }] });
});

test.each<[what: string, change: Partial<ServingFields>, problems: Record<string, unknown>]>([
  ["nothing said", { padDimensions: " ", padValues: "" }, { padDimensions: expect.stringMatching(/one a line/), padValues: expect.stringMatching(/a number/) }],
  ["half a length", { padDimensions: "sequence: 16, 2.5" }, { padDimensions: expect.stringMatching(/whole numbers/) }],
  ["no value", { padValues: "input_ids =\nattention_mask = 0" }, { padValues: expect.stringMatching(/a number/) }],
  ["an input without a value", { padValues: "input_ids = 0" }, { padValues: expect.stringMatching(/^Input "attention_mask" has a padded dimension/) }],
  ["a dimension that is none of the model's", { padDimensions: "tokens" }, { padDimensions: expect.stringMatching(/"tokens".*have "sequence"/) }],
  ["too many queues", { maxQueues: "65" }, { maxQueues: "A whole number from 1 to 64." }],
])("what of padding is wrong is told at its field: %s", (_what, change, problems) => {
  expect(settingsOf({ ...fieldsOf(PADDED), ...change }, MODEL).problems).toEqual(problems);
});
