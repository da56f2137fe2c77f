// The program itself, in its own process, against the synthetic system in another.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ClosedLoopReport } from "./method/closed-loop.ts";
import type { LoadReport } from "./method/load-report.ts";
import { judgeReuse } from "./run-load.ts";
import { ended, firstLine, startProgram } from "./testdata/start-program.ts";

let folder: string;
const systems: ChildProcess[] = [];
beforeAll(() => { folder = mkdtempSync(path.join(tmpdir(), "loadgen-")); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => { for (const system of systems.splice(0)) system.kill("SIGKILL"); });

function startSystem(...args: string[]): Promise<string> {
  const system = startProgram("lab/synthetic-sut.ts", args);
  systems.push(system);
  return firstLine(system);
}

function loadgen(...args: string[]) {
  return ended(startProgram("server/loadgen/main.ts", args));
}

test("Server, 6 s, with a pause of 1 s: about as many requests are late as were due in it; logs and report are written", async () => {
  const url = await startSystem("--delay", "1", "--pause-at", "2000", "--pause-for", "1000");
  const { code, stdout, stderr } = await loadgen("--scenario", "Server", "--target", url, "--model", "delay", "--qps", "100", "--latency", "500", "--output", folder);
  expect(stderr).not.toMatch(/^loadgen:/m);
  expect(code).toBe(3);
  expect(stdout).toContain("Result is : INVALID");
  const report = JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8")) as LoadReport;
  // Whoever was due in the first half of the pause waits more than half of it: 50 expected.
  expect(report.stats!.overBoundCount).toBeGreaterThan(25);
  expect(report.failedCount).toBe(0);
  expect(report.method).toBe("MLPerf method, not an MLPerf result");
  expect(report.verdict.recommendations).toContain("Reduce target QPS to improve latency.");
  for (const name of ["summary.txt", "detail.txt", "trace.json"]) expect(readFileSync(path.join(folder, `mlperf_log_${name}`), "utf8").length).toBeGreaterThan(100);
});

test("what is surely worse than a baseline closes the gate, and so does a baseline of another load", async () => {
  const url = await startSystem("--delay", "20");
  const single = path.join(folder, "single");
  const ask = (baseline: string, ...more: string[]) => loadgen("--scenario", "SingleStream", "--latency", "20", "--max-seconds", "3", "--target", url, "--model", "delay", "--baseline", baseline, ...more);
  const other = path.join(folder, "other.json");
  writeFileSync(other, JSON.stringify({ figures: [], settings: { scenario: "Server", mode: "PerformanceOnly", targetQps: 50, samplesPerQuery: 1, picking: "drawn" }, failedCount: 0 }));
  const apart = await ask(other, "--output", single);
  expect(apart.stderr).toMatch(/No comparison with the baseline: The runs are of different scenarios: Server before, SingleStream after/);
  expect(apart.code).toBe(3);

  // A thousandth of the latency in the report of before is a regression now.
  const report = JSON.parse(readFileSync(path.join(single, "report.json"), "utf8")) as LoadReport;
  const better = { ...report, figures: report.figures.map((figure) => ({ ...figure, value: figure.value / 1e3, ...(figure.name === "latency p50" ? { interval: { low: figure.value / 1e3, high: figure.value / 1e3 }, why: null } : {}) })) };
  writeFileSync(path.join(folder, "baseline.json"), JSON.stringify(better));
  // Of a run that a busy machine made unsteady nothing is claimed: then once more.
  let gate = await ask(path.join(folder, "baseline.json"));
  for (let again = 0; again < 2 && gate.stderr.includes("Latency was not steady"); again++) gate = await ask(path.join(folder, "baseline.json"));
  expect(gate.stderr).toMatch(/latency p50: .*worse/);
  expect(gate.stderr).toMatch(/Cannot be judged against the baseline: latency p99\. Before: .* After: /);
  expect(gate.code).toBe(4);
});

test("accuracy mode asks each sample once and counts what is right", async () => {
  const url = await startSystem("--delay", "1");
  const data = path.join(folder, "data.jsonl");
  writeFileSync(data, [0, 1, 2].map((i) => JSON.stringify({ request: { id: String(i), inputs: [{ name: "x", datatype: "FP32", shape: [1, 4], data: [i, 0, 0, 0] }] }, expect: i === 2 ? "nothing like it" : '"data":[0,0,0,0]' })).join("\n"));
  const { code, stdout } = await loadgen("--scenario", "Offline", "--qps", "100", "--mode", "accuracy", "--target", url, "--model", "delay", "--data", data, "--json");
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as LoadReport).accuracy).toMatchObject({ asked: 3, labelled: 3, correct: 2 });
});

