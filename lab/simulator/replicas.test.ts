// The product's controller over several replicas, in a small simulated fleet: what each test slows, kills or asks of it, and what is done of what is decided.
import { describe, expect, test } from "vitest";
import { makeScene } from "./scenes.ts";
import { seededRandom } from "../../server/model/seeded-random.ts";
import { estimatePlacement } from "../../server/planner/estimate.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import type { AdaptSettings } from "../../server/policy/adapt/adapt-settings.ts";
import { type ControllerMemory, type Decision, NEW_CONTROLLER, type Observation, payForMove, stepController } from "../../server/policy/adapt/controller.ts";
import { placementsOf } from "../../server/policy/adapt/replica-views.ts";
import { carriedBy, DROP_AFTER_MS } from "../../server/policy/adapt/scale.ts";
import { placementsAfter, revalidateTarget, stepDeployment } from "../../server/policy/adapt/step-deployment.ts";
import { todaysProblem } from "../../server/policy/adapt/todays-problem.ts";

const FREE: AdaptSettings = { mode: "automatic", coolDownSeconds: 10, movesPerHour: 60, protectedWindows: [], pauseSeconds: 0, repairLosses: "always" };
const scene = (kind: Parameters<typeof makeScene>[0], room = true): Problem => {
  const problem = makeScene(kind, 1);
  return room ? { ...problem, nodes: problem.nodes.map((node) => ({ ...node, memoryLimitBytes: null })) } : problem;
};
const MESH = scene("mesh");
const whole = (node: number): Placement => [{ from: 0, to: 12, topologyNodeId: `n${node}` }];
const halves = (first: number, second: number): Placement => [{ from: 0, to: 6, topologyNodeId: `n${first}` }, { from: 6, to: 12, topologyNodeId: `n${second}` }];

type World = { slow?: Record<string, number>; lost?: string[]; /** Share of what is carried with room to spare, at the beginning. */ demand?: number | null; noise?: number };
type Start = { problem?: Problem; placements: Placement[]; homes?: Placement[]; request?: Observation["request"]; leastReplicas?: number; settings?: AdaptSettings; seed?: number };
/** A deployment, second by second; what is decided is done at once. */
function runIt({ problem = MESH, placements, homes = placements, request = { objective: "latency" }, leastReplicas = 1, settings = FREE, seed = 1 }: Start) {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const carried = carriedBy(problem, placements) ?? 0;
  let memory: ControllerMemory = NEW_CONTROLLER;
  let running = placements;
  let nowMs = 0;
  const moves: number[] = [];
  const acts: (Decision & { atSecond: number })[] = [];
  return {
    acts,
    running: () => running,
    carried,
    seconds(count: number, { slow = {}, lost = [], demand = 0.7, noise = 0.05 }: World): Decision {
      let last: Decision | null = null;
      for (let second = 0; second < count; second++) {
        nowMs += 1000;
        const noisy = (ms: number) => ms * Math.exp(noise * normal());
        const now: Problem = { ...problem, nodes: problem.nodes.map((node) => ({ ...node, online: !lost.includes(node.topologyNodeId) })) };
        const real = todaysProblem(now, { nodes: new Map(Object.entries(slow)), links: new Map() });
        const measured = (placement: Placement) => {
          const estimate = placement.some((stage) => lost.includes(stage.topologyNodeId)) ? null : estimatePlacement(real, placement);
          return { stageMs: estimate?.stages.map((stage) => noisy(stage.computeMs)) ?? [], hopMs: estimate?.hops.map((hop) => noisy(hop.latencyMs + hop.transferMs)) ?? [] };
        };
        const used = new Set(running.flat().map((stage) => stage.topologyNodeId));
        const seen: Observation = {
          nowMs, problem: now, request, running: running[0] ?? [], home: homes[0] ?? [], ...measured(running[0] ?? []),
          further: running.slice(1).map((placement, index) => ({ running: placement, home: homes[index + 1] ?? placement, ...measured(placement) })),
          idleSlowdowns: new Map(now.nodes.filter((node) => !used.has(node.topologyNodeId)).map((node) => [`node:${node.topologyNodeId}`, noisy(slow[node.topologyNodeId] ?? 1)])),
          ...(demand === null ? {} : { demandPerSecond: noisy(demand * carried) }), leastReplicas, isMoving: false, moves, moveOverheadSeconds: 2.5,
        };
        const step = stepDeployment(memory, seen, settings);
        memory = step.memory;
        last = step.decision;
        if (step.decision.action !== "move" || !step.decision.target) continue;
        expect(revalidateTarget(seen, todaysProblem(now, { nodes: new Map(Object.entries(slow)), links: new Map() }), step.decision.target)).toBeNull();
        acts.push({ ...step.decision, atSecond: nowMs / 1000 });
        memory = payForMove(memory, step.decision);
        running = placementsAfter(placementsOf(seen), step.decision.target);
        moves.push(nowMs);
      }
      return last as unknown as Decision;
    },
  };
}

