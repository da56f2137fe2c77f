import { expect, test } from "vitest";
import { meanPipelineMs } from "./mean-pipeline.ts";
import { createSampleRing, pushSample } from "./sample-ring.ts";

test("a placement's time is the pipeline's, whatever a processor takes before and after; of the seconds that are asked for alone", () => {
  const ring = createSampleRing();
  for (const [second, latencyMs, pipelineMs] of [[1, 500, 400], [2, 90, 40], [3, null, null], [4, 110, 60], [5, 500, 400]] as const) pushSample(ring, second * 1_000, [20, 0, latencyMs, latencyMs, 50, 1, pipelineMs]);
  expect(meanPipelineMs(ring, 2_000, 4_000)).toBe(50);
  expect(meanPipelineMs(ring, 3_000, 3_500)).toBeNull();
  expect(meanPipelineMs(undefined, 0, 9_000)).toBeNull();
});
