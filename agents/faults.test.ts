// What an agent does when its machine misbehaves, with built agents: damaged files, a full disk, a clock that is set, and coming back with what it once ran.
import { randomBytes } from "node:crypto";
import { mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type TestAgent, TestAgents } from "./testdata/test-agents.ts";

const BYTES = 300_000;
let fleet: TestAgents;
beforeAll(async () => { fleet = await TestAgents.start(); }, 60_000);
afterEach(() => fleet.endAgents());
afterAll(() => fleet?.close());

const weightsAt = (agent: TestAgent, digest: string) => join(agent.folder, "cache/files", digest);
function damage(path: string): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(64, 1), 0, 64, 100);
}
const stageOf = (agent: TestAgent) => readFileSync(`/proc/${agent.process.pid}/task/${agent.process.pid}/children`, "utf8").trim().split(" ").map(Number)
  .find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("stage.mjs"))!;

test("damaged weights and a damaged segment are fetched again before anything runs on them: after a crash of the stage, and after one of the agent", async () => {
  const agent = await fleet.agent();
  const weights = randomBytes(BYTES);
  const file = fleet.weights(weights, [[0, BYTES]]);
  const one = fleet.assignment("one", file);
  fleet.desire(agent, { assignments: [one] });
  await fleet.ready(agent, "one");
  damage(weightsAt(agent, file.digest));
  process.kill(stageOf(agent), "SIGKILL");
  await fleet.until("the stage was started anew", () => agent.assignment("one")?.restarts === 1 && agent.assignment("one")?.state === "ready", agent);
  expect(readFileSync(weightsAt(agent, file.digest)).equals(weights)).toBe(true);
  await agent.kill("SIGKILL");
  damage(weightsAt(agent, file.digest));
  damage(join(agent.folder, "cache/whole", one.segment.skeletonDigest));
  const reports = () => fleet.console.reportsOf.get(agent.nodeId)!;
  const before = reports().length;
  await agent.restart();
  await fleet.until("it is ready again", () => reports().length > before && reports().slice(before).some((report) => report.assignments?.[0]?.state === "ready"), agent);
  expect(readFileSync(weightsAt(agent, file.digest)).equals(weights)).toBe(true);
  expect(readFileSync(join(agent.folder, "cache/segments", one.segment.segmentId, "model.onnx")).equals(readFileSync(join(agent.folder, "cache/whole", one.segment.skeletonDigest)))).toBe(true);
}, 180_000);

test("a disk that is full is told as that, what runs goes on, and it goes on by itself once there is room", async () => {
  const agent = await fleet.agent();
  const first = fleet.assignment("first", fleet.weights(randomBytes(BYTES), [[0, BYTES]]));
  fleet.desire(agent, { assignments: [first] });
  await fleet.ready(agent, "first");
  const second = fleet.assignment("second", fleet.weights(randomBytes(BYTES), [[0, BYTES]]));
  // A segment of its own (the same with a field that names its version), whose file arrives where a device stands that is always full.
  const skeleton = Buffer.concat([fleet.console.artifacts.get(first.segment.skeletonDigest)!, Buffer.from([0x28, 0x01])]);
  second.segment.skeletonDigest = fleet.console.addArtifact(skeleton);
  second.segment.skeletonBytes = skeleton.length;
  const part = join(agent.folder, "cache/whole", `${second.segment.skeletonDigest}.part`);
  symlinkSync("/dev/full", part);
  fleet.desire(agent, { assignments: [first, second] });
  await fleet.until("the full disk is told", () => agent.assignment("second")?.error?.code === "disk-full", agent);
  expect(agent.assignment("first")!.state).toBe("ready");
  rmSync(part);
  await fleet.ready(agent, "second");
  expect(agent.assignment("first")).toMatchObject({ state: "ready", restarts: 0 });
}, 180_000);

test.each([["back", -3600_000], ["forward", 1200_000]])("a clock set %s neither stops an agent's waits nor what it runs", async (_way, stepMs) => {
  const clock = join(fleet.console.url.replace(/\W/g, "_"), "clock");
  mkdirSync(join(import.meta.dirname, ".build", clock), { recursive: true });
  const path = join(import.meta.dirname, ".build", clock, String(stepMs));
  writeFileSync(path, "0");
  const agent = await fleet.agent([], { NODE_OPTIONS: `--import ${join(import.meta.dirname, "testdata/step-clock.mjs")}`, CUTPLANE_TEST_CLOCK: path });
  const [runs, late] = ["runs", "late"].map((id) => fleet.assignment(id, fleet.weights(randomBytes(BYTES), [[0, BYTES]])));
  const bytes = fleet.console.artifacts.get(late!.segment.files[0]!.digest)!;
  fleet.console.artifacts.delete(late!.segment.files[0]!.digest);
  fleet.desire(agent, { assignments: [runs!, late!] });
  await fleet.ready(agent, "runs");
  await fleet.until("it waits to try again", () => agent.assignment("late")?.error?.retryAt, agent);
  writeFileSync(path, String(stepMs));
  fleet.console.addArtifact(bytes);
  await fleet.ready(agent, "late");
  expect(agent.assignment("runs")).toMatchObject({ state: "ready", restarts: 0 });
  rmSync(join(import.meta.dirname, ".build", clock), { recursive: true, force: true });
}, 180_000);

test("a node that comes back with what it once ran ends it as soon as the console is heard, and links with nobody before", async () => {
  const agent = await fleet.agent();
  const [old, next] = ["old", "next"].map((id) => fleet.assignment(id, fleet.weights(randomBytes(BYTES), [[0, BYTES]])));
  fleet.desire(agent, { assignments: [old!] });
  await fleet.ready(agent, "old");
  await agent.kill("SIGKILL");
  fleet.desire(agent, { assignments: [next!] });
  await agent.restart();
  await fleet.ready(agent, "next");
  await fleet.until("the old one is gone", () => agent.last("assignments")?.length === 1, agent);
  expect(JSON.parse(readFileSync(join(agent.folder, "desired.json"), "utf8")).assignments).toHaveLength(1);
}, 180_000);
