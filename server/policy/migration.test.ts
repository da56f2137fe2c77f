import { expect, test } from "vitest";
import { DEFAULT_STREAMS, drainLimitMs } from "./drain-limit.ts";
import { MAX_RESTARTS, NO_PROGRESS_LIMIT_MS, nextMigrationStep, progressSignature, RETIRE_LIMIT_MS, SETTLE_MS } from "./migration.ts";
import type { DeploymentView, MigrationState, NodeView } from "./snapshot.ts";
import { deployment, moving, node, NOW_MS, reportIngress, reportReady, revision, snapshot } from "./testdata/fleet.ts";
import { verifyNeed } from "./verify-task.ts";

const old = revision(1, ["a", "b"]);
const next = revision(2, ["a", "c"]);
const BOTH = [old, next];

/** a, b and c hold both revisions, ready; the ingress on a serves `epoch`. */
function fleet(epoch: number | null, change: (nodes: NodeView[]) => NodeView[] = (nodes) => nodes): NodeView[] {
  const [a, ...others] = reportReady([node("a"), node("b"), node("c")], BOTH);
  return change([reportIngress(a as NodeView, [1, 2], epoch), ...others]);
}
const decide = (one: DeploymentView, nodes: NodeView[], progressAtMs = NOW_MS) => nextMigrationStep(snapshot(one, nodes), one, progressAtMs);
const setNode = (nodeId: string, change: Partial<NodeView>) => (nodes: NodeView[]) => nodes.map((one) => (one.nodeId === nodeId ? { ...one, ...change } : one));
/** What c runs, as it would report it. */
const setStage = (state: "fetching" | "loading" | "failed", more: { retryAt?: string | null; restarts?: number } = {}) => (nodes: NodeView[]) =>
  nodes.map((one) => (one.nodeId === "c" ? { ...one, assignments: one.assignments.map((each) => ({ ...each, state, restarts: more.restarts ?? 0, error: state === "failed" ? { code: "load-failed", message: "it does not load", retryAt: more.retryAt ?? null } : null })) } : one));
const taskIdOf = (one: DeploymentView) => {
  const need = verifyNeed(one);
  return need.kind === "task" ? need.task.taskId : "";
};
const setVerify = (one: DeploymentView, state: "passed" | "failed" | "running", maxRelError: number | null) => (nodes: NodeView[]) =>
  nodes.map((each) => (each.nodeId === "a" ? reportIngress(each, [1, 2], 1, { verify: { taskId: taskIdOf(one), state, maxRelError, message: null } }) : each));

test("each step is taken once everybody has reported, in order", () => {
  expect(decide(moving(BOTH, "prepare"), fleet(1))).toMatchObject({ action: "step", to: "warm" });
  expect(decide(moving(BOTH, "warm"), fleet(1))).toMatchObject({ action: "step", to: "verify" });
  const verifying = moving(BOTH, "verify");
  expect(decide(verifying, fleet(1, setVerify(verifying, "passed", 2e-7)))).toMatchObject({ action: "step", to: "cutover", reason: expect.stringContaining("2.0e-7") });
  expect(decide(moving(BOTH, "cutover"), fleet(2))).toMatchObject({ action: "step", to: "drain" });
  expect(decide(moving(BOTH, "drain"), fleet(2))).toMatchObject({ action: "step", to: "retire" });
  expect(decide(moving(BOTH, "retire"), fleet(2, (nodes) => reportReady(nodes, [next])))).toMatchObject({ action: "step", to: "done" });
});

test("a step waits for the node that is behind, and names it", () => {
  expect(decide(moving(BOTH, "prepare"), fleet(1, setStage("fetching")))).toEqual({ action: "wait", reason: "node c has not fetched stage 1." });
  expect(decide(moving(BOTH, "warm"), fleet(1, setStage("loading")))).toMatchObject({ action: "wait", reason: expect.stringContaining("node c is loading") });
  expect(decide(moving(BOTH, "warm"), fleet(1, (nodes) => reportReady(nodes, BOTH, { linked: false })))).toMatchObject({ action: "wait", reason: expect.stringContaining("has not reached the one before it") });
  expect(decide(moving(BOTH, "verify"), fleet(1))).toMatchObject({ action: "wait", reason: expect.stringContaining("compares") });
  expect(decide(moving(BOTH, "cutover"), fleet(1))).toMatchObject({ action: "wait" });
});

