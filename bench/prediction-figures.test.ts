import { expect, test } from "vitest";
import { type Outcome, predictionFigures } from "./prediction-figures.ts";

const outcome = (more: Partial<Outcome>): Outcome => ({
  model: "m", label: "a", estimate: { latencyMs: 100, throughputPerSecond: 10 }, latencyMs: 200, throughputPerSecond: 5, memory: [], pace: { latency: 2, throughput: 2 },
  paced: { latencyMs: 190, throughputPerSecond: 5 }, idle: 0.5, ...more,
});
const figureOf = (figures: ReturnType<typeof predictionFigures>, begin: string) => figures.find((one) => one.figure.startsWith(begin))?.value;

test("errors are judged at the machine's pace, and what they are without it stands beside", () => {
  const figures = predictionFigures([outcome({}), outcome({ label: "b", latencyMs: 100, paced: { latencyMs: 115, throughputPerSecond: 5 } })]);
  expect(figureOf(figures, "latency at the machine's pace, mean absolute error over 2 plans")).toBeCloseTo(10);
  expect(figureOf(figures, "latency at the machine's pace, mean signed")).toBeCloseTo(-5);
  expect(figureOf(figures, "latency as it was predicted")).toBeCloseTo(25);
});

test("a throughput that the cores could not carry is counted apart", () => {
  const figures = predictionFigures([outcome({}), outcome({ label: "b", idle: 0.02, throughputPerSecond: 1 })]);
  expect(figureOf(figures, "throughput at the machine's pace, mean absolute error over 1 plans")).toBe(0);
  expect(figureOf(figures, "plans whose throughput")).toBe(1);
  expect(figureOf(predictionFigures([outcome({ idle: 0 })]), "throughput at")).toBeUndefined();
});
