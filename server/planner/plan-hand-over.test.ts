import { expect, test } from "vitest";
import { checkPlacement } from "./check-placement.ts";
import type { Placement } from "./plan.ts";
import { MAX_HAND_OVER_STEPS, planHandOver } from "./plan-hand-over.ts";
import type { Problem } from "./problem.ts";
import { randomProblem, seededRandom } from "./testdata/random-problem.ts";

const MB = 1e6;
const PROCESS = 106 * MB;
/** Each layer 10 MB, each node so many MB for stages beside a process or two. */
function chain(limitsMb: (number | null)[], layers = 6): Problem {
  const problem = randomProblem(1, { layers, nodes: limitsMb.length });
  const path = { latencyMs: 1, bandwidthBytesPerSecond: 1e8, kind: "measured" as const, via: [], linkIds: [], trusted: true };
  return { ...problem, cutLegal: problem.cutLegal.map(() => true), layerWeightBytes: problem.layerWeightBytes.map(() => 10 * MB), layerWorkspaceBytes: problem.layerWorkspaceBytes.map(() => 0), paths: limitsMb.map(() => limitsMb.map(() => path)), nodes: problem.nodes.map((node, index) => ({ ...node, memoryLimitBytes: limitsMb[index] === null ? null : (limitsMb[index] as number) * MB })) };
}
const at = (...stages: [number, number, number][]): Placement => stages.map(([from, to, node]) => ({ from, to, topologyNodeId: `tn_${node}` }));
const bothFit = (problem: Problem, running: Placement, placement: Placement) => checkPlacement(problem, placement, { request: { bothLoaded: true }, running: [running] }).length === 0;

test("where both fit it is one step; the same placement is none", () => {
  const problem = chain([null, null]);
  expect(planHandOver(problem, at([0, 6, 0]), at([0, 6, 1]))).toMatchObject({ steps: [at([0, 6, 1])], shipBytes: 60 * MB, latencyMs: null });
  expect(planHandOver(problem, at([0, 6, 0]), at([0, 6, 0]))).toBeNull();
});

test("two nodes that exchange their parts by way of one with room: the first part goes alone", () => {
  // Each of 0 and 1 holds one part and nothing beside it; a third takes nothing of the new placement and gives nothing.
  const problem = chain([PROCESS / MB + 35, 2 * (PROCESS / MB) + 70]);
  const before = at([0, 3, 0], [3, 6, 1]);
  const after = at([0, 3, 1], [3, 6, 0]);
  expect(bothFit(problem, before, after)).toBe(false);
  const found = planHandOver(problem, before, after);
  expect(found?.steps).toHaveLength(2);
  expect(found?.steps[0]).toEqual(at([0, 3, 1], [3, 6, 1]));
  expect(found?.latencyMs).toBeGreaterThan(0);
});

test("two nodes without any room cannot exchange their parts", () => {
  const problem = chain([PROCESS / MB + 35, PROCESS / MB + 35]);
  expect(planHandOver(problem, at([0, 3, 0], [3, 6, 1]), at([0, 3, 1], [3, 6, 0]))).toBeNull();
});

test("a placement between that may not serve is gone around, or there is no way", () => {
  const problem = chain([PROCESS / MB + 35, 2 * (PROCESS / MB) + 70]);
  const refused = (placement: Placement) => !(placement.length === 2 && placement.every((stage) => stage.topologyNodeId === "tn_1"));
  const found = planHandOver(problem, at([0, 3, 0], [3, 6, 1]), at([0, 3, 1], [3, 6, 0]), { isAllowed: refused });
  expect(found === null || found.steps.every(refused)).toBe(true);
});

test("what other replicas hold counts beside it all the while", () => {
  const problem = chain([PROCESS / MB + 35, 3 * (PROCESS / MB) + 70]);
  const [before, after] = [at([0, 3, 0], [3, 6, 1]), at([0, 3, 1], [3, 6, 0])];
  expect(planHandOver(problem, before, after)?.steps).toHaveLength(2);
  expect(planHandOver(problem, before, after, { besides: at([0, 6, 1]) })).toBeNull();
});

