import { expect, test } from "vitest";
import { KILL_AFTER_GRACE_MS, type LocalAssignment, laneKey, loadKey, nextFailure, nextStep, observedState, type StepInput } from "./next-step.ts";
import type { Assignment } from "./protocol/control.ts";

const assignment = (change: Partial<Assignment> = {}): Assignment => ({
  assignmentId: "asg_1", deploymentId: "dep_1",
  segment: { segmentId: "seg_1", skeletonDigest: "a".repeat(64), skeletonBytes: 10, files: [], inputs: [], outputs: [], memoryBytes: 100, states: [] },
  session: { intraOpThreads: 1, optimization: "all", provider: "cpu" }, warmShapes: [], lanes: [], limits: { queueLength: 4, maxFrameBytes: 1000 }, ...change,
});
const absent: LocalAssignment = { files: "absent", process: null, failure: null };
const running = (phase: "loading" | "warming" | "ready" | "stopping", of = assignment(), stopSentMs: number | null = null): LocalAssignment => ({
  files: "present", process: { phase, loadKey: loadKey(of), laneKey: laneKey(of), stopSentMs }, failure: null,
});
const failure = { code: "x", message: "y", attempts: 1, retryAtMs: 2000 };
const other = assignment({ segment: { ...assignment().segment, segmentId: "seg_2" } });
const lane = { laneId: "lan_1", revisionId: "rev_1", epoch: 1, stageIndex: 0, stageCount: 1, upstream: [], sends: [], mode: "open" as const };
const ask = (change: Partial<StepInput>) => nextStep({ desired: assignment(), local: absent, room: { maxMemoryBytes: null, otherMemoryBytes: 0 }, nowMs: 1000, drainTimeoutMs: 500, ...change });

test.each<[string, Partial<StepInput>, object]>([
  ["nothing here: fetch", {}, { do: "fetch" }],
  ["files here: start", { local: { ...absent, files: "present" } }, { do: "start" }],
  ["a fetch under way is left alone", { local: { ...absent, files: "fetching" } }, { do: "nothing" }],
  ["running as desired: nothing", { local: running("ready") }, { do: "nothing" }],
  ["other lanes: configure, without a reload", { desired: assignment({ lanes: [lane] }), local: running("ready") }, { do: "configure" }],
  ["lanes reach a stage that still loads", { desired: assignment({ lanes: [lane] }), local: running("loading") }, { do: "configure" }],
  ["other limits: configure", { desired: assignment({ limits: { queueLength: 9, maxFrameBytes: 1 } }), local: running("ready") }, { do: "configure" }],
  ["another segment: the process drains first", { desired: other, local: running("ready") }, { do: "stop", graceMs: 500 }],
  ["another segment while loading: no grace needed", { desired: other, local: running("loading") }, { do: "stop", graceMs: 0 }],
  ["not desired, ready: drain", { desired: null, local: running("ready") }, { do: "stop", graceMs: 500 }],
  ["not desired, warming: stop", { desired: null, local: running("warming") }, { do: "stop", graceMs: 0 }],
  ["not desired, fetching: give up", { desired: null, local: { ...absent, files: "fetching" } }, { do: "cancel-fetch" }],
  ["not desired, nothing runs: forget", { desired: null, local: { ...absent, files: "present", failure } }, { do: "forget" }],
  ["stopping: wait, whatever is desired", { desired: other, local: running("stopping", assignment(), 900) }, { do: "wait", untilMs: 900 + 500 + KILL_AFTER_GRACE_MS }],
  ["stopping for too long: kill", { local: running("stopping", assignment(), 1000 - 500 - KILL_AFTER_GRACE_MS) }, { do: "kill" }],
  ["failed: wait for its time", { local: { ...absent, failure } }, { do: "wait", untilMs: 2000 }],
  ["failed, time reached, files gone: fetch", { local: { ...absent, failure }, nowMs: 2000 }, { do: "fetch" }],
  ["crashed, time reached, files here: start", { local: { ...absent, files: "present", failure }, nowMs: 2000 }, { do: "start" }],
  ["fits exactly: fetch", { room: { maxMemoryBytes: 300, otherMemoryBytes: 200 } }, { do: "fetch" }],
  ["its process fits exactly: fetch", { desired: { ...assignment(), memoryBytes: 150 }, room: { maxMemoryBytes: 300, otherMemoryBytes: 150 } }, { do: "fetch" }],
  ["files alone wanted: fetch, however little memory is left", { desired: { ...assignment(), filesOnly: true }, room: { maxMemoryBytes: 10, otherMemoryBytes: 10 } }, { do: "fetch" }],
  ["files alone wanted, files here: nothing", { desired: { ...assignment(), filesOnly: true }, local: { ...absent, files: "present" } }, { do: "nothing" }],
  ["files alone wanted, running: drain", { desired: { ...assignment(), filesOnly: true }, local: running("ready") }, { do: "stop", graceMs: 500 }],
  ["files alone wanted, loading: stop", { desired: { ...assignment(), filesOnly: true }, local: running("loading") }, { do: "stop", graceMs: 0 }],
  ["files alone wanted, fetching failed: wait for its time", { desired: { ...assignment(), filesOnly: true }, local: { ...absent, failure } }, { do: "wait", untilMs: 2000 }],
  ["what runs is not refused when the limit shrank", { local: running("ready"), room: { maxMemoryBytes: 10, otherMemoryBytes: 0 } }, { do: "nothing" }],
])("%s", (_name, change, expected) => {
  expect(ask(change)).toEqual(expected);
});

test("does not fit: refused with the figures and what to do", () => {
  const step = ask({ room: { maxMemoryBytes: 300, otherMemoryBytes: 201 } });
  expect(step).toMatchObject({ do: "refuse", code: "memory-limit" });
  expect(JSON.stringify(step)).toContain("raise --max-memory");
});

test("its process is predicted, or was measured, to hold more than there is: refused before anything is fetched or loaded, however small the segment", () => {
  for (const files of ["absent", "present"] as const) expect(ask({ desired: { ...assignment(), memoryBytes: 200e6 }, local: { ...absent, files }, room: { maxMemoryBytes: 199e6, otherMemoryBytes: 0 } })).toMatchObject({ do: "refuse", code: "memory-limit" });
});

test("a better prediction restarts nothing", () => {
  expect(loadKey({ ...assignment(), memoryBytes: 1 })).toBe(loadKey(assignment()));
});

test("files alone are told as fetched, and only where nothing else is wanted", () => {
  expect(observedState({ ...absent, files: "present" }, true)).toBe("fetched");
  expect(observedState({ ...absent, files: "present" })).toBe("pending");
  expect(observedState({ ...absent, files: "fetching" }, true)).toBe("fetching");
  expect(observedState(running("stopping"), true)).toBe("draining");
});

test("back-off grows, is capped and starts anew without a previous failure", () => {
  let last = nextFailure(null, { code: "a", message: "b" }, 0, 0.5);
  const pauses = [last.retryAtMs];
  for (let i = 0; i < 12; i++) {
    last = nextFailure(last, { code: "a", message: "b" }, 0, 0.5);
    pauses.push(last.retryAtMs);
  }
  expect(pauses.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
  expect(pauses.at(-1)).toBe(60_000);
});

test("what is told of each state", () => {
  expect(observedState(absent)).toBe("pending");
  expect(observedState({ ...absent, files: "fetching" })).toBe("fetching");
  expect(observedState({ ...absent, failure })).toBe("failed");
  expect(observedState({ ...running("loading"), failure })).toBe("loading");
  expect(observedState(running("stopping"))).toBe("draining");
});
