import { expect, test } from "vitest";
import { pauseText, predictPause } from "./predict-pause.ts";

const at = (ms: number, state: string, action: string) => ({ atMs: ms, state, action });
const stage = (nodeId: string, megabytes: number) => ({ nodeId, bytes: megabytes * 1e6 });
const seen = (nodeId: string, megabytes: number, loadMs: number, warmMs = 50) => ({ nodeId, bytes: megabytes * 1e6, loadMs, warmMs });

test("with nothing measured every part is an estimate, and it says so", () => {
  const predicted = predictPause({ stages: [stage("a", 300)], seen: [], moves: [], latencyMs: 20 });
  expect(predicted.kind).toBe("estimated");
  expect(predicted.parts.load.ms).toBeCloseTo(2_000);
  expect(predicted.ms).toBeCloseTo(Object.values(predicted.parts).reduce((sum, part) => sum + part.ms, 0));
  expect(pauseText(predicted)).toContain("estimated: nothing of it was measured yet");
});

test("loads seen on the node itself count as measured, those of others as an estimate; nodes load side by side", () => {
  const own = predictPause({ stages: [stage("a", 100)], seen: [seen("a", 100, 400, 70), seen("b", 100, 4_000, 700)], moves: [], latencyMs: null });
  expect(own.parts.load).toMatchObject({ kind: "measured", ms: 1_400 });
  expect(own.parts.warm).toMatchObject({ kind: "measured", ms: 70 });
  expect(own.kind).toBe("mixed");
  const others = predictPause({ stages: [stage("a", 100), stage("c", 50)], seen: [seen("b", 100, 4_000)], moves: [], latencyMs: null });
  expect(others.parts.load).toMatchObject({ kind: "estimated", ms: 5_000 });
});

test("steps of past moves are as long as they were: the median, a pause's own drain before any other", () => {
  const past = (begin: number, drainMs: number) => [at(begin, "warm", "verify"), at(begin + 300, "verify", "cutover"), at(begin + 400, "cutover", "drain"), at(begin + 400 + drainMs, "drain", "retire")];
  const moves = [past(0, 1_200), past(10_000, 1_400), past(20_000, 9_000)];
  const facts = { stages: [stage("a", 1)], seen: [seen("a", 1, 10)], latencyMs: null };
  expect(predictPause({ ...facts, moves }).parts).toMatchObject({ drain: { ms: 1_400, kind: "measured" }, verify: { ms: 400, kind: "measured" }, unload: { kind: "estimated" } });
  const paused = [at(0, "prepare", "pause"), at(2_000, "pause", "unload"), at(2_600, "unload", "warm"), ...past(4_000, 1_300)];
  expect(predictPause({ ...facts, moves: [paused, ...moves] })).toMatchObject({ kind: "measured", parts: { drain: { ms: 2_000 }, unload: { ms: 600 } } });
});
