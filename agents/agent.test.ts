// The built agent as a process of its own against a small real console: join, idle cost, restart without the console, stages that come, crash and go.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { encodePreamble, PREAMBLE_ANSWERS } from "./protocol/preamble.ts";
import type { Assignment, Desired, ObservedAssignment, Report } from "./protocol/control.ts";
import { tinyLayers } from "./stage/testdata/tiny-onnx.ts";
import { type FakeConsole, sha256, startFakeConsole } from "./testdata/fake-console.ts";
import { parseExposition } from "./testdata/parse-exposition.ts";

// Inside the checkout, so that the runtime is found as it is in an installed package.
const dist = join(import.meta.dirname, ".build", `test-${process.pid}`);
const WIDTH = 8;
let console_: FakeConsole;
let folder: string;
const agents: ChildProcess[] = [];

beforeAll(() => void execFileSync(process.execPath, [join(import.meta.dirname, "build.mjs"), dist]), 60_000);
afterAll(() => rmSync(dist, { recursive: true, force: true }));
beforeEach(async () => {
  console_ = await startFakeConsole();
  folder = mkdtempSync(join(tmpdir(), "cutplane-agent-"));
});
afterEach(async () => {
  for (const agent of agents.splice(0)) {
    if (agent.exitCode === null && agent.signalCode === null) {
      agent.kill("SIGKILL");
      await new Promise((done) => agent.once("exit", done));
    }
  }
  await console_.close();
  rmSync(folder, { recursive: true, force: true });
});

type Started = ChildProcess & { output: string };
function start(args: string[], env: Record<string, string> = {}): Started {
  const agent = spawn(process.execPath, [join(dist, "main.mjs"), "--data", folder, "--data-host", "127.0.0.1", ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] }) as unknown as Started;
  agent.output = "";
  for (const stream of [agent.stdout, agent.stderr]) stream?.on("data", (part: Buffer) => (agent.output += part));
  agents.push(agent);
  return agent;
}
const joinArgs = () => ["--console", console_.url, "--token", console_.token];
const ended = (agent: ChildProcess) => new Promise<number | null>((done) => (agent.exitCode !== null ? done(agent.exitCode) : agent.once("exit", done)));
async function until<T>(what: () => T | undefined | false | null, agent?: Started): Promise<T> {
  for (let waited = 0; waited < 750; waited++) {
    const value = what();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 80));
  }
  throw new Error(`waited in vain for ${what}; ${agent?.output ?? ""} ${JSON.stringify(console_.reports.at(-1))}`);
}
const last = <K extends keyof Report>(key: K): Report[K] | undefined => console_.reports.findLast((report) => report[key] !== undefined)?.[key];
const observed = (): ObservedAssignment | undefined => last("assignments")?.[0];

function assignment(): Assignment {
  const skeleton = tinyLayers(0, 2, WIDTH);
  const extra = Buffer.alloc(50_000, 7);
  const spec = (name: string) => ({ name, dataType: "float32" as const, shape: ["n", WIDTH] });
  return {
    assignmentId: "asg_test", deploymentId: "dep_test",
    segment: {
      segmentId: "seg_test", skeletonDigest: console_.addArtifact(skeleton), skeletonBytes: skeleton.length, memoryBytes: 1000, states: [], inputs: [spec("v0")], outputs: [spec("v2")],
      files: [{ fileName: "weights.onnx", digest: console_.addArtifact(extra), totalBytes: extra.length, ranges: [{ offset: 1000, bytes: 40_000, sha256: sha256(extra.subarray(1000, 41_000)) }] }],
    },
    session: { intraOpThreads: 1, optimization: "all", provider: "cpu" }, warmShapes: [{ name: "v0", dataType: "float32", shape: [1, WIDTH] }], lanes: [], limits: { queueLength: 4, maxFrameBytes: 100_000 },
  };
}
const desired = (version: number, change: Partial<Desired>): Desired => ({ version, nodeId: "", assignments: [], ingress: [], peers: [], measurements: [], ...change });

