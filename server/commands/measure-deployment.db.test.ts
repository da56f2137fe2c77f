// A load run of a deployment: the real load generator in its own process against a synthetic ingress, kept and told of.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { firstLine, startProgram } from "../loadgen/testdata/start-program.ts";
import { listLoadRuns } from "../store/load-runs.ts";
import { findOperation } from "../store/operations.ts";
import { cancelOperation } from "./cancel-operation.ts";
import { createDeployment } from "./create-deployment.ts";
import type { Deps } from "./deps.ts";
import { measureDeployment } from "./measure-deployment.ts";
import { listenProgress } from "./run-operation.ts";
import { readLoadLog } from "./read-load-log.ts";

const database = withTestDatabase();
const WITHIN_MS = 60_000;
let system: ChildProcess;
let deps: Deps;
let deploymentId: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "cutplane-load-"));
  const fleet = await startScriptedFleet(database.db);
  await fleet.makePlan("pln_1", ["nod_a", "nod_b"]);
  ({ deploymentId } = await createDeployment(fleet.deps, { name: "x", planId: "pln_1", actor: "test" }));
  await fleet.run(8);
  system = startProgram("lab/synthetic-sut.ts", ["--delay", "2"]);
  const url = await firstLine(system);
  for (const node of liveFleet(database.db).nodes.values()) for (const ingress of node.ingress) ingress.url = url;
  deps = { ...fleet.deps, dataFolder: folder };
});
afterAll(() => {
  system?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const ended = (id: string) => vi.waitFor(async () => {
  const operation = await findOperation(database.db, id);
  expect(operation?.status).not.toBe("running");
  return operation!;
}, { timeout: WITHIN_MS, interval: 100 });

test("a run is followed, kept with its revision and logs, and a second one meanwhile is refused", async () => {
  const heard: number[] = [];
  const stop = listenProgress(({ load }) => { if (load) heard.push(load.answered); });
  const operation = await measureDeployment(deps, { deploymentId, request: { scenario: "SingleStream", what: "reuse", tier: "rapid" }, actor: "test" });
  await expect(measureDeployment(deps, { deploymentId, request: { scenario: "SingleStream", what: "run", tier: "rapid" }, actor: "test" })).rejects.toThrow(/Another load run is under way/);
  const done = await ended(operation.id);
  stop();
  expect(done).toMatchObject({ status: "succeeded", kind: "load", subjectId: deploymentId });
  expect(heard.at(-1)).toBeGreaterThan(0);
  const [run] = await listLoadRuns(database.db, deploymentId, 10);
  expect(run).toMatchObject({ id: (done.result as { runId: string }).runId, revisionNumber: 1, endRevisionNumber: 1, createdBy: "test", request: { what: "reuse" } });
  expect(run!.report.stats!.sample.minNs).toBeGreaterThan(0);
  expect(run!.report.reuse).not.toBeNull();
  expect(await readLoadLog(deps, run!.id, "mlperf_log_summary.txt")).toContain("MLPerf method, not an MLPerf result");
}, WITHIN_MS);

test("a cancelled run ends, is kept and is INVALID", async () => {
  const began = new Promise<void>((resolve) => {
    const stop = listenProgress(({ load }) => {
      if (!load?.answered) return;
      stop();
      resolve();
    });
  });
  const operation = await measureDeployment(deps, { deploymentId, request: { scenario: "Server", what: "run", tier: "normal", qps: 20, latencyMs: 100 }, actor: "test" });
  await began;
  await cancelOperation(deps, operation.id, "test");
  expect((await ended(operation.id)).status).toBe("cancelled");
  const [run] = await listLoadRuns(database.db, deploymentId, 1);
  expect(run!.operationId).toBe(operation.id);
  expect(run!.report.verdict).toMatchObject({ isValid: false, isEverythingAnswered: false });
}, WITHIN_MS);

test("what does not go together is refused at once", async () => {
  const ask = (request: Parameters<typeof measureDeployment>[1]["request"]) => measureDeployment(deps, { deploymentId, request, actor: "test" });
  await expect(ask({ scenario: "Offline", what: "run", tier: "rapid" })).rejects.toThrow(/needs a rate/);
  await expect(ask({ scenario: "Server", what: "run", tier: "rapid", qps: 1 })).rejects.toThrow(/needs a bound/);
  await expect(ask({ scenario: "Offline", what: "peak", tier: "rapid", qps: 1 })).rejects.toThrow(/in Server only/);
});
