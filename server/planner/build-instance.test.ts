import { expect, test } from "vitest";
import { buildInstance, toStages } from "./build-instance.ts";
import { estimatePlacement } from "./estimate.ts";
import { evaluate } from "./evaluate.ts";
import type { Placement } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { randomProblem, seededRandom } from "./testdata/random-problem.ts";

/** A drawing's ways: some share a link, some nodes have power and price. */
function drawnProblem(seed: number): Problem {
  const random = seededRandom(seed + 1000);
  const problem = randomProblem(seed, { layers: 3 + Math.floor(random() * 10), nodes: 2 + Math.floor(random() * 4), source: random() > 0.5 });
  const paths = problem.paths.map((row, from) => row.map((path, to) => (path === null || from === to || random() < 0.4 ? path : { ...path, latencyVarianceMs2: random(), hops: [{ id: `up${from}`, bandwidthBytesPerSecond: path.bandwidthBytesPerSecond, pricePerGigabyte: random() }, { id: "trunk", bandwidthBytesPerSecond: path.bandwidthBytesPerSecond * (1 + random()), pricePerGigabyte: 0 }] })));
  const nodes = problem.nodes.map((node) => ({ ...node, pricePerHour: random(), workWatts: random() * 100, gramsPerKilowattHour: random() * 400, zoneId: random() > 0.5 ? "zon_a" : null }));
  // Every way of one link takes it at the speed the link was first met with.
  return { ...problem, nodes, paths: paths.map((row) => row.map((path) => path?.hops ? { ...path, bandwidthBytesPerSecond: 2e7, hops: path.hops.map((hop) => ({ ...hop, bandwidthBytesPerSecond: hop.id === "trunk" ? 2e7 : 3e7, pricePerGigabyte: 0.5 })) } : path)) };
}

function randomPlacement(problem: Problem, random: () => number): Placement {
  const cuts = Array.from({ length: problem.layerCount - 1 }, (_, index) => index + 1).filter(() => random() < 0.3);
  const ends = [...cuts, problem.layerCount];
  return ends.map((to, index) => ({ from: ends[index - 1] ?? 0, to, topologyNodeId: problem.nodes[Math.floor(random() * problem.nodes.length)]!.topologyNodeId }));
}

test("an evaluation on the instance is the estimate of the placement", () => {
  let compared = 0;
  for (let seed = 0; seed < 300; seed++) {
    const problem = drawnProblem(seed);
    const instance = buildInstance(problem, { objective: "latency" });
    const placement = randomPlacement(problem, seededRandom(seed));
    const estimate = estimatePlacement(problem, placement);
    const figures = evaluate(instance, toStages(problem, placement) ?? []);
    expect(figures === null).toBe(estimate === null);
    if (!figures || !estimate) continue;
    compared++;
    const close = (value: number, wanted: number) => expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
    close(figures.latencyMs, estimate.latencyMs);
    close(figures.bottleneckMs, estimate.bottleneckMs);
    close(figures.joules, estimate.costs?.joules ?? Number.NaN);
    close(figures.money, estimate.costs?.money ?? Number.NaN);
    close(figures.grams, estimate.costs?.grams ?? Number.NaN);
    for (const { topologyNodeId, usedBytes } of estimate.memory) {
      const bytes = figures.nodeBytes[problem.nodes.findIndex((node) => node.topologyNodeId === topologyNodeId)] ?? 0;
      // The search may only be the more careful of the two, by a byte or two a stage.
      expect(bytes - usedBytes).toBeGreaterThanOrEqual(0);
      expect(bytes - usedBytes).toBeLessThanOrEqual(2 * placement.length);
    }
  }
  expect(compared).toBeGreaterThan(100);
});

test("what a request forbids is in the tables", () => {
  const problem = drawnProblem(5);
  const [first, second] = problem.nodes as [Problem["nodes"][number], Problem["nodes"][number]];
  const n = problem.layerCount;
  const untrusted = { ...problem, nodes: problem.nodes.map((node) => (node === second ? { ...node, trusted: false } : node)), flow: { inputs: ["picture", "size"], layers: Array.from({ length: n }, (_, layer) => (layer === 0 ? ["size"] : ["picture", "size"])), positions: Array.from({ length: n + 1 }, () => ["picture"]) } };
  const avoid = buildInstance(problem, { objective: "latency", avoidNodeIds: [first.topologyNodeId] });
  expect([...avoid.processors[0]!.allowedUntil]).toEqual(Array.from({ length: n + 1 }, (_, at) => at));
  const pinned = buildInstance(problem, { objective: "latency", pins: [{ from: 1, to: 2, topologyNodeId: first.topologyNodeId }] });
  expect([...pinned.processors[1]!.allowedUntil].slice(0, 3)).toEqual([1, 1, n]);
  expect(pinned.processors[0]!.allowedUntil[0]).toBe(n);
  const tainted = buildInstance(untrusted, { objective: "latency", sensitiveInputs: ["picture"] });
  expect([...tainted.processors[1]!.allowedUntil].slice(0, 2)).toEqual([1, 1]);
  expect(tainted.hops.way[1]).not.toBe(2);
  expect(buildInstance(untrusted, { objective: "latency", sensitiveInputs: [] }).processors[1]!.allowedUntil[0]).toBe(n);
  const demand = buildInstance(problem, { objective: "latency", demandPerSecond: 70, minStages: 2, maxStages: 3 });
  expect(demand.limits).toMatchObject({ minStages: 2, bottleneckMs: 10 });
});
