// The short form of `npm run bench -- adapt`: the product's controller against leaving things alone and the offline optimum, on simulated traces.
import { expect, test } from "vitest";
import { solveNow } from "../../server/planner/solve-now.ts";
import { DEFAULT_ADAPT_SETTINGS } from "../../server/policy/adapt/adapt-settings.ts";
import { makeTrace } from "./disturbances.ts";
import { offlineOptimum } from "./offline-optimum.ts";
import { ourPolicy, staticPolicy } from "./policies.ts";
import { makeScene, type Scene } from "./scenes.ts";
import { simulate } from "./simulate.ts";

function setUp(scene: Scene, dwellMs: number, seed = 1) {
  const problem = makeScene(scene, seed);
  const solved = solveNow(problem, { objective: "latency" });
  if ("infeasible" in solved) throw new Error(`no plan for ${scene}: ${solved.refusals[0]?.message}`);
  return { problem, home: solved.placement, trace: makeTrace(problem, dwellMs, seed) };
}

test.each([["industrial-line", 15_000, 0.2], ["mesh", 60_000, 0.1], ["home-lab", 300_000, 0.05]] as const)("%s, dwell %d ms, noise %f: never much worse than static, near the offline optimum", (scene, dwellMs, noise) => {
  const { problem, home, trace } = setUp(scene, dwellMs);
  const left = simulate(problem, home, trace, noise, staticPolicy(), 1);
  const ours = simulate(problem, home, trace, noise, ourPolicy(), 1);
  expect(left.moves).toBe(0);
  expect(ours.meanCost / left.meanCost).toBeLessThanOrEqual(1.02);
  if (dwellMs >= 60_000) expect(ours.meanCost / offlineOptimum(problem, home, trace)).toBeLessThanOrEqual(1.2);
});

test("ten minutes of noise move nothing", () => {
  const { problem, home } = setUp("mec", 60_000);
  for (const seed of [1, 2, 3]) expect(simulate(problem, home, { endMs: 600_000, disturbances: [] }, 0.2, ourPolicy(), seed)).toMatchObject({ moves: 0, bytesMoved: 0 });
});

test("the same seed gives the same, and limits are kept", () => {
  const { problem, home, trace } = setUp("home-lab", 60_000);
  const run = (movesPerHour: number) => simulate(problem, home, trace, 0.1, ourPolicy({ ...DEFAULT_ADAPT_SETTINGS, mode: "automatic", movesPerHour }), 5);
  expect(run(60)).toEqual(run(60));
  expect(run(0).moves).toBe(0);
  expect(run(60).moves).toBeGreaterThan(0);
});
