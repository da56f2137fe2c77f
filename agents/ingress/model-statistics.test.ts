import { expect, test } from "vitest";
import type { RequestTrace } from "../protocol/control.ts";
import { ModelStatistics } from "./model-statistics.ts";

const stage = (stageIndex: number, queueMs: number, computeMs: number, holdMs: number, receiveMs: number, roundTripMs: number | null): RequestTrace["stages"][number] =>
  ({ stageIndex, nodeId: `nod_${stageIndex}`, queueMs, computeMs, receivedBytes: 100, times: { receiveMs, roundTripMs, holdMs } });
/** 40 ms, of which 2 until it left, 10 and 12 in the stages, and so 16 on three links that say 1, 4 and 3 of themselves. */
const trace: RequestTrace = {
  requestId: "req_1", startedAt: "", totalMs: 40, ok: true, errorCode: null, sendMs: 2,
  stages: [stage(0, 3, 6, 10, 0.5, 1), stage(1, 4, 8, 12, 1, 6)], answer: { receiveMs: 0, roundTripMs: 6, bytes: 50 },
};
const MS = 1e6;

function toldOf(one: RequestTrace, waitedMs = 5) {
  const statistics = new ModelStatistics();
  statistics.succeeded(one, { totalMs: one.totalMs + waitedMs + 1, waitedMs, items: 1, nowMs: 0 });
  statistics.executed(one, 1, "nod_in");
  statistics.wrote(0.25, 7);
  return statistics.told("m", "1");
}
const sumOf = (told: ReturnType<typeof toldOf>) => {
  const { receive: _receive, ...here } = told.ingress_stats;
  return [...Object.values(here), ...told.segment_stats.flatMap(({ queue, compute, hand_on }) => [queue, compute, hand_on]), ...told.link_stats.map(({ network }) => network)].reduce((sum, { ns }) => sum + ns, 0);
};

test("places sum to what a request took here, as the protocol's parts do; what links took together is shared as they say of themselves", () => {
  const told = toldOf(trace);
  expect(told.ingress_stats).toEqual({ receive: { count: 1, ns: 7 * MS }, read: { count: 1, ns: 1 * MS }, queue: { count: 1, ns: 7 * MS }, write: { count: 1, ns: 0.25 * MS } });
  expect(told.segment_stats).toMatchObject([{ stage: 0, queue: { ns: 3 * MS }, compute: { ns: 6 * MS }, hand_on: { ns: 1 * MS } }, { stage: 1, hand_on: { ns: 0 } }]);
  expect(told.link_stats.map(({ from, to, network }) => [from, to, network.ns])).toEqual([["nod_in", "nod_0", 2 * MS], ["nod_0", "nod_1", 8 * MS], ["nod_1", "nod_in", 6 * MS]]);
  const { success, queue, compute_input, compute_infer, compute_output } = told.inference_stats;
  expect(success.ns).toBe(46.25 * MS);
  expect(queue.ns + compute_input.ns + compute_infer.ns + compute_output.ns).toBe(success.ns);
  expect(sumOf(told)).toBe(success.ns);
});

test("a processor is a place of its own, and in the parts where the protocol has room for it", () => {
  const without = toldOf(trace);
  expect(without).not.toHaveProperty("processor_stats");
  const statistics = new ModelStatistics();
  statistics.succeeded(trace, { totalMs: 46, waitedMs: 5, items: 1, nowMs: 0 });
  statistics.executed(trace, 1, "nod_in");
  statistics.processed({ pre: { waitMs: 2, tookMs: 20 }, post: { waitMs: 1, tookMs: 4 }, readMs: 0.5 });
  statistics.wrote(0.25, 7);
  const told = statistics.told("m", "1");
  expect(told.processor_stats).toEqual({ queue: { count: 1, ns: 3 * MS }, preprocess: { count: 1, ns: 20 * MS }, postprocess: { count: 1, ns: 4 * MS } });
  const { success, queue, compute_input, compute_infer, compute_output } = told.inference_stats;
  const grew = (name: keyof typeof told.inference_stats) => (told.inference_stats[name].ns - without.inference_stats[name].ns) / MS;
  expect([grew("success"), grew("queue"), grew("compute_input"), grew("compute_infer"), grew("compute_output")]).toEqual([27.5, 3, 20.5, 0, 4]);
  expect(told.ingress_stats.read!.ns - without.ingress_stats.read!.ns).toBe(0.5 * MS);
  expect(queue.ns + compute_input.ns + compute_infer.ns + compute_output.ns).toBe(success.ns);
  expect(sumOf(told) + 27 * MS).toBe(success.ns);
  expect(told.batch_stats).toEqual(without.batch_stats);
});

test("links that say nothing of themselves share evenly; where an agent on the way tells no times each is as it says", () => {
  const silent = { ...trace, stages: [stage(0, 3, 6, 10, 0, null), stage(1, 4, 8, 12, 0, null)], answer: { receiveMs: 0, roundTripMs: null, bytes: 50 } };
  expect(sumOf(toldOf(silent))).toBeCloseTo(46.25 * MS, -2);
  const { times: _times, ...old } = trace.stages[1]!;
  expect(toldOf({ ...trace, stages: [trace.stages[0]!, old] }).link_stats.map(({ from, to, network }) => [from, to, network.ns])).toEqual([["nod_in", "nod_0", 1 * MS], ["nod_1", "nod_in", 3 * MS]]);
});

test("stages' clocks that say more than passed here leave nothing for the links", () => {
  const told = toldOf({ ...trace, totalMs: 20 });
  expect(told.link_stats.map(({ network }) => network.ns)).toEqual([0, 0, 0]);
});
