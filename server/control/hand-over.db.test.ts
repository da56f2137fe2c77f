// Moves whose nodes cannot hold both revisions, on a real database: in steps, and with a pause. A stage takes 106 MB.
import { beforeEach, expect, test } from "vitest";
import { cancelMigration } from "../commands/cancel-migration.ts";
import { chooseWay } from "../commands/choose-way.ts";
import { cordonNode } from "../commands/cordon-node.ts";
import { deployPlan } from "../commands/deploy-plan.ts";
import { previewDeployment } from "../commands/preview-deployment.ts";
import { rollBack } from "../commands/roll-back.ts";
import { setAdaptation } from "../commands/set-adaptation.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { deploymentStatus } from "../policy/deployment-status.ts";
import { findDeployment, listMigrations, listRevisions, type StoredMigration } from "../store/deployments.ts";
import { fromJson, toJson } from "../store/json.ts";
import { findOperation } from "../store/operations.ts";
import type { TopologyDocument } from "../topology/topology.ts";
import { type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
let deploymentId: string;
/** a holds one stage, b two. */
const LIMITS: Record<string, number> = { tn_nod_a: 160e6, tn_nod_b: 330e6 };
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
  const { document } = await database.db.topology.findUniqueOrThrow({ where: { id: "top_x" } });
  const drawn = fromJson<TopologyDocument>(document);
  await database.db.topology.update({ where: { id: "top_x" }, data: { document: toJson({ ...drawn, nodes: drawn.nodes.map((node) => ({ ...node, memoryBytes: LIMITS[node.id] ?? null })) }) } });
  deploymentId = await fleet.deploy();
});

const migrations = async (): Promise<StoredMigration[]> => (await listMigrations(database.db, deploymentId, 10)).reverse();
async function serving(): Promise<number | undefined> {
  const deployment = await findDeployment(database.db, deploymentId);
  return (await listRevisions(database.db, deploymentId)).find((one) => one.id === deployment?.currentRevisionId)?.number;
}
async function status(): Promise<string> {
  const snapshot = await readSnapshot(database.db, fleet.clock.nowMs);
  const view = snapshot.deployments.find((one) => one.deploymentId === deploymentId);
  return view ? deploymentStatus(snapshot, view).status : "gone";
}
async function runTo(state: string): Promise<void> {
  for (let pass = 0; pass < 30 && (await migrations()).at(-1)?.state !== state; pass++) await fleet.run(1);
  expect((await migrations()).at(-1)?.state).toBe(state);
}
/** The two exchange their stages: first b takes a's, then a takes b's. */
async function exchange(): Promise<string> {
  await fleet.makePlan("pln_2", ["nod_b", "nod_a"]);
  return (await deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "test" })).operation.id;
}
/** a keeps the first stage, a layer shorter: old and new one do not fit, and nothing between does. */
async function recut(): Promise<string> {
  await fleet.makePlan("pln_2", ["nod_a", "nod_b"], { at: 1 });
  return (await deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "test" })).operation.id;
}
const allowPause = (pauseSeconds: number) => setAdaptation(fleet.deps, { deploymentId, change: { pauseSeconds }, actor: "test" });

test("it goes there in steps, one operation, each a whole move", async () => {
  const operationId = await exchange();
  await fleet.run(30);
  const [, first, second, ...more] = await migrations();
  expect(more).toEqual([]);
  expect([first?.state, second?.state, first?.operationId, second?.operationId]).toEqual(["done", "done", operationId, operationId]);
  expect(await findOperation(database.db, operationId)).toMatchObject({ status: "succeeded", result: { steps: 2, revision: 3 } });
  const revisions = await listRevisions(database.db, deploymentId);
  expect(revisions.map((one) => one.stages.map((stage) => stage.nodeId))).toEqual([["nod_b", "nod_a"], ["nod_b", "nod_b"], ["nod_a", "nod_b"]]);
  expect(revisions[0]?.planId).toBe("pln_2");
  // The cuts are those that were proved.
  expect((await database.db.plan.findUnique({ where: { id: revisions[1]?.planId ?? "" } }))?.parity).toMatchObject({ status: "equal" });
  expect(await status()).toBe("live");
});

