import { expect, test } from "vitest";
import { estimatePlacement } from "../estimate.ts";
import { placementCost } from "../placement-cost.ts";
import type { Estimate, FrontFigures, Placement } from "../plan.ts";
import type { PlanRequest } from "../plan-request.ts";
import type { Problem } from "../problem.ts";
import { solveNow } from "../solve-now.ts";
import { randomProblem, seededRandom } from "../testdata/random-problem.ts";
import { assessPlan } from "./assess-plan.ts";
import { checkReplicas } from "./check-replicas.ts";
import { ofOneReplica } from "./of-one-replica.ts";
import { oneOfSeveral } from "./one-of-several.ts";
import { costOfWhole, wholeCost } from "./whole-cost.ts";
import { joinWholes } from "./whole-front.ts";

const LAYERS = 3;
function priced(seed: number, tightMemory: boolean): Problem {
  const random = seededRandom(seed);
  const problem = randomProblem(seed, { layers: LAYERS, nodes: 3, tightMemory, source: true });
  return { ...problem, paths: problem.paths.map((row) => row.map((path) => ({ ...(path ?? { latencyMs: 3, bandwidthBytesPerSecond: 2e7, kind: "measured" as const, via: [], linkIds: [] }), trusted: true }))), nodes: problem.nodes.map((node) => ({ ...node, workWatts: 1 + random() * 50, pricePerHour: 0.1 + random(), gramsPerKilowattHour: 10 + random() * 500 })) };
}
/** Every chain of segments, a node once. */
function everyPlacement(problem: Problem, from = 0, used: readonly string[] = []): Placement[] {
  if (from === problem.layerCount) return [[]];
  return Array.from({ length: problem.layerCount - from }, (_, index) => from + index + 1).flatMap((to) => problem.nodes.filter((node) => !used.includes(node.topologyNodeId)).flatMap(({ topologyNodeId }) => everyPlacement(problem, to, [...used, topologyNodeId]).map((rest) => [{ from, to, topologyNodeId }, ...rest])));
}
const estimatesOf = (problem: Problem, placements: readonly Placement[]) => placements.flatMap((placement) => estimatePlacement(problem, placement) ?? []);
const REQUESTS: PlanRequest[] = [
  { objective: "latency" }, { objective: "throughput" }, { objective: "energy" }, { objective: "money", demandPerSecond: 8 }, { objective: "carbon" }, { objective: "throughput", demandPerSecond: 8 },
  { objective: "mix", weights: { latencyMs: 1, joules: 0.5, money: 10, grams: 1 } }, { objective: "latency", slo: { quantile: 0.9, latencyMs: 200 } }, { objective: "latency", demandPerSecond: 8 },
];

test("no two replicas that are accepted cost less than the bound of the whole, in any objective; one costs what a placement does", () => {
  const seen = { pairs: 0, bounded: 0 };
  for (let seed = 1; seed <= 10; seed++) {
    const problem = priced(seed, seed % 2 === 0);
    const all = everyPlacement(problem);
    for (const asked of REQUESTS) {
      const request: PlanRequest = { ...asked, replicas: 2 };
      const first = solveNow(problem, ofOneReplica(request));
      if ("infeasible" in first) continue;
      expect(wholeCost(problem, asked, { estimates: [first.estimate] })).toBe(placementCost(problem, asked, first.estimate));
      for (const a of all) for (const b of all) {
        if (checkReplicas(problem, [a, b], { request }).length > 0) continue;
        seen.pairs++;
        const { cost, bound } = costOfWhole(problem, request, { estimates: estimatesOf(problem, [a, b]), firstBound: first.origin.lowerBound });
        expect(cost).not.toBeNull();
        if (bound === null) { expect(request.objective === "latency" && request.demandPerSecond !== undefined).toBe(true); continue; }
        seen.bounded++;
        if (cost! < bound * (1 - 1e-9)) expect.fail(`seed ${seed} ${JSON.stringify(request)}: ${cost} below ${bound}`);
      }
    }
  }
  expect(seen.pairs).toBeGreaterThan(1000);
  expect(seen.bounded).toBeGreaterThan(500);
});

