import { expect, test } from "vitest";
import { FIRST_VALUES, headline, nsText, reasons, requestText, toRequest } from "./load-words.ts";

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
