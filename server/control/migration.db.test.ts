// Whole migrations on a real database, with agents that report what each test says.
import { beforeEach, expect, test } from "vitest";
import { cancelMigration } from "../commands/cancel-migration.ts";
import { saveParity } from "../commands/check-plan-parity.ts";
import { createDeployment } from "../commands/create-deployment.ts";
import { deleteDeployment } from "../commands/delete-deployment.ts";
import { deployPlan } from "../commands/deploy-plan.ts";
import { rollBack } from "../commands/roll-back.ts";
import { startDeployment } from "../commands/start-deployment.ts";
import { stopDeployment } from "../commands/stop-deployment.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { deploymentStatus } from "../policy/deployment-status.ts";
import type { Parity } from "../planner/plan.ts";
import { findDeployment, lastMigrations, type StoredMigration } from "../store/deployments.ts";
import { findOperation } from "../store/operations.ts";
import { type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
});

async function deployed(): Promise<string> {
  const deploymentId = await fleet.deploy();
  expect((await lastMigration(deploymentId)).state).toBe("done");
  return deploymentId;
}
async function moved(deploymentId: string): Promise<void> {
  await fleet.makePlan("pln_2", ["nod_a", "nod_c"]);
  await deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "test" });
}
async function lastMigration(deploymentId: string): Promise<StoredMigration> {
  return (await lastMigrations(database.db, [deploymentId])).get(deploymentId) as StoredMigration;
}
async function current(deploymentId: string): Promise<number | undefined> {
  const deployment = await findDeployment(database.db, deploymentId);
  return (await database.db.revision.findUnique({ where: { id: deployment?.currentRevisionId ?? "" } }))?.number;
}
async function status(deploymentId: string): Promise<string> {
  const snapshot = await readSnapshot(database.db, fleet.clock.nowMs);
  const view = snapshot.deployments.find((one) => one.deploymentId === deploymentId);
  return view ? deploymentStatus(snapshot, view).status : "gone";
}
const lanesOf = (nodeId: string) => liveFleet(database.db).desired.get(nodeId)?.document.assignments.flatMap((assignment) => assignment.lanes.map((lane) => `${lane.epoch}:${lane.mode}`)) ?? [];

test("a first deployment goes live and its operation succeeds", async () => {
  const deploymentId = await deployed();
  expect(await status(deploymentId)).toBe("live");
  const migration = await lastMigration(deploymentId);
  expect((await findOperation(database.db, migration.operationId))?.status).toBe("succeeded");
  expect(migration.decisions.map((decision) => decision.action)).toEqual(["warm", "verify", "cutover", "drain", "retire", "done"]);
  expect(fleet.events.filter((event) => event.name === "migration.step").length).toBe(6);
});

test("a move keeps the stage that stays: one process, two lanes, then one", async () => {
  const deploymentId = await deployed();
  const before = liveFleet(database.db).desired.get("nod_a")?.document.assignments[0]?.assignmentId;
  fleet.script = { inFlight: (epoch) => (epoch === 1 ? 1 : 0) };
  await moved(deploymentId);
  await fleet.run(6);
  expect((await lastMigration(deploymentId)).state).toBe("drain");
  expect(lanesOf("nod_a")).toEqual(["1:drain", "2:open"]);
  expect(liveFleet(database.db).desired.get("nod_a")?.document.assignments.map((assignment) => assignment.assignmentId)).toEqual([before]);
  expect(await status(deploymentId)).toBe("moving");
  fleet.script = {};
  await fleet.run(4);
  expect((await lastMigration(deploymentId)).state).toBe("done");
  expect(lanesOf("nod_a")).toEqual(["2:open"]);
  expect(lanesOf("nod_b")).toEqual([]);
  expect(await current(deploymentId)).toBe(2);
});

