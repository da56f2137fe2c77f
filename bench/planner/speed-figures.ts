// Times that people wait for: five nodes, the first plan of a large problem, one evaluation of a dragged layer.
import { evaluate } from "../../server/planner/evaluate.ts";
import { buildFamily } from "../../server/planner/families/build-family.ts";
import type { Outcome } from "../../server/planner/search/solver.ts";
import { quantile } from "../quantile.ts";
import type { Figure } from "../report.ts";
import { cpuMs, LATENCY, ourSolver, solveWithin } from "./our-solvers.ts";

const EVALUATIONS = 2000;
/** Solves of other instances of the same kinds before those that count, from this seed on. */
const COLD = 12;
const WARM_SEED = 1001;

export function speedFigures(count: number): Figure[] {
  const solver = ourSolver(LATENCY);
  const seeds = Array.from({ length: count }, (_, index) => index + 1);
  // The first solves of a process compile it: told by themselves, since a console that runs has done so before most people press Plan.
  const cold = Array.from({ length: COLD }, (_, index) => solveFive(WARM_SEED + index));
  const five = seeds.map(solveFive);
  const large = seeds.map((seed) => ({ instance: buildFamily("mesh", { seed, layers: 500, nodes: 50, memoryShare: [0.35, 0.12, 0.06][seed % 3]!, trust: seed % 2 === 0, tiers: seed % 2 === 0 }), objective: LATENCY }));
  const firstMs = large.map((request) => solveWithin(solver, request, 300).firstMs ?? Number.POSITIVE_INFINITY);
  const plan = large.map((request) => ({ request, stages: solveWithin(solver, request, 300).stages })).find(({ stages }) => stages !== null);
  const evaluatedMs = plan ? timeEach(EVALUATIONS, () => evaluate(plan.request.instance, plan.stages!)) : [Number.NaN];
  return [
    { figure: `five nodes, 20–100 layers: a first plan, latest of ${count}`, value: Math.max(...five.map((outcome) => outcome.firstMs ?? Number.POSITIVE_INFINITY)), unit: "ms", target: { op: "<=", than: 15 } },
    { figure: `five nodes, 20–100 layers: until proved, median of ${count}`, value: quantile(five.map((outcome) => outcome.elapsedMs), 0.5), unit: "ms", target: { op: "<=", than: 15 } },
    { figure: `five nodes, 20–100 layers: until the plan, p95`, value: quantile(five.map((outcome) => outcome.bestMs ?? Number.POSITIVE_INFINITY), 0.95), unit: "ms", target: { op: "<=", than: 15 } },
    { figure: `five nodes, the first ${COLD} solves of a process: until the plan, median`, value: quantile(cold.map((outcome) => outcome.bestMs ?? Number.POSITIVE_INFINITY), 0.5), unit: "ms" },
    { figure: "five nodes: proved", value: five.filter((outcome) => outcome.proved).length / count, unit: "share" },
    { figure: "n 500, m 50: first plan, median", value: quantile(firstMs, 0.5), unit: "ms", target: { op: "<=", than: 50 } },
    { figure: "n 500, m 50: first plan, latest", value: Math.max(...firstMs), unit: "ms" },
    { figure: `a what-if evaluation of a plan at n 500, m 50, p99 of ${EVALUATIONS}`, value: quantile(evaluatedMs, 0.99), unit: "ms", target: { op: "<=", than: 1 } },
  ];
}

function solveFive(seed: number): Outcome {
  const instance = buildFamily(seed % 2 === 0 ? "hidp-boards" : "mesh", { seed, layers: 100, nodes: 5, memoryShare: 0.35, oncePerNode: false });
  return solveWithin(ourSolver(LATENCY), { instance, objective: LATENCY }, 5000);
}

function timeEach(count: number, run: () => unknown): number[] {
  return Array.from({ length: count }, () => {
    const startedAt = cpuMs();
    run();
    return cpuMs() - startedAt;
  });
}
