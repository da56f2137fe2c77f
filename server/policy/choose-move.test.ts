import { expect, test } from "vitest";
import type { Placement } from "../planner/plan.ts";
import type { Problem } from "../planner/problem.ts";
import { randomProblem } from "../planner/testdata/random-problem.ts";
import { chooseMove } from "./choose-move.ts";

const PROCESS_MB = 106;
/** Each of six layers 10 MB. */
function chain(limitsMb: number[]): Problem {
  const problem = randomProblem(1, { layers: 6, nodes: limitsMb.length });
  const path = { latencyMs: 1, bandwidthBytesPerSecond: 1e8, kind: "measured" as const, via: [], linkIds: [], trusted: true };
  return { ...problem, cutLegal: problem.cutLegal.map(() => true), layerWeightBytes: problem.layerWeightBytes.map(() => 10e6), layerWorkspaceBytes: problem.layerWorkspaceBytes.map(() => 0), paths: limitsMb.map(() => limitsMb.map(() => path)), nodes: problem.nodes.map((node, index) => ({ ...node, memoryLimitBytes: (limitsMb[index] as number) * 1e6 })) };
}
const at = (...stages: [number, number, number][]): Placement => stages.map(([from, to, node]) => ({ from, to, topologyNodeId: `tn_${node}` }));

test("beside what runs where both fit, and where nothing runs", () => {
  expect(chooseMove(chain([400, 400]), [at([0, 3, 0], [3, 6, 1])], [at([0, 3, 1], [3, 6, 0])], {})).toEqual({ way: "beside" });
  expect(chooseMove(chain([140, 140]), [], [at([0, 3, 0], [3, 6, 1])], {})).toEqual({ way: "beside" });
});

test("in steps where both do not fit but each step does", () => {
  const choice = chooseMove(chain([PROCESS_MB + 35, 2 * PROCESS_MB + 70]), [at([0, 3, 0], [3, 6, 1])], [at([0, 3, 1], [3, 6, 0])], {});
  expect(choice).toMatchObject({ way: "hand-over", steps: [[at([0, 3, 1], [3, 6, 1])], [at([0, 3, 1], [3, 6, 0])]] });
});

test("with a pause where no step fits, and which nodes are short", () => {
  expect(chooseMove(chain([PROCESS_MB + 35, PROCESS_MB + 35]), [at([0, 3, 0], [3, 6, 1])], [at([0, 3, 1], [3, 6, 0])], {})).toMatchObject({ way: "pause", shortIds: ["tn_0", "tn_1"] });
});

test("not at all where the plan itself does not fit", () => {
  expect(chooseMove(chain([PROCESS_MB + 35, PROCESS_MB + 35]), [at([0, 3, 0], [3, 6, 1])], [at([0, 6, 1])], {})).toMatchObject({ way: "none", refusals: [{ code: "memory" }] });
});

test("of several replicas one is handed over beside the others; two at once are not", () => {
  const problem = chain([PROCESS_MB + 35, 2 * PROCESS_MB + 70, PROCESS_MB + 65, PROCESS_MB + 65]);
  const [before, after] = [at([0, 3, 0], [3, 6, 1]), at([0, 3, 1], [3, 6, 0])];
  const still = at([0, 6, 2]);
  expect(chooseMove(problem, [still, before], [still, after], {})).toMatchObject({ way: "hand-over", steps: [[still, at([0, 3, 1], [3, 6, 1])], [still, after]] });
  expect(chooseMove(problem, [still, before], [at([0, 6, 3]), after], {}).way).toBe("pause");
});