test("joins, keeps key and certificate to itself and the token nowhere, idles small and quiet, and starts again without token and console URL", async () => {
  const agent = start(joinArgs());
  await until(() => console_.reports.length > 2, agent);
  const [before, bytesBefore] = [Date.now(), console_.receivedBytes()];
  await new Promise((done) => setTimeout(done, 6000));
  const bytesPerSecond = ((console_.receivedBytes() - bytesBefore) * 1000) / (Date.now() - before);
  expect(bytesPerSecond).toBeLessThan(2048);
  if (process.platform === "linux") {
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.pid}/status`, "utf8"))?.[1]) * 1024;
    expect(rss).toBeLessThan(120 * 2 ** 20);
  }
  expect(console_.hellos[0]).toMatchObject({ cursor: 0, controlVersion: 1, hardware: { providers: ["cpu"] } });
  expect(statSync(join(folder, "identity.json")).mode & 0o777).toBe(0o600);
  expect(agent.output).not.toContain(console_.token.slice(4, 20));
  expect(() => execFileSync("grep", ["-rqF", console_.token.slice(4, 20), folder])).toThrow();
  agent.kill("SIGTERM");
  expect(await ended(agent)).toBe(0);
  const second = start(joinArgs());
  await until(() => console_.hellos.length > 1, second);
  expect(console_.hellos[1]?.dataPort).toBe(console_.hellos[0]?.dataPort);
  expect(console_.hellos[1]?.bootId).not.toBe(console_.hellos[0]?.bootId);
}, 180_000);

test("a console with another CA gets nothing, and the agent says so and ends", async () => {
  const other = await startFakeConsole({ endpointCaPem: console_.caPem });
  const agent = start(["--console", console_.url, "--token", other.token]);
  expect(await ended(agent)).toBe(3);
  expect(agent.output).toContain("is not the console this node was told to trust");
  expect(console_.receivedBytes()).toBe(0);
  await other.close();
}, 180_000);

test("a used token is refused for good, a missing one asked for, a taken folder named", async () => {
  console_.usedTokens.add(console_.token);
  const used = start(joinArgs());
  expect(await ended(used)).toBe(3);
  expect(used.output).toContain("used before or has expired");
  const none = start([]);
  expect(await ended(none)).toBe(3);
  expect(none.output).toContain("has not joined a console yet");
  console_.usedTokens.clear();
  const first = start(joinArgs());
  await until(() => console_.hellos.length > 0, first);
  const second = start(joinArgs());
  expect(await ended(second)).toBe(4);
  expect(second.output).toContain("another agent");
}, 180_000);

test("a stage is fetched, loaded, warmed, restarted when it dies, kept over a restart without the console, and gone when not desired", async () => {
  const wanted = assignment();
  let agent = start(joinArgs());
  console_.push(desired(1, { assignments: [wanted] }));
  const first = await until(() => observed()?.state === "ready" && observed(), agent);
  expect(first).toMatchObject({ bytesDone: first.bytesTotal, restarts: 0, error: null });
  expect(console_.acknowledged).toContain(1);
  const states = console_.reports.flatMap((report) => report.assignments?.map((one) => one.state) ?? []);
  expect(states[0]).not.toBe("ready");

  const stagePid = Number(execFileSync("pgrep", ["-P", String(agent.pid), "-f", "stage.mjs"], { encoding: "utf8" }));
  process.kill(stagePid, "SIGKILL");
  const again = await until(() => observed()?.state === "ready" && (observed()?.restarts ?? 0) > 0 && observed(), agent);
  expect(again.restarts).toBe(1);
  expect(JSON.stringify(console_.reports.flatMap((report) => report.notices ?? []))).toContain("SIGKILL");

  // The data port hands a connection to the stage, which answers with the go-ahead; an unknown target is refused.
  const { dataPort } = console_.hellos[0] as { dataPort: number };
  expect(await dial(dataPort, "stage:asg_test")).toBe(PREAMBLE_ANSWERS["go-ahead"]);
  expect(await dial(dataPort, "stage:asg_none")).toBe(PREAMBLE_ANSWERS["unknown-target"]);

  // Killed outright, and the console away: everything comes back from the disk.
  agent.kill("SIGKILL");
  await ended(agent);
  console_.refuseWith = { code: "unavailable", message: "not now" };
  agent = start([]);
  await until(() => agent.output.includes("not now"), agent);
  let answer: number | null = null;
  for (let waited = 0; waited < 100 && answer !== PREAMBLE_ANSWERS["go-ahead"]; waited++) {
    answer = await dial(dataPort, "stage:asg_test");
    await new Promise((done) => setTimeout(done, 100));
  }
  expect(answer).toBe(PREAMBLE_ANSWERS["go-ahead"]);
  const requests = console_.requests.length;
  console_.refuseWith = null;
  await until(() => console_.hellos.at(-1)?.cursor === 1 && observed()?.state === "ready", agent);
  expect(console_.requests.length).toBe(requests);

  console_.push(desired(2, {}));
  await until(() => last("assignments")?.length === 0, agent);
  // An older document changes nothing.
  console_.push(desired(1, { assignments: [wanted] }));
  await until(() => console_.acknowledged.at(-1) === 2, agent);
}, 180_000);

test("an artifact that breaks off goes on, one that is missing is told with the time of the next attempt", async () => {
  const wanted = assignment();
  let broken = 0;
  console_.onArtifact = (res, body) => {
    if (body.length < 1000 || broken++ > 0) return false;
    res.writeHead(206, { "content-length": body.length, "content-range": `bytes 0-${body.length - 1}/${body.length}` });
    res.write(body.subarray(0, body.length >> 1), () => res.destroy());
    return true;
  };
  const agent = start(joinArgs());
  const missing: Assignment = { ...assignment(), assignmentId: "asg_missing", segment: { ...assignment().segment, segmentId: "seg_missing", skeletonDigest: "f".repeat(64) } };
  console_.push(desired(1, { assignments: [wanted, missing] }));
  await until(() => last("assignments")?.find((one) => one.assignmentId === "asg_test")?.state === "ready", agent);
  const failed = await until(() => console_.reports.flatMap((report) => report.assignments ?? []).find((one) => one.assignmentId === "asg_missing" && one.error), agent);
  expect(failed.error).toMatchObject({ code: "artifact-missing" });
  expect(Date.parse(failed.error?.retryAt ?? "")).not.toBeNaN();
}, 180_000);

test("a segment beyond --max-memory is refused with the figures", async () => {
  const agent = start([...joinArgs(), "--max-memory", "2M"]);
  // The segment alone would fit; its process does not.
  console_.push(desired(1, { assignments: [{ ...assignment(), memoryBytes: 3e6 }] }));
  const refused = await until(() => observed()?.error && observed(), agent);
  expect(refused).toMatchObject({ state: "failed", error: { code: "memory-limit", retryAt: null } });
}, 180_000);

test("a segment is measured in a process of its own, per op, at the deployed optimisation level", async () => {
  const { segment, session } = assignment();
  const agent = start(joinArgs());
  console_.push(desired(1, { measurements: [{ taskId: "task_1", modelId: "mdl_1", segment, session, inputs: [{ name: "v0", dataType: "float32", shape: [4, WIDTH] }], runs: 5, timeoutMs: 30_000 }] }));
  const done = await until(() => last("measures")?.find((one) => one.state === "done" || one.state === "failed"), agent);
  expect(done.message).toBe(null);
  expect(done.result).toMatchObject({ runs: 5, session });
  expect(done.result?.wholeMs).toBeGreaterThan(0);
  expect(done.result?.ops.length).toBeGreaterThan(0);
  expect(done.result?.ops.every((op) => op.ms >= 0 && op.opType !== "")).toBe(true);
}, 180_000);

test("segments of the task are timed beside the whole, and only while the node serves nothing", async () => {
  const { segment, session } = assignment();
  const inputs = [{ name: "v0", dataType: "float32" as const, shape: [4, WIDTH] }];
  const agent = start(joinArgs());
  const part = { segment: { ...segment, segmentId: "seg_part" }, inputs };
  console_.push(desired(1, { measurements: [{ taskId: "task_2", modelId: "mdl_1", segment, session, inputs, runs: 5, timeoutMs: 30_000, segments: [part, { ...part, segment: { ...part.segment, segmentId: "seg_other" } }], segmentsBudgetMs: 10_000, whenIdle: true }] }));
  const done = await until(() => last("measures")?.find((one) => one.state === "done" || one.state === "failed"), agent);
  expect(done.message).toBe(null);
  expect(done.result?.segments?.map((one) => one.segmentId)).toEqual(["seg_part", "seg_other"]);
  for (const one of done.result?.segments ?? []) expect(Math.min(one.ms, one.wholeMs, one.runs)).toBeGreaterThan(0);
  expect(done.result?.wholeP10Ms).toBeLessThanOrEqual(done.result?.wholeP90Ms ?? 0);
}, 180_000);

test("two nodes measure the link between them", async () => {
  const agent = start(joinArgs());
  await until(() => console_.hellos.length > 0, agent);
  const identity = JSON.parse(readFileSync(join(folder, "identity.json"), "utf8")) as { nodeId: string };
  const { dataPort } = console_.hellos[0] as { dataPort: number };
  // Its own data port will do for a peer: the certificate names this node.
  console_.push(desired(1, { peers: [{ nodeId: identity.nodeId, name: "peer", host: "127.0.0.1", port: dataPort, measure: true }] }));
  const sample = await until(() => last("links")?.[0], agent);
  expect(sample.error).toBe(null);
  expect(sample.rttMs).toBeGreaterThan(0);
  expect(sample.bandwidthBytesPerSecond).toBeGreaterThan(0);
}, 180_000);

test("the certificate is renewed before it ends, and the connection goes on with the new one", async () => {
  console_.certificateLifeMs = 12_000;
  const agent = start(joinArgs());
  await until(() => console_.hellos.length > 0, agent);
  const before = readFileSync(join(folder, "identity.json"), "utf8");
  console_.certificateLifeMs = 3600_000;
  await until(() => agent.output.includes("certificate renewed"), agent);
  expect(readFileSync(join(folder, "identity.json"), "utf8")).not.toBe(before);
  await until(() => console_.hellos.length > 1, agent);
}, 180_000);

test("a node that was removed stops serving and says why", async () => {
  const agent = start(joinArgs());
  console_.push(desired(1, { assignments: [assignment()] }));
  await until(() => observed()?.state === "ready", agent);
  console_.refuseWith = { code: "forbidden", message: "This node was removed from the fleet." };
  console_.dropAgents();
  await until(() => agent.output.includes("removed from the fleet"), agent);
  await until(() => JSON.parse(readFileSync(join(folder, "desired.json"), "utf8")).assignments.length === 0, agent);
}, 180_000);

test("an ingress route starts the ingress, which keeps its address over a crash tells where a route has gone, and ends with its last one", async () => {
  const agent = start([...joinArgs(), "--drain-timeout", "2"]);
  const spec = { name: "v0", dataType: "float32" as const, shape: ["n", WIDTH] };
  const route = {
    deploymentId: "dep_test", modelName: "tiny", currentEpoch: null, pipelines: [], inputs: [spec], outputs: [spec], processor: null, processorFiles: [], states: [],
    limits: { maxInFlight: 4, maxRequestBytes: 100_000, defaultDeadlineMs: 1000, maxDeadlineMs: 5000 }, keyHashes: [], verify: null,
  };
  console_.push(desired(1, { ingress: [route] }));
  const { url } = await until(() => last("ingress")?.find((one) => one.url !== ""), agent);
  expect((await fetch(new URL("/v2/health/live", url))).status).toBe(200);
  // What Prometheus gets through the console: the agent's own figures and its ingress's in one text.
  const { text } = await console_.askMetrics();
  const families = parseExposition(text ?? "");
  expect(families.get("cutplane_agent_silent_processes")!.samples[0]!.value).toBe(0);
  expect(families.get("cutplane_ingress_ready")!.samples).toEqual([{ name: "cutplane_ingress_ready", labels: { model: "tiny", deployment: "dep_test" }, value: 0 }]);
  process.kill(Number(execFileSync("pgrep", ["-P", String(agent.pid), "-f", "ingress.mjs"], { encoding: "utf8" })), "SIGKILL");
  await until(() => console_.reports.some((report) => report.notices?.some((notice) => notice.code === "ingress-crashed")), agent);
  const again = await until(() => console_.reports.at(-1)?.sample && last("ingress")?.find((one) => one.url !== "" && one.error === null), agent);
  expect(again.url).toBe(url);
  // Entered elsewhere now: the old address tells so, also after the agent was started anew while its console is away.
  console_.push(desired(2, { moved: [{ deploymentId: "dep_test", modelName: "tiny", entries: [{ nodeName: "next", url: "http://127.0.0.1:9" }], keyHashes: [] }] }));
  await until(() => last("ingress")?.length === 0, agent);
  const asked = () => fetch(new URL("/v2/models/tiny?x=1", url), { redirect: "manual" }).then((answer) => answer.headers.get("location"), () => null);
  await expect.poll(asked).toBe("http://127.0.0.1:9/v2/models/tiny?x=1");
  agent.kill("SIGKILL");
  await ended(agent);
  const anew = start([]);
  await expect.poll(asked, { timeout: 20_000, message: anew.output }).toBe("http://127.0.0.1:9/v2/models/tiny?x=1");
  await until(() => console_.reports.at(-1)?.cursor === 2 && console_.reports.at(-1)?.bootId !== console_.reports[0]?.bootId, anew);
  console_.push(desired(3, {}));
  await expect.poll(asked, { timeout: 20_000 }).toBeNull();
}, 180_000);

test("check says of each thing whether it is fine", async () => {
  const agent = start(["check", ...joinArgs()]);
  expect(await ended(agent), agent.output).toBe(0);
  expect(agent.output.match(/^ok /gm)?.length).toBe(7);
  const wrong = start(["check", "--console", "http://127.0.0.1:9", "--token", console_.token]);
  expect(await ended(wrong)).toBe(5);
  expect(wrong.output).toMatch(/^FAIL {2}console/m);
}, 180_000);

/** The answer to a preamble. */
function dial(port: number, target: string): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(encodePreamble({ kind: "stage", target })));
    const done = (answer: number | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (bytes) => done(bytes[0] ?? null));
    socket.once("error", () => done(null));
    socket.once("close", () => done(null));
  });
}

test("the console reads the log on demand, page by page; what a stage prints is in it, and no secret", async () => {
  const agent = start(joinArgs());
  await until(() => console_.reports.length > 0, agent);
  console_.push(desired(1, { assignments: [{ ...assignment(), segment: { ...assignment().segment, skeletonDigest: console_.addArtifact(Buffer.from("no model")), skeletonBytes: 8 } }] }));
  await until(() => observed()?.state === "failed", agent);
  const { lines, bootId, nextSeq } = await console_.askLogs({ afterSeq: null, limit: 500, level: "debug" });
  expect(lines.map((line) => line.code)).toEqual(expect.arrayContaining(["joined", "started", "connected"]));
  expect(lines.some((line) => line.level === "error" || line.level === "warn")).toBe(true);
  expect(bootId).toBe(console_.reports[0]?.bootId);
  expect(JSON.stringify(lines)).not.toMatch(/cpj_|PRIVATE KEY/);
  expect((await console_.askLogs({ afterSeq: nextSeq, limit: 500, level: "error" })).lines.every((line) => line.seq > nextSeq)).toBe(true);
}, 180_000);
