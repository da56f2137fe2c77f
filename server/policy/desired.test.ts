import { expect, test } from "vitest";
import { desiredOf, inFlightOf, MAX_MEASURED_PEERS, servingEpoch } from "./desired.ts";
import { drainLimitMs } from "./drain-limit.ts";
import type { DeploymentView, MigrationState, NodeView } from "./snapshot.ts";
import { MAX_MOVED_ROUTES } from "../../agents/protocol/control.ts";
import { MAX_TELLING_NODES, MOVED_TOLD_MS } from "./moved-routes.ts";
import { deployment, moving, node, NOW_MS, replicated, reportIngress, reportReady, revision, snapshot } from "./testdata/fleet.ts";

const old = revision(1, ["a", "b"]);
const next = revision(2, ["a", "c"]);
const NODES = [node("a"), node("b"), node("c")];
const desired = (view: DeploymentView, nodes: NodeView[] = NODES, nowMs = NOW_MS) => desiredOf(snapshot(view, nodes, nowMs));
/** "epoch:mode" of every lane of a node. */
const lanesOf = (view: DeploymentView, nodeId: string) => desired(view).get(nodeId)?.assignments.flatMap((one) => one.lanes.map((lane) => `${lane.epoch}:${lane.mode}`));

test.each<[MigrationState, string[], string[], string[], number | null]>([
  ["prepare", ["1:open", "2:open"], ["1:open"], ["2:open"], 1],
  ["warm", ["1:open", "2:open"], ["1:open"], ["2:open"], 1],
  ["verify", ["1:open", "2:open"], ["1:open"], ["2:open"], 1],
  ["cutover", ["1:open", "2:open"], ["1:open"], ["2:open"], 2],
  ["drain", ["1:drain", "2:open"], ["1:drain"], ["2:open"], 2],
  ["retire", ["2:open"], [], ["2:open"], 2],
  ["rolling-back", ["1:open", "2:drain"], ["1:open"], ["2:drain"], 1],
  ["rolled-back", ["1:open"], ["1:open"], [], 1],
])("in %s the lanes and the stamped epoch are those of the table", (state, a, b, c, epoch) => {
  const view = moving([old, next], state);
  expect([lanesOf(view, "a"), lanesOf(view, "b"), lanesOf(view, "c")]).toEqual([a, b, c]);
  expect(servingEpoch(view)).toBe(epoch);
  expect(desired(view).get("a")?.ingress[0]?.currentEpoch).toBe(epoch);
  // Requests fall back to the old revision alone, and only while it is whole and the new one serves.
  expect(desired(view).get("a")?.ingress[0]?.pipelines.filter((one) => one.spare).map((one) => one.epoch)).toEqual(state === "cutover" ? [1] : []);
});

test("a stage that stays keeps its one process; the lanes lead from the ingress to the last stage and back", () => {
  const documents = desired(moving([old, next], "warm"));
  expect(documents.get("a")?.assignments).toHaveLength(1);
  const [first] = documents.get("a")?.assignments[0]?.lanes ?? [];
  const [last] = documents.get("b")?.assignments[0]?.lanes ?? [];
  expect(first).toMatchObject({ stageIndex: 0, stageCount: 2, upstream: [{ nodeId: "a", target: "ingress" }], downstreamNodeIds: ["b"] });
  expect(last).toMatchObject({ stageIndex: 1, upstream: [{ nodeId: "a", host: "a", target: expect.stringMatching(/^stage:asg_/) }], downstreamNodeIds: ["a"] });
});

