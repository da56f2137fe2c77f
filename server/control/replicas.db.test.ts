// Deployments with replicas on a real database: planned, deployed, drained and told, with agents that report what each test says.
import { beforeEach, expect, test } from "vitest";
import { cordonNode } from "../commands/cordon-node.ts";
import { createDeployment } from "../commands/create-deployment.ts";
import { createPlan } from "../commands/create-plan.ts";
import { deployPlan } from "../commands/deploy-plan.ts";
import { listHeld } from "../commands/list-held.ts";
import { previewDrain } from "../commands/preview-drain.ts";
import { searchPlan } from "../commands/search-plan.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import type { Placement } from "../planner/plan.ts";
import { deploymentStatus } from "../policy/deployment-status.ts";
import { findDeployment, findRevisions } from "../store/deployments.ts";
import { updatePlanParity } from "../store/plans.ts";
import { type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
});

const SCOPE = { modelId: "mdl_x", topologyId: "top_x" };
const whole = (node: string): Placement => [{ from: 0, to: 4, topologyNodeId: `tn_nod_${node}` }];
const split = (first: string, second: string): Placement => [{ from: 0, to: 2, topologyNodeId: `tn_nod_${first}` }, { from: 2, to: 4, topologyNodeId: `tn_nod_${second}` }];
/** There are no model files here to compare. */
async function makePlan(placement: Placement, ...replicas: Placement[]): Promise<string> {
  const { plan } = await createPlan(fleet.deps, { ...SCOPE, placement, replicas: replicas.map((one) => ({ placement: one })) }, "test");
  await updatePlanParity(database.db, plan.id, { status: "equal", maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" }, "e".repeat(64));
  return plan.id;
}
async function deploy(planId: string): Promise<string> {
  const { deploymentId } = await createDeployment(fleet.deps, { name: "x", planId, actor: "test" });
  await fleet.run(8);
  return deploymentId;
}
async function stagesOf(deploymentId: string): Promise<string[]> {
  const deployment = await findDeployment(database.db, deploymentId);
  const [revision] = await findRevisions(database.db, [deployment?.currentRevisionId ?? ""]);
  return (revision?.stages ?? []).map((stage) => `r${stage.replica ?? 1} ${stage.nodeId} ${stage.from}-${stage.to}`);
}
const routeOf = (nodeId: string) => liveFleet(database.db).desired.get(nodeId)?.document.ingress[0];
async function statusOf(deploymentId: string) {
  const snapshot = await readSnapshot(database.db, fleet.clock.nowMs);
  return deploymentStatus(snapshot, snapshot.deployments.find((one) => one.deploymentId === deploymentId)!);
}

test("a plan with two replicas is deployed as one revision, each weighted by what it is predicted to answer; both count as held", async () => {
  const deploymentId = await deploy(await makePlan(split("a", "b"), whole("c")));
  expect(await stagesOf(deploymentId)).toEqual(["r1 nod_a 0-2", "r1 nod_b 2-4", "r2 nod_c 0-4"]);
  expect(await statusOf(deploymentId)).toEqual({ status: "live", reason: "Revision 1 serves." });
  const pipelines = routeOf("nod_a")!.pipelines;
  expect(pipelines.map(({ epoch, replica }) => [epoch, replica])).toEqual([[1, 1], [1, 2]]);
  expect(pipelines.every(({ rate }) => (rate ?? 0) > 0)).toBe(true);
  expect([...(await listHeld(fleet.deps))].map(([nodeId]) => nodeId).sort()).toEqual(["nod_a", "nod_b", "nod_c"]);
  fleet.script.ingress = (observed) => ({ ...observed, pipelines: observed.pipelines.map((one) => (one.replica === 2 ? { ...one, linked: false } : one)) });
  await fleet.run(1);
  expect(await statusOf(deploymentId)).toMatchObject({ status: "degraded", reason: expect.stringContaining("replica 2") });
});

test("a replica is added and taken away by a move that leaves the other's processes as they are", async () => {
  const deploymentId = await deploy(await makePlan(whole("a")));
  const processes = (nodeId: string) => liveFleet(database.db).desired.get(nodeId)?.document.assignments.map((one) => one.assignmentId);
  const before = processes("nod_a");
  await deployPlan(fleet.deps, { deploymentId, planId: await makePlan(whole("a"), whole("b")), expectedRevision: 1, actor: "test" });
  await fleet.run(10);
  expect(await stagesOf(deploymentId)).toEqual(["r1 nod_a 0-4", "r2 nod_b 0-4"]);
  expect([processes("nod_a"), processes("nod_b")?.length]).toEqual([before, 1]);
  await deployPlan(fleet.deps, { deploymentId, planId: await makePlan(whole("a")), expectedRevision: 2, actor: "test" });
  await fleet.run(10);
  expect([processes("nod_a"), processes("nod_b")]).toEqual([before, []]);
  expect(await statusOf(deploymentId)).toMatchObject({ status: "live" });
});

test("the planner finds as many as asked, apart from each other, and plans them for a placement that was drawn; what finds no room is said", async () => {
  const found = await searchPlan(fleet.deps, { ...SCOPE, objective: "latency", replicas: 3, budgetMs: 2_000 });
  if ("infeasible" in found) throw new Error(JSON.stringify(found.refusals));
  const nodes = [found.placement, ...(found.replicas ?? []).map((replica) => replica.placement)].map((placement) => placement.map((stage) => stage.topologyNodeId));
  expect(nodes).toHaveLength(3);
  expect(new Set(nodes.flat()).size).toBe(nodes.flat().length);
  expect(found.together).toMatchObject({ fatalNodeIds: [], sharedNodeIds: [] });
  expect(found.explanation[0]).toMatch(/^3 replicas carry .* They share no node/);
  const { plan } = await createPlan(fleet.deps, { ...SCOPE, placement: whole("b"), request: { objective: "latency", replicas: 2 } }, "test");
  expect(plan.plan.replicas?.map((replica) => [replica.placement.some((stage) => stage.topologyNodeId === "tn_nod_b"), replica.proof?.proved])).toEqual([[false, true]]);
  const none = await searchPlan(fleet.deps, { ...SCOPE, objective: "latency", replicas: 2, avoidNodeIds: ["tn_nod_b", "tn_nod_c"], budgetMs: 2_000 });
  expect(none).toMatchObject({ infeasible: true, refusals: [{ message: expect.stringContaining("Replica 2") }] });
  await expect(createPlan(fleet.deps, { ...SCOPE, placement: whole("a"), replicas: [{ placement: whole("a") }] }, "test")).rejects.toMatchObject({ code: "infeasible" });
});

test("as many as needed are as few as carry the demand", async () => {
  const one = await searchPlan(fleet.deps, { ...SCOPE, objective: "latency", budgetMs: 2_000, maxStages: 1 });
  if ("infeasible" in one) throw new Error("there is a plan");
  const rate = one.estimate.throughputPerSecond;
  const count = async (demandPerSecond: number) => {
    const found = await searchPlan(fleet.deps, { ...SCOPE, objective: "latency", replicas: "as-needed", demandPerSecond, budgetMs: 2_000, maxStages: 1 });
    return "infeasible" in found ? 0 : 1 + (found.replicas?.length ?? 0);
  };
  expect([await count(rate * 0.5), await count(rate * 1.1), await count(rate * 9)]).toEqual([1, 2, 0]);
  await expect(searchPlan(fleet.deps, { ...SCOPE, objective: "latency", replicas: "as-needed" })).rejects.toMatchObject({ code: "bad-request" });
});

test("a drain moves the replica that is there and leaves the other; one that finds no room ends while the other serves", async () => {
  await deploy(await makePlan(whole("a"), whole("b")));
  const [moved] = (await previewDrain(fleet.deps, "nod_b")).deployments;
  expect([moved?.to?.placement, moved?.to?.replicas]).toEqual([whole("a"), [{ placement: whole("c") }]]);
  await cordonNode(fleet.deps, { nodeId: "nod_c", cordoned: true, actor: "test" });
  const [dropped] = (await previewDrain(fleet.deps, "nod_b")).deployments;
  expect(dropped?.to).toMatchObject({ placement: whole("a"), droppedReplicas: 1 });
  expect(dropped?.to?.diff.stages.map((stage) => stage.change)).toEqual(["keep", "remove"]);
});
