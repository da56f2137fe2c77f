import { expect, test } from "vitest";
import type { RequestTrace } from "../protocol/control.ts";
import { RunTimes } from "./run-times.ts";

const stage = (stageIndex: number, queueMs: number, computeMs: number, receiveMs: number) => ({ stageIndex, nodeId: `nod_${stageIndex}`, queueMs, computeMs, receivedBytes: 1, times: { receiveMs, roundTripMs: 1, holdMs: computeMs } });
const trace = (totalMs: number, stages: RequestTrace["stages"]): RequestTrace => ({ requestId: "1", startedAt: "", totalMs, ok: true, errorCode: null, stages, sendMs: 2, answer: { receiveMs: 1, roundTripMs: 1, bytes: 1 } });

test("runs are summed by their slowest part, be it a stage or a frame on its way, and by what their way takes without waiting; each is told once", () => {
  const times = new RunTimes();
  times.add(trace(50, [stage(0, 10, 5, 1), stage(1, 3, 20, 2)]), 4);
  times.add(trace(40, [stage(0, 0, 5, 30), stage(1, 0, 20, 2)]), 1);
  expect(times.take(null)).toEqual({ count: 2, items: 5, slowestMs: 50, passMs: 35 + 38 });
  expect(times.take("it looks across its batch")).toEqual({ count: 0, items: 0, slowestMs: 0, passMs: 0, problem: "it looks across its batch" });
});