test("cancelled between its steps it ends there, and what was reached serves", async () => {
  const operationId = await exchange();
  await runTo("drain");
  await cancelMigration(fleet.deps, { deploymentId, actor: "test" });
  await fleet.run(20);
  expect((await migrations()).length).toBe(2);
  expect(await findOperation(database.db, operationId)).toMatchObject({ status: "cancelled", error: { message: "It was cancelled after step 1 of 2: revision 2 serves." } });
  expect([await serving(), await status()]).toEqual([2, "live"]);
});

test("back goes it in steps as well, to where the revision had its stages", async () => {
  await exchange();
  await fleet.run(30);
  expect(await previewDeployment(fleet.deps, { deploymentId, action: "roll-back", toRevision: 1 })).toMatchObject({ possible: true, way: { way: "hand-over", steps: [expect.anything(), expect.anything()] }, losses: [], effects: [expect.stringContaining("in 2 steps"), expect.any(String)] });
  const { operation } = await rollBack(fleet.deps, { deploymentId, toRevision: 1, actor: "test" });
  await fleet.run(30);
  expect(await findOperation(database.db, operation.id)).toMatchObject({ status: "succeeded", result: { steps: 2, revision: 5 } });
  const revisions = await listRevisions(database.db, deploymentId);
  expect(revisions[0]).toMatchObject({ planId: "pln_1", stages: revisions.at(-1)?.stages });
  expect(await status()).toBe("live");
});

test("where going back would need a pause it is refused, and its preview says how long; where it may pause it does", async () => {
  await allowPause(60);
  await recut();
  await fleet.run(30);
  await allowPause(0);
  expect(await previewDeployment(fleet.deps, { deploymentId, action: "roll-back" })).toMatchObject({ possible: false, reasons: [{ message: expect.stringContaining("it is not allowed to pause") }], way: { way: "none", pause: { nodeIds: ["nod_a"], allowedMs: 0 } } });
  await expect(rollBack(fleet.deps, { deploymentId, actor: "test" })).rejects.toMatchObject({ code: "infeasible", message: expect.stringContaining("it is not allowed to pause"), details: { pause: { kind: expect.any(String) } } });
  await allowPause(60);
  expect(await previewDeployment(fleet.deps, { deploymentId, action: "roll-back" })).toMatchObject({ possible: true, way: { way: "pause" }, losses: [expect.stringContaining("Nothing serves for")] });
  const { operation } = await rollBack(fleet.deps, { deploymentId, actor: "test" });
  await fleet.run(30);
  expect(await findOperation(database.db, operation.id)).toMatchObject({ status: "succeeded", result: { predictedPauseMs: expect.any(Number), pausedMs: expect.any(Number) } });
  expect([await serving(), await status()]).toEqual([3, "live"]);
});

test("what was asked of its plan does not keep a revision from coming back; a node that takes no work does", async () => {
  await fleet.makePlan("pln_2", ["nod_b", "nod_b"]);
  await deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "test" });
  await fleet.run(15);
  const { document } = await database.db.plan.findUniqueOrThrow({ where: { id: "pln_1" } });
  await database.db.plan.update({ where: { id: "pln_1" }, data: { document: toJson({ ...fromJson<object>(document), request: { objective: "latency", maxStages: 1 } }) } });
  await cordonNode(fleet.deps, { nodeId: "nod_a", cordoned: true, actor: "test" });
  await expect(rollBack(fleet.deps, { deploymentId, actor: "test" })).rejects.toMatchObject({ code: "infeasible", message: expect.stringContaining("is cordoned") });
  await cordonNode(fleet.deps, { nodeId: "nod_a", cordoned: false, actor: "test" });
  await rollBack(fleet.deps, { deploymentId, actor: "test" });
  await fleet.run(15);
  expect(await serving()).toBe(3);
});

