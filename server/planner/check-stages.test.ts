import { expect, test } from "vitest";
import { checkStages, type ViolationCode } from "./check-stages.ts";
import { evaluate } from "./evaluate.ts";
import { objectiveCost } from "./search/objective-cost.ts";
import { isClose } from "./check-claim.ts";
import { bruteForce, planKey } from "./testdata/brute-force.ts";
import { mutateInstance, mutatePlan } from "./testdata/mutate-plan.ts";
import { randomRequest } from "./testdata/random-instance.ts";

const SEEDS = Array.from({ length: 160 }, (_, seed) => seed);
/** Of the many plans of one instance. */
const PLANS_PER_SEED = 8;

const CASES = SEEDS.map((seed) => {
  const request = randomRequest(seed);
  const { feasible } = bruteForce(request);
  const plans = [...feasible.keys()].filter((_, index) => index % Math.ceil(feasible.size / PLANS_PER_SEED) === 0).map(readKey);
  return { seed, request, feasible, plans };
});

function readKey(key: string) {
  return key.split(" ").map((stage) => {
    const [processor, from, to] = stage.split(/[:-]/).map(Number);
    return { processor: processor!, from: from!, to: to! };
  });
}

test("every plan that meets the definitions is accepted, and the cost model, the checker and brute force agree on its cost", () => {
  let seen = 0;
  for (const { seed, request, feasible } of CASES) {
    for (const [key, cost] of feasible) {
      const stages = readKey(key);
      if (seen++ % 3 !== 0) continue;
      expect(checkStages(request.instance, stages), `seed ${seed}: ${key}`).toEqual([]);
      const figures = evaluate(request.instance, stages);
      expect(figures && isClose(objectiveCost(request, stages, figures), cost), `seed ${seed}: ${key}`).toBe(true);
    }
  }
  expect(seen).toBeGreaterThan(5_000);
});

test("a changed plan is accepted exactly if brute force knows it", () => {
  const seen = { good: new Map<string, number>(), bad: new Map<string, number>() };
  for (const { seed, request, feasible, plans } of CASES)
    for (const plan of plans)
      for (const { name, stages } of mutatePlan(request.instance, plan)) {
        const good = feasible.has(planKey(stages));
        const violations = checkStages(request.instance, stages);
        expect(violations.length === 0, `seed ${seed}: ${name}: ${planKey(stages)}: ${JSON.stringify(violations)}`).toBe(good);
        const counts = good ? seen.good : seen.bad;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
  for (const name of ["drop a stage", "double a stage", "begin later, leaving a gap", "another processor", "split on one processor", "split onto another processor", "join two stages", "swap processors", "shift a border", "a border between layers"]) expect(seen.bad.get(name) ?? 0, name).toBeGreaterThan(20);
  for (const name of ["another processor", "split onto another processor", "swap processors", "shift a border"]) expect(seen.good.get(name) ?? 0, name).toBeGreaterThan(20);
});

test("where the instance changes under a plan, the violation has the right code and the right amount", () => {
  const seen = new Map<ViolationCode, number>();
  for (const { seed, request, plans } of CASES)
    for (const plan of plans)
      for (const { name, code, instance } of mutateInstance(request.instance, plan, seed)) {
        const violations = checkStages(instance, plan);
        const found = violations.filter((violation) => violation.code === code);
        expect(found.length, `seed ${seed}: ${name}: ${planKey(plan)}: ${JSON.stringify(violations)}`).toBeGreaterThan(0);
        for (const { amount, limit } of found) if (amount !== undefined && limit !== undefined && code !== "too-few-stages") expect(amount).toBeGreaterThan(limit);
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }
  const codes: ViolationCode[] = ["illegal-cut", "not-allowed", "same-unit", "no-way", "untrusted-way", "memory", "bottleneck-node", "bottleneck-link", "latency", "slo", "too-few-stages", "too-many-stages", "node-twice", "apart"];
  for (const code of codes) expect(seen.get(code) ?? 0, code).toBeGreaterThan(20);
});

test("the place of a violation is told", () => {
  const { request, plans } = CASES.find(({ plans }) => plans.some((plan) => plan.length > 1))!;
  const plan = plans.find((own) => own.length > 1)!;
  const [first, second] = [plan[0]!, plan[1]!];
  expect(checkStages(request.instance, [])).toEqual([{ code: "empty" }]);
  expect(checkStages(request.instance, plan.slice(1))).toContainEqual({ code: "gap", stage: 0, at: 0 });
  expect(checkStages(request.instance, plan.slice(0, 1))).toEqual([{ code: "gap", stage: 1, at: first.to }]);
  expect(checkStages(request.instance, [first, { ...second, from: first.to - 1 }, ...plan.slice(2)])).toContainEqual({ code: "overlap", stage: 1, at: first.to - 1 });
  expect(checkStages(request.instance, [{ ...first, processor: 99 }, ...plan.slice(1)])).toEqual([{ code: "unknown-processor", stage: 0 }]);
  expect(checkStages(request.instance, [{ ...first, to: first.from }, ...plan.slice(1)])).toContainEqual({ code: "bad-range", stage: 0 });
});
