// Runs over gRPC against an ingress of ours with a real model behind it.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTE, type ServedModel, serveModel, WIDTH } from "../../agents/ingress/testdata/served-model.ts";
import { observedOf } from "../../agents/stage/testdata/test-nodes.ts";
import { LIMITS, sendRoute } from "../../agents/stage/testdata/test-pipeline.ts";
import { testTrust } from "../../agents/stage/testdata/test-trust.ts";
import { compareRuns } from "./method/compare-runs.ts";
import type { LoadReport } from "./method/load-report.ts";
import { makeGrader } from "./make-grader.ts";
import { openTarget } from "./open-target.ts";
import { parseOptions } from "./parse-options.ts";
import { type LoadPlan, type Measured, runLoad } from "./run-load.ts";
import type { DataRow } from "./targets/read-data.ts";
import { ended, startProgram } from "./testdata/start-program.ts";

/** Nothing is refused because the machine is busy. */
const WIDE = { ...LIMITS, maxInFlight: 4096, defaultDeadlineMs: 110_000, maxDeadlineMs: 110_000 };
let served: ServedModel;
let grpc: string;
beforeAll(async () => {
  served = await serveModel({ route: { limits: WIDE } });
  grpc = `grpc://${served.host}`;
}, 240_000);
afterAll(async () => { await served?.fleet.close(); });

/** As the program does, with a shorter least duration. */
async function measure(args: string[], { data = null, seconds = 1, isGraded = false }: { data?: DataRow[] | null; seconds?: number; isGraded?: boolean } = {}): Promise<Measured> {
  const { target: where, plan } = parseOptions(["--target", grpc, "--model", "tiny", "--timeout", "110000", ...args], undefined);
  const target = await openTarget(where, { data, raw: [] });
  try {
    return await runLoad({ ...(plan as LoadPlan), settings: { ...(plan as LoadPlan).settings, minDurationMs: seconds * 1000 } }, target, { grader: isGraded ? makeGrader(where, data ?? []) : null });
  } finally {
    target.close();
  }
}

test("SingleStream: every sample is answered, one after the other", async () => {
  const { report: { sut, failedCount, stats } } = await measure(["--scenario", "SingleStream", "--latency", "1"]);
  expect([sut, failedCount]).toEqual([expect.stringMatching(/^triton .* tiny, gRPC$/), 0]);
  expect(stats!.sample.minNs).toBeGreaterThan(0);
  // One at a time: what they took together fits into the run.
  expect((stats!.sample.meanNs * stats!.sampleCount) / 1e9).toBeLessThanOrEqual(stats!.lastDoneS * 1.001);
});

test("Server: every query of the schedule is sent and answered", async () => {
  const { last: { generatedQueries }, report: { failedCount, stats, verdict } } = await measure(["--scenario", "Server", "--qps", "50", "--latency", "100000"]);
  expect([failedCount, verdict.isEverythingAnswered, verdict.isMinDurationMet, verdict.isBoundMet]).toEqual([0, true, true, true]);
  expect(stats!.queryCount).toBe(generatedQueries);
});

test("MultiStream and Offline, several at once", async () => {
  for (const args of [["--scenario", "MultiStream", "--samples-per-query", "8", "--max-seconds", "1"], ["--scenario", "Offline", "--qps", "100", "--concurrency", "16"]]) expect((await measure(args)).report.failedCount).toBe(0);
});

test("the same samples are answered with the same bytes as over REST", async () => {
  const data = Array.from({ length: 5 }, (_, i) => ({ request: { id: `${i}`, inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [i, 2, -3, 0.5] }], parameters: { binary_data_output: true } } }));
  const answersOf = async (url: string) => {
    const { last } = await measure(["--scenario", "Offline", "--qps", "10", "--mode", "accuracy", "--target", url], { data });
    return last.answers.sort((a, b) => a.sample - b.sample).map((answer) => Buffer.from(answer.data).toString("hex"));
  };
  const answers = await answersOf(grpc);
  expect(answers).toHaveLength(5);
  expect(new Set(answers).size).toBe(5);
  expect(answers.every((hex) => hex.length === WIDTH * 4 * 2)).toBe(true);
  expect(answers).toEqual(await answersOf(served.url));
});

