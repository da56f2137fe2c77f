import { expect, test } from "vitest";
import { pacedEstimate } from "./paced-estimate.ts";

const estimate = { latencyMs: 100, throughputPerSecond: 20, bottleneck: { kind: "stage", index: 1 }, stages: [{ computeMs: 30 }, { computeMs: 48 }], hops: [{ transferMs: 12 }, { transferMs: 10 }] };

test("at the profile's pace a prediction is what it was", () => {
  expect(pacedEstimate(estimate, { latency: 1, throughput: 1 })).toEqual({ latencyMs: 100, throughputPerSecond: 20 });
});

test("computing takes longer, links do not", () => {
  expect(pacedEstimate(estimate, { latency: 2, throughput: 2 })).toEqual({ latencyMs: 178, throughputPerSecond: 10 });
});

test("a link becomes the bottleneck of a faster machine, and a stage of a slower one", () => {
  expect(pacedEstimate(estimate, { latency: 1, throughput: 0.1 }).throughputPerSecond).toBeCloseTo(1000 / 12);
  const byLink = { ...estimate, bottleneck: { kind: "link", index: 0 } };
  expect(pacedEstimate(byLink, { latency: 1, throughput: 1 }).throughputPerSecond).toBe(20);
  expect(pacedEstimate(byLink, { latency: 1, throughput: 0.5 }).throughputPerSecond).toBe(20);
  expect(pacedEstimate(byLink, { latency: 1, throughput: 2 }).throughputPerSecond).toBeCloseTo(1000 / 96);
});
