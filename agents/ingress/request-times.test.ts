import { expect, test } from "vitest";
import { RequestTimes } from "./request-times.ts";

test("what came as tensors is told once: its latency is what the pipeline took, and nothing is said of a processor", () => {
  const times = new RequestTimes();
  for (const ms of [10, 20, 30]) times.answered(ms);
  expect(times.take()).toEqual({ latencyMsP50: 20, latencyMsP99: 30 });
  expect(times.take()).toEqual({ latencyMsP50: null, latencyMsP99: null });
  expect([times.latency.count, times.latency.sum]).toEqual([3, expect.closeTo(0.06)]);
});

test("what a processor made is told as its client waits for it, and beside it what the pipeline took; many steps are one request", () => {
  const times = new RequestTimes();
  for (const ms of [10, 12, 14]) times.ran(ms);
  times.handedOver(90);
  times.answered(16);
  expect(times.take()).toEqual({ latencyMsP50: 90, latencyMsP99: 90, pipelineMsP50: 14 });
  expect([times.latency.count, times.latency.sum]).toEqual([2, expect.closeTo(0.106)]);
});

test("a run is told in the interval it ended in, the request in the one its answer left in; the next interval knows of neither", () => {
  const times = new RequestTimes();
  times.ran(10);
  expect(times.take()).toEqual({ latencyMsP50: null, latencyMsP99: null, pipelineMsP50: 10 });
  times.handedOver(25);
  expect(times.take()).toEqual({ latencyMsP50: 25, latencyMsP99: 25, pipelineMsP50: null });
  expect(times.take()).toEqual({ latencyMsP50: null, latencyMsP99: null });
});
