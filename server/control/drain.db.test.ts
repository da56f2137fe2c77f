// Whole drains on a real database, with agents that report what each test says.
import { beforeEach, expect, test } from "vitest";
import { cancelOperation } from "../commands/cancel-operation.ts";
import { cordonNode } from "../commands/cordon-node.ts";
import { createDeployment } from "../commands/create-deployment.ts";
import { createPlan } from "../commands/create-plan.ts";
import { drainNode } from "../commands/drain-node.ts";
import { previewDrain } from "../commands/preview-drain.ts";
import { removeNode } from "../commands/remove-node.ts";
import { rollBack } from "../commands/roll-back.ts";
import { saveTopology } from "../commands/save-topology.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { STAGE_PROCESS_BYTES } from "../planner/stage-memory.ts";
import { findDeployment, findRevisions } from "../store/deployments.ts";
import { findNode } from "../store/nodes.ts";
import { findOperation, listOperationsByKey, type Operation } from "../store/operations.ts";
import { updatePlanParity } from "../store/plans.ts";
import { findTopology } from "../store/topologies.ts";
import { driveDrains } from "./drive-drains.ts";
import { type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
});

/** Deployments whose first half is on a and whose second half is on b. */
async function deployed(name: string): Promise<string> {
  await fleet.makePlan(`pln_${name}`, ["nod_a", "nod_b"]);
  const { deploymentId } = await createDeployment(fleet.deps, { name, planId: `pln_${name}`, actor: "test" });
  await fleet.run(8);
  return deploymentId;
}
/** There are no model files here to compare: the plan of where it goes is checked beforehand. */
async function checkedBeforehand(nodeId = "nod_b"): Promise<void> {
  for (const { to } of (await previewDrain(fleet.deps, nodeId)).deployments) {
    if (!to) continue;
    const { plan } = await createPlan(fleet.deps, { modelId: "mdl_x", topologyId: "top_x", placement: to.placement, origin: to.origin }, "test");
    await updatePlanParity(database.db, plan.id, { status: "equal", maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" }, "e".repeat(64));
  }
}
async function run(passes: number): Promise<void> {
  for (let pass = 0; pass < passes; pass++) {
    await driveDrains(fleet.deps);
    await fleet.run(1);
  }
}
const stateOf = async (operation: Operation) => (await findOperation(database.db, operation.id)) as Operation;
async function nodesOf(deploymentId: string): Promise<string[]> {
  const deployment = await findDeployment(database.db, deploymentId);
  const [revision] = await findRevisions(database.db, [deployment?.currentRevisionId ?? ""]);
  return revision?.stages.map((stage) => stage.nodeId) ?? [];
}

test("the preview says where the layers go, and does nothing", async () => {
  await deployed("x");
  const preview = await previewDrain(fleet.deps, "nod_b");
  expect(preview).toMatchObject({ possible: true, cordoned: false, deployments: [{ name: "x", reasons: [] }] });
  expect(preview.deployments[0]?.to?.placement.every((stage) => stage.topologyNodeId !== "tn_nod_b")).toBe(true);
  expect(preview.deployments[0]?.to?.diff.same).toBe(false);
  expect((await findNode(database.db, "nod_b"))?.cordoned).toBe(false);
});

test("two deployments leave one after the other; then the node is cordoned and empty, and can be removed", async () => {
  const [x, y] = [await deployed("x"), await deployed("y")];
  await checkedBeforehand();
  const operation = await drainNode(fleet.deps, { nodeId: "nod_b", actor: "api:ana", idempotencyKey: "drain-b-once" });
  expect((await drainNode(fleet.deps, { nodeId: "nod_b", actor: "api:ben" })).id).toBe(operation.id);
  await run(1);
  expect(await listOperationsByKey(database.db, `drain/${operation.id}/`)).toHaveLength(1);
  await run(30);
  expect(await stateOf(operation)).toMatchObject({ status: "succeeded", createdBy: "api:ana", result: { moved: [{ name: "x" }, { name: "y" }] } });
  for (const id of [x, y]) expect(await nodesOf(id)).not.toContain("nod_b");
  expect(liveFleet(database.db).desired.get("nod_b")?.document.assignments).toEqual([]);
  expect(fleet.events.filter((event) => event.name === "migration.started" && event.actor === "api:ana")).toHaveLength(2);
  expect((await drainNode(fleet.deps, { nodeId: "nod_b", actor: "api:ana", idempotencyKey: "drain-b-once" })).id).toBe(operation.id);
  await removeNode(fleet.deps, { nodeId: "nod_b", actor: "api:ana" });
});

test("a drain goes on after a restart of the console", async () => {
  const x = await deployed("x");
  await checkedBeforehand();
  const operation = await drainNode(fleet.deps, { nodeId: "nod_b", actor: "test" });
  await run(2);
  fleet.restart();
  await run(20);
  expect((await stateOf(operation)).status).toBe("succeeded");
  expect(await nodesOf(x)).not.toContain("nod_b");
});

test("cancelled before cutover: everything stays where it was, and the node stays cordoned until it is uncordoned", async () => {
  const x = await deployed("x");
  await checkedBeforehand();
  fleet.script = { assignment: (nodeId, good) => (nodeId === "nod_a" && good.segmentId === "seg_0_4" ? { ...good, state: "fetching" } : good) };
  const operation = await drainNode(fleet.deps, { nodeId: "nod_b", actor: "test" });
  await run(3);
  const cancelled = await cancelOperation(fleet.deps, operation.id, "api:ana");
  expect(cancelled).toMatchObject({ status: "cancelled", error: { message: "It was cancelled. b stays cordoned." } });
  await run(5);
  expect(await nodesOf(x)).toEqual(["nod_a", "nod_b"]);
  await cordonNode(fleet.deps, { nodeId: "nod_b", cordoned: false, actor: "test" });
  expect((await previewDrain(fleet.deps, "nod_b")).possible).toBe(true);
});

test("a move that fails ends the drain with its reason", async () => {
  await deployed("x");
  await checkedBeforehand();
  fleet.script = { assignment: (_, good) => (good.segmentId === "seg_0_4" ? { ...good, state: "failed", error: { code: "digest", message: "the bytes are wrong", retryAt: null } } : good) };
  const operation = await drainNode(fleet.deps, { nodeId: "nod_b", actor: "test" });
  await run(10);
  expect(await stateOf(operation)).toMatchObject({ status: "failed", error: { message: expect.stringContaining("the bytes are wrong") } });
});

test("requests enter there: they enter where the first layers go, and nothing is refused meanwhile that was let in", async () => {
  const x = await deployed("x");
  await checkedBeforehand("nod_a");
  const preview = await previewDrain(fleet.deps, "nod_a");
  expect(preview).toMatchObject({ possible: true, deployments: [{ name: "x", entry: { node: { name: expect.stringMatching(/^nod_[bc]$/) }, opens: true } }] });
  const entry = preview.deployments[0]?.entry?.node.id ?? "";
  // Somebody's request is still under way on the old revision when the new one takes over.
  fleet.script = { inFlight: (epoch) => (epoch === 1 ? 1 : 0) };
  const operation = await drainNode(fleet.deps, { nodeId: "nod_a", actor: "test" });
  await run(8);
  expect((await findDeployment(database.db, x))?.settings.ingressNodeIds).toEqual([entry]);
  const routes = (nodeId: string) => liveFleet(database.db).desired.get(nodeId)?.document.ingress.map((route) => [route.currentEpoch, route.pipelines.map((pipeline) => pipeline.epoch)]);
  expect(routes("nod_a")).toEqual([[null, [1]]]);
  expect(routes(entry)).toEqual([[2, [2]]]);
  // Who still asks at the old entry is told of the new one, at once and once it has moved.
  const told = (nodeId: string) => liveFleet(database.db).desired.get(nodeId)?.document.moved;
  expect(told("nod_a")).toEqual([{ deploymentId: x, modelName: "x", entries: [{ nodeName: expect.any(String), url: expect.stringMatching(/^http/) }], keyHashes: [] }]);
  fleet.script = {};
  await run(8);
  expect((await stateOf(operation)).status).toBe("succeeded");
  expect([routes("nod_a"), routes(entry)]).toEqual([[], [[2, [2]]]]);
  expect([told("nod_a"), told(entry)]).toEqual([[expect.objectContaining({ modelName: "x" })], undefined]);
  expect(await nodesOf(x)).not.toContain("nod_a");
  expect(fleet.events.find((event) => event.name === "migration.started" && event.message.includes("Requests enter at"))?.message).toContain(`Requests enter at ${entry} from cutover on.`);
  await removeNode(fleet.deps, { nodeId: "nod_a", actor: "test" });
});

test("the drawing's own source is where requests enter after a drain, and is drawn anew where it was the drained node", async () => {
  await deployed("x");
  const drawEntry = async (id: string) => {
    const topology = await findTopology(database.db, "top_x");
    if (topology) await saveTopology(fleet.deps, { id: "top_x", baseRevision: topology.revision, document: { ...topology.document, sourceId: id } }, "test");
  };
  await drawEntry("tn_nod_c");
  expect((await previewDrain(fleet.deps, "nod_a")).deployments[0]?.entry?.node.id).toBe("nod_c");
  await drawEntry("tn_nod_a");
  const entry = (await previewDrain(fleet.deps, "nod_a")).deployments[0]?.entry;
  await drainNode(fleet.deps, { nodeId: "nod_a", actor: "test" });
  await run(1);
  expect((await findTopology(database.db, "top_x"))?.document.sourceId).toBe(`tn_${entry?.node.id}`);
});

test("rolled back, requests enter where they entered before", async () => {
  const x = await deployed("x");
  await checkedBeforehand("nod_a");
  await drainNode(fleet.deps, { nodeId: "nod_a", actor: "test" });
  await run(20);
  await cordonNode(fleet.deps, { nodeId: "nod_a", cordoned: false, actor: "test" });
  await rollBack(fleet.deps, { deploymentId: x, actor: "test" });
  await fleet.run(12);
  expect((await findDeployment(database.db, x))?.settings.ingressNodeIds).toEqual(["nod_a"]);
  expect(await nodesOf(x)).toEqual(["nod_a", "nod_b"]);
});

test("what all that leave bring along is counted together against the memory of where they go", async () => {
  for (const name of ["x", "y"]) await deployed(name);
  // What nod_a holds it keeps, but everything that leaves nod_b has to go to nod_c.
  await cordonNode(fleet.deps, { nodeId: "nod_a", cordoned: true, actor: "test" });
  const withRoomFor = async (stages: number) => {
    const topology = await findTopology(database.db, "top_x");
    if (topology) await saveTopology(fleet.deps, { id: "top_x", baseRevision: topology.revision, document: { ...topology.document, nodes: topology.document.nodes.map((node) => ({ ...node, memoryBytes: node.nodeId === "nod_c" ? STAGE_PROCESS_BYTES * (stages + 0.5) : null })) } }, "test");
    return previewDrain(fleet.deps, "nod_b");
  };
  expect((await withRoomFor(2)).deployments.map((one) => one.to?.placement.at(-1)?.topologyNodeId)).toEqual(["tn_nod_c", "tn_nod_c"]);
  const tight = await withRoomFor(1);
  expect(tight.deployments.map((one) => one.to !== null)).toEqual([true, false]);
  expect(tight).toMatchObject({ possible: false, deployments: [{ reasons: [] }, { reasons: [{ message: expect.stringContaining("other deployments hold or get") }] }] });
});

test("a node that runs nothing is drained at once", async () => {
  const operation = await drainNode(fleet.deps, { nodeId: "nod_c", actor: "test" });
  await run(1);
  expect((await stateOf(operation)).status).toBe("succeeded");
  expect((await findNode(database.db, "nod_c"))?.cordoned).toBe(true);
});
