// Whole stops on a real database, with agents that report what each test says.
import { beforeEach, expect, test } from "vitest";
import { cancelOperation } from "../commands/cancel-operation.ts";
import { stopDeployment } from "../commands/stop-deployment.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { findDeployment } from "../store/deployments.ts";
import { findOperation } from "../store/operations.ts";
import { type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
});

const ingress = () => liveFleet(database.db).desired.get("nod_a")?.document.ingress[0];
const modes = (nodeId: string) => liveFleet(database.db).desired.get(nodeId)?.document.assignments.flatMap((one) => one.lanes.map((lane) => lane.mode));

test("a stop says its steps, and is called off while requests finish: it goes on serving as if nothing had been", async () => {
  const deploymentId = await fleet.deploy();
  fleet.script = { inFlight: () => 2 };
  const { operation } = await stopDeployment(fleet.deps, { deploymentId, actor: "api:ana" });
  await fleet.run(5);
  expect([ingress()?.currentEpoch, modes("nod_b")]).toEqual([null, ["drain"]]);
  expect((await findOperation(database.db, operation.id))?.progress).toMatchObject({ step: "drain", unit: "items", total: 2, detail: "2 requests in flight." });
  const cancelled = await cancelOperation(fleet.deps, operation.id, "api:ben");
  expect(cancelled).toMatchObject({ status: "cancelled", error: { message: "The stop of x was cancelled: it goes on serving." } });
  await fleet.run(2);
  expect([ingress()?.currentEpoch, modes("nod_b"), (await findDeployment(database.db, deploymentId))?.desired]).toEqual([1, ["open"], "running"]);
  expect(fleet.events.find((event) => event.name === "deployment.resumed")).toMatchObject({ actor: "api:ben" });
});

test("once its segments are unloaded it can't be called off any more", async () => {
  const deploymentId = await fleet.deploy();
  const { operation } = await stopDeployment(fleet.deps, { deploymentId, actor: "test" });
  fleet.clock.nowMs += 5_000;
  await expect(cancelOperation(fleet.deps, operation.id, "test")).rejects.toMatchObject({ code: "conflict", message: "Its segments are being unloaded." });
  await fleet.run(3);
  expect((await findOperation(database.db, operation.id))?.status).toBe("succeeded");
  expect((await findDeployment(database.db, deploymentId))?.desired).toBe("stopped");
});