test("a stage in another mode is a process of its own that runs in it, beside the one it replaces; what is not said runs as the deployment does", () => {
  const [before, after] = [revision(1, ["a", "b"]), revision(2, ["a", "b"])];
  const session = { intraOpThreads: 2, optimization: "all" as const, provider: "cpu" as const };
  after.stages[1] = { ...after.stages[1]!, session };
  const wanted = desiredOf(snapshot(moving([before, after], "warm"), [node("a"), node("b")]));
  expect(wanted.get("a")?.assignments.map((one) => [one.session.intraOpThreads, one.lanes.length])).toEqual([[1, 2]]);
  expect(wanted.get("b")?.assignments.map((one) => [one.session.intraOpThreads, one.lanes.length]).sort()).toEqual([[1, 1], [2, 1]]);
  // Who dials the stage names the process of its own revision.
  const last = wanted.get("a")?.ingress[0]?.pipelines.map((pipeline) => pipeline.last.target);
  expect(new Set(last)).toEqual(new Set(wanted.get("b")?.assignments.map((one) => `stage:${one.assignmentId}`)));
});

test("a revision that is entered elsewhere: the new entry opens and the old one refuses at cutover, and stays until its requests are answered", () => {
  const elsewhere = revision(2, ["c", "b"], ["c"]);
  const entries = (state: MigrationState) => ["a", "c"].map((nodeId) => desired(moving([old, elsewhere], state)).get(nodeId)?.ingress.map((route) => [route.currentEpoch, route.pipelines.map((pipeline) => pipeline.epoch)]));
  expect(entries("verify")).toEqual([[[1, [1]]], [[null, [2]]]]);
  expect(entries("cutover")).toEqual([[[null, [1]]], [[2, [2]]]]);
  expect(entries("drain")).toEqual([[[null, [1]]], [[2, [2]]]]);
  expect(entries("retire")).toEqual([[], [[2, [2]]]]);
  expect(entries("rolling-back")).toEqual([[[1, [1]]], [[null, [2]]]]);
  const lane = desired(moving([old, elsewhere], "warm")).get("c")?.assignments[0]?.lanes[0];
  expect(lane).toMatchObject({ upstream: [{ nodeId: "c", target: "ingress" }] });
});

test("replicas are pipelines of one epoch with ways of their own; a stage that two of them share is one process, and what is in flight is counted over all", () => {
  const view = deployment([replicated(1, ["a", "b"], ["c", "b"])]);
  const documents = desired(view);
  const { pipelines } = documents.get("a")!.ingress[0]!;
  expect(pipelines.map(({ epoch, replica, rate, revisionId, firstNodeIds, last }) => ({ epoch, replica, rate, revisionId, firstNodeIds, last: last.nodeId }))).toEqual([
    { epoch: 1, replica: 1, rate: 10, revisionId: "rev_1", firstNodeIds: ["a"], last: "b" }, { epoch: 1, replica: 2, rate: 20, revisionId: "rev_1.r2", firstNodeIds: ["c"], last: "b" },
  ]);
  const [shared, ...more] = documents.get("b")!.assignments;
  expect(more).toEqual([]);
  expect(shared?.lanes.map(({ revisionId, stageIndex, stageCount, upstream }) => [revisionId, stageIndex, stageCount, upstream[0]?.nodeId])).toEqual([["rev_1", 1, 2, "a"], ["rev_1.r2", 1, 2, "c"]]);
  expect(new Set([...documents.values()].flatMap(({ assignments }) => assignments.flatMap(({ lanes }) => lanes.map((lane) => lane.laneId)))).size).toBe(4);
  expect(documents.get("c")!.assignments[0]?.lanes[0]).toMatchObject({ revisionId: "rev_1.r2", stageIndex: 0, upstream: [{ nodeId: "a", target: "ingress" }], downstreamNodeIds: ["b"] });
  const nodes = new Map(reportReady(NODES, view.revisions, { inFlight: 1 }).map((one) => [one.nodeId, one]));
  nodes.set("a", reportIngress(nodes.get("a")!, [], 1, { pipelines: [1, 2].map((replica) => ({ epoch: 1, linked: true, inFlight: 2, replica })) }));
  expect(inFlightOf(view, view.revisions[0]!, nodes)).toBe(8);
});

