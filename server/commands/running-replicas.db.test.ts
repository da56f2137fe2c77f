// What a plan is asked beside what runs: looked at, proved and explained as it was searched.
import { beforeEach, expect, test } from "vitest";
import { startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { updatePlanParity } from "../store/plans.ts";
import { createDeployment } from "./create-deployment.ts";
import { createPlan } from "./create-plan.ts";
import { explainPlan } from "./explain-plan.ts";
import { provePlan } from "./prove-plan.ts";
import { searchPlan } from "./search-plan.ts";
import { whatIfPlan } from "./what-if-plan.ts";

const database = withTestDatabase();
beforeEach(() => database.clear());

test("the search, its proof, its explanation and what a change costs count the same move and the same memory", async () => {
  const fleet = await startScriptedFleet(database.db);
  await fleet.makePlan("pln_x", ["nod_a", "nod_b"]);
  const { deploymentId } = await createDeployment(fleet.deps, { name: "x", planId: "pln_x", actor: "test" });
  await fleet.run(8);
  const stays = [{ from: 0, to: 2, topologyNodeId: "tn_nod_a" }, { from: 2, to: 4, topologyNodeId: "tn_nod_b" }];
  const moves = [{ from: 0, to: 4, topologyNodeId: "tn_nod_c" }];
  // A second's service has to pay for the move: what runs stays where one more millisecond is nothing to that.
  const asked = { modelId: "mdl_x", topologyId: "top_x", objective: "latency", movingHorizonSeconds: 1e-9, bothLoaded: true } as const;
  const there = { ...asked, deploymentId };

  expect((await whatIfPlan(fleet.deps, { ...there, placement: stays, against: moves })).difference).toBeLessThan(0);
  expect((await whatIfPlan(fleet.deps, { ...asked, placement: stays, against: moves })).difference).toBeGreaterThan(0);

  const found = await searchPlan(fleet.deps, { ...there, budgetMs: 3_000 });
  if ("infeasible" in found) throw new Error(JSON.stringify(found.refusals));
  expect(found.placement.every((stage) => stays.some((own) => own.topologyNodeId === stage.topologyNodeId && own.from <= stage.from && stage.to <= own.to))).toBe(true);
  const cost = found.search.cost as number;
  const proof = await provePlan(fleet.deps, { ...there, placement: found.placement });
  expect(proof.status).toBe("optimal");
  expect(Math.abs((proof.cost as number) / cost - 1)).toBeLessThan(1e-6);
  expect((await provePlan(fleet.deps, asked)).cost).toBeLessThan(cost);

  // Node a holds its stage and no second one: only a plan that keeps it fits there.
  const topology = await database.db.topology.findUniqueOrThrow({ where: { id: "top_x" } });
  const document = topology.document as { nodes: { id: string; memoryBytes: number | null }[] };
  for (const node of document.nodes) if (node.id === "tn_nod_a") node.memoryBytes = 109e6;
  await database.db.topology.update({ where: { id: "top_x" }, data: { document } });
  expect((await explainPlan(fleet.deps, { ...there, placement: stays })).sentences.length).toBeGreaterThan(0);
  const recut = [{ from: 0, to: 1, topologyNodeId: "tn_nod_a" }, { from: 1, to: 4, topologyNodeId: "tn_nod_b" }];
  await expect(explainPlan(fleet.deps, { ...there, placement: recut })).rejects.toMatchObject({ code: "infeasible" });
  expect((await whatIfPlan(fleet.deps, { ...there, placement: recut })).refusals.map((refusal) => refusal.code)).toEqual(["memory"]);
});

test("of a deployment with replicas, what each of them runs stays loaded beside the plan", async () => {
  const fleet = await startScriptedFleet(database.db);
  const whole = [{ from: 0, to: 4, topologyNodeId: "tn_nod_c" }];
  const scope = { modelId: "mdl_x", topologyId: "top_x" };
  const { plan } = await createPlan(fleet.deps, { ...scope, placement: [{ from: 0, to: 4, topologyNodeId: "tn_nod_a" }], replicas: [{ placement: whole }] }, "test");
  await updatePlanParity(database.db, plan.id, { status: "equal", maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: "" }, "e".repeat(64));
  const { deploymentId } = await createDeployment(fleet.deps, { name: "x", planId: plan.id, actor: "test" });
  await fleet.run(8);
  // Room for one stage on the node of the second replica, and on b.
  const topology = await database.db.topology.findUniqueOrThrow({ where: { id: "top_x" } });
  const document = topology.document as { nodes: { id: string; memoryBytes: number | null }[] };
  for (const node of document.nodes) if (node.id !== "tn_nod_a") node.memoryBytes = 109e6;
  await database.db.topology.update({ where: { id: "top_x" }, data: { document } });
  const onto = [{ from: 0, to: 2, topologyNodeId: "tn_nod_b" }, { from: 2, to: 4, topologyNodeId: "tn_nod_c" }];
  const asked = { ...scope, deploymentId, objective: "latency", bothLoaded: true } as const;
  expect((await whatIfPlan(fleet.deps, { ...asked, placement: onto })).refusals.map((refusal) => [refusal.code, refusal.topologyNodeId])).toEqual([["memory", "tn_nod_c"]]);
  expect((await whatIfPlan(fleet.deps, { ...asked, bothLoaded: false, placement: onto })).refusals).toEqual([]);
  expect((await whatIfPlan(fleet.deps, { ...asked, placement: whole })).refusals).toEqual([]);
  // The planner counts the same: of plans that avoid a, only b's and the second replica as it is are left.
  for (const [count, fits] of [[1, true], [2, true], [3, false]] as const) {
    const found = await searchPlan(fleet.deps, { ...asked, avoidNodeIds: count === 3 ? ["tn_nod_a"] : [], replicas: count, budgetMs: 3_000 });
    expect([count, "infeasible" in found], JSON.stringify(found)).toEqual([count, !fits]);
  }
});
