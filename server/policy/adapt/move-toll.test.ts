import { expect, test } from "vitest";
import { FIRST_SHARE, learnToll, type MoveToll, NEW_TOLL, wayRatio } from "./move-toll.ts";

const quiet = (toll: MoveToll, seconds: number, ratio: number, of = "a") => {
  for (let second = 0; second < seconds; second++) toll = learnToll(toll, { isMoving: false, of, ratio }).toll;
  return toll;
};
const moving = (toll: MoveToll, seconds: number, ratio: number | null, of = "a") => {
  for (let second = 0; second < seconds; second++) toll = learnToll(toll, { isMoving: true, of, ratio }).toll;
  return toll;
};

test("a move that made requests twice as slow is believed by half, and what was not billed is told once", () => {
  // A prediction that is a quarter off for ever is none of the move's doing.
  const end = learnToll(moving(quiet(NEW_TOLL, 10, 1.25), 4, 2.5), { isMoving: false, of: "b", ratio: 1 });
  expect(end.toll.share).toBeCloseTo(FIRST_SHARE + 0.5 * (1 - FIRST_SHARE));
  expect(end.unbilledSeconds).toBeCloseTo((1 - FIRST_SHARE) * 4);
  expect(learnToll(end.toll, { isMoving: false, of: "b", ratio: 1 }).unbilledSeconds).toBe(0);
});

test("what runs after cutover, seconds without requests, and moves too short to see teach nothing", () => {
  const before = quiet(NEW_TOLL, 10, 1);
  for (const during of [moving(before, 5, 3, "b"), moving(before, 5, null), moving(before, 1, 3), moving(NEW_TOLL, 5, 3)]) {
    const end = learnToll(during, { isMoving: false, of: "a", ratio: 1 });
    expect(end.toll.share).toBe(FIRST_SHARE);
    expect(end.unbilledSeconds).toBe(0);
  }
});

test("a disturbance that ends or begins meanwhile is bounded", () => {
  const before = quiet(NEW_TOLL, 10, 1);
  expect(learnToll(moving(before, 5, 0.2), { isMoving: false, of: "a", ratio: 1 }).toll.share).toBeCloseTo(FIRST_SHARE / 2);
  expect(learnToll(moving(before, 5, 50), { isMoving: false, of: "a", ratio: 1 }).toll.share).toBeCloseTo(FIRST_SHARE + 0.5 * (3 - FIRST_SHARE));
});

test("a request's way is measured whole or not at all", () => {
  const estimate = { stages: [{ computeMs: 10 }, { computeMs: 5 }], hops: [{ kind: "local", latencyMs: 0, transferMs: 0 }, { kind: "measured", latencyMs: 4, transferMs: 1 }] } as unknown as Parameters<typeof wayRatio>[0];
  expect(wayRatio(estimate, { stageMs: [20, 10], hopMs: [null, 10] })).toBeCloseTo(2, 1);
  expect(wayRatio(estimate, { stageMs: [20, null], hopMs: [null, 10] })).toBeNull();
  expect(wayRatio(estimate, { stageMs: [20, 10], hopMs: [] })).toBeNull();
  expect(wayRatio(null, { stageMs: [], hopMs: [] })).toBeNull();
});
