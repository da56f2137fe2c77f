// A revision tried beside the running one, from the settings to its end, on a real database with agents that report what each test says.
import { beforeEach, expect, test } from "vitest";
import type { CanaryWindow } from "../../agents/protocol/control.ts";
import { type ScriptedFleet, startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { lastMigrations } from "../store/deployments.ts";
import { updatePlanParity } from "../store/plans.ts";
import { createPlan } from "./create-plan.ts";
import { deployPlan } from "./deploy-plan.ts";
import { cancelMigration } from "./cancel-migration.ts";
import { promoteCanary } from "./promote-canary.ts";
import { setServing } from "./set-serving.ts";

const database = withTestDatabase();
const CANARY = { share: 0.1, shadowShare: 0, maxErrorRatio: 0.05, maxLatencyMsP99: null, watchMs: 0 };
let fleet: ScriptedFleet;
let deploymentId: string;
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
  deploymentId = await fleet.deploy();
  await setServing(fleet.deps, { deploymentId, change: { canary: CANARY }, actor: "api:ana" });
  await fleet.makePlan("pln_2", ["nod_a", "nod_c"]);
});
const deploy = (tried: boolean) => deployPlan(fleet.deps, { deploymentId, planId: "pln_2", expectedRevision: 1, actor: "api:ana", tried });
const last = async () => (await lastMigrations(database.db, [deploymentId])).get(deploymentId)!;
const route = () => [...liveFleet(database.db).desired.values()].flatMap(({ document }) => document.ingress).find((one) => one.deploymentId === deploymentId)!;
/** What the ingress says of the trial. */
const tell = (windows: CanaryWindow[], epoch = 2) => { fleet.script.ingress = (observed) => ({ ...observed, canary: { epoch, requests: 40, failed: 0, windows, shadows: { equal: 0, different: 0, failed: 0, skipped: 0 }, maxRelError: 0 } }); };

test("a deployed plan is held beside the running one with its share, which can be changed, until somebody promotes it", async () => {
  await deploy(true);
  await fleet.run(20);
  expect((await last()).state).toBe("canary");
  expect(route()).toMatchObject({ currentEpoch: 1, canary: { epoch: 2, share: 0.1 } });
  await setServing(fleet.deps, { deploymentId, change: { canary: { ...CANARY, share: 0.5 } }, actor: "api:ana" });
  await fleet.run(2);
  expect(route().canary).toMatchObject({ share: 0.5 });
  await expect(setServing(fleet.deps, { deploymentId, change: { canary: null }, actor: "api:ana" })).rejects.toMatchObject({ code: "conflict", place: "settings.canary" });
  await expect(promoteCanary(fleet.deps, { deploymentId, actor: "api:ben" })).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("has answered nothing yet") });
  tell([]);
  await fleet.run(1);
  await promoteCanary(fleet.deps, { deploymentId, actor: "api:ben" });
  await expect(promoteCanary(fleet.deps, { deploymentId: "dep_none", actor: "api:ben" })).rejects.toMatchObject({ code: "not-found" });
  await fleet.run(10);
  expect(await last()).toMatchObject({ state: "done" });
  expect(route()).toMatchObject({ currentEpoch: 2 });
  expect(route().canary).toBeUndefined();
  await expect(promoteCanary(fleet.deps, { deploymentId, actor: "api:ben" })).rejects.toMatchObject({ code: "conflict" });
  const events = await database.db.event.findMany({ where: { subjectId: deploymentId, name: "migration.promoted" } });
  expect(events.map(({ actor }) => actor)).toEqual(["api:ben"]);
});

test("figures beyond the bounds turn it back by itself, and the record says why; a person may cancel it too", async () => {
  await deploy(true);
  await fleet.run(10);
  tell([{ requests: 10, failed: 1, latencyMsP99: 5 }, { requests: 20, failed: 2, latencyMsP99: 5 }]);
  await fleet.run(5);
  expect((await last()).state).toBe("canary");
  tell([{ requests: 10, failed: 1, latencyMsP99: 5 }, { requests: 20, failed: 2, latencyMsP99: 5 }, { requests: 10, failed: 1, latencyMsP99: 5 }]);
  await fleet.run(8);
  expect(await last()).toMatchObject({ state: "rolled-back", error: { message: expect.stringContaining("4 of the last 40 requests") } });
  expect(route()).toMatchObject({ currentEpoch: 1 });
  fleet.script.ingress = undefined;
  await deploy(true);
  await fleet.run(10);
  expect((await last()).state).toBe("canary");
  await cancelMigration(fleet.deps, { deploymentId, actor: "api:ben" });
  await fleet.run(8);
  expect((await last()).state).toBe("cancelled");
});

