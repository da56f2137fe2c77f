// The product's controller while an SLO's error budget burns and nothing has drifted: what it values placements by then, and what it does.
import { expect, test } from "vitest";
import { estimatePlacement } from "../../server/planner/estimate.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { AdaptSettings } from "../../server/policy/adapt/adapt-settings.ts";
import { type ControllerMemory, type Decision, lookToday, NEW_CONTROLLER, type Observation, valuedNow } from "../../server/policy/adapt/controller.ts";
import { revalidateTarget, stepDeployment } from "../../server/policy/adapt/step-deployment.ts";
import type { Burn } from "../../server/policy/adapt/slo-burn.ts";
import { makeScene } from "./scenes.ts";

const SETTINGS: AdaptSettings = { mode: "automatic", coolDownSeconds: 10, movesPerHour: 60, protectedWindows: [], pauseSeconds: 0, repairLosses: "always" };
const MESH = { ...makeScene("mesh", 1) };
const PROBLEM = { ...MESH, nodes: MESH.nodes.map((node) => ({ ...node, memoryLimitBytes: null })) };
const whole = (node: number): Placement => [{ from: 0, to: 12, topologyNodeId: `n${node}` }];
const burn = (isBurning: boolean): Burn => ({ latencyMs: 100, budget: 0.01, isBurning, windows: [{ name: "fast", longSeconds: 60, shortSeconds: 5, longRate: isBurning ? 40 : 0.1, shortRate: isBurning ? 40 : 0, threshold: 14.4, isBurning }] });

/** Which node is quickest for the whole, and which slowest, as predicted. */
const byLatency = PROBLEM.nodes.map((_, index) => ({ index, latencyMs: estimatePlacement(PROBLEM, whole(index))?.latencyMs ?? Number.POSITIVE_INFINITY })).sort((a, b) => a.latencyMs - b.latencyMs);
const slowest = byLatency.at(-1)?.index ?? 0;

type Run = { running: Placement; burning(second: number): boolean; seconds: number; objective?: "latency" | "energy"; load?: number };
function run({ running, burning, seconds, objective = "latency", load = 0.2 }: Run): { decisions: Decision[]; memory: ControllerMemory; seen: Observation } {
  let memory: ControllerMemory = NEW_CONTROLLER;
  const estimate = estimatePlacement(PROBLEM, running);
  const decisions: Decision[] = [];
  let seen!: Observation;
  for (let second = 1; second <= seconds; second++) {
    seen = {
      nowMs: second * 1_000, problem: PROBLEM, request: { objective, slo: { quantile: 0.99, latencyMs: 100 } }, running, home: running, burn: burn(burning(second)),
      stageMs: estimate?.stages.map((stage) => stage.computeMs) ?? [], hopMs: estimate?.hops.map((hop) => hop.latencyMs + hop.transferMs) ?? [],
      idleSlowdowns: new Map(), demandPerSecond: load * (estimate?.throughputPerSecond ?? 0), isMoving: false, moves: [], moveOverheadSeconds: 2.5,
    };
    const step = stepDeployment(memory, seen, SETTINGS);
    memory = step.memory;
    decisions.push(step.decision);
    if (step.decision.action === "move") break;
  }
  return { decisions, memory, seen };
}

test("a sustained burn moves what is better placed elsewhere, without any drift, after regret has added up; the record says why", () => {
  const { decisions, memory, seen } = run({ running: whole(slowest), burning: (second) => second > 20, seconds: 200 });
  const last = decisions.at(-1) as Decision;
  expect(decisions.slice(0, 20).every((one) => one.verdict === "steady")).toBe(true);
  expect(decisions.some((one) => one.verdict === "drift-waits")).toBe(true);
  expect(last).toMatchObject({ action: "move", drifts: [], because: [{ key: "slo", kind: "burn", factor: 40 }], reason: expect.stringContaining("error budget") });
  // Looked at again before it is done, without anything measured.
  const { burn: _burn, ...fresh } = seen;
  expect(revalidateTarget(valuedNow(memory, fresh), lookToday(memory, fresh).today, last.target as never)).toBeNull();
});

test("it is valued by what was promised under the load that comes, whatever the plan was made for", () => {
  const { memory } = run({ running: whole(slowest), burning: () => true, seconds: 1, objective: "energy", load: 3 });
  expect(memory.valued).toMatchObject({ objective: "latency", slo: { quantile: 0.99, latencyMs: 100 } });
  // More than it carries: as if it were nearly busy, so that costs stay comparable.
  expect(memory.valued?.demandPerSecond).toBeCloseTo(0.95 * (estimatePlacement(PROBLEM, whole(slowest))?.throughputPerSecond ?? 0));
});

test("where nothing is better nothing moves, and a burn that ends leaves nothing behind", () => {
  const best = run({ running: whole(slowest), burning: (second) => second > 20, seconds: 200 }).decisions.at(-1)?.target?.placement as Placement;
  const stays = run({ running: best, burning: () => true, seconds: 60 }).decisions;
  expect(stays.every((one) => one.action === "keep")).toBe(true);
  const short = run({ running: whole(slowest), burning: (second) => second === 20, seconds: 60 });
  expect(short.decisions.every((one) => one.action === "keep")).toBe(true);
  expect(short.memory).toMatchObject({ burningSinceMs: undefined, valued: undefined });
});
