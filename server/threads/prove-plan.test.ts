import { expect, test } from "vitest";
import { checkStages } from "../planner/check-stages.ts";
import { bruteForce } from "../planner/testdata/brute-force.ts";
import { randomRequest } from "../planner/testdata/random-instance.ts";
import { provePlan } from "./prove-plan.ts";
import type { ProofProgress } from "./solve-milp.ts";

const LIMIT_MS = 60_000;
const solvable = (from: number) => {
  for (let seed = from; ; seed++) {
    const request = randomRequest(seed);
    const truth = bruteForce(request);
    if ((truth.stages?.length ?? 0) > 1) return { request, truth };
  }
};

test("a proof comes from a thread, tells of better plans on its way and starts from the plan it is given", async () => {
  const { request, truth } = solvable(0);
  const told: ProofProgress[] = [];
  const proof = await provePlan({ ...request, incumbent: truth.stages!, timeLimitMs: LIMIT_MS }, { onProgress: (progress) => told.push(progress) });
  expect(proof.status).toBe("optimal");
  expect(checkStages(request.instance, proof.stages!)).toEqual([]);
  expect(Math.abs(proof.cost - truth.cost)).toBeLessThanOrEqual(1e-6 * truth.cost);
  expect(told[0]).toMatchObject({ stages: truth.stages, bound: Number.NEGATIVE_INFINITY });
  expect(told.every((progress, index) => index === 0 || progress.cost <= told[index - 1]!.cost)).toBe(true);
});

test("one that is broken is not started from", async () => {
  const { request, truth } = solvable(20);
  const proof = await provePlan({ ...request, incumbent: truth.stages!.slice(1), timeLimitMs: LIMIT_MS });
  expect(proof).toMatchObject({ status: "optimal" });
  expect(Math.abs(proof.cost - truth.cost)).toBeLessThanOrEqual(1e-6 * truth.cost);
});

test("cancelled, it keeps the plan it was told of; before the start, it knows none", async () => {
  const request = { ...randomRequest(5, { layers: 60, nodes: 10, processors: 16, stages: 8 }), timeLimitMs: LIMIT_MS };
  const stop = new AbortController();
  const told: ProofProgress[] = [];
  const proof = await provePlan(request, { signal: stop.signal, onProgress: (progress) => { told.push(progress); stop.abort(); } });
  expect(proof.status === "stopped" || told.length === 0).toBe(true);
  if (told.length > 0) expect(proof.cost).toBeLessThanOrEqual(told[0]!.cost);
  expect(await provePlan(request, { signal: AbortSignal.abort() })).toMatchObject({ status: "stopped", stages: null, bound: Number.NEGATIVE_INFINITY });
});

test("too large is said, and what was given is given back", async () => {
  const request = randomRequest(3, { layers: 900, nodes: 6, processors: 8, stages: 8 });
  const instance = { ...request.instance, legal: request.instance.legal.map(() => 1), nodes: request.instance.nodes.map((node) => ({ ...node, freeBytes: Number.POSITIVE_INFINITY })) };
  const processors = instance.processors.map((processor) => ({ ...processor, allowedUntil: processor.allowedUntil.map(() => instance.layerCount) }));
  expect(await provePlan({ instance: { ...instance, processors }, objective: { kind: "bottleneck" }, timeLimitMs: LIMIT_MS })).toMatchObject({ status: "too-large", stages: null, cost: Number.POSITIVE_INFINITY });
});
