import { describe, expect, test } from "vitest";
import { chooseReplica } from "../../../agents/ingress/choose-replica.ts";
import { checkPlacement } from "../check-placement.ts";
import { estimatePlacement } from "../estimate.ts";
import type { Placement } from "../plan.ts";
import type { PlanRequest } from "../plan-request.ts";
import type { Problem } from "../problem.ts";
import { solveNow } from "../solve-now.ts";
import { stageMemoryBytes } from "../stage-memory.ts";
import { randomProblem, seededRandom } from "../testdata/random-problem.ts";
import { checkReplicas } from "./check-replicas.ts";
import { combineReplicas } from "./combine-replicas.ts";
import { diffReplicas } from "./diff-replicas.ts";
import { ofOneReplica } from "./of-one-replica.ts";
import { sayReplicas, waysToAdd, whyNotAdd } from "./next-replica.ts";

const SEEDS = Array.from({ length: 24 }, (_, index) => index + 1);
const tiny = (seed: number, tightMemory = true): Problem => randomProblem(seed, { layers: 4, nodes: 4, tightMemory, source: seed % 2 === 0 });

/** Every chain of segments over every choice of nodes, neighbours on different ones. */
function everyPlacement(problem: Problem, from = 0, before: string | null = null): Placement[] {
  if (from === problem.layerCount) return [[]];
  const found: Placement[] = [];
  for (let to = from + 1; to <= problem.layerCount; to++) for (const { topologyNodeId } of problem.nodes) {
    if (topologyNodeId === before) continue;
    for (const rest of everyPlacement(problem, to, topologyNodeId)) found.push([{ from, to, topologyNodeId }, ...rest]);
  }
  return found;
}
const nodesOf = (placement: Placement) => new Set(placement.map((stage) => stage.topologyNodeId));
const latencyOf = (problem: Problem, placement: Placement) => estimatePlacement(problem, placement)?.latencyMs ?? Number.POSITIVE_INFINITY;

describe("a further replica", () => {
  test.each(SEEDS)("on nodes of its own is the best of all that are, or there is none (seed %i)", (seed) => {
    const problem = tiny(seed);
    const request: PlanRequest = { objective: "latency" };
    const first = solveNow(problem, request);
    if ("infeasible" in first) return;
    const [apart] = waysToAdd(problem, request, [first.placement]);
    const found = solveNow(apart!.problem, apart!.request);
    const used = nodesOf(first.placement);
    // A solver's chains visit a node once.
    const { problem: entered } = apart!;
    const all = everyPlacement(problem).filter((one) => nodesOf(one).size === one.length && one.every((stage) => !used.has(stage.topologyNodeId)) && checkPlacement(entered, one).length === 0);
    const best = Math.min(...all.map((one) => latencyOf(entered, one)));
    if ("infeasible" in found) return expect(best).toBe(Number.POSITIVE_INFINITY);
    expect(latencyOf(entered, found.placement)).toBeCloseTo(best, 6);
    expect(whyNotAdd(problem, { ...request, replicas: 2 }, [first.placement], found.placement)).toEqual([]);
    expect(combineReplicas(problem, [first.estimate, found.estimate]).fatalNodeIds).toEqual([]);
  });

  test("shares nodes only where nothing else is left, and then is worth its memory", () => {
    const problem = tiny(3, false);
    const [one, two] = [[{ from: 0, to: 4, topologyNodeId: "tn_0" }], [{ from: 0, to: 4, topologyNodeId: "tn_1" }]];
    expect(waysToAdd(problem, { objective: "latency" }, [one]).map(({ apart }) => apart)).toEqual([true, false]);
    expect(whyNotAdd(problem, { objective: "latency" }, [one], one)[0]).toMatchObject({ code: "overlap" });
    expect(whyNotAdd(problem, { objective: "latency" }, [one], two)).toEqual([]);
    // Another cut on the same node: neither faster nor safer.
    const cut = problem.cutLegal.findIndex(Boolean) + 1;
    const split = [{ from: 0, to: cut, topologyNodeId: "tn_0" }, { from: cut, to: 4, topologyNodeId: "tn_0" }];
    expect(whyNotAdd(problem, { objective: "latency" }, [one], split)[0]?.message).toMatch(/no room for one that would answer more/);
    expect(sayReplicas(problem, [one, two])[0]).toMatch(/share no node/);
    expect(sayReplicas(problem, [one, split])[0]).toMatch(/All of them need node-0/);
  });
});