test.each([
  ["prepare", (fleet: ScriptedFleet) => (fleet.script.assignment = (nodeId, good) => (nodeId === "nod_c" ? { ...good, state: "failed", error: { code: "digest", message: "the bytes are wrong", retryAt: null } } : good))],
  ["warm", (fleet: ScriptedFleet) => (fleet.script.assignment = (nodeId, good) => (nodeId === "nod_c" ? { ...good, state: "failed", restarts: 3, error: { code: "crash", message: "it crashed", retryAt: "later" } } : good))],
  ["verify", (fleet: ScriptedFleet) => (fleet.script.ingress = (good) => ({ ...good, verify: good.verify && { ...good.verify, state: "failed", maxRelError: 0.5 } }))],
  ["lost", (fleet: ScriptedFleet) => (fleet.script.silent = new Set(["nod_c"]))],
])("a failure in %s rolls back, and the old revision goes on", async (_name, breakIt) => {
  const deploymentId = await deployed();
  breakIt(fleet);
  await moved(deploymentId);
  await fleet.run(25);
  const migration = await lastMigration(deploymentId);
  expect(migration.state).toBe("rolled-back");
  expect(migration.error?.message).not.toBe("");
  expect((await findOperation(database.db, migration.operationId))?.status).toBe("failed");
  expect(await current(deploymentId)).toBe(1);
  expect(await status(deploymentId)).toBe("live");
  expect(lanesOf("nod_a")).toEqual(["1:open"]);
});

test("no progress in warm rolls back after its limit; progress before it does not", async () => {
  const deploymentId = await deployed();
  fleet.script.assignment = (nodeId, good) => (nodeId === "nod_c" ? { ...good, state: "loading" } : good);
  await moved(deploymentId);
  await fleet.run(100);
  expect((await lastMigration(deploymentId)).state).toBe("warm");
  await fleet.run(95);
  expect((await lastMigration(deploymentId)).state).toBe("rolled-back");
});

test("a new stage that fails while the old revision drains: back to the old one", async () => {
  const deploymentId = await deployed();
  fleet.script = { inFlight: (epoch) => (epoch === 1 ? 1 : 0) };
  await moved(deploymentId);
  await fleet.run(6);
  expect((await lastMigration(deploymentId)).state).toBe("drain");
  fleet.script = { assignment: (nodeId, good) => (nodeId === "nod_c" ? { ...good, state: "failed", error: { code: "crash", message: "it crashed", retryAt: null } } : good) };
  await fleet.run(6);
  expect((await lastMigration(deploymentId)).state).toBe("rolled-back");
  expect(await current(deploymentId)).toBe(1);
  expect(liveFleet(database.db).desired.get("nod_a")?.document.ingress[0]?.currentEpoch).toBe(1);
});

test("cancel turns back before cutover and is refused after it", async () => {
  const deploymentId = await deployed();
  fleet.script.assignment = (nodeId, good) => (nodeId === "nod_c" ? { ...good, state: "fetching" } : good);
  await moved(deploymentId);
  await fleet.run(2);
  await cancelMigration(fleet.deps, { deploymentId, actor: "test" });
  await fleet.run(4);
  const migration = await lastMigration(deploymentId);
  expect(migration.state).toBe("cancelled");
  expect((await findOperation(database.db, migration.operationId))?.status).toBe("cancelled");
  await expect(cancelMigration(fleet.deps, { deploymentId, actor: "test" })).rejects.toMatchObject({ code: "conflict" });
});

test("a console that stops at any step goes on from the rows", async () => {
  const deploymentId = await deployed();
  await moved(deploymentId);
  for (let pass = 0; pass < 14; pass++) {
    fleet.restart();
    // The first pass makes the documents again; the scripted agents have no disk to remember them from.
    await fleet.run(2);
  }
  expect((await lastMigration(deploymentId)).state).toBe("done");
  expect(await current(deploymentId)).toBe(2);
});

test("versions only grow, also over a restart, and stay when nothing changes", async () => {
  await deployed();
  const before = liveFleet(database.db).desired.get("nod_a")?.document.version;
  fleet.restart();
  await fleet.run(2);
  expect(liveFleet(database.db).desired.get("nod_a")?.document.version).toBe(before);
});

