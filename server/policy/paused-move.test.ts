// A move whose node c cannot hold both: stage 1 of revision 1 leaves it before stage 1 of revision 2 comes. Node a fits both.
import { expect, test } from "vitest";
import { desiredOf } from "./desired.ts";
import { DEFAULT_STREAMS } from "./drain-limit.ts";
import { nextMigrationStep } from "./migration.ts";
import { measuredPauseMs } from "./move-course.ts";
import type { DeploymentView, MigrationState, NodeView, RevisionView } from "./snapshot.ts";
import { assignmentIdOf } from "./stable-id.ts";
import { deployment, moving, NOW_MS, node, reportIngress, reportReady, revision, snapshot } from "./testdata/fleet.ts";

const old = revision(1, ["a", "c"]);
/** The same nodes, cut elsewhere. */
const next: RevisionView = { ...revision(2, ["a", "c"]), stages: revision(2, ["a", "c"]).stages.map((stage, index) => ({ ...stage, segmentId: `seg_new_${index}`, segment: { ...stage.segment, segmentId: `seg_new_${index}` } })) };
const nodes = () => ["a", "c"].map((id) => node(id));

function paused(state: MigrationState, more: { cancelRequested?: boolean; stateSinceMs?: number; allowedMs?: number } = {}): DeploymentView {
  const made = moving([old, next], state, more);
  return { ...made, migration: made.migration && { ...made.migration, pause: { nodeIds: ["c"], allowedMs: more.allowedMs ?? 8_000 } } };
}
const decide = (one: DeploymentView, all: NodeView[], progressAtMs = NOW_MS) => nextMigrationStep(snapshot(one, all), one, progressAtMs);
const assignments = (one: DeploymentView, nodeId: string) => Object.fromEntries((desiredOf(snapshot(one, nodes())).get(nodeId)?.assignments ?? []).map((each) => [each.segment.segmentId, each.filesOnly ? "files" : "process"]));
const route = (one: DeploymentView) => desiredOf(snapshot(one, nodes())).get("a")?.ingress[0];
const withState = (all: NodeView[], nodeId: string, segmentId: string, state: string | null): NodeView[] =>
  all.map((each) => (each.nodeId === nodeId ? { ...each, assignments: each.assignments.flatMap((one) => (one.segmentId !== segmentId ? [one] : state === null ? [] : [{ ...one, state: state as typeof one.state }])) } : each));

test.each<[MigrationState, string, string, string, string]>([
  ["prepare", "process", "files", "open", "open"],
  ["pause", "process", "files", "drain", "open"],
  ["unload", "files", "files", "drain", "open"],
  ["warm", "files", "process", "drain", "open"],
  ["verify", "files", "process", "drain", "open"],
  ["cutover", "files", "process", "drain", "open"],
  ["drain", "files", "process", "drain", "open"],
  ["rolling-back", "process", "files", "open", "drain"],
])("in %s the old stage on the node that pauses is %s, the new one %s", (state, oldHolds, newHolds, oldMode, newMode) => {
  const one = paused(state);
  expect(assignments(one, "c")).toEqual({ seg_1: oldHolds, seg_new_1: newHolds });
  // What fits is loaded all the while.
  expect(assignments(one, "a")).toEqual({ seg_0: "process", seg_new_0: "process" });
  expect(route(one)?.pipelines.map((pipeline) => pipeline.mode)).toEqual([oldMode, newMode]);
  expect(route(one)?.pipelines.some((pipeline) => pipeline.spare)).toBe(false);
});

test("until cutover requests are stamped with the old epoch, of which nothing is open; in restore nothing of the new revision is left", () => {
  for (const state of ["pause", "unload", "warm", "verify"] as const) expect(route(paused(state))).toMatchObject({ currentEpoch: 1, pipelines: [{ epoch: 1, mode: "drain" }, { epoch: 2, mode: "open" }] });
  expect(route(paused("cutover"))?.currentEpoch).toBe(2);
  expect(assignments(paused("restore"), "c")).toEqual({ seg_1: "process" });
  expect(route(paused("restore"))).toMatchObject({ currentEpoch: 1, pipelines: [{ epoch: 1, mode: "open" }] });
});

