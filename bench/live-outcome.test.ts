import { expect, test } from "vitest";
import { makeScene } from "../lab/simulator/scenes.ts";
import { movingBill } from "../server/policy/adapt/moving-bill.ts";
import { calibrationOf, type LiveOutcome } from "./live-outcome.ts";
import { LIVE_SETTINGS } from "./live-settings.ts";
import type { ScenarioRun } from "./run-scenario.ts";

const problem = makeScene("homogeneous", 1);
const whole = (topologyNodeId: string) => [{ from: 0, to: problem.layerCount, topologyNodeId }];
const counts = { sent: 0, equal: 0, failed: 0, lost: 0, different: 0, duplicated: 0, heldBack: 0, late: 0, sentLateMs: 0, details: [] };
const served = (latencyMs: number) => [1_000, 2_000, 3_000].map((dueMs) => ({ dueMs, doneMs: 5e12 + dueMs + latencyMs, latencyMs, outcome: "equal" as const }));

test("what a move takes beside fetching, loading and first runs, and from requests against the same seconds left alone", () => {
  const overheadSeconds = 3;
  const tookSeconds = movingBill(problem, whole("n0"), whole("n1"), overheadSeconds).seconds;
  const run: ScenarioRun = {
    problem, home: whole("n0"), counts: { alone: counts, adapted: counts }, served: { alone: served(100), adapted: served(130) },
    moves: [
      { atMs: 0, kind: "remap", predictedSeconds: 1, predictedBytes: 1, tookSeconds, placement: whole("n1"), reason: "" },
      { atMs: 90_000, kind: "remap", predictedSeconds: 1, predictedBytes: 1, tookSeconds: null, placement: whole("n2"), reason: "it never ended" },
    ],
  };
  const outcome: LiveOutcome = { setting: LIVE_SETTINGS[0]!, run, trace: { endMs: 1, disturbances: [] }, live: 0.9, simulated: 0.8, optimum: 0.7, simulatedAloneMs: 1 };
  const found = calibrationOf([outcome, { ...outcome, live: 0.8, simulated: 1 }]);
  expect(found).toMatchObject({ settings: 2, moves: 2 });
  expect(found.moveOverheadSeconds).toBeCloseTo(overheadSeconds);
  expect(found.moveSpread).toBeCloseTo(0);
  expect(found.interference).toBeCloseTo(0.3);
  expect(found.ratioError).toBeCloseTo(0.15);
});

test("without a move there is nothing to calibrate by", () => {
  expect(calibrationOf([]).moveOverheadSeconds).toBeNaN();
});
