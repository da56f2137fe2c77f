// Adaptation of a deployment with several replicas on a real database, with agents that report what each test says: each is watched, moved and replaced; one is added
// and dropped by the same migrations that people start.
import { beforeEach, expect, test, vi } from "vitest";
import { acceptSuggestion } from "../commands/accept-suggestion.ts";
import { createDeployment } from "../commands/create-deployment.ts";
import { createPlan } from "../commands/create-plan.ts";
import { setAdaptation } from "../commands/set-adaptation.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { adaptStates } from "../live/adapt-state.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { createSampleRing, pushSample } from "../live/sample-ring.ts";
import type { Placement, Plan } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import { assignmentIdOf } from "../policy/stable-id.ts";
import { listDecisions } from "../store/adapt-decisions.ts";
import { findDeployment, findRevisions } from "../store/deployments.ts";
import { updatePlanParity } from "../store/plans.ts";
import { adaptActsEnded, driveAdaptation } from "./drive-adaptation.ts";
import { type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

vi.mock("../commands/check-plan-parity.ts", async (original) => (await import("./testdata/agreeing-checks.ts")).agreeingChecks(await original<object>()));
const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  adaptStates(database.db).clear();
  fleet = await startScriptedFleet(database.db);
  liveFleet(database.db).deploymentRings.clear();
});

