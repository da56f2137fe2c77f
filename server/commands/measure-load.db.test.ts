// A load run of a deployment, and of an address beside it: the real load generator in its own process against a synthetic ingress, kept and told of.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import type { LoadTarget } from "../loadgen/method/load-target.ts";
import { firstLine, startProgram } from "../loadgen/testdata/start-program.ts";
import { listLoadRuns } from "../store/load-runs.ts";
import { findOperation } from "../store/operations.ts";
import { cancelOperation } from "./cancel-operation.ts";
import { createDeployment } from "./create-deployment.ts";
import type { Deps } from "./deps.ts";
import { measureLoad } from "./measure-load.ts";
import { listenProgress } from "./run-operation.ts";
import { readLoadLog } from "./read-load-log.ts";

const database = withTestDatabase();
const WITHIN_MS = 60_000;
let system: ChildProcess;
let deps: Deps;
let deploymentId: string;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "cutplane-load-"));
  const fleet = await startScriptedFleet(database.db);
  await fleet.makePlan("pln_1", ["nod_a", "nod_b"]);
  ({ deploymentId } = await createDeployment(fleet.deps, { name: "x", planId: "pln_1", actor: "test" }));
  await fleet.run(8);
  system = startProgram("lab/synthetic-sut.ts", ["--delay", "2"]);
  url = await firstLine(system);
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
  const operation = await measureLoad(deps, { deploymentId, request: { scenario: "SingleStream", what: "reuse", tier: "rapid" }, actor: "test" });
  await expect(measureLoad(deps, { deploymentId, request: { scenario: "SingleStream", what: "run", tier: "rapid" }, actor: "test" })).rejects.toThrow(/Another load run is under way/);
  const done = await ended(operation.id);
  stop();
  expect(done).toMatchObject({ status: "succeeded", kind: "load", subjectId: deploymentId });
  expect(heard.at(-1)).toBeGreaterThan(0);
  const [run] = await listLoadRuns(database.db, deploymentId, 10);
  expect(run).toMatchObject({ id: (done.result as { runId: string }).runId, revisionNumber: 1, endRevisionNumber: 1, target: { kind: "deployment" }, createdBy: "test", request: { what: "reuse" } });
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
  const operation = await measureLoad(deps, { deploymentId, request: { scenario: "Server", what: "run", tier: "normal", qps: 20, latencyMs: 100 }, actor: "test" });
  await began;
  await cancelOperation(deps, operation.id, "test");
  expect((await ended(operation.id)).status).toBe("cancelled");
  const [run] = await listLoadRuns(database.db, deploymentId, 1);
  expect(run!.operationId).toBe(operation.id);
  expect(run!.report.verdict).toMatchObject({ isValid: false, isEverythingAnswered: false });
}, WITHIN_MS);

test("what does not go together is refused at once", async () => {
  const ask = (request: Parameters<typeof measureLoad>[1]["request"]) => measureLoad(deps, { deploymentId, request, actor: "test" });
  await expect(ask({ scenario: "Offline", what: "run", tier: "rapid" })).rejects.toThrow(/needs a rate/);
  await expect(ask({ scenario: "Server", what: "run", tier: "rapid", qps: 1 })).rejects.toThrow(/needs a bound/);
  await expect(ask({ scenario: "Offline", what: "peak", tier: "rapid", qps: 1 })).rejects.toThrow(/in Server only/);
});

test("an address beside the deployment is measured by the same ruler; its key goes to it alone, and stays in no row, event, log or message", async () => {
  const KEY = "sk-nobody-may-read-this";
  const heard: string[] = [];
  // What a careless endpoint does: it repeats the key wherever it answers.
  const careless = createServer((req, res) => {
    heard.push(req.headers.authorization ?? "");
    const isModel = req.method === "GET" && req.url === "/v2/models/theirs";
    res.writeHead(isModel || req.url === "/v2" ? 200 : 500, { "content-type": "application/json" });
    res.end(JSON.stringify(isModel ? { name: "theirs", inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }] } : { name: `server of ${req.headers.authorization}`, error: `not for ${req.headers.authorization}` }));
  });
  await new Promise<void>((resolve) => careless.listen(0, "127.0.0.1", resolve));
  const at = `http://127.0.0.1:${(careless.address() as AddressInfo).port}`;
  const written: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => { written.push(line); } });
  const told: unknown[] = [];
  const stop = listenProgress((progress) => told.push(progress));
  const target: LoadTarget = { kind: "url", url: at, api: "oip", model: "theirs", shapes: { x: [1, 4] } };
  const operation = await measureLoad({ ...deps, log }, { deploymentId, request: { scenario: "SingleStream", what: "run", tier: "rapid" }, target, key: KEY, actor: "test" });
  const done = await ended(operation.id);
  stop();
  careless.closeAllConnections();
  careless.close();
  expect(new Set(heard)).toEqual(new Set([`Bearer ${KEY}`]));
  const [run] = await listLoadRuns(database.db, deploymentId, 1);
  expect(run).toMatchObject({ operationId: operation.id, target, report: { verdict: { isValid: false } } });
  expect(run!.report.failedCount).toBeGreaterThan(0);
  const tables = await database.db.$queryRaw<{ name: string }[]>`SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()`;
  const rows = await Promise.all(tables.map(({ name }) => database.db.$queryRawUnsafe<{ text: string | null }[]>(`SELECT string_agg(t::text, ' ') AS text FROM "${name}" t`)));
  const logs = await Promise.all((["mlperf_log_summary.txt", "mlperf_log_detail.txt", "mlperf_log_trace.json"] as const).map((name) => readLoadLog(deps, run!.id, name)));
  const all = [...rows.map(([row]) => row?.text ?? ""), ...logs, ...written, JSON.stringify([told, done, run])].join("\n");
  expect(all).toContain("theirs");
  expect(written.join()).toContain(at);
  expect(all).not.toContain(KEY);
}, WITHIN_MS);

test("an endpoint that is no such thing, an address with a secret in it and a link-local one are refused in words", async () => {
  const request = { scenario: "SingleStream", what: "run", tier: "rapid" } as const;
  const start = (target: LoadTarget, more: { key?: string } = {}) => measureLoad(deps, { deploymentId, request, target, actor: "test", ...more });
  const address = { kind: "url", api: "oip", model: "m" } as const;
  await expect(start({ ...address, url: "http://me:secret@127.0.0.1:1/" })).rejects.toThrow(/must hold no user/);
  await expect(start({ ...address, url: "file:///etc/passwd" })).rejects.toThrow(/must begin with http/);
  await expect(start({ kind: "deployment" }, { key: "k" })).rejects.toThrow(/A key is for an address/);
  await expect(start({ kind: "node", nodeId: "nod_elsewhere" })).rejects.toThrow(/has no node nod_elsewhere/);
  const failed = async (target: LoadTarget) => (await ended((await start(target)).id)).error?.message;
  expect(await failed({ ...address, url: "http://169.254.169.254/latest/" })).toContain("is a link-local address, which is not called");
  expect(await failed({ ...address, url, model: "delay", shapes: { other: [1] } })).toContain('The model has no input "other"; it has "x"');
  // The turn is given back each time.
  await measureLoad(deps, { deploymentId, request, actor: "test" }).then(({ id }) => ended(id));
}, WITHIN_MS);