test("a step that fails leaves the last good revision, and the operation says which step it was", async () => {
  fleet.script.assignment = (nodeId, good) => (nodeId === "nod_a" && good.lanes.some((lane) => lane.epoch === 3) ? { ...good, state: "failed", error: { code: "digest", message: "the bytes are wrong", retryAt: null } } : good);
  const operationId = await exchange();
  await fleet.run(30);
  expect(await findOperation(database.db, operationId)).toMatchObject({ status: "failed", error: { message: expect.stringMatching(/^Step 2 of 2: .*the bytes are wrong/) } });
  expect([await serving(), await status()]).toEqual([2, "live"]);
});

test("a console that ends in the middle goes on with what is left", async () => {
  const operationId = await exchange();
  await runTo("drain");
  fleet.restart();
  await fleet.run(40);
  expect(await findOperation(database.db, operationId)).toMatchObject({ status: "succeeded", result: { steps: 2 } });
  expect(await serving()).toBe(3);
});

test("where no step fits it is refused, saying how long a pause it would take; unless it may pause so long", async () => {
  await expect(recut()).rejects.toMatchObject({ code: "infeasible", message: expect.stringContaining("it is not allowed to pause"), details: { pause: { kind: expect.any(String) } } });
  await allowPause(1);
  expect(await chooseWay(fleet.deps, { deploymentId, planId: "pln_2" })).toMatchObject({ way: "none", said: expect.stringContaining("it may pause for 1.0 s") });
  await allowPause(60);
  expect(await chooseWay(fleet.deps, { deploymentId, planId: "pln_2" })).toMatchObject({ way: "pause", pause: { nodeIds: ["nod_a"], allowedMs: 60_000 } });
});

test("with a pause: files first, then out, then in; the old revision's process is gone before the new one's comes, and how long nothing served is recorded", async () => {
  await allowPause(60);
  await fleet.makePlan("pln_2", ["nod_a", "nod_b"], { at: 1 });
  const { operation } = await deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "test" });
  const processes: string[][] = [];
  for (let pass = 0; pass < 30; pass++) {
    await fleet.run(1);
    processes.push((liveFleet(database.db).desired.get("nod_a")?.document.assignments ?? []).filter((one) => !one.filesOnly).map((one) => one.segment.segmentId));
  }
  expect(Math.max(...processes.map((one) => one.length))).toBe(1);
  expect(processes.flat()).toContain("seg_0_2");
  expect(processes.at(-1)).toEqual(["seg_0_1"]);
  const last = (await migrations()).at(-1);
  expect(last?.decisions.map((one) => one.action)).toEqual(["pause", "unload", "warm", "verify", "cutover", "drain", "retire", "done"]);
  const done = await findOperation(database.db, operation.id);
  expect(done).toMatchObject({ status: "succeeded", result: { predictedPauseMs: expect.any(Number), pausedMs: expect.any(Number) } });
  expect((done?.result as { pausedMs: number } | undefined)?.pausedMs).toBeGreaterThan(0);
  expect(fleet.events.find((event) => event.name === "migration.finished" && event.message.includes("Nothing served for"))?.payload).toMatchObject({ outcome: "done", pausedMs: expect.any(Number) });
  expect([await serving(), await status()]).toEqual([2, "live"]);
});

test("when the new revision does not come up in the pause, the old one is loaded again", async () => {
  await allowPause(60);
  fleet.script.assignment = (_nodeId, good) => (good.segmentId === "seg_0_1" && good.state === "ready" ? { ...good, state: "failed", error: { code: "load", message: "it can't be read", retryAt: null } } : good);
  await fleet.makePlan("pln_2", ["nod_a", "nod_b"], { at: 1 });
  const { operation } = await deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "test" });
  await fleet.run(30);
  expect((await migrations()).at(-1)?.decisions.map((one) => one.action)).toEqual(["pause", "unload", "warm", "restore", "rolled-back"]);
  expect(await findOperation(database.db, operation.id)).toMatchObject({ status: "failed", error: { message: expect.stringContaining("it can't be read") } });
  expect([await serving(), await status()]).toEqual([1, "live"]);
});