const whole = (node: string): Placement => [{ from: 0, to: 4, topologyNodeId: `tn_nod_${node}` }];
const EQUAL = { status: "equal" as const, maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" };

async function deploy(placements: Placement[], request: PlanRequest = { objective: "latency" }): Promise<string> {
  const [placement = [], ...replicas] = placements;
  const { plan } = await createPlan(fleet.deps, { modelId: "mdl_x", topologyId: "top_x", placement, replicas: replicas.map((one) => ({ placement: one })), request }, "test");
  await updatePlanParity(database.db, plan.id, EQUAL, "e".repeat(64));
  const { deploymentId } = await createDeployment(fleet.deps, { name: "x", planId: plan.id, actor: "test" });
  await fleet.run(8);
  await setAdaptation(fleet.deps, { deploymentId, change: { mode: "automatic", coolDownSeconds: 5, movesPerHour: 60 }, actor: "test" });
  return deploymentId;
}
async function current(deploymentId: string) {
  const deployment = await findDeployment(database.db, deploymentId);
  return (await findRevisions(database.db, [deployment?.currentRevisionId ?? ""]))[0]!;
}
const where = async (id: string) => (await current(id)).stages.map((stage) => `r${stage.replica ?? 1} ${stage.nodeId} ${stage.from}-${stage.to}`);

/** More than its first plan is predicted to answer at all. */
async function tooMany(): Promise<number> {
  const { document } = await database.db.plan.findFirstOrThrow({ orderBy: { revision: "asc" } });
  return 1.5 * (document as unknown as Plan).estimate.throughputPerSecond;
}

type World = { /** Milliseconds of each stage. */ ms?: Record<string, number>; perSecond?: number; lost?: string[] };
/** Seconds in which what runs answers like that. */
async function serve(deploymentId: string, seconds: number, { ms = {}, perSecond = 1, lost = [] }: World): Promise<void> {
  const live = liveFleet(database.db);
  fleet.script.dead = new Set(lost);
  for (let second = 0; second < seconds; second++) {
    await fleet.run(1);
    const revision = await current(deploymentId);
    for (const nodeId of ["nod_a", "nod_b", "nod_c"]) {
      const node = live.nodes.get(nodeId);
      if (!node || lost.includes(nodeId)) continue;
      const stages = revision.stages.filter((stage) => stage.nodeId === nodeId).map((stage) => {
        const took = (ms[nodeId] ?? 0.01) * (1 + 0.05 * ((second % 3) - 1));
        return { assignmentId: assignmentIdOf(deploymentId, stage), deploymentId, epoch: revision.epoch, stageIndex: 0, done: 5, failed: 0, queueLength: 0, computeMsP50: took, computeMsP99: took, queueMsP50: 0, receivedBytes: 0, sentBytes: 0, upstreamNodeIds: [] };
      });
      Object.assign(node, { sampleAtMs: fleet.clock.nowMs, sample: { cpuRatio: 0.1, agentCpuCores: 0.1, memoryUsedBytes: 1, agentRssBytes: 1, stages, ingress: [] } });
    }
    const ring = live.deploymentRings.get(deploymentId) ?? createSampleRing();
    live.deploymentRings.set(deploymentId, ring);
    pushSample(ring, fleet.clock.nowMs, [perSecond, 0, 1, 1, 1, 0]);
    await driveAdaptation(fleet.deps);
    await adaptActsEnded(fleet.deps);
  }
}

test("the second of two replicas is watched, and moved when its node is slow; the record says which, why, and what else there was", async () => {
  const id = await deploy([whole("a"), whole("b")]);
  await serve(id, 14, {});
  expect(await listDecisions(database.db, id, 10)).toEqual([]);
  await serve(id, 25, { ms: { nod_b: 50 } });
  expect(await where(id)).toEqual(["r1 nod_a 0-4", "r2 nod_c 0-4"]);
  const moved = (await listDecisions(database.db, id, 10)).find((one) => one.migrationId !== null);
  expect(moved).toMatchObject({ verdict: "act", mode: "automatic", trigger: [{ kind: "node", name: "nod_b" }], reason: expect.stringContaining("replica 2") });
  expect(moved?.alternatives[moved.chosen ?? -1]).toMatchObject({ replica: 2, placement: [{ topologyNodeId: "tn_nod_c" }] });
});

test("the one whose node died is put elsewhere at once, the other goes on as it is", async () => {
  const id = await deploy([whole("a"), whole("b")]);
  await serve(id, 10, {});
  await serve(id, 60, { lost: ["nod_b"] });
  expect(await where(id)).toEqual(["r1 nod_a 0-4", "r2 nod_c 0-4"]);
  const moved = (await listDecisions(database.db, id, 10)).find((one) => one.migrationId !== null);
  expect(moved).toMatchObject({ trigger: [{ kind: "loss", name: "nod_b" }], reason: expect.stringContaining("is lost") });
});

test("what cannot be done is tried again later each time, not each ten seconds for ever", async () => {
  const id = await deploy([whole("a"), whole("b")]);
  await serve(id, 10, {});
  fleet.script.assignment = (nodeId, observed) => (nodeId === "nod_c" ? { ...observed, state: "failed", error: { code: "session_failed", message: "no memory", retryAt: null } } : observed);
  await serve(id, 240, { lost: ["nod_b"] });
  const tried = (await listDecisions(database.db, id, 100)).filter((one) => one.verdict === "act");
  expect(tried.length).toBeGreaterThanOrEqual(2);
  expect(tried.length).toBeLessThanOrEqual(6);
  expect(tried.at(-1)).toMatchObject({ outcome: "failed", reason: expect.stringContaining("did not end well") });
  expect(await where(id)).toEqual(["r1 nod_a 0-4", "r2 nod_b 0-4"]);
});

test("one is added when more requests come than are carried, and dropped again when few have come for long; each by a migration, with the demand as its trigger", async () => {
  const id = await deploy([whole("a")], { objective: "latency", replicas: "as-needed" });
  await serve(id, 10, {});
  await serve(id, 40, { perSecond: await tooMany() });
  const added = await where(id);
  expect(added.slice(0, 2)).toEqual(["r1 nod_a 0-4", expect.stringMatching(/^r2 nod_[bc] 0-4$/)]);
  const [record] = (await listDecisions(database.db, id, 20)).filter((one) => one.migrationId !== null).slice(-1);
  expect(record).toMatchObject({ trigger: [{ kind: "demand", name: "" }], predictedGain: null, reason: expect.stringContaining("Add a replica") });
  expect(record?.alternatives[record.chosen ?? -1]).toMatchObject({ kind: "add", replica: 2, carriesPerSecond: expect.any(Number) });
  await serve(id, 345, { perSecond: 0.1 });
  expect((await where(id)).length).toBeLessThan(added.length);
  expect((await listDecisions(database.db, id, 20)).some((one) => one.migrationId !== null && one.reason.includes("Drop replica"))).toBe(true);
});

test("suggest waits for a person: nothing is added by itself, and a suggestion that is not needed any more goes", async () => {
  const id = await deploy([whole("a")]);
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "suggest" }, actor: "test" });
  await serve(id, 10, {});
  await serve(id, 25, { perSecond: await tooMany() });
  expect((await listDecisions(database.db, id, 1))[0]).toMatchObject({ outcome: "suggested", reason: expect.stringContaining("Add a replica") });
  await serve(id, 300, { perSecond: 0 });
  expect((await listDecisions(database.db, id, 9)).find((one) => one.reason.includes("Add a replica"))?.outcome).toBe("expired");
  expect(await where(id)).toEqual(["r1 nod_a 0-4"]);
});

test("a suggestion to add one is accepted with one press, and becomes a migration under the person's name", async () => {
  const id = await deploy([whole("a")]);
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "suggest" }, actor: "test" });
  await serve(id, 10, {});
  await serve(id, 25, { perSecond: await tooMany() });
  const suggested = async () => (await listDecisions(database.db, id, 1))[0]?.id ?? "";
  let decisionId = await suggested();
  const accept = () => acceptSuggestion(fleet.deps, { deploymentId: id, decisionId, actor: "api:ana" });
  // The plan that is made of it has no files here to compare. Where that was found out before the move began, it is told equal and the next suggestion is accepted.
  const operation = await accept().catch(async () => {
    await serve(id, 15, { perSecond: await tooMany() });
    decisionId = await suggested();
    return accept();
  });
  expect(operation.createdBy).toBe("adapt, accepted by api:ana");
  await serve(id, 15, { perSecond: await tooMany() });
  expect(await where(id)).toHaveLength(2);
  expect((await listDecisions(database.db, id, 20)).find((one) => one.id === decisionId)).toMatchObject({ outcome: expect.stringMatching(/moving|moved/), decidedBy: "api:ana" });
});
