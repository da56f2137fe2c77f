// What is told of a plan with replicas is told of all of it: compared, looked at, explained, proved and chosen from, as its search found it.
import { beforeEach, expect, test } from "vitest";
import { startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import type { Placement } from "../planner/plan.ts";
import { MAX_UTILISATION } from "../planner/plan-request.ts";
import { comparePlans } from "./compare-plans.ts";
import { createPlan, previewPlan } from "./create-plan.ts";
import { explainPlan } from "./explain-plan.ts";
import { paretoPlans } from "./pareto-plans.ts";
import { provePlan } from "./prove-plan.ts";
import { searchPlan } from "./search-plan.ts";
import { whatIfPlan } from "./what-if-plan.ts";

const database = withTestDatabase();
let deps: Awaited<ReturnType<typeof startScriptedFleet>>["deps"];
beforeEach(async () => {
  await database.clear();
  ({ deps } = await startScriptedFleet(database.db));
  // Requests enter at b, and each node's work is known by what it draws.
  const topology = await database.db.topology.findUniqueOrThrow({ where: { id: "top_x" } });
  const document = topology.document as { sourceId: string | null; nodes: { id: string; idleWatts: number | null; activeWatts: number | null; speed: number | null }[] };
  for (const [index, node] of document.nodes.entries()) Object.assign(node, { idleWatts: 1, activeWatts: 2 + index, speed: 1 / (1 + index) });
  document.sourceId = "tn_nod_b";
  await database.db.topology.update({ where: { id: "top_x" }, data: { document } });
});

const SCOPE = { modelId: "mdl_x", topologyId: "top_x" };
const whole = (node: string): Placement => [{ from: 0, to: 4, topologyNodeId: `tn_nod_${node}` }];
const two = { ...SCOPE, objective: "latency", replicas: 2 } as const;
async function found() {
  const answer = await searchPlan(deps, { ...two, budgetMs: 2_000 });
  if ("infeasible" in answer) throw new Error(JSON.stringify(answer.refusals));
  return { ...answer, further: answer.replicas!.map(({ placement }) => ({ placement })) };
}

test("a search, a comparison and a look at the same plan agree on what all of it costs; the bound holds for all", async () => {
  const plan = await found();
  expect(plan.whole!.cost).toBeCloseTo(plan.together!.latencyMs, 9);
  expect(plan.whole!.bound! <= plan.whole!.cost! * (1 + 1e-9)).toBe(true);
  const look = await whatIfPlan(deps, { ...two, placement: plan.placement, further: plan.further, against: whole("c"), againstFurther: [{ placement: whole("a") }] });
  expect(look).toMatchObject({ of: "plan", refusals: [], together: plan.together, against: { of: "plan" } });
  expect(look.cost).toBeCloseTo(plan.whole!.cost!, 9);
  expect(look.difference).toBeCloseTo(look.cost! - look.against!.together!.latencyMs, 9);
  // One replica of two against two: unlike things.
  const unlike = await whatIfPlan(deps, { ...two, placement: plan.placement, against: plan.placement, againstFurther: plan.further });
  expect([unlike.of, unlike.against!.of, unlike.difference]).toEqual(["replica", "plan", null]);
  const rows = await comparePlans(deps, { ...two, solvers: ["cutplane/1"], placements: [{ key: "given", label: "given", placement: plan.placement, further: plan.further }, { key: "planned", label: "with what is planned", placement: plan.placement }] });
  for (const row of rows) {
    expect(row.cost, row.key).toBeCloseTo(plan.whole!.cost!, 9);
    expect(row.replicas?.map((replica) => replica.placement), row.key).toEqual(plan.replicas!.map((replica) => replica.placement));
    expect(row.together!.throughputPerSecond, row.key).toBeCloseTo(plan.together!.throughputPerSecond, 6);
  }
  const { plan: kept } = await createPlan(deps, { ...SCOPE, placement: plan.placement, replicas: plan.further }, "test");
  expect(kept.plan.together).toEqual(plan.together);
  expect((await previewPlan(deps, { ...SCOPE, placement: plan.placement, replicas: plan.further })).together).toEqual(plan.together);
});

test("each replica is explained and proved with the others as they are; what the planner proved, HiGHS proves", async () => {
  const plan = await found();
  const why = await explainPlan(deps, { ...two, placement: plan.placement, further: plan.further });
  expect(why.of).toBe("plan");
  expect(why.sentences[0]).toMatch(/^2 replicas carry/);
  expect(why.replicas!.every((one) => one.sentences.length > 1 && !one.sentences[0]!.includes("better plan"))).toBe(true);
  expect(why.replicas).toHaveLength(2);
  const proof = await provePlan(deps, { ...two, placement: plan.placement, further: plan.further });
  expect([proof, ...proof.replicas!].map((one) => one.status)).toEqual(["optimal", "optimal"]);
  expect([proof, ...proof.replicas!].map((one, index) => one.cost! / [plan, ...plan.replicas!][index]!.estimate.latencyMs)).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
  expect(proof.whole!.cost).toBeCloseTo(plan.whole!.cost!, 9);
  expect(proof.whole!.bound! / plan.whole!.bound!).toBeCloseTo(1, 6);
  await expect(explainPlan(deps, { ...two, placement: plan.placement, further: [{ placement: plan.placement }] })).rejects.toMatchObject({ code: "infeasible" });
  expect((await explainPlan(deps, { ...two, placement: plan.placement })).of).toBe("replica");
  expect((await provePlan(deps, { ...two, placement: plan.placement })).of).toBe("replica");
});

test("choices are whole plans: none beats another, each carries what is asked, and the front that grows tells figures of all", async () => {
  const one = await paretoPlans(deps, { ...SCOPE, objective: "latency", budgetMs: 3_000 });
  expect(one.length).toBeGreaterThan(0);
  expect(one.every((point) => point.replicas === undefined)).toBe(true);
  const fronts: number[][] = [];
  const points = await paretoPlans(deps, { ...two, budgetMs: 3_000 }, { onFront: (front) => fronts.push(front.map((figures) => figures.throughputPerSecond)) });
  expect(points.length).toBeGreaterThan(0);
  for (const point of points) {
    expect(point.replicas).toHaveLength(1);
    const look = await whatIfPlan(deps, { ...two, placement: point.placement, further: point.replicas!.map(({ placement }) => ({ placement })) });
    expect(look).toMatchObject({ refusals: [], together: point.together });
    expect(points.some((other) => other !== point && other.together!.latencyMs <= point.together!.latencyMs && other.together!.throughputPerSecond >= point.together!.throughputPerSecond && other.together!.costs!.joules! <= point.together!.costs!.joules!)).toBe(false);
  }
  expect(fronts.at(-1)!.length).toBe(points.length);
  // As many as carry it: one alone does not.
  const rate = Math.max(...one.map((point) => point.estimate.throughputPerSecond)) * MAX_UTILISATION;
  const needed = await paretoPlans(deps, { ...SCOPE, objective: "latency", replicas: "as-needed", demandPerSecond: rate * 1.02, budgetMs: 3_000 });
  expect(needed.length).toBeGreaterThan(0);
  expect(needed.every((point) => point.together!.throughputPerSecond * MAX_UTILISATION >= rate)).toBe(true);
});
