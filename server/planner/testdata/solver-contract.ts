// What everything that plans must keep to, as tests to call from the test of a solver or baseline:
//   solverContract(mySolver, { exact: true });
// Small random instances are judged by brute force, larger ones by the checker alone.
import { describe, expect, test } from "vitest";
import { CLAIM_TOLERANCE, checkClaim, isClose } from "../check-claim.ts";
import { checkStages } from "../check-stages.ts";
import type { Outcome, Progress, SearchContext, SearchRequest, Solver } from "../search/solver.ts";
import { type BruteForceResult, bruteForce } from "./brute-force.ts";
import { type InstanceSize, randomRequest, SMALL } from "./random-instance.ts";

export type ContractOptions = {
  /** It proves its answer (also that there is none) on every small request it accepts. */
  exact?: boolean;
  /** It never answers worse than a feasible chain it is given to start from. */
  usesSeeds?: boolean;
  /** Requests that it is made for; of others nothing is asked. */
  accepts?(request: SearchRequest): boolean;
  /** How many small requests. */
  requests?: number;
  /** Makes the requests; absent = those with nothing that waits. */
  request?(seed: number, size: InstanceSize): SearchRequest;
  /** Relative, of what it may be better than brute force's best: two ways to reckon a wait. Absent = 1e-9. */
  tolerance?: number;
  /** First seed, for a longer hunt beside the usual seeds. */
  from?: number;
};

const LARGE: InstanceSize = { layers: 40, nodes: 10, processors: 16, stages: 8 };
const LARGE_REQUESTS = 12;
/** Readings of the clock or of `cancelled` after the one that says stop: enough for every part of a solver to notice on its way out. */
const MAX_LATE_READINGS = 100;

export function solverContract(solver: Solver, options: ContractOptions = {}): void {
  const accepts = options.accepts ?? (() => true);
  const from = options.from ?? 0;
  const requests = (count: number, size: InstanceSize) => Array.from({ length: count }, (_, index) => ({ seed: from + index, request: (options.request ?? randomRequest)(from + index, size) })).filter(({ request }) => accepts(request));

  describe(`the contract of a solver: ${solver.name}`, () => {
    test("its name is stable and has a version", () => expect(solver.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*\/\d+$/));

    test("small requests: accepted by the checker, true to its word, never better than possible, proofs true, the request left alone", () => {
      const small = requests(options.requests ?? 150, SMALL);
      expect(small.length, "requests it accepts").toBeGreaterThan(10);
      for (const { seed, request } of small) expect(breaches(solver, request, options), `seed ${seed}`).toEqual([]);
    });

    test("the same request and seed give the same answer", () => {
      for (const { seed, request } of [...requests(25, SMALL), ...requests(3, LARGE)]) expect(timeless(run(solver, request).outcome), `seed ${seed}`).toEqual(timeless(run(solver, request).outcome));
    });

    test("larger requests: accepted and true to its word; stops soon after its deadline, also one that has passed, and when cancelled", () => {
      for (const { seed, request } of requests(LARGE_REQUESTS, LARGE)) {
        expect(claims(request, run(solver, request)), `seed ${seed}`).toEqual([]);
        for (const stop of [{ deadlineMs: 0 }, { deadlineMs: 20 }, { cancelAfter: 0 }, { cancelAfter: 5 }]) {
          const stopped = run(solver, request, stop);
          expect(claims(request, stopped), `seed ${seed}, ${JSON.stringify(stop)}`).toEqual([]);
          expect(stopped.lateReadings, `seed ${seed}, ${JSON.stringify(stop)}`).toBeLessThanOrEqual(MAX_LATE_READINGS);
        }
      }
    });

    test("stopped early on small requests, it still says nothing untrue", () => {
      for (const { seed, request } of requests(25, SMALL))
        for (const stop of [{ deadlineMs: 0 }, { deadlineMs: 3 }, { cancelAfter: 1 }]) {
          const stopped = run(solver, request, stop);
          expect([...claims(request, stopped), ...againstTruth(stopped, bruteForce(request), options.tolerance)], `seed ${seed}, ${JSON.stringify(stop)}`).toEqual([]);
        }
    });

    test("chains to start from: broken ones do no harm", () => {
      for (const { seed, request } of requests(25, SMALL)) {
        const truth = bruteForce(request);
        const n = request.instance.layerCount;
        const broken = [[], [{ processor: 99, from: 0, to: n }], [{ processor: 0, from: 0, to: n + 1 }], [{ processor: 0, from: 1, to: n }]];
        const seeds = truth.stages ? [...broken, truth.stages] : broken;
        const seeded = { ...request, seeds };
        const ran = run(solver, seeded);
        expect([...claims(seeded, ran), ...againstTruth(ran, truth, options.tolerance)], `seed ${seed}`).toEqual([]);
        if (options.usesSeeds && truth.stages) expect(ran.outcome.cost <= truth.cost * (1 + (options.tolerance ?? CLAIM_TOLERANCE)), `seed ${seed}: ${ran.outcome.cost}, given ${truth.cost}`).toBe(true);
      }
    });
  });
}