describe("each replica", () => {
  test.each([1, 2, 3])("ten minutes of noise change nothing, neither places nor number (seed %i)", (seed) => {
    const it = runIt({ placements: [whole(2), whole(1)], leastReplicas: 2, seed });
    expect(it.seconds(600, { noise: 0.15 }).verdict).toBe("steady");
    expect(it.acts).toEqual([]);
  });

  test("a slow node of the second moves the second; the first stays where it is", () => {
    const it = runIt({ placements: [whole(2), whole(1)], leastReplicas: 2 });
    it.seconds(30, {});
    it.seconds(60, { slow: { n1: 6 } });
    expect(it.acts[0]).toMatchObject({ action: "move", target: { replica: 2 }, reason: expect.stringMatching(/^Replica 2: /) });
    expect(it.acts[0]?.drifts.map((drift) => drift.key)).toEqual(["node:n1"]);
    expect(it.acts[0]?.alternatives.length).toBeGreaterThan(0);
    expect(it.running()[0]).toEqual(whole(2));
    const second = it.running()[1] ?? [];
    expect(second.some((stage) => ["n1", "n2"].includes(stage.topologyNodeId))).toBe(false);
  });

  test("a person's choice is not up for change because a node that only stands by is slow", () => {
    const chosen = whole(3);
    const start = runIt({ placements: [chosen] });
    const best = start.seconds(90, { slow: { n3: 3 }, demand: null });
    expect(best.alternatives.length + start.acts.length).toBeGreaterThan(0);
    for (const node of ["n0", "n1", "n2"]) {
      const it = runIt({ placements: [chosen] });
      it.seconds(30, { demand: null });
      expect(it.seconds(90, { slow: { [node]: 15 }, demand: null }).verdict).toBe("steady");
      expect(it.acts).toEqual([]);
    }
  });

  test("what is slow on a node of the other's alone does not concern one", () => {
    const it = runIt({ placements: [whole(2), halves(1, 3)], leastReplicas: 2 });
    it.seconds(30, {});
    it.seconds(90, { slow: { n3: 5 } });
    expect(it.acts.length).toBeGreaterThan(0);
    expect(it.acts.every((one) => one.target?.replica === 2)).toBe(true);
  });

  test("one whose node died is replaced at once, before all else, with the node named", () => {
    const it = runIt({ placements: [whole(2), whole(1)], leastReplicas: 2 });
    it.seconds(20, {});
    it.seconds(1, { lost: ["n1"] });
    expect(it.acts).toHaveLength(1);
    expect(it.acts[0]).toMatchObject({ target: { replica: 2 }, because: [{ kind: "loss", subject: "n1" }], reason: expect.stringContaining("Replica 2: A node that runs a part of it is lost") });
    expect(it.running().flat().some((stage) => stage.topologyNodeId === "n1")).toBe(false);
    it.seconds(120, { lost: ["n1"] });
    expect(it.acts).toHaveLength(1);
  });

  test("where all other nodes have one, it is put beside them, but never where another replica is twice over", () => {
    const home = scene("home-lab");
    const it = runIt({ problem: home, placements: [whole(2), whole(1), whole(0)], leastReplicas: 3 });
    it.seconds(20, {});
    it.seconds(60, { lost: ["n0"], demand: 0.2 });
    const keys = it.running().map((placement) => JSON.stringify(placement));
    expect(new Set(keys).size).toBe(3);
    expect(it.running().slice(0, 2)).toEqual([whole(2), whole(1)]);
  });
});

