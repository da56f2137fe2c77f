export type TestCounts = { passed: number; failed: number; skipped: number };
export type UnitReport = { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTodoTests: number; testResults: { status: string; assertionResults: unknown[] }[] };
export type BrowserReport = { stats: { expected: number; flaky: number; unexpected: number; skipped: number }; errors: unknown[] };
export function countUnitTests(report: UnitReport | null): TestCounts;
export function countBrowserTests(report: BrowserReport | null): TestCounts;
export function addCounts(parts: TestCounts[], didFail: boolean): TestCounts;