test("a stage that both revisions have stays loaded on a node that pauses", () => {
  const kept: RevisionView = { ...next, stages: [next.stages[0]!, { ...old.stages[1]! }] };
  const made = paused("unload");
  expect(assignments({ ...made, revisions: [old, kept] }, "c")).toEqual({ seg_1: "process" });
});

test("it pauses when files are held there and the rest is loaded, not before", () => {
  const ready = reportReady(nodes(), [old, next]);
  expect(decide(paused("prepare"), withState(ready, "c", "seg_new_1", "fetching"))).toMatchObject({ action: "wait" });
  expect(decide(paused("prepare"), withState(withState(ready, "c", "seg_new_1", "fetched"), "a", "seg_new_0", "warming"))).toMatchObject({ action: "wait" });
  expect(decide(paused("prepare"), withState(ready, "c", "seg_new_1", "fetched"))).toMatchObject({ action: "step", to: "pause" });
});

test("it unloads when nothing is in flight, or when what is has passed its deadline; longer than allowed it turns back", () => {
  const ready = withState(reportReady(nodes(), [old, next]), "c", "seg_new_1", "fetched");
  const busy = withState(reportReady(nodes(), [old, next], { inFlight: 1 }), "c", "seg_new_1", "fetched");
  expect(decide(paused("pause"), ready)).toMatchObject({ action: "step", to: "unload" });
  expect(decide(paused("pause"), busy)).toMatchObject({ action: "wait" });
  expect(decide(paused("pause", { stateSinceMs: NOW_MS - 9_000 }), busy)).toMatchObject({ action: "turn-back", restore: true });
  expect(decide(paused("pause", { stateSinceMs: NOW_MS - 16_000, allowedMs: 60_000 }), busy)).toMatchObject({ action: "step", to: "unload" });
});

/** Streams that are open on the old revision, as its ingress on a tells. */
const withStreams = (all: NodeView[], streams: number): NodeView[] => all.map((each) => (each.nodeId === "a" ? reportIngress(each, [1], 1, { pipelines: [{ epoch: 1, linked: true, inFlight: streams, streams }] }) : each));

test("open streams end before anything pauses: it waits for them, however long nothing else moves, and is given up when they go on for longer than they may", () => {
  const ready = withState(reportReady(nodes(), [old, next]), "c", "seg_new_1", "fetched");
  expect(decide(paused("prepare"), withStreams(ready, 2))).toMatchObject({ action: "wait", reason: expect.stringContaining("Open streams: 2") });
  const since = (ms: number) => decide(paused("prepare", { stateSinceMs: NOW_MS - ms }), withStreams(ready, 2), NOW_MS - ms);
  expect(since(DEFAULT_STREAMS.limitMs)).toMatchObject({ action: "wait" });
  expect(since(DEFAULT_STREAMS.limitMs + 1)).toMatchObject({ action: "turn-back", error: expect.stringContaining("can't be taken through a pause") });
  expect(since(DEFAULT_STREAMS.limitMs + 1)).not.toHaveProperty("restore");
  expect(decide(paused("prepare"), withStreams(ready, 0))).toMatchObject({ action: "step", to: "pause" });
});

test("a stream that began as it paused is not unloaded, and requests are not held for it: what ran before serves again", () => {
  const ready = withStreams(withState(reportReady(nodes(), [old, next]), "c", "seg_new_1", "fetched"), 1);
  expect(decide(paused("pause", { stateSinceMs: NOW_MS - 500 }), ready)).toMatchObject({ action: "wait" });
  for (const ms of [2_000, 16_000, 70_000]) expect(decide(paused("pause", { stateSinceMs: NOW_MS - ms, allowedMs: 600_000 }), ready), String(ms)).toMatchObject({ action: "turn-back", restore: true, error: expect.stringContaining("Open streams: 1") });
});