/** What one small request shows to be wrong with a solver, in words; empty = nothing. */
export function breaches(solver: Solver, request: SearchRequest, options: Pick<ContractOptions, "exact" | "tolerance"> = {}): string[] {
  const before = structuredClone(request);
  const ran = run(solver, request);
  const truth = bruteForce(request);
  const found = [...claims(request, ran), ...againstTruth(ran, truth, options.tolerance)];
  if (!equal(before, request)) found.push("it changed the request");
  if (options.exact && !ran.outcome.proved) found.push(`not proved: cost ${ran.outcome.cost}, bound ${ran.outcome.bound}, brute force ${truth.cost}`);
  return found;
}

type Ran = { outcome: Outcome; progress: Progress[]; lateReadings: number };

/** The clock goes on by a millisecond at each reading, so that a run is the same on every machine. */
function run(solver: Solver, request: SearchRequest, stop: { deadlineMs?: number; cancelAfter?: number } = {}): Ran {
  const deadlineMs = stop.deadlineMs ?? 3000;
  const progress: Progress[] = [];
  let readings = 0;
  let asked = 0;
  let lateReadings = 0;
  const context: SearchContext = {
    now: () => {
      if (readings > deadlineMs) lateReadings++;
      return readings++;
    },
    deadlineMs,
    cancelled: () => {
      const cancelled = stop.cancelAfter !== undefined && asked >= stop.cancelAfter;
      if (cancelled && asked > stop.cancelAfter!) lateReadings++;
      asked++;
      return cancelled;
    },
    seed: 1,
    onProgress: (told) => progress.push(structuredClone(told)),
  };
  return { outcome: solver.solve(request, context), progress, lateReadings };
}

function claims(request: SearchRequest, { outcome, progress }: Ran): string[] {
  const found = checkClaim(request, outcome).map((error) => JSON.stringify(error));
  if (!(outcome.elapsedMs >= 0)) found.push(`it took ${outcome.elapsedMs} ms`);
  let cost = Number.POSITIVE_INFINITY;
  let bound = Number.NEGATIVE_INFINITY;
  for (const told of progress) {
    if (told.stages) found.push(...checkStages(request.instance, told.stages).map((violation) => `told on the way: ${JSON.stringify(violation)}`));
    if (told.cost > cost && !isClose(told.cost, cost)) found.push(`the cost told rises from ${cost} to ${told.cost}`);
    if (told.bound < bound && !isClose(told.bound, bound)) found.push(`the bound told falls from ${bound} to ${told.bound}`);
    cost = told.cost;
    bound = told.bound;
  }
  if (outcome.cost > cost && !isClose(outcome.cost, cost)) found.push(`it told of a plan for ${cost} and answers one for ${outcome.cost}`);
  if (outcome.bound < bound && !isClose(outcome.bound, bound)) found.push(`it told of the bound ${bound} and answers ${outcome.bound}`);
  return found;
}

function againstTruth({ outcome, progress }: Ran, truth: BruteForceResult, tolerance = CLAIM_TOLERANCE): string[] {
  const found: string[] = [];
  const near = (value: number) => isClose(value, truth.cost, (Math.abs(truth.cost) * tolerance) / CLAIM_TOLERANCE);
  const below = (value: number) => value < truth.cost && !near(value);
  const above = (value: number) => value > truth.cost && !near(value);
  if (below(outcome.cost)) found.push(`cost ${outcome.cost} is below the optimum ${truth.cost}`);
  for (const { bound } of [outcome, ...progress]) if (above(bound)) found.push(`bound ${bound} is above the optimum ${truth.cost}`);
  if (outcome.proved && !near(outcome.cost)) found.push(`"proved" ${outcome.cost}, but the optimum is ${truth.cost}`);
  return found;
}

function timeless({ elapsedMs: _, firstMs: _first, bestMs: _best, ...outcome }: Outcome) {
  return outcome;
}

function equal(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}
