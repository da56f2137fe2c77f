import { expect, test } from "vitest";
import { LatencyHistogram } from "./latency-histogram.ts";

test("bounds are inclusive and counts cumulative; what is above all is in +Inf alone", () => {
  const histogram = new LatencyHistogram();
  for (const seconds of [0.0005, 0.0006, 0.2, 100]) histogram.observe(seconds);
  const rows = Object.fromEntries(histogram.cumulative());
  expect([rows["0.0005"], rows["0.001"], rows["0.1"], rows["0.25"], rows["60"], rows["+Inf"]]).toEqual([1, 2, 2, 3, 3, 4]);
  expect(histogram.count).toBe(4);
  expect(histogram.sum).toBeCloseTo(100.2011);
});
