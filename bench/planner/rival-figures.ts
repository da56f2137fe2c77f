// Ours against each rule of others on every family, with the same time: wins, ties, losses, and by how much.
import { buildFamily, type FamilyName, type FamilyOptions } from "../../server/planner/families/build-family.ts";
import type { Outcome, SearchObjective, Solver } from "../../server/planner/search/solver.ts";
import { type Comparison, compareCosts } from "./compare.ts";
import { BOTTLENECK, LATENCY, ourSolver, rivals, solveWithin } from "./our-solvers.ts";

export type RivalRow = { family: FamilyName; objective: "latency" | "throughput"; rival: string; label: string; compared: Comparison; /** Instances on which they are better, to be solved again. */ lost: { options: string; ours: number; theirs: number }[]; /** Why they have no plan, most frequent first. */ reasons: string[] };

/** Sizes and constraints that a family's instances go round by seed. */
const MIX: readonly Omit<FamilyOptions, "seed">[] = [
  { layers: 60, nodes: 6, memoryShare: 0.35 },
  { layers: 120, nodes: 10, memoryShare: 0.35, trust: true, tiers: true },
  { layers: 20, nodes: 2, memoryShare: 0.7 },
  { layers: 200, nodes: 20, memoryShare: 0.12 },
  { layers: 200, nodes: 30, memoryShare: 0.12, trust: true, tiers: true },
  { layers: 500, nodes: 50, memoryShare: 0.35, trust: true },
  { layers: 500, nodes: 50, memoryShare: 0.06, tiers: true },
];

export function rivalRows(of: { families: readonly FamilyName[]; perFamily: number; budgetMs: number; say(text: string): void }): RivalRow[] {
  return of.families.flatMap((family) => (["latency", "throughput"] as const).flatMap((objective) => {
    of.say(`rivals: ${family}, ${objective}`);
    const goal = objective === "latency" ? LATENCY : BOTTLENECK;
    const instances = Array.from({ length: of.perFamily }, (_, index) => ({ options: { ...MIX[index % MIX.length]!, seed: 100 + index } }));
    const ours = instances.map((one) => solve(ourSolver(goal), family, one.options, goal, of.budgetMs));
    return rivals().map((rival) => rowOf({ family, objective, rival }, instances.map(({ options }, index) => ({ options, ours: ours[index]!, theirs: solve(rival, family, options, goal, of.budgetMs) }))));
  }));
}

function rowOf(of: { family: FamilyName; objective: "latency" | "throughput"; rival: Solver }, pairs: readonly { options: FamilyOptions; ours: Outcome; theirs: Outcome }[]): RivalRow {
  const compared = compareCosts(pairs.map(({ ours, theirs }) => ({ ours: ours.cost, theirs: theirs.cost })));
  const lost = pairs.filter(({ ours, theirs }) => theirs.cost < ours.cost * (1 - 1e-6)).map(({ options, ours, theirs }) => ({ options: JSON.stringify(options), ours: ours.cost, theirs: theirs.cost }));
  const reasons = new Map<string, number>();
  for (const { theirs } of pairs) if (theirs.reason) reasons.set(theirs.reason, (reasons.get(theirs.reason) ?? 0) + 1);
  return { family: of.family, objective: of.objective, rival: of.rival.name, label: of.rival.label, compared, lost, reasons: [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${count} × ${reason}`) };
}

function solve(solver: Solver, family: FamilyName, options: FamilyOptions, objective: SearchObjective, budgetMs: number): Outcome {
  // A second stage on a node is what two units of a board need; all solvers of a row see the same rule.
  const instance = buildFamily(family, { ...options, oncePerNode: family !== "hidp-boards" && family !== "home-lab" });
  return solveWithin(solver, { instance, objective }, budgetMs, options.seed);
}
