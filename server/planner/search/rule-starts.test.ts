// No rule of others with one node per segment is better than the search: it starts from what they propose.
import { expect, test } from "vitest";
import { BASELINES } from "../baselines/baselines.ts";
import { checkStages } from "../check-stages.ts";
import { buildFamily, FAMILY_NAMES, type FamilyOptions } from "../families/build-family.ts";
import { solveBottleneck } from "./solve-bottleneck.ts";

/** Readings of the clock that a search has, small and middle: a budget that is the same on every machine. */
const READINGS = { small: 600, middle: 1500 };
const SAMPLED = new Set(["omni-boost/1", "random-10k/1"]);
const RULES = BASELINES.filter((rule) => !SAMPLED.has(rule.name));
const SMALL: Omit<FamilyOptions, "seed">[] = [{ layers: 30, nodes: 5, memoryShare: 0.35 }, { layers: 40, nodes: 6, memoryShare: 0.3, trust: true, tiers: true }];
const MIDDLE: Omit<FamilyOptions, "seed">[] = [{ layers: 120, nodes: 10, memoryShare: 0.35, trust: true, tiers: true }, { layers: 200, nodes: 24, memoryShare: 0.12, trust: true }, { layers: 200, nodes: 20, memoryShare: 0.12, tiers: true }];

const counted = (deadlineMs: number) => {
  let readings = 0;
  return { now: () => readings++, deadlineMs, cancelled: () => false, seed: 1 };
};

test.each(FAMILY_NAMES.flatMap((family) => [{ family, size: "small" as const, options: SMALL }, { family, size: "middle" as const, options: MIDDLE }]))("$family, $size: no rule has a greater throughput", ({ family, size, options }) => {
  for (const [index, one] of options.entries()) {
    const instance = buildFamily(family, { ...one, seed: 50 + index, oncePerNode: family !== "hidp-boards" && family !== "home-lab" });
    const request = { instance, objective: { kind: "bottleneck" as const } };
    const own = solveBottleneck.solve(request, counted(READINGS[size]));
    if (own.stages) expect(checkStages(instance, own.stages)).toEqual([]);
    for (const rule of RULES) expect(own.cost, `${rule.name}, ${JSON.stringify(one)}`).toBeLessThanOrEqual(rule.solve(request, counted(Number.POSITIVE_INFINITY)).cost * (1 + 1e-6));
  }
}, 120_000);
