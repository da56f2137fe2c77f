import { expect, test } from "vitest";
import { estimatePlacement } from "./estimate.ts";
import { movingCost } from "./moving-cost.ts";
import type { Placement } from "./plan.ts";
import { BOTH, FIRST, fetchProblem, NOTHING } from "./testdata/fetch-problem.ts";

const whole = (node: number): Placement => [{ from: 0, to: 2, topologyNodeId: `tn_${node}` }];

test("moving counts by the seconds that fetching takes from whoever holds the pieces, else from the console", () => {
  const request = { objective: "latency" as const, movingHorizonSeconds: 100 };
  const problem = fetchProblem([BOTH, FIRST, NOTHING], (from, to) => (from === 0 && to === 2 ? 50e6 : 100e6));
  const perSecond = (estimatePlacement(problem, whole(0))?.latencyMs ?? Number.NaN) / 100;
  const cost = (target: number, of = problem) => movingCost(of, request, [whole(0)], whole(target));
  expect(cost(0)).toBe(0);
  expect(cost(1)).toBeCloseTo(1 * perSecond);
  // The first half from node 1 at 100 MB/s, the second one from node 0 at 50 MB/s.
  expect(cost(2)).toBeCloseTo(3 * perSecond);
  const { fetch: _fetch, ...unknown } = problem;
  expect(cost(2, unknown)).toBeCloseTo(2 * perSecond);
});
