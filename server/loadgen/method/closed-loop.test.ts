import { expect, test } from "vitest";
import { isHarnessLate, judgeLoop, type LoopWindow } from "./closed-loop.ts";

const window = (count: number, ms: number, failed = 0): LoopWindow => ({ seconds: 1, latenciesNs: new Array<number>(count).fill(ms * 1e6), failed });

test("three windows that agree give a figure of those three alone", () => {
  const verdict = judgeLoop([window(10, 50), window(100, 10), window(102, 10), window(98, 10)], 10);
  expect(verdict).toMatchObject({ kind: "figure", figure: { perSecond: 100, sampleCount: 300, meanNs: 10e6, p50Ns: 10e6, p99Ns: 10e6 } });
  expect(verdict.kind === "figure" && verdict.figure.plusMinus).toBeCloseTo((4.303 * 2) / Math.sqrt(3), 6);
});

test("until then it goes on, and at the end there is no figure, with why", () => {
  const apart = [window(100, 10), window(50, 20), window(100, 10), window(50, 20)];
  expect(judgeLoop(apart.slice(0, 2), 4)).toEqual({ kind: "go-on" });
  expect(judgeLoop(apart.slice(0, 3), 4)).toEqual({ kind: "go-on" });
  expect(judgeLoop(apart, 4)).toEqual({ kind: "none", why: "No three of 4 windows agree within 10 %: from 50.0 to 100 /s." });
});

test("equal rates with latencies that differ do not agree", () => {
  expect(judgeLoop([window(100, 10), window(100, 12), window(100, 10)], 3).kind).toBe("none");
});

test("a failed request spoils its window: what is refused at once is not fast", () => {
  expect(judgeLoop([window(100, 1, 1), window(100, 1), window(100, 1)], 3)).toEqual({ kind: "none", why: "1 of 301 requests failed." });
  expect(judgeLoop([window(100, 1, 1), window(100, 1), window(100, 1), window(100, 1)], 10).kind).toBe("figure");
});

test("nothing answered is no rate of 0", () => {
  expect(judgeLoop([window(0, 1), window(0, 1), window(0, 1)], 3)).toEqual({ kind: "none", why: "Nothing was answered within the windows: they are too short for it." });
});

test("the harness is late when it was so by more than a tenth of the p99, or nobody knows", () => {
  const verdict = judgeLoop([window(100, 10), window(100, 10), window(100, 10)], 3);
  const figure = verdict.kind === "figure" ? verdict.figure : null;
  expect([isHarnessLate(0.9e6, figure), isHarnessLate(1.1e6, figure), isHarnessLate(null, figure), isHarnessLate(null, null)]).toEqual([false, true, true, false]);
});