test("labelled samples are graded, and held against a run of before that asked the same", async () => {
  const data = path.join(folder, "labelled.jsonl");
  const row = (i: number) => JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 4], data: [i, 0, 0, 0] }], label: i === 9 ? 3 : 0 });
  const write = (count: number) => writeFileSync(data, Array.from({ length: count }, (_, i) => row(i)).join("\n"));
  const before = path.join(folder, "before");
  const ask = (url: string, ...more: string[]) => loadgen("--scenario", "Offline", "--qps", "1", "--mode", "accuracy", "--target", url, "--model", "delay", "--data", data, "--json", ...more);
  write(10);
  const sound = await startSystem("--delay", "1");
  const first = await ask(sound, "--output", before);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/Accuracy: 9 of 10 labelled answers are right, between 59\.6 and 98\.2 %/);
  // Four zeros: the first one is the best.
  expect(JSON.parse(first.stdout) as LoadReport).toMatchObject({ figures: [{ name: "accuracy", value: 0.9 }], accuracy: { asked: 10, correct: 9, graded: { rule: "class", outcomes: "rrrrrrrrrw", wrong: [{ sample: 9, expected: 3, got: "0", why: null }] } } });
  expect(JSON.parse(readFileSync(path.join(before, "mlperf_log_accuracy.json"), "utf8"))).toHaveLength(10);
  const gate = ["--baseline", path.join(before, "report.json")];
  const failing = await ask(await startSystem("--delay", "1", "--fail-every", "2"), ...gate);
  expect(failing.stderr).toMatch(/5 of 10 samples failed and count as wrong\. The first: status 500[\s\S]*accuracy: 90\.00 % → .*: worse/);
  expect(failing.code).toBe(4);
  write(9);
  const others = await ask(sound, ...gate);
  expect([others.code, others.stderr]).toEqual([1, expect.stringMatching(/No comparison with the baseline: .* asked different samples/)]);
  writeFileSync(data, `${row(0)}\n${JSON.stringify({ request: JSON.parse(row(1)) })}`);
  expect(await ask(sound)).toMatchObject({ code: 1, stderr: expect.stringContaining('1 of 2 samples have no "label"') });
});

test("of more samples than are loaded at once, each is asked once and is in each log", async () => {
  const count = 1100;
  const data = path.join(folder, "many.jsonl");
  const logs = path.join(folder, "many");
  writeFileSync(data, Array.from({ length: count }, (_, i) => JSON.stringify({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 4], data: [i, 0, 0, 0] }], label: 0 })).join("\n"));
  const { code, stderr } = await loadgen("--scenario", "Offline", "--qps", "1", "--mode", "accuracy", "--target", await startSystem("--delay", "1", "--servers", "8"), "--model", "delay", "--data", data, "--output", logs);
  expect(stderr).toMatch(/Accuracy: 1100 of 1100 labelled answers are right/);
  expect(code).toBe(0);
  const read = (name: string) => readFileSync(path.join(logs, name), "utf8");
  const each = Array.from({ length: count }, (_, i) => i);
  const answers = JSON.parse(read("mlperf_log_accuracy.json")) as { seq_id: number; qsl_idx: number }[];
  const { traceEvents } = JSON.parse(read("mlperf_log_trace.json")) as { traceEvents: { ph?: string; args?: { sample_seq: number; sample_idx: number } }[] };
  const traced = traceEvents.filter(({ ph }) => ph === "b").map(({ args }) => args!);
  const inOrder = (numbers: number[]) => numbers.sort((a, b) => a - b);
  for (const numbers of [answers.map((one) => one.seq_id), answers.map((one) => one.qsl_idx), traced.map((one) => one.sample_seq), traced.map((one) => one.sample_idx)]) expect(inOrder(numbers)).toEqual(each);
  const detail = read("mlperf_log_detail.txt");
  expect(detail.match(/"loaded_qsl_set"/g)).toHaveLength(2);
  expect(detail).not.toContain('"result_');
  expect(JSON.parse(read("report.json"))).toMatchObject({ verdict: { isValid: true }, settings: { mode: "AccuracyOnly" } });
});