test("once it has taken over it is watched: beyond the bounds the old revision serves again by itself, a person may turn it back, and nothing else moves it meanwhile", async () => {
  const good = { requests: 20, failed: 0, latencyMsP99: 5 };
  const bad = { requests: 20, failed: 4, latencyMsP99: 5 };
  await setServing(fleet.deps, { deploymentId, change: { canary: { ...CANARY, watchMs: 20_000 } }, actor: "api:ana" });
  const takeOver = async (epoch: number) => {
    tell([good], epoch);
    await deploy(true);
    await fleet.run(10);
    await promoteCanary(fleet.deps, { deploymentId, actor: "api:ben" });
    await fleet.run(6);
    expect((await last()).state).toBe("drain");
    expect(route()).toMatchObject({ currentEpoch: epoch, canary: { epoch, share: 1 } });
  };
  await takeOver(2);
  tell([bad, bad, bad], 2);
  await fleet.run(8);
  expect(await last()).toMatchObject({ state: "rolled-back", error: { message: expect.stringContaining("After it took over: 12 of the last 60 requests") } });
  expect([route().currentEpoch, route().canary]).toEqual([1, undefined]);
  await takeOver(3);
  await expect(deployPlan(fleet.deps, { deploymentId, planId: "pln_1", expectedRevision: 3, actor: "api:ana" })).rejects.toMatchObject({ code: "conflict", fix: expect.stringContaining("is still watched") });
  await cancelMigration(fleet.deps, { deploymentId, actor: "api:ben" });
  await fleet.run(8);
  expect((await last()).state).toBe("cancelled");
  expect(route().currentEpoch).toBe(1);
  await takeOver(4);
  await fleet.run(25);
  expect((await last()).state).toBe("done");
  expect([route().currentEpoch, route().canary]).toEqual([4, undefined]);
  await expect(cancelMigration(fleet.deps, { deploymentId, actor: "api:ben" })).rejects.toMatchObject({ code: "conflict" });
});

test("of a deployment with replicas all of both revisions serve while one is tried; promoted, the new ones serve alone, and turned back the old ones do", async () => {
  const scope = { modelId: "mdl_x", topologyId: "top_x" };
  const whole = (node: string, at?: number) => (at === undefined ? [{ from: 0, to: 4, topologyNodeId: `tn_nod_${node}` }] : [{ from: 0, to: at, topologyNodeId: `tn_nod_${node}` }, { from: at, to: 4, topologyNodeId: "tn_nod_c" }]);
  const make = async (...placements: ReturnType<typeof whole>[]) => {
    const [placement = [], ...others] = placements;
    const { plan } = await createPlan(fleet.deps, { ...scope, placement, replicas: others.map((one) => ({ placement: one })) }, "test");
    await updatePlanParity(database.db, plan.id, { status: "equal", maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" }, "e".repeat(64));
    return plan.id;
  };
  const move = async (planId: string, expectedRevision: number, tried: boolean) => {
    await deployPlan(fleet.deps, { deploymentId, planId, expectedRevision, actor: "api:ana", tried });
    await fleet.run(20);
  };
  const serving = () => route().pipelines.map(({ epoch, replica }) => `${epoch}.${replica ?? 1}`).sort();
  await move(await make(whole("a"), whole("b")), 1, false);
  expect(serving()).toEqual(["2.1", "2.2"]);
  // One replica stays as it is, the other one is cut: three of the four have processes of their own.
  const next = await make(whole("a"), whole("b", 2));
  await move(next, 2, true);
  expect((await last()).state).toBe("canary");
  expect(route()).toMatchObject({ currentEpoch: 2, canary: { epoch: 3, share: 0.1 } });
  expect(serving()).toEqual(["2.1", "2.2", "3.1", "3.2"]);
  const breach = { requests: 40, failed: 20, latencyMsP99: 5 };
  fleet.script.ingress = (observed) => ({ ...observed, canary: { epoch: 3, requests: 120, failed: 60, windows: [breach, breach, breach], shadows: { equal: 0, different: 0, failed: 0, skipped: 0 }, maxRelError: 0 } });
  await fleet.run(10);
  expect((await last()).state).toBe("rolled-back");
  expect([route().currentEpoch, route().canary, serving()]).toEqual([2, undefined, ["2.1", "2.2"]]);
  fleet.script.ingress = undefined;
  // A replica of the tried revision that does not link holds the trial up: nothing is tried on half of it.
  fleet.script.ingress = (observed) => ({ ...observed, pipelines: observed.pipelines.map((one) => (one.epoch === 4 && one.replica === 2 ? { ...one, linked: false } : one)) });
  await move(next, 2, true);
  expect((await last()).state).toBe("warm");
  fleet.script.ingress = undefined;
  await fleet.run(10);
  expect((await last()).state).toBe("canary");
  // Blue-green: nothing was to be seen.
  await setServing(fleet.deps, { deploymentId, change: { canary: { ...CANARY, share: 0 } }, actor: "api:ana" });
  await promoteCanary(fleet.deps, { deploymentId, actor: "api:ben" });
  await fleet.run(12);
  expect((await last()).state).toBe("done");
  expect([route().currentEpoch, route().canary, serving()]).toEqual([4, undefined, ["4.1", "4.2"]]);
});

test("a move that mends something does not stop for a trial", async () => {
  await deploy(false);
  await fleet.run(10);
  expect((await last()).state).toBe("done");
});
