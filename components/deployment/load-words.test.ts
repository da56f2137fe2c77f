import { expect, test } from "vitest";
import { factsText, FIRST_VALUES, headline, nsText, pointsText, reasons, requestText, toRequest } from "./load-words.ts";

test("a request is said with what decides it", () => {
  expect(requestText({ scenario: "Server", what: "run", tier: "rapid", qps: 50, latencyMs: 100 })).toBe("Server, 50.0 /s within 100 ms, 6 s");
  expect(requestText({ scenario: "Server", what: "peak", tier: "quick", qps: 5, latencyMs: 100 })).toBe("Server, peak from 5.00 /s within 100 ms, 10 s");
  expect(requestText({ scenario: "SingleStream", what: "reuse", tier: "rapid" })).toBe("SingleStream, check for reuse");
  expect(nsText(2_500_000)).toBe("2.50 ms");
  expect(nsText(null)).toBe("–");
});

test("the form gives what its scenario needs, and nothing while a number is missing", () => {
  expect(toRequest(FIRST_VALUES)).toEqual({ scenario: "Server", what: "run", tier: "rapid", qps: 5, latencyMs: 1000 });
  expect(toRequest({ ...FIRST_VALUES, scenario: "Offline" })).toEqual({ scenario: "Offline", what: "run", tier: "rapid", qps: 5 });
  expect(toRequest({ ...FIRST_VALUES, scenario: "SingleStream", what: "peak" })).toEqual({ scenario: "SingleStream", what: "run", tier: "rapid", latencyMs: 1 });
  expect(toRequest({ ...FIRST_VALUES, qps: "" })).toBeNull();
  expect(toRequest({ ...FIRST_VALUES, latencyMs: "0" })).toBeNull();
});

test("the verdict comes first, its reasons after it", () => {
  const verdict = { isValid: false, isBoundMet: false, isMinDurationMet: true, isMinQueriesMet: true, isEarlyStoppingMet: false, isHarnessOnTime: true, isEverythingAnswered: true, recommendations: ["Reduce target QPS to improve latency."], earlyStopping: " * Run unsuccessful.\n * Processed 3 queries." };
  const report = { verdict, peak: null, reuse: null } as unknown as Parameters<typeof headline>[0];
  expect(headline(report)).toEqual({ tone: "bad", text: "INVALID" });
  expect(reasons(report)).toEqual(["Reduce target QPS to improve latency.", "Run unsuccessful. Processed 3 queries."]);
  expect(headline({ ...report, peak: { qps: 40, why: null, probes: [] } })).toEqual({ tone: "ok", text: "Peak 40.0 /s" });
});

test("an accuracy run is said by its data and its share, and what must be said beside it follows", () => {
  const dataset = { name: "lines.jsonl", digest: "d".repeat(64) };
  expect(requestText({ scenario: "Offline", what: "accuracy", tier: "rapid", dataset })).toBe("Accuracy on lines.jsonl");
  const report = { verdict: { isEverythingAnswered: true }, accuracy: { asked: 40, correct: 38, graded: { notes: [] } } } as unknown as Parameters<typeof headline>[0];
  expect(headline(report)).toEqual({ tone: "idle", text: "95.0 % of 40 right" });
  expect(reasons(report)).toEqual([]);
  const failed = { ...report, verdict: { isEverythingAnswered: false }, accuracy: { asked: 40, correct: 38, graded: { notes: ["2 of 40 samples failed."] } } } as unknown as typeof report;
  expect([headline(failed).tone, reasons(failed)]).toEqual(["warn", ["2 of 40 samples failed."]]);
  expect(factsText({ sampleCount: 1, form: "raw", labels: "texts", labelCount: 1 })).toBe("1 sample for the model’s processor; labels are texts, 1 different.");
  expect(factsText({ sampleCount: 2, form: "requests", labels: "texts", labelCount: 2 })).toBe("2 samples of OpenAI’s requests; labels are texts, 2 different.");
  expect([pointsText(-0.015), pointsText(0)]).toEqual(["−1.5 points", "+0.0 points"]);
});

test("an accuracy run is asked once its data is there, so many at once", () => {
  const values = { ...FIRST_VALUES, what: "accuracy" as const };
  expect(toRequest(values)).toBeNull();
  expect(toRequest({ ...values, concurrency: "0" }, { name: "a", digest: "d" })).toBeNull();
  expect(toRequest(values, { name: "a", digest: "d" })).toEqual({ scenario: "Offline", what: "accuracy", tier: "rapid", concurrency: 4, dataset: { name: "a", digest: "d" } });
});
