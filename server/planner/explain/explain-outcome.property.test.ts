// What explanations promise, on random instances and with brute force as the solver.
import { expect, test } from "vitest";
import { checkStages } from "../check-stages.ts";
import { isClose } from "../check-claim.ts";
import type { SearchRequest } from "../search/solver.ts";
import { bruteForce, planKey } from "../testdata/brute-force.ts";
import { bruteForceSolver } from "../testdata/brute-force-solver.ts";
import { type InstanceSize, randomRequest } from "../testdata/random-instance.ts";
import { applyChange, type Change } from "./change.ts";
import { constraintsOf } from "./constraints-of.ts";
import { findBinding } from "./find-binding.ts";
import { findConflict } from "./find-conflict.ts";
import { findImprovements } from "./find-improvements.ts";
import { findRunnerUp } from "./find-runner-up.ts";

const SIZE: InstanceSize = { layers: 6, nodes: 3, processors: 5, stages: 4 };
const CONTEXT = { now: () => 0, deadlineMs: 1, cancelled: () => false, seed: 1 };
const solve = (request: SearchRequest) => bruteForceSolver.solve(request, CONTEXT);
const CASES = Array.from({ length: 120 }, (_, seed) => ({ seed, request: randomRequest(seed, SIZE) })).map((one) => ({ ...one, outcome: solve(one.request) }));
const SOLVED = CASES.flatMap(({ seed, request, outcome }) => (outcome.stages ? [{ seed, request, best: { ...outcome, stages: outcome.stages } }] : []));

test("a conflict's sets are conflicts, and smallest: without any one constraint of a set, that set forbids nothing", () => {
  let seen = 0;
  for (const { seed, request, outcome } of CASES) {
    if (outcome.stages) continue;
    const { sets, remedies, proved } = findConflict(request, solve);
    expect(proved).toBe(true);
    if (sets.length === 0) continue;
    seen++;
    const all = constraintsOf(request.instance).flat();
    const possible = (inForce: Change[]) => solve(all.filter((constraint) => !inForce.some((own) => JSON.stringify(own) === JSON.stringify(constraint))).reduce(applyChange, request)).stages !== null;
    for (const set of sets) {
      expect(possible(set), `seed ${seed}: ${JSON.stringify(set)}`).toBe(false);
      for (const constraint of set) expect(possible(set.filter((own) => own !== constraint)), `seed ${seed}: without ${JSON.stringify(constraint)}`).toBe(true);
    }
    expect(possible(all.filter((constraint) => !sets.flat().some((own) => JSON.stringify(own) === JSON.stringify(constraint)))), `seed ${seed}`).toBe(true);
    if (sets.length > 1) for (const constraint of sets.flat()) expect(solve(applyChange(request, constraint)).stages, `seed ${seed}`).toBeNull();
    for (const { change, cost } of remedies) expect(isClose(bruteForce(applyChange(request, change)).cost, cost), `seed ${seed}: ${JSON.stringify(change)}`).toBe(true);
  }
  expect(seen).toBeGreaterThan(10);
});

test("a remedy of memory is the least: a megabyte less is not enough", () => {
  let seen = 0;
  for (const { seed, request, outcome } of CASES) {
    if (outcome.stages) continue;
    for (const { change } of findConflict(request, solve).remedies) {
      if (change.kind !== "memory") continue;
      seen++;
      expect(solve(applyChange(request, { ...change, addBytes: change.addBytes - 1e6 })).stages, `seed ${seed}`).toBeNull();
    }
  }
  expect(seen).toBeGreaterThan(3);
});

test("the runner-up lacks a cut or a place of the best, and no such plan costs less", () => {
  let seen = 0;
  for (const { seed, request, best } of SOLVED) {
    const { processors } = request.instance;
    const cuts = best.stages.slice(1).map(({ from }) => from);
    const differs = (key: string) => {
      const stages = key.split(" ").map((stage) => stage.split(/[:-]/).map(Number) as [number, number, number]);
      const lacksCut = cuts.some((cut) => !stages.some(([, from]) => from === cut));
      return lacksCut || best.stages.some((own) => !stages.some(([p, from, to]) => from < own.to && own.from < to && processors[p]!.place === processors[own.processor]!.place));
    };
    const costs = [...bruteForce(request).feasible].filter(([key]) => differs(key)).map(([, cost]) => cost);
    const runnerUp = findRunnerUp(request, best, solve);
    expect(runnerUp === null, `seed ${seed}`).toBe(costs.length === 0);
    if (!runnerUp) continue;
    seen++;
    expect(differs(planKey(runnerUp.stages))).toBe(true);
    expect(isClose(runnerUp.cost, Math.min(...costs)), `seed ${seed}: ${runnerUp.cost}, ${Math.min(...costs)}`).toBe(true);
    expect(runnerUp.proved).toBe(true);
  }
  expect(seen).toBeGreaterThan(20);
});

test("gains are real: the plan with the change keeps to everything, and costs what is said", () => {
  let seen = 0;
  for (const { seed, request, best } of SOLVED) {
    const gains = [...findImprovements(request, best, solve), ...findBinding(request, best, solve).flatMap(({ each }) => each)];
    for (const { change, cost, saved, outcome } of gains) {
      seen++;
      const changed = applyChange(request, change);
      expect(checkStages(changed.instance, outcome.stages!), `seed ${seed}: ${JSON.stringify(change)}`).toEqual([]);
      expect(saved).toBeGreaterThan(0);
      expect(isClose(cost + saved, best.cost), `seed ${seed}`).toBe(true);
    }
  }
  expect(seen).toBeGreaterThan(30);
});

test("nothing that is added or lifted takes the best plan away, and the request is left as it is", () => {
  for (const { seed, request, best } of SOLVED) {
    const before = structuredClone(request);
    for (let node = 0; node < request.instance.nodes.length; node++) {
      for (const change of [{ kind: "another-node", like: node } as const, { kind: "memory", node, addBytes: 1e6 } as const]) {
        const changed = applyChange(request, change);
        expect(checkStages(changed.instance, best.stages), `seed ${seed}: ${JSON.stringify(change)}`).toEqual([]);
        expect(changed.moving?.length ?? changed.instance.processors.length).toBe(changed.instance.processors.length);
      }
    }
    for (let link = 0; link < request.instance.hops.linkPerByteMs.length; link++) {
      const { hops } = applyChange(request, { kind: "bandwidth", link, factor: 2 }).instance;
      expect(hops.perByteMs.every((ms, hop) => ms <= request.instance.hops.perByteMs[hop]!)).toBe(true);
    }
    expect(request, `seed ${seed}`).toEqual(before);
  }
});
