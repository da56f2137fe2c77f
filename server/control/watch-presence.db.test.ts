// What the console says of its nodes, and of what they serve, after it was started anew.
import { beforeEach, expect, test } from "vitest";
import { readNodeRows } from "../api/read-node-rows.ts";
import { createDeployment } from "../commands/create-deployment.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { deploymentStatus } from "../policy/deployment-status.ts";
import { FIRST_CONTACT_MS, GONE_AFTER_MS, LOST_AFTER_MS } from "../policy/presence.ts";
import { touchNodes } from "../store/nodes.ts";
import { NODE_IDS, type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
  await fleet.makePlan("pln_1", ["nod_a", "nod_b"]);
  await createDeployment(fleet.deps, { name: "x", planId: "pln_1", actor: "test" });
  await fleet.run(8);
  const observed = (await readSnapshot(database.db, fleet.clock.nowMs)).nodes;
  for (const [nodeId, { assignments, ingress }] of observed) await database.db.nodeObserved.update({ where: { nodeId }, data: { bootId: "boot", assignments: assignments as object[], ingress: ingress as object[] } });
});

const presences = async () => (await readNodeRows(fleet.deps)).map((row) => row.status);
async function status(): Promise<string> {
  const snapshot = await readSnapshot(database.db, fleet.clock.nowMs);
  return deploymentStatus(snapshot, snapshot.deployments[0]!).status;
}
const told = () => fleet.events.map((event) => event.name).filter((name) => name === "node.late" || name === "node.lost" || name === "node.online");

test("after a restart nobody is online before it has connected, and what was live is not called degraded meanwhile", async () => {
  expect(await presences()).toEqual(["online", "online", "online"]);
  await touchNodes(database.db, NODE_IDS, new Date(fleet.clock.nowMs));
  fleet.restart();
  fleet.script.silent = new Set(NODE_IDS);
  for (let pass = 0; pass < FIRST_CONTACT_MS / 1_000 - 1; pass++) {
    await fleet.run(1);
    expect(await presences()).toEqual(["connecting", "connecting", "connecting"]);
    expect(await status()).toBe("live");
  }
  expect(told()).toEqual([]);
  fleet.script.silent = new Set(["nod_b"]);
  await fleet.run(2);
  expect(await presences()).toEqual(["online", "lost", "online"]);
  expect(await status()).toBe("degraded");
  expect(told()).toContain("node.lost");
});

test("a connection that comes back at once is no news; one that stays away is late, then lost", async () => {
  fleet.script.silent = new Set(["nod_a"]);
  await fleet.run(1);
  expect(await presences()).toEqual(["connecting", "online", "online"]);
  expect(await status()).toBe("live");
  fleet.script.silent = new Set();
  await fleet.run(1);
  expect(await presences()).toEqual(["online", "online", "online"]);
  expect(told()).toEqual([]);
  fleet.script.silent = new Set(["nod_a"]);
  await fleet.run(16);
  expect(await presences()).toEqual(["lost", "online", "online"]);
  expect(told()).toEqual(["node.late", "node.lost"]);
});

test("a node that is killed is lost once a restarted one would be back, and stays lost when nobody dials it any more", async () => {
  fleet.script.dead = new Set(["nod_a"]);
  await fleet.run(GONE_AFTER_MS / 1_000);
  expect(await presences()).not.toContain("lost");
  await fleet.run(1);
  expect(await presences()).toEqual(["lost", "online", "online"]);
  expect(fleet.events.find((event) => event.name === "node.lost")?.message).toContain("nobody listens there");
  liveFleet(database.db).desired.clear();
  await fleet.run(1);
  expect(await presences()).toEqual(["lost", "online", "online"]);
  fleet.script.dead = new Set();
  await fleet.run(1);
  expect(await presences()).toEqual(["online", "online", "online"]);
});

test("a node whose way to the console alone is cut is lost to it, and serves; once its neighbours lose it too, it does not", async () => {
  const serves = async () => (await readSnapshot(database.db, fleet.clock.nowMs)).nodes.get("nod_a")?.serves ?? false;
  fleet.script.silent = new Set(["nod_a"]);
  await fleet.run(LOST_AFTER_MS / 1_000 + 1);
  expect(await presences()).toEqual(["lost", "online", "online"]);
  expect(await serves()).toBe(true);
  fleet.script.assignment = (_, observed) => ({ ...observed, lanes: observed.lanes.map((lane) => ({ ...lane, upstreamLinked: false })) });
  fleet.script.ingress = (observed) => ({ ...observed, pipelines: observed.pipelines.map((pipeline) => ({ ...pipeline, linked: false })) });
  await fleet.run(1);
  expect(await serves()).toBe(false);
});