test("a system that reuses results is found out", async () => {
  const url = await startSystem("--delay", "50", "--reuse");
  const { code, stdout } = await loadgen("--scenario", "SingleStream", "--check-reuse", "--samples", "20", "--model", "delay", "--target", url, "--json");
  expect((JSON.parse(stdout) as LoadReport).reuse!.isReusing).toBe(true);
  expect(code).toBe(3);
});

test("a tenth faster on one sample is not yet reuse", () => {
  expect(judgeReuse(110, 100).isReusing).toBe(false);
  expect(judgeReuse(111, 100).isReusing).toBe(true);
});

test("a stream's first token and token time are told", async () => {
  const url = await startSystem("--delay", "2", "--servers", "8");
  const { stdout, stderr } = await loadgen("--scenario", "SingleStream", "--max-seconds", "1", "--latency", "10", "--api", "openai-chat", "--target", `${url}/v1`, "--model", "m", "--samples", "8", "--json");
  expect(stderr).not.toMatch(/^loadgen:/m);
  const { stats } = JSON.parse(stdout) as LoadReport;
  // An answer is five tokens: the first one, and four times the time between two.
  const [first, between, whole] = [stats!.firstToken!, stats!.perToken!, stats!.sample];
  expect(first.minNs).toBeGreaterThan(0);
  expect(between.minNs).toBeGreaterThan(0);
  expect((first.meanNs + 4 * between.meanNs) / whole.meanNs).toBeCloseTo(1, 2);
});

test.each([
  [["--scenario", "Sever"], /--scenario Sever must be one of SingleStream/],
  [["--scenario", "Server", "--target", "http://127.0.0.1:1", "--model", "m"], /--qps is needed in Server/],
  [["--scenario", "Offline", "--qps", "x", "--target", "http://127.0.0.1:1", "--model", "m"], /--qps x must be a number from/],
  [["--scenario", "SingleStream", "--target", "grpc://127.0.0.1:1", "--model", "m", "--api", "openai-chat"], /--api openai-chat is not spoken over gRPC/],
  [["--scenario", "SingleStream", "--target", "grpcs://127.0.0.1:1", "--model", "m", "--encoding", "json"], /--encoding json is not spoken over gRPC/],
  [["--nonsense"], /Unknown option '--nonsense'/],
])("wrong options end with 2 and a sentence: %j", async (args, sentence) => {
  const { code, stderr } = await loadgen(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(sentence);
});

test("a target that is not there is a sentence, not a stack", async () => {
  const { code, stderr } = await loadgen("--scenario", "SingleStream", "--target", "http://127.0.0.1:9", "--model", "m");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^loadgen: http:\/\/127.0.0.1:9 does not answer: .*ECONNREFUSED.*Is it running/);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("a closed loop keeps so many under way: rate × latency is that many, and no rate is above what the system can", async () => {
  const url = await startSystem("--delay", "20", "--servers", "2");
  const { code, stdout } = await loadgen("--closed-loop", "4", "--window", "500", "--max-windows", "30", "--target", url, "--model", "delay", "--json", "--output", folder);
  const report = JSON.parse(stdout) as ClosedLoopReport;
  expect(report.why).toBeNull();
  expect(code).toBe(0);
  const { perSecond, meanNs, p50Ns, sampleCount } = report.figure!;
  // Two servers of 20 ms each; four at once wait as long as they are served.
  expect(perSecond).toBeLessThan(100 * 1.02);
  expect(p50Ns).toBeGreaterThan(39e6);
  expect((perSecond * meanNs) / 1e9 / 4).toBeGreaterThan(0.9);
  expect((perSecond * meanNs) / 1e9 / 4).toBeLessThan(1.1);
  expect(report.windows.length).toBeGreaterThanOrEqual(3);
  expect(sampleCount).toBeLessThanOrEqual(perSecond * 1.5 * 1.2);
  expect((JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8")) as ClosedLoopReport).figure).toEqual(report.figure);
});

test("a closed loop with failures has no figure, and says what failed", async () => {
  const url = await startSystem("--delay", "2", "--fail-every", "5");
  const { code, stdout } = await loadgen("--closed-loop", "2", "--window", "200", "--max-windows", "3", "--target", url, "--model", "delay");
  expect(stdout).toMatch(/^2 at once: no figure\. \d+ of \d+ requests failed\. First: status 5\d\d/);
  expect(code).toBe(3);
});