test("a verification of another task, or one that goes on, proves nothing", () => {
  const one = moving(BOTH, "verify");
  const stale = fleet(1, (nodes) => nodes.map((each) => (each.nodeId === "a" ? reportIngress(each, [1, 2], 1, { verify: { taskId: "vfy_other", state: "passed", maxRelError: 0, message: null } }) : each)));
  expect(decide(one, stale)).toMatchObject({ action: "wait" });
  expect(decide(one, fleet(1, setVerify(one, "running", null)))).toMatchObject({ action: "wait" });
});

test("answers that differ turn the move back with both figures", () => {
  const one = moving(BOTH, "verify");
  expect(decide(one, fleet(1, setVerify(one, "failed", 0.5)))).toMatchObject({ action: "turn-back", error: expect.stringMatching(/5\.0e-1.*allowed 0\.00001/) });
});

test.each(["prepare", "warm", "verify"] as const)("in %s a cancel, a lost node and a failure for good turn back; standing still does after its limit", (state) => {
  expect(decide(moving(BOTH, state, { cancelRequested: true }), fleet(1))).toEqual({ action: "turn-back", reason: "It was cancelled.", error: "It was cancelled." });
  expect(decide(moving(BOTH, state), fleet(1, setNode("c", { presence: "lost" })))).toMatchObject({ action: "turn-back", error: "node c (stage 1) is lost." });
  expect(decide(moving(BOTH, state), fleet(1, setStage("failed")))).toMatchObject({ action: "turn-back", error: expect.stringContaining("it does not load") });
  const stuck = fleet(1, (nodes) => reportReady(nodes, BOTH, { state: "fetching" }));
  const limit = NO_PROGRESS_LIMIT_MS[state];
  const since = moving(BOTH, state, { stateSinceMs: 0 });
  const waiting = state === "verify" ? fleet(1) : stuck;
  expect(decide(since, waiting, NOW_MS - limit)).toMatchObject({ action: "wait" });
  expect(decide(since, waiting, NOW_MS - limit - 1)).toMatchObject({ action: "turn-back", error: expect.stringContaining(`No progress for ${limit / 1000} s in ${state}`) });
});

test("a stage that will be tried again is waited for, until it has failed too often", () => {
  const retrying = (restarts: number) => decide(moving(BOTH, "prepare"), fleet(1, setStage("failed", { retryAt: "2026-01-01T00:00:00.000Z", restarts })));
  expect(retrying(MAX_RESTARTS - 1)).toMatchObject({ action: "wait" });
  expect(retrying(MAX_RESTARTS)).toMatchObject({ action: "turn-back" });
});

test.each(["cutover", "drain"] as const)("after a failure in %s it turns back only while the old revision is whole", (state) => {
  const failing = setNode("c", { presence: "lost" });
  expect(decide(moving(BOTH, state), fleet(2, failing))).toMatchObject({ action: "turn-back", error: expect.stringContaining("After cutover") });
  const alsoOld = (nodes: NodeView[]) => setNode("b", { connected: false })(failing(nodes));
  expect(decide(moving(BOTH, state), fleet(2, alsoOld))).not.toMatchObject({ action: "turn-back" });
});

test("a node of the old revision that is lost stops nothing", () => {
  for (const state of ["prepare", "warm"] as const) expect(decide(moving(BOTH, state), fleet(1, setNode("b", { presence: "lost", connected: false })))).toMatchObject({ action: "step" });
});

test("an ingress that never switches turns back, because the old revision may still be served by it", () => {
  const since = moving(BOTH, "cutover", { stateSinceMs: 0 });
  expect(decide(since, fleet(1), NOW_MS - NO_PROGRESS_LIMIT_MS.cutover - 1)).toMatchObject({ action: "turn-back" });
});