test("an ingress sends the model's inputs but never its state", () => {
  expect(desired(deployment([old])).get("a")?.ingress[0]?.pipelines[0]?.sends).toEqual(["x"]);
});

test("streams of a revision that is left go to the one that serves: at once, or when their time to finish is over; a stop, and a model without state, move none", () => {
  const streamsIn = (view: ReturnType<typeof moving>) => desired(view).get("a")?.ingress[0]?.pipelines.map((pipeline) => [pipeline.epoch, pipeline.streams]);
  const finishing = (sinceMs: number) => {
    const view = moving([old, next], "drain", { stateSinceMs: NOW_MS - sinceMs });
    return { ...view, settings: { ...view.settings, streams: { policy: "finish" as const, limitMs: 60_000, maxStateBytes: 7 } } };
  };
  expect(streamsIn(moving([old, next], "drain"))).toEqual([[1, "move"], [2, undefined]]);
  expect(streamsIn(moving([old, next], "rolling-back"))).toEqual([[1, undefined], [2, "move"]]);
  expect(streamsIn(moving([old, next], "cutover"))).toEqual([[1, undefined], [2, undefined]]);
  expect(streamsIn(finishing(60_000))).toEqual([[1, undefined], [2, undefined]]);
  expect(streamsIn(finishing(60_001))).toEqual([[1, "move"], [2, undefined]]);
  const stopping = moving([old, next], "drain");
  expect(streamsIn({ ...stopping, desired: "stopped", settings: { ...stopping.settings, stoppedAtMs: NOW_MS } })).toEqual([[1, undefined], [2, undefined]]);
  const stateless = moving([old, next], "drain");
  expect(streamsIn({ ...stateless, model: { ...stateless.model, states: [] } })).toEqual([[1, undefined], [2, undefined]]);
  const kept = { ...old.stages[0]!, segment: { ...old.stages[0]!.segment, states: stateless.model.states } };
  const limits = desired({ ...finishing(0), revisions: [{ ...old, stages: [kept, old.stages[1]!] }, next] });
  expect([limits.get("a")!.assignments[0]!.limits.maxStateBytes, limits.get("b")!.assignments[0]!.limits.maxStateBytes]).toEqual([7, undefined]);
});

test("the order of what was read changes nothing", () => {
  const view = moving([old, next], "warm");
  const turned = { ...view, revisions: [...view.revisions].reverse() };
  const documents = (one: DeploymentView, nodes: NodeView[]) => JSON.stringify([...desired(one, nodes)].sort(([a], [b]) => (a < b ? -1 : 1)));
  expect(documents(turned, [...NODES].reverse())).toBe(documents(view, NODES));
});

test("a stopped deployment drains until nothing is in flight, at most as long as a drain may take", () => {
  const stopped = deployment([old], { desired: "stopped" });
  stopped.settings = { ...stopped.settings, stoppedAtMs: NOW_MS };
  const busy = reportReady(NODES, [old], { inFlight: 1 });
  const assignments = (afterMs: number, nodes: NodeView[]) => desired(stopped, nodes, NOW_MS + afterMs).get("b")?.assignments.map((one) => one.lanes[0]?.mode);
  expect(assignments(0, NODES)).toEqual(["drain"]);
  expect(assignments(5_000, busy)).toEqual(["drain"]);
  expect(assignments(5_000, NODES)).toEqual([]);
  expect(assignments(drainLimitMs(stopped.settings) + 1, busy)).toEqual([]);
  expect(servingEpoch(stopped)).toBeNull();
});

test("what is in flight is counted where nodes are connected, of that revision alone", () => {
  const nodes = new Map(reportReady(NODES, [old], { inFlight: 3 }).map((one) => [one.nodeId, one]));
  expect(inFlightOf(deployment([old]), old, nodes)).toBe(6);
  expect(inFlightOf(deployment([old]), next, nodes)).toBe(0);
  nodes.set("b", { ...(nodes.get("b") as NodeView), connected: false });
  expect(inFlightOf(deployment([old]), old, nodes)).toBe(3);
});

