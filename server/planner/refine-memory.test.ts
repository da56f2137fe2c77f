import { expect, test } from "vitest";
import { seededRandom } from "../model/seeded-random.ts";
import type { ResidentRange } from "../model/profile.ts";
import { checkPlacement } from "./check-placement.ts";
import type { Problem } from "./problem.ts";
import { LEAST_PROCESS_BYTES, refineMemory } from "./refine-memory.ts";
import { solveNow } from "./solve-now.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { randomProblem } from "./testdata/random-problem.ts";

const seen = (from: number, to: number, bytes: number, source: ResidentRange["source"] = "stage"): ResidentRange => ({ from, to, bytes, source, measuredAt: "2026-01-01T00:00:00.000Z" });
const refined = (problem: Problem, ranges: readonly ResidentRange[]): Problem => ({ ...problem, ...refineMemory(problem, ranges) });

test("nothing seen, or only what this model has not: the estimate as it is", () => {
  const problem = randomProblem(1, { layers: 5, nodes: 2 });
  for (const ranges of [[], [seen(0, 9, 1e8), seen(3, 3, 1e8), seen(-1, 2, 1e8), seen(0, 2, 0)]]) expect(refined(problem, ranges)).toEqual(problem);
});

test("no range that was seen is predicted below what it held; the first of them, where it is the only one, exactly, and ranges nobody saw move with it", () => {
  for (let seed = 0; seed < 200; seed++) {
    const problem = randomProblem(seed, { layers: 9, nodes: 2 });
    const random = seededRandom(seed ^ 0x3e3);
    const ranges = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
      const from = Math.floor(random() * 8);
      const to = from + 1 + Math.floor(random() * (9 - from));
      return seen(from, to, stageMemoryBytes(problem, from, to) * (0.8 + random() * 0.5));
    });
    const after = refined(problem, ranges);
    for (const { from, to, bytes } of ranges) expect(stageMemoryBytes(after, from, to), `seed ${seed}, ${from}–${to}`).toBeGreaterThanOrEqual(bytes - 1);
    expect(after.processBytes).toBeGreaterThanOrEqual(LEAST_PROCESS_BYTES);
    const [first] = ranges as [ResidentRange];
    const alone = refined(problem, [{ ...first, bytes: Math.max(first.bytes, stageMemoryBytes(problem, first.from, first.to)) }]);
    expect(Math.abs(stageMemoryBytes(alone, first.from, first.to) - Math.max(first.bytes, stageMemoryBytes(problem, first.from, first.to)))).toBeLessThan(2);
    const other = [0, 4] as const;
    expect(stageMemoryBytes(alone, ...other)).toBeGreaterThanOrEqual(stageMemoryBytes(problem, ...other));
  }
});

test("what loaded stages held goes before what the measuring process did, of one range the most", () => {
  const problem = randomProblem(3, { layers: 6, nodes: 2 });
  const at = (ranges: ResidentRange[]) => Math.round(stageMemoryBytes(refined(problem, ranges), 0, 6) / 1e6);
  expect(at([seen(0, 6, 400e6), seen(0, 6, 430e6), seen(0, 6, 500e6, "profile")])).toBe(430);
  expect(at([seen(0, 6, 400e6, "profile")])).toBe(410);
});

test("no plan is accepted on a node whose memory is below what its stage was seen to hold: not by a search, not by the check", () => {
  let refusedOnly = 0;
  for (let seed = 0; seed < 60; seed++) {
    const problem = randomProblem(seed, { layers: 6, nodes: 3 });
    const held = 30e6 + stageMemoryBytes(problem, 0, 6);
    // Enough by the estimate, too little for what it really held.
    for (const node of problem.nodes) node.memoryLimitBytes = held - 1e6;
    const whole = (id: string) => [{ from: 0, to: 6, topologyNodeId: id }];
    const id = problem.nodes[0]?.topologyNodeId as string;
    const after = refined(problem, [seen(0, 6, held)]);
    const memory = (of: Problem) => checkPlacement(of, whole(id)).filter((refusal) => refusal.code === "memory").length;
    expect([memory(problem), memory(after)]).toEqual([0, 1]);
    const found = solveNow(after, { objective: "latency", maxStages: 1 });
    expect("infeasible" in found && found.refusals.length > 0, `seed ${seed}`).toBe(true);
    if (!("infeasible" in solveNow(problem, { objective: "latency", maxStages: 1 }))) refusedOnly++;
  }
  expect(refusedOnly).toBeGreaterThan(10);
});