test("a second move at once, and one against an old revision, are conflicts", async () => {
  const deploymentId = await deployed();
  await moved(deploymentId);
  await expect(deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "test" })).rejects.toMatchObject({ code: "conflict" });
  await fleet.run(10);
  await expect(deployPlan(fleet.deps, { deploymentId, planId: "pln_1", expectedRevision: 1, actor: "test" })).rejects.toMatchObject({ code: "conflict", details: { currentRevision: 2 } });
});

test("structure-only parity skips verify and says so; a different one is refused", async () => {
  await fleet.makePlan("pln_s", ["nod_a", "nod_b"], { parity: { status: "structure-only", reason: "No machine holds the whole model.", checkedAt: "" } });
  const { deploymentId } = await createDeployment(fleet.deps, { name: "s", planId: "pln_s", actor: "test" });
  await fleet.run(8);
  const migration = await lastMigration(deploymentId);
  expect(migration.state).toBe("done");
  expect(migration.decisions.find((decision) => decision.action === "cutover")?.reason).toContain("No machine holds the whole model");
  await fleet.makePlan("pln_d", ["nod_a", "nod_b"], { parity: { status: "different", maxRelError: 1, tolerance: 1e-5, perOutput: [], inputs: "", checkedAt: "" } });
  await expect(createDeployment(fleet.deps, { name: "d", planId: "pln_d", actor: "test" })).rejects.toMatchObject({ code: "conflict" });
});

test("roll back goes to the revision before; stop drains, start comes back, delete frees the name", async () => {
  const deploymentId = await deployed();
  await moved(deploymentId);
  await fleet.run(10);
  await rollBack(fleet.deps, { deploymentId, actor: "test" });
  await fleet.run(10);
  expect(await current(deploymentId)).toBe(3);
  expect(lanesOf("nod_b")).toEqual(["3:open"]);
  const stopped = await stopDeployment(fleet.deps, { deploymentId, actor: "test" });
  await fleet.run(1);
  expect(lanesOf("nod_a")).toEqual(["3:drain"]);
  await fleet.run(6);
  expect(lanesOf("nod_a")).toEqual([]);
  expect((await findOperation(database.db, stopped.operation.id))?.status).toBe("succeeded");
  expect(await status(deploymentId)).toBe("stopped");
  await startDeployment(fleet.deps, { deploymentId, actor: "test" });
  await fleet.run(8);
  expect(await status(deploymentId)).toBe("live");
  await expect(deleteDeployment(fleet.deps, { deploymentId, actor: "test" })).rejects.toMatchObject({ code: "conflict" });
  await stopDeployment(fleet.deps, { deploymentId, actor: "test" });
  await deleteDeployment(fleet.deps, { deploymentId, actor: "test" });
  await createDeployment(fleet.deps, { name: "x", planId: "pln_1", actor: "test" });
});

test("the first check file of a model comes to the bill of the move that waits for it, a later one is there already", async () => {
  const planId = await fleet.makePlan("pln_1", ["nod_a", "nod_b"]);
  const equal = { status: "equal" as const, maxRelError: 0, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" } satisfies Parity;
  await database.db.plan.update({ where: { id: planId }, data: { parityDigest: null, parity: { status: "pending" } } });
  const { deploymentId } = await createDeployment(fleet.deps, { name: "x", planId, actor: "test" });
  const { id } = await lastMigration(deploymentId);
  await database.db.migration.update({ where: { id }, data: { predictedBytes: 1_000 } });
  await saveParity(fleet.deps, { id: planId, revision: 1 }, equal, { digest: "c".repeat(64), bytes: 500 }, "test");
  expect((await lastMigration(deploymentId)).predictedBytes).toBe(1_500);
  await saveParity(fleet.deps, { id: planId, revision: 1 }, equal, { digest: "c".repeat(64), bytes: 500 }, "test");
  expect((await lastMigration(deploymentId)).predictedBytes).toBe(1_500);
});
