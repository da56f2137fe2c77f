// Turns the reports of Vitest and Playwright into counts. Pure: the caller reads the files.

/** `report` is Vitest's JSON; null = it wrote none. */
export function countUnitTests(report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  // A file that could not be loaded has no tests to fail.
  const brokenFiles = report.testResults.filter((result) => result.status === "failed" && result.assertionResults.length === 0).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles, skipped: report.numPendingTests + report.numTodoTests };
}

/** `report` is Playwright's JSON; null = it wrote none. A test that failed once has failed, whatever a second try gave. */
export function countBrowserTests(report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const { expected, flaky, unexpected, skipped } = report.stats;
  return { passed: expected, failed: unexpected + flaky + report.errors.length, skipped };
}

/** `didFail` is whether one of the runners ended badly: without a failed test (a crash, a broken file) that is a failure all the same. */
export function addCounts(parts, didFail) {
  const sum = parts.reduce((all, part) => ({ passed: all.passed + part.passed, failed: all.failed + part.failed, skipped: all.skipped + part.skipped }));
  return didFail && sum.failed === 0 ? { ...sum, failed: 1 } : sum;
}