describe("how many", () => {
  test("more than is carried adds one on a node with room, after some seconds and not at a burst; then it is steady", () => {
    const it = runIt({ placements: [whole(2)] });
    it.seconds(60, { demand: 0.9 });
    it.seconds(3, { demand: 2 });
    it.seconds(60, { demand: 0.9 });
    expect(it.acts).toEqual([]);
    it.seconds(30, { demand: 1.4 });
    expect(it.acts).toHaveLength(1);
    expect(it.acts[0]).toMatchObject({ target: { kind: "add", replica: 2 }, because: [{ kind: "demand" }], reason: expect.stringContaining("requests/s come") });
    expect(it.acts[0]?.atSecond).toBeGreaterThan(123 + 4);
    expect(it.acts[0]?.target?.carriesPerSecond).toBeGreaterThan(it.carried * 1.05);
    expect(it.running()).toHaveLength(2);
    expect(it.running()[1]?.some((stage) => stage.topologyNodeId === "n2")).toBe(false);
    expect(it.seconds(300, { demand: 1.2 }).verdict).toBe("steady");
    expect(it.acts).toHaveLength(1);
  });

  test("with no node that has room nothing is done, and that is said", () => {
    const line = makeScene("industrial-line", 1);
    const tight = { ...line, nodes: line.nodes.slice(0, 2), paths: line.paths.slice(0, 2).map((row) => row.slice(0, 2)) };
    const it = runIt({ problem: tight, placements: [halves(0, 1)] });
    expect(it.seconds(60, { demand: 3 })).toMatchObject({ action: "keep", verdict: "no-better", reason: expect.stringContaining("No node has room") });
    expect(it.acts).toEqual([]);
  });

  test("far less for long drops one, never the first; not before its time, and a busy minute begins it anew", () => {
    const it = runIt({ placements: [whole(2), whole(1)] });
    it.seconds(DROP_AFTER_MS / 1000 - 20, { demand: 0.1 });
    it.seconds(30, { demand: 0.9 });
    it.seconds(DROP_AFTER_MS / 1000 - 20, { demand: 0.1 });
    expect(it.acts).toEqual([]);
    it.seconds(60, { demand: 0.1 });
    expect(it.acts).toHaveLength(1);
    expect(it.acts[0]).toMatchObject({ target: { kind: "drop", replica: 2, bill: { bytes: 0 } }, because: [{ kind: "demand" }], reason: expect.stringContaining("without replica 2") });
    expect(it.running()).toEqual([whole(2)]);
  });

  test("no fewer than a person asked for, and none below the demand that he named", () => {
    const asked = runIt({ placements: [whole(2), whole(1)], leastReplicas: 2 });
    asked.seconds(DROP_AFTER_MS / 500, { demand: 0.05 });
    expect(asked.acts).toEqual([]);
    const demanding = runIt({ placements: [whole(2), whole(1)], request: { objective: "latency", replicas: "as-needed", demandPerSecond: runIt({ placements: [whole(2), whole(1)] }).carried * 0.99 } });
    demanding.seconds(DROP_AFTER_MS / 500, { demand: 0.05 });
    expect(demanding.acts).toEqual([]);
  });

  test.each([1, 2, 3])("a demand that sways around what is carried for an hour does not make it come and go (seed %i)", (seed) => {
    const it = runIt({ placements: [whole(2)], seed });
    for (let minute = 0; minute < 60; minute++) it.seconds(60, { demand: minute % 2 === 0 ? 0.8 : 1.15, noise: 0.1 });
    expect(it.acts.length).toBeLessThanOrEqual(1);
  });

  test("limits hold for it as for moves, and are named", () => {
    const it = runIt({ placements: [whole(2)], settings: { ...FREE, movesPerHour: 0 } });
    expect(it.seconds(60, { demand: 1.5 })).toMatchObject({ action: "keep", verdict: "limit", target: { kind: "add" }, reason: expect.stringContaining("0 are allowed") });
  });

  test("after one was lost, what is left is all there is: the demand that it carried brings another", () => {
    const it = runIt({ placements: [whole(2), whole(1)], leastReplicas: 1 });
    it.seconds(20, { demand: 0.9 });
    it.seconds(30, { demand: 0.9, lost: ["n1"] });
    expect(it.running().filter((placement) => placement.every((stage) => stage.topologyNodeId !== "n1")).length).toBeGreaterThanOrEqual(2);
  });
});

test("one replica with no known demand is stepped as ever", () => {
  const random = seededRandom(5);
  let [mine, theirs]: ControllerMemory[] = [NEW_CONTROLLER, NEW_CONTROLLER] as const as never;
  for (let second = 1; second <= 120; second++) {
    const estimate = estimatePlacement(MESH, halves(1, 2));
    const slow = second > 60 ? 4 : 1;
    const seen: Observation = { nowMs: second * 1000, problem: MESH, request: { objective: "latency" }, running: halves(1, 2), home: halves(1, 2), stageMs: estimate?.stages.map((stage, k) => stage.computeMs * (k === 1 ? slow : 1) * (0.9 + 0.2 * random())) ?? [], hopMs: [], idleSlowdowns: new Map(), isMoving: false, moves: [], moveOverheadSeconds: 2.5 };
    const [a, b] = [stepDeployment(mine as ControllerMemory, seen, FREE), stepController(theirs as ControllerMemory, seen, FREE)];
    expect(a).toEqual(b);
    [mine, theirs] = [a.memory, b.memory];
  }
});
