import { expect, test } from "vitest";
import { buildInstance, toPlacement, toStages } from "./build-instance.ts";
import { checkPlacement } from "./check-placement.ts";
import { diffPlacements } from "./diff-placements.ts";
import { estimatePlacement } from "./estimate.ts";
import { evaluate } from "./evaluate.ts";
import type { Placement } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { solveNow } from "./solve-now.ts";
import { randomProblem, seededRandom } from "./testdata/random-problem.ts";

const threads = (intraOpThreads: number) => ({ intraOpThreads, optimization: "all" as const, provider: "cpu" as const });

/** Half of the nodes have a second mode: some layers faster, some slower. */
function withModes(seed: number, size = { layers: 6, nodes: 3 }): Problem {
  const random = seededRandom(seed + 1000);
  const problem = randomProblem(seed, size);
  return { ...problem, nodes: problem.nodes.map((node, index) => {
    if (index % 2 === 1) return node;
    const layerMs = node.layerMs.map((ms) => ms * (0.4 + random()));
    const cumulativeMs = [0];
    for (const ms of layerMs) cumulativeMs.push((cumulativeMs.at(-1) ?? 0) + ms);
    return { ...node, otherModes: [{ session: threads(2), layerMs, cumulativeMs, entryMs: node.entryMs, exitMs: node.exitMs, kind: "estimated" as const }] };
  }) };
}

test("each mode is a processor of its own on the same place, with its own times and the node's memory", () => {
  let compared = 0;
  for (let seed = 0; seed < 60; seed++) {
    const problem = withModes(seed);
    const cut = problem.cutLegal.indexOf(true) + 1;
    if (cut === 0) continue;
    const placement: Placement = [{ from: 0, to: cut, topologyNodeId: "tn_0", session: threads(2) }, { from: cut, to: 6, topologyNodeId: seed % 2 ? "tn_1" : "tn_2" }];
    const instance = buildInstance(problem, { objective: "latency" });
    const stages = toStages(problem, placement) ?? [];
    expect(toPlacement(problem, instance, stages)).toEqual(placement);
    const [figures, estimate] = [evaluate(instance, stages), estimatePlacement(problem, placement)];
    if (!figures || !estimate) continue;
    compared++;
    expect(Math.abs(figures.latencyMs - estimate.latencyMs)).toBeLessThan(1e-9 * estimate.latencyMs);
    expect(Math.abs(figures.bottleneckMs - estimate.bottleneckMs)).toBeLessThan(1e-9 * estimate.bottleneckMs);
    expect(Math.abs((figures.nodeBytes[0] ?? 0) - stageMemoryBytes(problem, 0, cut))).toBeLessThan(8);
    expect(estimate).toMatchObject({ kind: "mixed", stages: [{ kind: "estimated", session: threads(2) }, { kind: "measured" }] });
  }
  expect(compared).toBeGreaterThan(20);
});

test("a plan takes the mode that is better for its layers, unless only the default one is allowed", () => {
  let other = 0;
  for (let seed = 0; seed < 40; seed++) {
    const problem = withModes(seed);
    const free = solveNow(problem, { objective: "latency" });
    const fixed = solveNow(problem, { objective: "latency", defaultModeOnly: true });
    if ("infeasible" in free || "infeasible" in fixed) continue;
    expect(free.estimate.latencyMs).toBeLessThanOrEqual(fixed.estimate.latencyMs + 1e-9);
    expect(fixed.placement.every((stage) => stage.session === undefined)).toBe(true);
    // Nothing on the same cuts and nodes is better in other modes.
    for (const [index, stage] of free.placement.entries()) {
      const { session, ...plain } = stage;
      if (session) other++;
      const changed = free.placement.map((one, at) => (at === index ? (session ? plain : { ...plain, session: threads(2) }) : one));
      const estimate = checkPlacement(problem, changed).length === 0 ? estimatePlacement(problem, changed) : null;
      if (estimate) expect(estimate.latencyMs).toBeGreaterThanOrEqual(free.estimate.latencyMs - 1e-9);
    }
  }
  expect(other).toBeGreaterThan(5);
});

test("a mode that the node has not is refused with those it has", () => {
  const problem = withModes(1);
  const placement: Placement = [{ from: 0, to: 6, topologyNodeId: "tn_0", session: threads(8) }];
  expect(checkPlacement(problem, placement)).toContainEqual(expect.objectContaining({ code: "mode", message: "node-0 does not run stages with 8 threads.", fix: "Choose threads it has: 1, 2." }));
  expect(estimatePlacement(problem, placement)).toBeNull();
  expect(toStages(problem, placement)).toBeNull();
});

test("another mode of a stage is a change that ships nothing and has both loaded for a while", () => {
  const problem = withModes(1);
  const before: Placement = [{ from: 0, to: 6, topologyNodeId: "tn_0" }];
  const after: Placement = [{ ...before[0]!, session: threads(2) }];
  const diff = diffPlacements(problem, before, after);
  expect(diff).toMatchObject({ same: false, shipBytes: 0, moves: [], stages: [{ change: "mode", modes: { before: "1 thread", after: "2 threads" } }] });
  const bytes = stageMemoryBytes(problem, 0, 6);
  expect(diff.memory).toMatchObject([{ beforeBytes: bytes, peakBytes: 2 * bytes, afterBytes: bytes }]);
});