test("many pieces are said to be too many, at once", () => {
  const problem = chain([null, null], 24);
  const stages = Array.from({ length: 24 }, (_, layer): [number, number, number] => [layer, layer + 1, layer % 2]);
  expect(planHandOver(problem, at(...stages), at(...stages.map(([from, to, node]): [number, number, number] => [from, to, 1 - node])))).toBeNull();
});

test("against every sequence of placements, on 500 small chains: as few steps, every one of them fits by the checks", () => {
  let found = 0;
  let several = 0;
  for (let seed = 1; seed <= 500; seed++) {
    const random = seededRandom(seed);
    const problem = chain([0, 1, 2].map(() => PROCESS / MB * (1 + Math.floor(random() * 3)) + 15 + random() * 70), 5);
    const [before, after] = [randomPlacement(random), randomPlacement(random)];
    if (checkPlacement(problem, before).length > 0 || checkPlacement(problem, after).length > 0 || JSON.stringify(before) === JSON.stringify(after)) continue;
    const wanted = fewestSteps(problem, before, after);
    const way = planHandOver(problem, before, after, { isAllowed: (placement) => checkPlacement(problem, placement).length === 0 });
    expect(way?.steps.length ?? null, `seed ${seed}`).toBe(wanted);
    if (!way) continue;
    found += 1;
    if (way.steps.length > 1) several += 1;
    expect(way.steps.at(-1)).toEqual(after);
    for (const [index, step] of way.steps.entries()) expect(bothFit(problem, way.steps[index - 1] ?? before, step), `seed ${seed} step ${index}`).toBe(true);
  }
  // The comparison has something to compare.
  expect(found).toBeGreaterThan(80);
  expect(several).toBeGreaterThan(20);
});

function randomPlacement(random: () => number): Placement {
  const ends = [0, ...[1, 2, 3, 4].filter(() => random() < 0.4), 5];
  const stages = ends.slice(1).map((to, index) => ({ from: ends[index] as number, to, topologyNodeId: `tn_${Math.floor(random() * 3)}` }));
  return stages;
}

/** By trying all: every assignment of layers to where they were or go to, with every set of the two placements' cuts. */
function fewestSteps(problem: Problem, before: Placement, after: Placement): number | null {
  const cutsOf = (placement: Placement) => placement.map((stage) => stage.from).filter((from) => from > 0);
  const both = cutsOf(before).filter((cut) => cutsOf(after).includes(cut));
  const nodeOf = (placement: Placement, layer: number) => placement.find((stage) => stage.from <= layer && layer < stage.to)?.topologyNodeId as string;
  const all = new Map<string, Placement>();
  for (let flips = 0; flips < 32; flips++) {
    for (let cuts = 0; cuts < 16; cuts++) {
      const placement: Placement = [];
      let isOne = true;
      for (let layer = 0; layer < 5; layer++) {
        const topologyNodeId = nodeOf(flips & (1 << layer) ? after : before, layer);
        const last = placement.at(-1);
        const isCut = layer > 0 && (cuts & (1 << (layer - 1))) !== 0;
        const mayCut = cutsOf(before).includes(layer) || cutsOf(after).includes(layer);
        if (isCut && !mayCut) isOne = false;
        if (both.includes(layer) && !isCut) isOne = false;
        if (last && !isCut && last.topologyNodeId !== topologyNodeId) isOne = false;
        if (last && !isCut) last.to = layer + 1;
        else placement.push({ from: layer, to: layer + 1, topologyNodeId });
      }
      if (isOne) all.set(JSON.stringify(placement), placement);
    }
  }
  const seen = new Set([JSON.stringify(before)]);
  let level = [before];
  for (let steps = 1; steps <= MAX_HAND_OVER_STEPS; steps++) {
    const next: Placement[] = [];
    for (const [key, placement] of all) {
      if (seen.has(key) || checkPlacement(problem, placement).length > 0) continue;
      if (level.some((from) => bothFit(problem, from, placement))) {
        seen.add(key);
        next.push(placement);
      }
    }
    if (seen.has(JSON.stringify(after))) return steps;
    level = next;
  }
  return null;
}

