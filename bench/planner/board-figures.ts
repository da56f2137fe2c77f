// Five unequal boards and convolutional networks: our chains of stages beside the rules that HiDP was compared with, row splits included.
import { hiDp } from "../../server/planner/baselines/hi-dp.ts";
import { omniBoost } from "../../server/planner/baselines/omni-boost.ts";
import { ROW_BASELINES } from "../../server/planner/baselines/rows/row-baselines.ts";
import { buildGroupInstance, type GroupInstance } from "../../server/planner/families/group-instance.ts";
import type { Figure } from "../report.ts";
import { compareCosts, mean } from "./compare.ts";
import { BOTTLENECK, LATENCY, ourSolver, solveWithin } from "./our-solvers.ts";

type Numbers = { latencyMs: number; bottleneckMs: number; joules: number };
/** Whose average HiDP's abstract compares itself with, as far as is recalled. */
const AVERAGED = ["mo-dnn/1", "omni-boost/1", "dis-net/1"];

export function boardFigures(count: number, budgetMs: number): Figure[] {
  const groups = Array.from({ length: count }, (_, index) => buildGroupInstance(200 + index));
  const ours = groups.map((group) => planned(group, budgetMs, null));
  const others = new Map<string, Numbers[]>([
    [omniBoost.name, groups.map((group) => planned(group, budgetMs, omniBoost))],
    [hiDp.name, groups.map((group) => planned(group, budgetMs, hiDp))],
    ...ROW_BASELINES.map((baseline): [string, Numbers[]] => [baseline.name, groups.map((group) => baseline.plan(group).figures)]),
  ]);
  const figures: Figure[] = [];
  for (const [name, numbers] of others) for (const [what, unit, key] of [["latency", "ms", "latencyMs"], ["time per request", "ms", "bottleneckMs"], ["energy", "J", "joules"]] as const) {
    const { ratio, low, high, wins, ties, losses, worst } = compareCosts(ours.map((own, index) => ({ ours: own[key], theirs: numbers[index]![key] })));
    const restricted = name === hiDp.name && key === "latencyMs";
    figures.push({ figure: `boards, ${what}: ${name} ÷ ours [${low.toFixed(2)}, ${high.toFixed(2)}], ${wins} won ${ties} tied ${losses} lost`, value: geometric(numbers.map((one) => one[key])), unit, against: "ours", ratio });
    if (restricted) figures.push({ figure: `boards, ${what}: ${name} ÷ ours, smallest (same modes)`, value: worst, unit: "x", target: { op: ">=", than: 1 - 1e-6 } });
  }
  const average = (key: keyof Numbers) => groups.map((_, index) => mean(AVERAGED.map((name) => others.get(name)![index]![key])));
  const shares = average("latencyMs").map((theirs, index) => ours[index]!.latencyMs / theirs - 1);
  const gains = average("bottleneckMs").map((theirs, index) => theirs / ours[index]!.bottleneckMs - 1);
  figures.push({ figure: `boards: latency against the average of MoDNN, OmniBoost and DisNet, mean of ${count}`, value: 100 * mean(shares), unit: "%", target: { op: "<=", than: -38 } });
  figures.push({ figure: `boards: throughput against the same average time per request, mean of ${count}`, value: 100 * mean(gains), unit: "%", target: { op: ">=", than: 56 } });
  return figures;
}

/** The least latency and, of a plan of its own, the least time per request: nobody is held to one plan for both. Row rules have one plan each. */
function planned({ instance }: GroupInstance, budgetMs: number, baseline: typeof omniBoost | null): Numbers {
  const best = solveWithin(baseline ?? ourSolver(LATENCY), { instance, objective: LATENCY }, budgetMs);
  const fast = solveWithin(baseline ?? ourSolver(BOTTLENECK), { instance, objective: BOTTLENECK }, budgetMs);
  return { latencyMs: best.cost, bottleneckMs: fast.cost, joules: best.figures?.joules ?? Number.POSITIVE_INFINITY };
}

function geometric(values: readonly number[]): number {
  return Math.exp(mean(values.map(Math.log)));
}