describe("the check of all", () => {
  test.each(SEEDS)("accepts two exactly when each is accepted and no node holds more than it has (seed %i)", (seed) => {
    const problem = tiny(seed);
    const random = seededRandom(seed);
    const entered = (first: Placement): Problem => (problem.sourceIndex === null ? { ...problem, sourceIndex: problem.nodes.findIndex((node) => node.topologyNodeId === first[0]?.topologyNodeId) } : problem);
    const all = everyPlacement(problem);
    const verdicts = { accepted: 0, refused: 0 };
    for (let round = 0; round < 400; round++) {
      const [first, second] = [0, 1].map(() => all[Math.floor(random() * all.length)]!) as [Placement, Placement];
      const held = new Map<string, number>();
      const stages = new Map([...first, ...second].map((stage) => [`${stage.topologyNodeId} ${stage.from} ${stage.to}`, stage]));
      for (const stage of stages.values()) held.set(stage.topologyNodeId, (held.get(stage.topologyNodeId) ?? 0) + stageMemoryBytes(problem, stage.from, stage.to));
      const fits = problem.nodes.every((node) => (held.get(node.topologyNodeId) ?? 0) <= (node.memoryLimitBytes ?? Number.POSITIVE_INFINITY));
      const alone = [first, second].every((one) => checkPlacement(entered(first), one).length === 0);
      const same = JSON.stringify(first) === JSON.stringify(second);
      const accepted = checkReplicas(problem, [first, second]).length === 0;
      expect(accepted, JSON.stringify([first, second])).toBe(fits && alone && !same);
      verdicts[accepted ? "accepted" : "refused"]++;
    }
    expect(verdicts.refused).toBeGreaterThan(0);
  });

  test("a demand is carried by all together, an equal part by each", () => {
    const problem: Problem = { ...tiny(2, false), sourceIndex: null };
    const whole = (node: number): Placement => [{ from: 0, to: 4, topologyNodeId: `tn_${node}` }];
    const ways: Problem = { ...problem, paths: problem.paths.map((row, from) => row.map((path, to) => path ?? { latencyMs: 1, bandwidthBytesPerSecond: 1e9, kind: "measured" as const, via: [], linkIds: [], trusted: from !== to })) };
    const rate = Math.min(...[0, 1].map((node) => estimatePlacement({ ...ways, sourceIndex: 0 }, whole(node))!.throughputPerSecond));
    const request = (perSecond: number) => ({ request: { objective: "latency" as const, replicas: 2, demandPerSecond: perSecond } });
    const codes = (perSecond: number) => checkReplicas(ways, [whole(0), whole(1)], request(perSecond)).filter(({ code }) => code === "demand").length;
    expect([codes(rate * 2 * 0.69), codes(rate * 2 * 0.71) > 0]).toEqual([0, true]);
    expect(ofOneReplica({ objective: "latency", replicas: 4, demandPerSecond: 100 } as PlanRequest)).toEqual({ objective: "latency", demandPerSecond: 25 });
  });

  test("more than may be run are refused", () => {
    const problem = tiny(1, false);
    expect(checkReplicas(problem, Array.from({ length: 9 }, () => [{ from: 0, to: 4, topologyNodeId: "tn_0" }]))).toHaveLength(1);
  });
});

describe("what they do together", () => {
  test.each(SEEDS)("keeps every node and link within its time, and no more could be done in these shares (seed %i)", (seed) => {
    const problem = { ...tiny(seed, false), sourceIndex: 0 };
    const random = seededRandom(seed);
    const all = everyPlacement(problem);
    const estimates = Array.from({ length: 3 }, () => all[Math.floor(random() * all.length)]!).flatMap((placement) => estimatePlacement(problem, placement) ?? []);
    if (estimates.length === 0) return;
    const { throughputPerSecond } = combineReplicas(problem, estimates);
    const total = estimates.reduce((sum, one) => sum + one.throughputPerSecond, 0);
    const load = new Map<string, number>();
    for (const one of estimates) {
      const perSecond = (throughputPerSecond * one.throughputPerSecond) / total;
      for (const stage of one.stages) load.set(stage.topologyNodeId, (load.get(stage.topologyNodeId) ?? 0) + perSecond * (stage.computeMs + (stage.handoverMs ?? 0)));
      for (const hop of one.hops) if (hop.kind !== "local") { const key = `${hop.fromTopologyNodeId}>${hop.toTopologyNodeId}`; load.set(key, (load.get(key) ?? 0) + perSecond * hop.transferMs); }
    }
    const most = Math.max(...load.values());
    expect(most).toBeLessThanOrEqual(1000 * (1 + 1e-9));
    if (throughputPerSecond < total * (1 - 1e-9)) expect(most).toBeCloseTo(1000, 3);
  });

  test("of replicas apart, the least-outstanding rule of the ingress reaches the sum of their rates", () => {
    const rates = [31, 12, 5];
    const load = rates.map((rate) => ({ rate, linked: true, outstanding: 0, askedAtMs: 0, freeAt: 0 }));
    const ends: { at: number; by: number }[] = [];
    let now = 0;
    let answered = 0;
    for (let sent = 0; sent < 6_000; sent++) {
      // Sixteen in flight: each answer lets the next request in.
      if (sent >= 16) {
        ends.sort((a, b) => a.at - b.at);
        const next = ends.shift()!;
        now = next.at;
        load[next.by]!.outstanding--;
        answered++;
      }
      const by = chooseReplica(load, now * 1000);
      const replica = load[by]!;
      replica.outstanding++;
      replica.askedAtMs = now * 1000;
      replica.freeAt = Math.max(now, replica.freeAt) + 1 / replica.rate;
      ends.push({ at: replica.freeAt, by });
    }
    expect(answered / now / (31 + 12 + 5)).toBeCloseTo(1, 2);
  });
});

test("a difference speaks of each replica: what stays is not shipped, one that ends is removed, a new one is added", () => {
  const problem = tiny(5, false);
  const whole = (node: number): Placement => [{ from: 0, to: 4, topologyNodeId: `tn_${node}` }];
  const weights = problem.layerWeightBytes.reduce((sum, bytes) => sum + bytes, 0);
  const added = diffReplicas(problem, [whole(0)], [whole(0), whole(1)]);
  expect(added).toMatchObject({ same: false, shipBytes: weights, stages: [{ change: "keep", toTopologyNodeId: "tn_0" }, { change: "add", toTopologyNodeId: "tn_1", replica: 2 }] });
  const removed = diffReplicas(problem, [whole(0), whole(1)], [whole(0)]);
  expect(removed).toMatchObject({ same: false, shipBytes: 0, stages: [{ change: "keep" }, { change: "remove", fromTopologyNodeId: "tn_1" }] });
  expect(diffReplicas(problem, [whole(0), whole(1)], [whole(0), whole(1)]).same).toBe(true);
  // The first goes where the second already holds the weights.
  expect(diffReplicas(problem, [whole(0), whole(1)], [whole(1)]).shipBytes).toBe(0);
});