test("a drain waits for what is in flight, settles first, and ends at the deadline", () => {
  const busy = fleet(2, (nodes) => reportReady(nodes, BOTH, { inFlight: 2 }));
  const at = (sinceMs: number) => moving(BOTH, "drain", { stateSinceMs: NOW_MS - sinceMs });
  const limit = drainLimitMs(at(0).settings);
  expect(decide(at(SETTLE_MS - 1), fleet(2))).toMatchObject({ action: "wait" });
  expect(decide(at(limit), busy)).toMatchObject({ action: "wait", reason: expect.stringContaining("4 still in flight") });
  expect(decide(at(limit + 1), busy)).toMatchObject({ action: "step", to: "retire", reason: expect.stringContaining("passed their deadline") });
});

test("while streams are open on the revision that is left, it stays beyond what a request may take, and the operation says for what", () => {
  const open = (epoch: number) => fleet(2, (nodes) => nodes.map((each) => (each.nodeId === "a" ? reportIngress(each, [1, 2], 2, { pipelines: [1, 2].map((one) => ({ epoch: one, linked: true, inFlight: one === epoch ? 3 : 0, streams: one === epoch ? 3 : 0 })) }) : each)));
  const at = (state: MigrationState, sinceMs: number) => ({ ...moving(BOTH, state, { stateSinceMs: NOW_MS - sinceMs }) });
  const past = drainLimitMs(at("drain", 0).settings) + 1;
  expect(decide(at("drain", past), open(1))).toEqual({ action: "wait", reason: expect.stringMatching(/^On epoch 1, open streams: 3\. They move with their state/) });
  expect(decide(at("drain", past), open(2))).toMatchObject({ action: "step", to: "retire" });
  expect(decide(at("drain", DEFAULT_STREAMS.limitMs + 1), open(1))).toMatchObject({ action: "step", to: "retire", reason: expect.stringContaining("open streams: 3") });
  expect(decide(at("rolling-back", past), open(2))).toMatchObject({ action: "wait", reason: expect.stringContaining("On epoch 2") });
  expect(decide(at("rolling-back", DEFAULT_STREAMS.limitMs + 1), open(2))).toMatchObject({ action: "step", to: "rolled-back" });
});

test("retiring always ends, and rolling back says what serves", () => {
  const at = (state: MigrationState, sinceMs: number) => moving(BOTH, state, { stateSinceMs: NOW_MS - sinceMs });
  expect(decide(at("retire", RETIRE_LIMIT_MS), fleet(2))).toMatchObject({ action: "wait", reason: expect.stringContaining("still hold") });
  expect(decide(at("retire", RETIRE_LIMIT_MS + 1), fleet(2))).toMatchObject({ action: "step", to: "done" });
  expect(decide(at("rolling-back", SETTLE_MS), fleet(1))).toEqual({ action: "step", to: "rolled-back", reason: "Revision 1 goes on serving." });
  expect(decide(moving(BOTH, "rolling-back", { cancelRequested: true }), fleet(1))).toMatchObject({ to: "cancelled" });
});

test("a first deployment has nothing to drain or to retire", () => {
  for (const [state, to] of [["drain", "retire"], ["retire", "done"]] as const) expect(decide(moving([next], state, { first: true }), fleet(2))).toMatchObject({ action: "step", to });
});

test("what has ended, or has no migration, waits; a new revision that is gone turns back", () => {
  for (const state of ["done", "rolled-back", "cancelled"] as const) expect(decide(moving(BOTH, state), fleet(1))).toMatchObject({ action: "wait" });
  expect(decide(deployment([old]), fleet(1))).toMatchObject({ action: "wait" });
  const one = moving(BOTH, "warm");
  expect(decide({ ...one, revisions: [old] }, fleet(1))).toMatchObject({ action: "turn-back" });
});

