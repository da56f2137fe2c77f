// How much is proved, how fast, and how far from the bound what is not: latency on the mesh of the prototype's figures.
import { buildFamily, type FamilyOptions } from "../../server/planner/families/build-family.ts";
import { gapOf, type Outcome } from "../../server/planner/search/solver.ts";
import { quantile } from "../quantile.ts";
import type { Figure } from "../report.ts";
import { LATENCY, ourSolver, solveWithin } from "./our-solvers.ts";

type Setting = { title: string; options: Omit<FamilyOptions, "seed">; budgetMs: number; provedShare?: number; medianProofMs?: number; medianGap?: number };

const AT_500 = { layers: 500, nodes: 50 };
const SETTINGS: readonly Setting[] = [
  { title: "n 500, m 50, memory 0.35", options: { ...AT_500, memoryShare: 0.35 }, budgetMs: 3000, provedShare: 0.95, medianProofMs: 100 },
  { title: "n 500, m 50, memory 0.35, trust + tiers", options: { ...AT_500, memoryShare: 0.35, trust: true, tiers: true }, budgetMs: 3000, provedShare: 0.95, medianProofMs: 100 },
  { title: "n 500, m 50, memory 0.12", options: { ...AT_500, memoryShare: 0.12 }, budgetMs: 3000, provedShare: 0.7, medianGap: 0.005 },
  { title: "n 500, m 50, memory 0.12, trust + tiers", options: { ...AT_500, memoryShare: 0.12, trust: true, tiers: true }, budgetMs: 3000, provedShare: 0.7, medianGap: 0.005 },
  { title: "n 500, m 50, memory 0.06, trust + tiers", options: { ...AT_500, memoryShare: 0.06, trust: true, tiers: true }, budgetMs: 30_000, medianGap: 0.08 },
  // Without a target: the formulation of the figures above has each node once.
  { title: "n 500, m 50, memory 0.12, trust + tiers, several stages a node", options: { ...AT_500, memoryShare: 0.12, trust: true, tiers: true, oncePerNode: false }, budgetMs: 3000 },
  { title: "n 200, m 30, memory 0.2, trust + tiers", options: { layers: 200, nodes: 30, memoryShare: 0.2, trust: true, tiers: true }, budgetMs: 10_000, provedShare: 1 },
  { title: "n 100, m 20, memory 0.2, trust + tiers", options: { layers: 100, nodes: 20, memoryShare: 0.2, trust: true, tiers: true }, budgetMs: 10_000, provedShare: 1 },
];

export function proofFigures(count: number, say: (text: string) => void): Figure[] {
  const solver = ourSolver(LATENCY);
  return SETTINGS.flatMap(({ title, options, budgetMs, provedShare, medianProofMs, medianGap }) => {
    const outcomes: Outcome[] = [];
    for (let seed = 1; seed <= count; seed++) outcomes.push(solveWithin(solver, { instance: buildFamily("mesh", { ...options, seed }), objective: LATENCY }, budgetMs));
    say(`proof: ${title}: ${outcomes.filter((outcome) => outcome.proved).length} of ${count} proved`);
    const proved = outcomes.filter((outcome) => outcome.proved);
    const gaps = outcomes.map(gapOf);
    const stages = outcomes.flatMap((outcome) => (outcome.stages ? [outcome.stages.length] : []));
    const figures: Figure[] = [
      { figure: `${title}: proved within ${budgetMs / 1000} s, of ${count}`, value: proved.length / count, unit: "share", ...(provedShare === undefined ? {} : { target: { op: ">=", than: provedShare } as const }) },
      // What is not proved counts as its whole budget.
      { figure: `${title}: time to proof, median`, value: quantile(outcomes.map((outcome) => (outcome.proved ? outcome.elapsedMs : budgetMs)), 0.5), unit: "ms", ...(medianProofMs === undefined ? {} : { target: { op: "<=", than: medianProofMs } as const }) },
      { figure: `${title}: gap, median`, value: 100 * quantile(gaps, 0.5), unit: "%", ...(medianGap === undefined ? {} : { target: { op: "<=", than: 100 * medianGap } as const }) },
      { figure: `${title}: gap, largest`, value: 100 * Math.max(...gaps), unit: "%" },
      { figure: `${title}: stages, fewest`, value: Math.min(...stages), unit: "stages" },
      { figure: `${title}: stages, most`, value: Math.max(...stages), unit: "stages" },
    ];
    return figures;
  });
}