test("every node measures a bounded number of others, and both ends of a probe know each other", () => {
  const many = Array.from({ length: 40 }, (_, index) => node(`n${String(index).padStart(2, "0")}`));
  const documents = desired(deployment([]), many);
  for (const [nodeId, { peers }] of documents) {
    expect(peers.filter((peer) => peer.measure)).toHaveLength(MAX_MEASURED_PEERS);
    for (const peer of peers) expect(documents.get(peer.nodeId)?.peers.map((other) => other.nodeId)).toContain(nodeId);
  }
});

test("a node that has not said where its data port is, is nobody's peer", () => {
  const documents = desired(deployment([]), [node("a"), node("b", { data: null })]);
  expect(documents.get("a")?.peers).toEqual([]);
});

test("from cutover on, and for a week, the old entry tells where requests enter now, as far as that has an address", () => {
  const elsewhere = revision(2, ["c", "b"], ["c"]);
  const nodes = [node("a"), node("b"), reportIngress(node("c"), [2], null, { url: "https://c.example:9000" })];
  const moved = (view: DeploymentView, nowMs = NOW_MS, on = nodes) => ["a", "b", "c"].map((nodeId) => desired(view, on, nowMs).get(nodeId)?.moved);
  const told = [{ deploymentId: "dep_1", modelName: "upright", entries: [{ nodeName: "node c", url: "https://c.example:9000" }], keyHashes: ["k"] }];
  for (const state of ["prepare", "warm", "verify", "rolling-back"] as const) expect(moved({ ...moving([old, elsewhere], state), keyHashes: ["k"] }), state).toEqual([undefined, undefined, undefined]);
  for (const state of ["cutover", "drain"] as const) expect(moved({ ...moving([old, elsewhere], state), keyHashes: ["k"] }), state).toEqual([told, undefined, undefined]);
  const done = deployment([elsewhere], { keyHashes: ["k"], formerEntries: [{ nodeId: "c", leftAtMs: NOW_MS }, { nodeId: "a", leftAtMs: NOW_MS }, { nodeId: "gone", leftAtMs: NOW_MS }] });
  expect(moved(done)).toEqual([told, undefined, undefined]);
  expect(moved(done, NOW_MS + MOVED_TOLD_MS)).toEqual([undefined, undefined, undefined]);
  expect(moved({ ...done, desired: "stopped" })).toEqual([undefined, undefined, undefined]);
  for (const url of ["", "javascript:x"]) expect(moved(done, NOW_MS, [node("a"), node("b"), reportIngress(node("c"), [2], 2, { url })])).toEqual([undefined, undefined, undefined]);
});

test("a deployment that was entered at many nodes is told of at the last ones; a document has no more of them than an agent takes", () => {
  const nodes = Array.from({ length: 20 }, (_, index) => node(`n${index}`));
  const entered = { ...reportIngress(node("c"), [1], 1) };
  const view = deployment([revision(1, ["c"], ["c"])], { formerEntries: nodes.map(({ nodeId }, index) => ({ nodeId, leftAtMs: NOW_MS - index })) });
  const telling = [...desiredOf(snapshot(view, [...nodes, entered]))].filter(([, document]) => document.moved).map(([nodeId]) => nodeId);
  expect(telling).toEqual(nodes.slice(0, MAX_TELLING_NODES).map(({ nodeId }) => nodeId));
  const many = Array.from({ length: MAX_MOVED_ROUTES + 5 }, (_, index) => ({ ...view, deploymentId: `dep_${index}` }));
  const all = { ...entered, ingress: many.map(({ deploymentId }) => ({ ...entered.ingress[0]!, deploymentId })) };
  expect(desiredOf({ ...snapshot(view, [...nodes, all]), deployments: many }).get("n0")?.moved).toHaveLength(MAX_MOVED_ROUTES);
});
