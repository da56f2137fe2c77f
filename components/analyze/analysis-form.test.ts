import { expect, test } from "vitest";
import { FIRST_FIELDS, requestOf } from "./analysis-form.ts";

test("the first fields ask for what runs, with no bounds", () => {
  expect(requestOf(FIRST_FIELDS)).toMatchObject({ problems: {}, request: { plans: [{ kind: "current" }], threads: [null], maxBatch: [1, 4], concurrency: [1, 2, 4], constraints: {} } });
});

test("lists are sorted and each number counts once; bounds take their units", () => {
  const { request } = requestOf({ ...FIRST_FIELDS, bestLatency: true, planIds: ["pln_9"], threads: "2 1;2", concurrency: "8,4", maxLatencyMs: "50", maxMemoryMb: "512", minPerSecond: "2,5" });
  expect(request).toMatchObject({ plans: [{ kind: "current" }, { kind: "best", objective: "latency" }, { kind: "plan", planId: "pln_9" }], threads: [1, 2], concurrency: [4, 8], constraints: { maxLatencyMsP99: 50, maxMemoryBytes: 512e6, minPerSecond: 2.5 } });
});

test("what is wrong is told at its field", () => {
  const { request, problems } = requestOf({ ...FIRST_FIELDS, current: false, maxBatch: "", concurrency: "1, two", threads: "0", maxLatencyMs: "-1", maxConfigurations: "0", windowMs: "20", maxWindows: "2" });
  expect(request).toBeNull();
  expect(Object.keys(problems).sort()).toEqual(["concurrency", "maxBatch", "maxConfigurations", "maxLatencyMs", "maxWindows", "plans", "threads", "windowMs"]);
});