test("labelled samples are graded alike over REST, in JSON or as bytes, and over gRPC; two of these runs are compared sample by sample", async () => {
  const rows = (more: object): DataRow[] => Array.from({ length: 6 }, (_, i) => ({ request: { inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [i - 2, 2, -3, 0.5] }], ...more } }));
  const labels = await Promise.all(rows({}).map(async ({ request }) => {
    const answer = await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) });
    const { outputs } = (await answer.json()) as { outputs: { data: number[] }[] };
    const { data } = outputs[0]!;
    return data.indexOf(Math.max(...data));
  }));
  // The last label is another one than the answer's.
  const labelled = (more: object) => rows(more).map((row, i) => ({ ...row, label: i === 5 ? labels[i]! + 1 : labels[i]! }));
  const gradedOf = async (url: string, more: object = {}) => (await measure(["--scenario", "Offline", "--qps", "10", "--mode", "accuracy", "--target", url], { data: labelled(more), isGraded: true })).report;
  const [rest, bytes, overGrpc] = [await gradedOf(served.url), await gradedOf(served.url, { parameters: { binary_data_output: true } }), await gradedOf(grpc)];
  for (const { accuracy } of [rest, bytes, overGrpc]) expect(accuracy).toMatchObject({ asked: 6, correct: 5, graded: { rule: "class", outcomes: "rrrrrw", notes: [], wrong: [{ sample: 5, expected: labels[5]! + 1, got: String(labels[5]), why: null }] } });
  expect(compareRuns(rest, overGrpc)).toMatchObject([{ name: "accuracy", kind: "no difference seen", pairs: { gained: 0, lost: 0 } }]);
});

test("a wrong model, and a pipeline that stands still, are named as gRPC names them", async () => {
  await expect(measure(["--scenario", "SingleStream", "--model", "wrong"])).rejects.toThrow(/^grpc:\/\/\S+ answers ModelMetadata with NOT_FOUND: Request for unknown model: 'wrong' is not found/);
  served.pipeline.stages[0]!.child.process.kill("SIGSTOP");
  try {
    const { report: { failedCount, stats, verdict } } = await measure(["--scenario", "Server", "--qps", "10", "--latency", "1000", "--timeout", "4000"], { seconds: 0.5 });
    expect(failedCount).toBe(stats!.sampleCount);
    expect(verdict.recommendations.join("\n")).toMatch(/samples failed; the first: DEADLINE_EXCEEDED: /);
  } finally {
    served.pipeline.stages[0]!.child.process.kill("SIGCONT");
  }
});

test("a deployment that is asked for more than it takes: the refusal is named, and the run is INVALID", async () => {
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, limits: { ...WIDE, maxInFlight: 1 } });
  try {
    const { report: { failedCount, verdict } } = await measure(["--scenario", "Offline", "--qps", "200", "--concurrency", "64"]);
    expect(failedCount).toBeGreaterThan(0);
    expect(verdict.isValid).toBe(false);
    expect(verdict.recommendations.join("\n")).toMatch(/the first: (RESOURCE_EXHAUSTED|UNAVAILABLE): \S/);
  } finally {
    sendRoute(served.ingress, [served.pipeline], { ...ROUTE, limits: WIDE });
  }
});

test("with TLS and a key as over REST: a certificate nobody has signed is taken only when told so", async () => {
  const trust = await testTrust();
  const key = "cpk_test";
  const node = await served.fleet.node("nod_tls");
  const ingress = await served.fleet.ingress(node, { host: "0.0.0.0", httpTls: await trust.node("localhost") });
  sendRoute(ingress, [], { ...ROUTE, currentEpoch: null, keyHashes: [createHash("sha256").update(key).digest("hex")] });
  await ingress.until("route", (child) => observedOf(child).length === 1);
  const grpcs = ["--scenario", "Server", "--qps", "10", "--latency", "1000", "--target", `grpcs://localhost:${new URL(ingress.last("listening")!.url).port}`];
  await expect(measure([...grpcs, "--key", key])).rejects.toThrow(/^grpcs:\/\/localhost:\d+ does not answer: .*certificate/);
  await expect(measure([...grpcs, "--insecure"])).rejects.toThrow(/answers ModelMetadata with UNAUTHENTICATED: \S/);
  // The route has no pipeline: it is described, and each request is refused as such.
  const { report } = await measure([...grpcs, "--insecure", "--key", key], { seconds: 0.5 });
  expect(report.verdict.recommendations.join("\n")).toMatch(/the first: UNAVAILABLE: \S/);
});

test("the program itself", async () => {
  const { code, stdout, stderr } = await ended(startProgram("server/loadgen/main.ts", ["--scenario", "SingleStream", "--max-seconds", "0.2", "--target", grpc, "--model", "tiny", "--json"]));
  expect(stderr).not.toMatch(/^loadgen:/m);
  // Cut short: no figure to be VALID, but measured.
  expect(code).toBe(3);
  const { failedCount, stats } = JSON.parse(stdout) as LoadReport;
  expect([failedCount, stats!.sampleCount > 0]).toEqual([0, true]);
});