test("means fall by rates: twice as fast takes twice as many; waiting is at each one's part; an SLO holds in every one", () => {
  const problem = priced(2, false);
  const one = estimatePlacement(problem, [{ from: 0, to: LAYERS, topologyNodeId: "tn_0" }])!;
  const like = (latencyMs: number, bottleneckMs: number, joules: number): Estimate => ({ ...one, latencyMs, bottleneckMs, throughputPerSecond: 1000 / bottleneckMs, varianceMs2: 0, costs: { joules, money: null, grams: null }, stages: one.stages.map((stage) => ({ ...stage, topologyNodeId: `x${latencyMs}`, computeMs: 0, handoverMs: 0 })), hops: [] });
  const estimates = [like(10, 10, 3), like(40, 20, 6)];
  expect(wholeCost(problem, { objective: "latency" }, { estimates })).toBeCloseTo(20, 9);
  expect(wholeCost(problem, { objective: "throughput" }, { estimates })).toBeCloseTo(1000 / 150, 9);
  expect(wholeCost(problem, { objective: "energy" }, { estimates })).toBeCloseTo(4, 9);
  expect(wholeCost(problem, { objective: "money" }, { estimates })).toBeNull();
  // M/D/1 at 75 requests/s over 150: each half busy, waits of half of its time.
  expect(wholeCost(problem, { objective: "latency", demandPerSecond: 75 }, { estimates })).toBeCloseTo((2 * (10 + 5) + (40 + 10)) / 3, 6);
  expect(wholeCost(problem, { objective: "latency", slo: { quantile: 0.9, latencyMs: 100 } }, { estimates })).toBeCloseTo(40, 9);
});

test("each replica beside the others as they are keeps to its own problem, and what was proved of it alone stays proved", () => {
  let looked = 0;
  for (let seed = 1; seed <= 16; seed++) {
    const problem = priced(seed, true);
    const request: PlanRequest = { objective: "latency", replicas: 2 };
    const first = solveNow(problem, ofOneReplica(request));
    if ("infeasible" in first) continue;
    for (const second of everyPlacement(problem)) {
      const placements = [first.placement, second];
      if (checkReplicas(problem, placements, { request }).length > 0) continue;
      looked++;
      for (const index of [0, 1]) {
        const one = oneOfSeveral(problem, request, placements, index, null);
        const found = solveNow(one.problem, one.request);
        expect("infeasible" in found && one.loaded.length === 0).toBe(false);
        if (index === 0 && one.loaded.length === 0 && !("infeasible" in found)) expect(found.estimate.latencyMs).toBeCloseTo(first.estimate.latencyMs, 6);
      }
    }
  }
  expect(looked).toBeGreaterThan(10);
});

test("a plan that is looked at says what it speaks of, and is refused as a whole", () => {
  const problem = { ...priced(3, false), sourceIndex: null };
  const [a, b] = [0, 1].map((node): Placement => [{ from: 0, to: LAYERS, topologyNodeId: `tn_${node}` }]) as [Placement, Placement];
  const request: PlanRequest = { objective: "latency", replicas: 2 };
  expect(assessPlan(problem, request, [a])).toMatchObject({ of: "replica", refusals: [] });
  expect(assessPlan(problem, { objective: "latency" }, [a])).toMatchObject({ of: "plan" });
  const both = assessPlan(problem, request, [a, b]);
  expect(both).toMatchObject({ of: "plan", refusals: [], together: { sharedNodeIds: [] } });
  expect(both.cost).toBeCloseTo(both.together!.latencyMs, 9);
  expect(assessPlan(problem, request, [a, a]).refusals.map((refusal) => refusal.code)).toEqual(["overlap"]);
});

test("of whole plans only those stay that none beats in everything known", () => {
  const figures = (latencyMs: number, throughputPerSecond: number, joules: number | null): { figures: FrontFigures } => ({ figures: { latencyMs, throughputPerSecond, joules, money: null, grams: null, stageCount: 1, gap: 0, proved: true } });
  const front = [figures(10, 50, 3), figures(20, 60, 3), figures(15, 40, 1), figures(12, 50, 3), figures(10, 50, 3)].reduce<readonly { figures: FrontFigures }[]>((kept, one) => joinWholes(kept, one), []);
  expect(front.map((one) => one.figures.latencyMs)).toEqual([10, 15, 20]);
  expect(joinWholes(front, figures(9, 70, 0.5)).length).toBe(1);
});