test("progress is seen in bytes and links, and not in what stands still", () => {
  const one = moving(BOTH, "prepare");
  const signature = (nodes: NodeView[]) => progressSignature(snapshot(one, nodes), one);
  expect(signature(fleet(1))).toBe(signature(fleet(1)));
  const further = fleet(1, (nodes) => nodes.map((each) => ({ ...each, assignments: each.assignments.map((assignment) => ({ ...assignment, bytesDone: 5 })) })));
  expect(signature(further)).not.toBe(signature(fleet(1)));
  expect(signature(fleet(1, (nodes) => reportReady(nodes, BOTH, { linked: false })))).not.toBe(signature(fleet(1)));
});

test("an entry that moves: the new one is waited for, and the old one until it takes no more requests", () => {
  const elsewhere = revision(2, ["c", "b"], ["c"]);
  const view = moving([old, elsewhere], "cutover");
  const nodes = (atA: number | null, atC: number | null, a: Partial<NodeView> = {}) => {
    const ready = reportReady([node("a", a), node("b"), node("c")], [old, elsewhere]);
    return ready.map((one) => (one.nodeId === "a" ? reportIngress(one, [1], atA) : one.nodeId === "c" ? reportIngress(one, [2], atC) : one));
  };
  expect(decide(view, nodes(null, null))).toMatchObject({ action: "wait", reason: "The ingress on node c has not switched to epoch 2." });
  expect(decide(view, nodes(1, 2))).toMatchObject({ action: "wait", reason: expect.stringContaining("node a") });
  expect(decide(view, nodes(null, 2))).toMatchObject({ action: "step", to: "drain" });
  // Moving away from a lost node is often the point.
  expect(decide(view, nodes(1, 2, { presence: "lost", connected: false }))).toMatchObject({ action: "step", to: "drain" });
  expect(decide(moving([old, elsewhere], "warm"), nodes(1, null))).toMatchObject({ action: "step", to: "verify" });
});

/** Revisions 1 and 2 are entered at a and d; stages on a dial both. */
const ENTERED = [revision(1, ["a", "b"], ["a", "d"]), revision(2, ["a", "c"], ["a", "d"])];
const withEntry = (epoch: number, d: Partial<NodeView>, change: (nodes: NodeView[]) => NodeView[] = (nodes) => nodes) => {
  const [a, ...others] = reportReady([node("a"), node("b"), node("c"), node("d", d)], ENTERED);
  const unlinked = (each: NodeView) => ({ ...each, assignments: each.assignments.map((one) => ({ ...one, lanes: one.lanes.map((lane) => ({ ...lane, upstreamLinked: false, unlinkedFrom: ["d"] })) })) });
  return change([unlinked(reportIngress(a as NodeView, [1, 2], epoch)), ...others]);
};
const LOST = { presence: "lost", connected: false } as const;

test("an entry that nobody hears is not waited for while requests enter elsewhere too", () => {
  expect(decide(moving(ENTERED, "warm"), withEntry(1, LOST))).toMatchObject({ action: "step", to: "verify" });
  const one = moving(ENTERED, "verify");
  expect(decide(one, withEntry(1, LOST, setVerify(one, "passed", 0)))).toMatchObject({ action: "step", to: "cutover" });
  expect(decide(moving(ENTERED, "cutover"), withEntry(2, LOST))).toMatchObject({ action: "step", to: "drain" });
  expect(decide(moving(ENTERED, "drain"), withEntry(2, LOST))).toMatchObject({ action: "step", to: "retire" });
});

test("one that is late is waited for, one that serves unheard turns back, and so does the only one", () => {
  expect(decide(moving(ENTERED, "warm"), withEntry(1, { presence: "late", connected: false }))).toMatchObject({ action: "wait", reason: expect.stringContaining("has not reached the one before it") });
  expect(decide(moving(ENTERED, "warm"), withEntry(1, { ...LOST, serves: true }))).toMatchObject({ action: "turn-back", error: "The ingress on node d is lost." });
  const only = ENTERED.map((each) => ({ ...each, ingressNodeIds: ["d"] }));
  expect(decide(moving(only, "warm"), withEntry(1, LOST))).toMatchObject({ action: "turn-back", error: "The ingress on node d is lost." });
});
