// Kept runs held against each other over the API: what differs, what closes a gate, and what is no comparison.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { judgeRun } from "../loadgen/method/judge-run.ts";
import { figuresOf, METHOD, reportSettings, type LoadReport } from "../loadgen/method/load-report.ts";
import { runStats } from "../loadgen/method/run-stats.ts";
import { steadyRate } from "../loadgen/method/steady-rate.ts";
import { simulatedRun } from "../loadgen/testdata/simulated-run.ts";
import { insertLoadRun } from "../store/load-runs.ts";
import { createApiHandler } from "./create-api-handler.ts";
import { startTestConsole, type TestConsole } from "./testdata/test-console.ts";

const MS = 1e6;
let target: TestConsole;
let deploymentId: string;
beforeAll(async () => {
  target = await startTestConsole((deps) => [createApiHandler(deps)]);
  deploymentId = await (await startScriptedFleet(target.deps.db)).deploy();
  await keep("run_before", { serviceNs: 5 * MS });
});
afterAll(() => target?.stop());

/** A run in SingleStream, 6 s, kept as if it had been measured. */
async function keep(id: string, system: { serviceNs: number; failEvery?: number }): Promise<void> {
  const { record } = simulatedRun({ scenario: "SingleStream", targetQps: 1000, targetPercentile: 0.9, targetLatencyNs: 0 }, system);
  const [stats, steady, startedAt] = [runStats(record), steadyRate(record), new Date()];
  const report: LoadReport = {
    method: METHOD, sut: "simulated", startedAt: startedAt.toISOString(), settings: reportSettings(record.settings), verdict: judgeRun(record, stats), stats, failedCount: record.failedCount, harnessLagP99Ns: 0,
    steady, histogram: [], peak: null, reuse: null, accuracy: null, figures: figuresOf(record, stats, steady, null),
  };
  await target.deps.db.$transaction((tx) => insertLoadRun(tx, { id, deploymentId, revisionNumber: 1, endRevisionNumber: 1, operationId: "opr_none", target: { kind: "deployment" }, request: { scenario: "SingleStream", what: "run", tier: "rapid" }, report, startedAt, finishedAt: startedAt, createdBy: "test" }));
}
const compare = (after: string, before = "run_before") => target.call("GET", `/api/v1/load-runs/${after}/compare?before=${before}`);

test("the same again passes; twice the latency is a regression", async () => {
  await keep("run_same", { serviceNs: 5 * MS });
  expect(await compare("run_same")).toMatchObject({ status: 200, body: { passes: true, regressions: [], unjudged: [] } });
  await keep("run_slow", { serviceNs: 10 * MS });
  expect((await compare("run_slow")).body).toMatchObject({ passes: false, regressions: ["latency p50", "latency p90", "latency p99", "throughput"], unjudged: [] });
});

test("everything refused at once is no faster run: there is no comparison, and why", async () => {
  await keep("run_refused", { serviceNs: MS, failEvery: 1 });
  expect(await compare("run_refused")).toMatchObject({ status: 409, body: { error: { code: "conflict", message: expect.stringMatching(/samples of the run after failed/), fix: expect.stringMatching(/in which nothing failed/) } } });
});

test("too few samples for an interval leave the gate closed", async () => {
  await keep("run_few", { serviceNs: 50 * MS });
  await keep("run_few_again", { serviceNs: 50 * MS });
  const { body } = await compare("run_few_again", "run_few");
  expect(body).toMatchObject({ passes: false, regressions: [], unjudged: [{ name: "latency p99", why: expect.stringMatching(/^Before: 121 samples are too few for an interval\. After: /) }] });
  expect(body.differences.map(({ kind }: { kind: string }) => kind)).toEqual(["no difference seen", "no difference seen", "cannot be told", "no difference seen"]);
});
