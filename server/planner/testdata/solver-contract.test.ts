import { expect, test } from "vitest";
import type { Outcome, Solver } from "../search/solver.ts";
import { bruteForceSolver } from "./brute-force-solver.ts";
import { randomRequest } from "./random-instance.ts";
import { breaches, solverContract } from "./solver-contract.ts";

// Larger requests are not for brute force.
solverContract(bruteForceSolver, { exact: true, usesSeeds: true, accepts: ({ instance }) => instance.layerCount <= 8 && instance.processors.length <= 7 });

/** A solver that alters what brute force answers. */
function liar(lie: (outcome: Outcome) => Partial<Outcome>): Solver {
  return { ...bruteForceSolver, solve: (request, context) => { const outcome = bruteForceSolver.solve(request, context); return { ...outcome, ...lie(outcome) }; } };
}

const solvable = Array.from({ length: 60 }, (_, seed) => randomRequest(seed)).filter((request) => breachesOf(bruteForceSolver, request).length === 0 && bruteForceSolver.solve(request, context()).stages !== null);

function context() {
  return { now: () => 0, deadlineMs: 1, cancelled: () => false, seed: 1 };
}

function breachesOf(solver: Solver, request: ReturnType<typeof randomRequest>) {
  return breaches(solver, request, { exact: true });
}

test.each<[string, Solver, RegExp]>([
  ["a cost too low", liar(({ cost }) => ({ cost: cost * 0.999 })), /"cost"/],
  ["a bound above the cost", liar(({ cost }) => ({ bound: cost * 1.001 })), /above/],
  ["a proof with a gap", liar(({ cost }) => ({ bound: cost * 0.9 })), /proved/],
  ["no plan where there is one, proved", liar(() => ({ stages: null, figures: null, cost: Number.POSITIVE_INFINITY, firstMs: null, bestMs: null })), /"proved" Infinity/],
  ["a figure that is off", liar(({ figures }) => ({ figures: figures && { ...figures, latencyMs: figures.latencyMs * 1.000001 } })), /latencyMs/],
  ["memory of a node that is off", liar(({ figures }) => ({ figures: figures && { ...figures, nodeBytes: figures.nodeBytes.map((bytes) => bytes + 1e6) } })), /nodeBytes/],
  ["busy times of links that are off", liar(({ figures }) => ({ figures: figures && { ...figures, linkBusyMs: new Map([...figures.linkBusyMs].map(([link, busyMs]) => [link, busyMs * 1.01 + 1])), bottleneckMs: figures.bottleneckMs + 1 } })), /linkBusyMs|bottleneckMs/],
  ["a stage that is lost", liar(({ stages }) => ({ stages: stages?.slice(0, -1) ?? null })), /gap|empty/],
  ["a plan that costs more than the best, called proved", { ...bruteForceSolver, solve: (request, ctx) => bruteForceSolver.solve({ ...request, objective: { kind: "additive", weights: { latencyMs: 0, varianceMs2: 0, joules: 0, money: 0, grams: -1 } } }, ctx) }, /"cost"/],
])("the contract finds %s", (_, solver, words) => {
  expect(solvable.length).toBeGreaterThan(20);
  for (const request of solvable) expect(breachesOf(solver, request).join("\n")).toMatch(words);
});

test("the contract finds a solver that writes into the request", () => {
  const request = solvable[0]!;
  const writer: Solver = { ...bruteForceSolver, solve: (given, ctx) => { const outcome = bruteForceSolver.solve(given, ctx); given.instance.crossingBytes[0]! += 1; return outcome; } };
  expect(breachesOf(writer, structuredClone(request)).join("\n")).toMatch(/changed the request/);
});
