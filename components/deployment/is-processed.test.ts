import { expect, test } from "vitest";
import { isProcessed } from "./is-processed.ts";

test("a processor took part where the pipeline's time is not the whole latency, also while the answers are still under way", () => {
  expect(isProcessed({ latencyMsP50: 80, pipelineMsP50: 55 })).toBe(true);
  expect(isProcessed({ latencyMsP50: null, pipelineMsP50: 55 })).toBe(true);
  expect(isProcessed({ latencyMsP50: 55, pipelineMsP50: 55 })).toBe(false);
  expect(isProcessed({ latencyMsP50: 80, pipelineMsP50: null })).toBe(false);
  expect(isProcessed({ latencyMsP50: null, pipelineMsP50: null })).toBe(false);
});
