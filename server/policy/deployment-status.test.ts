import { expect, test } from "vitest";
import { deploymentStatus } from "./deployment-status.ts";
import type { DeploymentView, NodeView } from "./snapshot.ts";
import { deployment, moving, node, replicated, reportIngress, reportReady, revision, snapshot } from "./testdata/fleet.ts";

const one = revision(1, ["a", "b"]);
const statusOf = (view: DeploymentView, nodes: NodeView[]) => deploymentStatus(snapshot(view, nodes), view);
function serving(change: (nodes: NodeView[]) => NodeView[] = (nodes) => nodes): NodeView[] {
  const [a, b] = reportReady([node("a"), node("b")], [one]);
  return change([reportIngress(a as NodeView, [1], 1), b as NodeView]);
}
const setNode = (nodeId: string, change: Partial<NodeView>) => (nodes: NodeView[]) => nodes.map((each) => (each.nodeId === nodeId ? { ...each, ...change } : each));

test("it is live when every stage and every ingress says so", () => {
  expect(statusOf(deployment([one]), serving())).toEqual({ status: "live", reason: "Revision 1 serves." });
});

test.each([
  ["a node that left the fleet", (nodes: NodeView[]) => nodes.slice(0, 1), "not enrolled any more"],
  ["a lost node", setNode("b", { presence: "lost" }), "node b (stage 1) is lost."],
  ["a late node", setNode("b", { presence: "late" }), "node b (stage 1) is late."],
  ["a stage nobody reports", setNode("b", { assignments: [] }), "node b has not reported stage 1 yet."],
  ["a stage that loads", (nodes: NodeView[]) => reportReady(nodes, [one], { state: "loading" }), "Stage 0 on node a is loading."],
  ["a stage that lost the one before it", (nodes: NodeView[]) => reportReady(nodes, [one], { linked: false }), "has lost the one before it"],
  ["an ingress that has not reported", setNode("a", { ingress: [] }), "The ingress on node a has not reported yet."],
  ["an ingress with an error", (nodes: NodeView[]) => nodes.map((each) => (each.nodeId === "a" ? reportIngress(each, [1], 1, { error: "port taken" }) : each)), "port taken"],
  ["an ingress at another epoch", (nodes: NodeView[]) => nodes.map((each) => (each.nodeId === "a" ? reportIngress(each, [1], null) : each)), "does not serve epoch 1"],
  ["an ingress without the last stage", (nodes: NodeView[]) => nodes.map((each) => (each.nodeId === "a" ? reportIngress(each, [1], 1, { pipelines: [{ epoch: 1, linked: false, inFlight: 0 }] }) : each)), "has lost the last stage"],
] as const)("%s makes it degraded, with that reason", (_, change, reason) => {
  expect(statusOf(deployment([one]), serving(change))).toEqual({ status: "degraded", reason: expect.stringContaining(reason) });
});

test("a node that is only connecting makes nothing degraded: after a restart of the console all are", () => {
  expect(statusOf(deployment([one]), serving(setNode("b", { presence: "connecting" }))).status).toBe("live");
});

test("with replicas it says which one is not whole, and is live when all are", () => {
  const both = replicated(1, ["a", "b"], ["c", "d"]);
  const report = (linked: [boolean, boolean], lost?: string) => {
    const nodes = reportReady(["a", "b", "c", "d"].map((id) => node(id)), [both]).map((each) => ({ ...each, ...(each.nodeId === lost ? { presence: "lost" as const } : {}) }));
    return [reportIngress(nodes[0]!, [], 1, { pipelines: linked.map((one, index) => ({ epoch: 1, replica: index + 1, linked: one, inFlight: 0 })) }), ...nodes.slice(1)];
  };
  expect(statusOf(deployment([both]), report([true, true])).status).toBe("live");
  expect(statusOf(deployment([both]), report([true, false]))).toEqual({ status: "degraded", reason: "The ingress on node a has lost the last stage of replica 2." });
  expect(statusOf(deployment([both]), report([true, false], "d"))).toEqual({ status: "degraded", reason: "Replica 2: node d (stage 1) is lost." });
});

test("a first deployment is starting, a later one moving; trouble of what serves is told first", () => {
  const next = revision(2, ["b", "a"]);
  expect(statusOf(moving([one], "warm", { first: true }), serving())).toEqual({ status: "starting", reason: "Moved by hand. (warm)" });
  expect(statusOf(moving([one, next], "warm"), serving())).toEqual({ status: "moving", reason: "Moved by hand. (warm)" });
  expect(statusOf(moving([one, next], "warm"), serving(setNode("b", { presence: "lost" })))).toEqual({ status: "moving", reason: "node b (stage 1) is lost." });
});

test("without a revision it has failed, with the last failure; a stop is a stop whatever else is true", () => {
  expect(statusOf(deployment([], { lastFailure: "It does not load." }), serving())).toEqual({ status: "failed", reason: "It does not load." });
  expect(statusOf(deployment([], { desired: "stopped", lastFailure: "x" }), []).status).toBe("stopped");
});

test("of several entries it names the one that is lost, late or not linked, and where requests go on entering", () => {
  const two = revision(1, ["a", "b"], ["a", "c"]);
  const statusWith = (c: Partial<NodeView>, unlinkedFrom: string[]) => {
    const nodes = reportReady([node("a"), node("b"), node("c")], [two]).map((each): NodeView => (each.nodeId === "b" ? each : reportIngress(each, [1], 1)));
    const said = nodes.map((each): NodeView => (each.nodeId === "a" && unlinkedFrom.length > 0 ? { ...each, assignments: each.assignments.map((one) => ({ ...one, lanes: one.lanes.map((lane) => ({ ...lane, upstreamLinked: false, unlinkedFrom })) })) } : each));
    return statusOf(deployment([two]), said.map((each) => (each.nodeId === "c" ? { ...each, ...c } : each)));
  };
  const goesOn = "Requests go on entering at node a.";
  expect(statusWith({}, [])).toMatchObject({ status: "live" });
  expect(statusWith({ presence: "lost" }, ["c"])).toEqual({ status: "degraded", reason: `The ingress on node c is lost. ${goesOn}` });
  expect(statusWith({ presence: "late" }, ["c"])).toEqual({ status: "degraded", reason: `The ingress on node c is late. ${goesOn}` });
  expect(statusWith({}, ["c"])).toEqual({ status: "degraded", reason: `Stage 0 on node a has lost the ingress on node c. ${goesOn}` });
  expect(statusWith({}, ["a", "c"])).toEqual({ status: "degraded", reason: "Stage 0 on node a has lost the one before it." });
});
