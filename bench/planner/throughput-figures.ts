// Throughput against the truth on instances small enough for it.
import { buildFamily, FAMILY_NAMES } from "../../server/planner/families/build-family.ts";
import { exactBottleneck } from "./exact-bottleneck.ts";
import type { Figure } from "../report.ts";
import { BOTTLENECK, ourSolver, solveWithin } from "./our-solvers.ts";

export function throughputFigures(perFamily: number, budgetMs: number): Figure[] {
  const excesses: number[] = [];
  let proved = 0;
  for (const family of FAMILY_NAMES) for (let seed = 300; seed < 300 + perFamily; seed++) {
    const instance = buildFamily(family, { seed, layers: 14, nodes: 4, memoryShare: 0.4, trust: seed % 2 === 0, tiers: seed % 3 === 0 });
    if (instance.layerCount > MAX_EXACT_LAYERS) continue;
    const exact = exactBottleneck(instance);
    const own = solveWithin(ourSolver(BOTTLENECK), { instance, objective: BOTTLENECK }, budgetMs);
    if (own.proved) proved++;
    excesses.push(Number.isFinite(exact) || Number.isFinite(own.cost) ? own.cost / exact - 1 : 0);
  }
  return [
    { figure: `throughput: equal to exact, of ${excesses.length} small instances`, value: excesses.filter((excess) => excess <= 1e-6).length / excesses.length, unit: "share", target: { op: ">=", than: 0.95 } },
    { figure: "throughput: above exact, worst", value: 100 * Math.max(...excesses), unit: "%", target: { op: "<=", than: 1 } },
    { figure: "throughput: proved on them", value: proved / excesses.length, unit: "share" },
  ];
}

/** The exact search visits every order of nodes and every cut within memory: networks on boards are too long for it. */
const MAX_EXACT_LAYERS = 16;