test("the new stages load when the old ones have left memory", () => {
  const ready = withState(reportReady(nodes(), [old, next]), "c", "seg_new_1", "fetched");
  for (const state of ["ready", "draining"]) expect(decide(paused("unload"), withState(ready, "c", "seg_1", state))).toMatchObject({ action: "wait" });
  for (const state of ["fetching", "fetched", null]) expect(decide(paused("unload"), withState(ready, "c", "seg_1", state)), String(state)).toMatchObject({ action: "step", to: "warm" });
  expect(decide(paused("unload"), ready, NOW_MS - 120_000)).toMatchObject({ action: "wait" });
  expect(decide(paused("unload", { stateSinceMs: NOW_MS - 120_000 }), ready, NOW_MS - 120_000)).toMatchObject({ action: "turn-back", restore: true });
});

test.each<MigrationState>(["pause", "unload", "warm", "verify"])("cancelled or failing in %s, the old revision is loaded again", (state) => {
  const ready = reportReady(nodes(), [old, next]);
  expect(decide(paused(state, { cancelRequested: true }), ready)).toMatchObject({ action: "turn-back", restore: true });
  expect(decide(paused(state), withState(ready, "c", "seg_new_1", "failed"))).toMatchObject({ action: "turn-back", restore: true });
});

test("in prepare nothing was touched; after cutover a new stage that fails brings the old revision back", () => {
  const failing = withState(reportReady(nodes(), [old, next]), "c", "seg_new_1", "failed");
  expect(decide(paused("prepare"), failing)).toMatchObject({ action: "turn-back" });
  expect(decide(paused("prepare"), failing)).not.toHaveProperty("restore");
  expect(decide(paused("cutover"), failing)).toMatchObject({ action: "turn-back", restore: true });
});

test("it has turned back when the old revision is loaded, linked and entered; else it says what is missing, and ends all the same in the end", () => {
  const back = (all: NodeView[], epoch = 1) => all.map((each) => (each.nodeId === "a" ? reportIngress(each, [1], epoch) : each));
  const ready = reportReady(nodes(), [old]);
  expect(decide(paused("restore"), back(ready))).toMatchObject({ action: "step", to: "rolled-back" });
  expect(decide(paused("restore", { cancelRequested: true }), back(ready))).toMatchObject({ action: "step", to: "cancelled" });
  expect(decide(paused("restore"), back(ready, 2))).toMatchObject({ action: "wait" });
  // Room for it comes when the new stage has gone: refused until then.
  expect(decide(paused("restore"), back(withState(ready, "c", "seg_1", "failed")))).toMatchObject({ action: "wait" });
  expect(decide(paused("restore", { stateSinceMs: NOW_MS - 200_000 }), back(withState(ready, "c", "seg_1", "failed")), NOW_MS - 200_000)).toMatchObject({ action: "step", to: "rolled-back", reason: expect.stringContaining("go on trying") });
});

test("a move that pauses nothing is as it was", () => {
  const one = moving([old, next], "warm");
  expect(desiredOf(snapshot(one, nodes())).get("c")?.assignments.some((each) => each.filesOnly)).toBe(false);
  expect(decide(one, withState(reportReady(nodes(), [old, next]), "c", "seg_new_1", "failed"))).not.toHaveProperty("restore");
  expect(deployment([old]).migration).toBeNull();
  expect(assignmentIdOf("dep_1", old.stages[0]!)).not.toBe(assignmentIdOf("dep_1", next.stages[0]!));
});

test("the measured pause is from where requests began to wait to where entries told that they do not", () => {
  const at = (seconds: number, state: string, action: string) => ({ atMs: seconds * 1000, state, action });
  const steps = [at(10, "prepare", "pause"), at(12, "pause", "unload"), at(13, "unload", "warm")];
  expect(measuredPauseMs([at(0, "prepare", "warm"), at(5, "cutover", "drain")])).toBeNull();
  expect(measuredPauseMs(steps)).toBeNull();
  expect(measuredPauseMs([...steps, at(14, "warm", "verify"), at(15, "verify", "cutover"), at(15.5, "cutover", "drain"), at(17, "drain", "retire")])).toBe(5_500);
  expect(measuredPauseMs([...steps, at(14, "warm", "restore"), at(18, "restore", "rolled-back")])).toBe(8_000);
});
