import { expect, test } from "vitest";
import { addCounts, countBrowserTests, countUnitTests } from "./count-tests.mjs";

const stats = { expected: 4, flaky: 0, unexpected: 0, skipped: 1 };

test("a browser test that passed on a second try only has failed", () => {
  expect(countBrowserTests({ stats, errors: [] })).toEqual({ passed: 4, failed: 0, skipped: 1 });
  expect(countBrowserTests({ stats: { ...stats, flaky: 2 }, errors: [] })).toEqual({ passed: 4, failed: 2, skipped: 1 });
  expect(countBrowserTests({ stats, errors: [{}] })).toMatchObject({ failed: 1 });
});

test("a file that could not be loaded is a failure", () => {
  const report = { numPassedTests: 2, numFailedTests: 1, numPendingTests: 1, numTodoTests: 1, testResults: [{ status: "failed", assertionResults: [] }, { status: "failed", assertionResults: [{}] }] };
  expect(countUnitTests(report)).toEqual({ passed: 2, failed: 2, skipped: 2 });
});

test("no report, or a runner that ended badly, never counts as passed", () => {
  expect(addCounts([countUnitTests(null), countBrowserTests(null)], true)).toEqual({ passed: 0, failed: 2, skipped: 0 });
  expect(addCounts([{ passed: 3, failed: 0, skipped: 0 }, { passed: 1, failed: 0, skipped: 0 }], true)).toEqual({ passed: 4, failed: 1, skipped: 0 });
});
