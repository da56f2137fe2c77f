import { expect, test } from "vitest";
import type { RequestTrace } from "../../agents/protocol/control.ts";
import { cameTo, notReached, requestWaterfall, rowMs } from "./request-waterfall.ts";

const stage = (stageIndex: number, roundTripMs: number | null = 4) => ({ stageIndex, nodeId: `nod_${stageIndex}`, queueMs: 1, computeMs: 10, receivedBytes: 100, times: { receiveMs: 3, roundTripMs, holdMs: 12 } });
const trace: RequestTrace = { requestId: "req_1", startedAt: "", totalMs: 50, ok: true, errorCode: null, stages: [stage(0), stage(1)], sendMs: 1, answer: { receiveMs: 2, roundTripMs: 6, bytes: 8 } };
const ends = (rows: ReturnType<typeof requestWaterfall>) => rows?.rows.flatMap((row) => row.parts) ?? [];

test("parts follow each other without gap or overlap and fill exactly what the ingress measured", () => {
  const waterfall = requestWaterfall(trace, "nod_in");
  expect(waterfall).toMatchObject({ timed: true, shortened: false, totalMs: 50 });
  expect(waterfall?.rows.map((row) => row.kind)).toEqual(["ingress", "hop", "stage", "hop", "stage", "hop", "rest"]);
  expect(waterfall?.rows.map(rowMs)).toEqual([1, 5, 12, 5, 12, 5, 10]);
  let at = 0;
  for (const part of ends(waterfall)) {
    expect(part.startMs).toBeCloseTo(at);
    at += part.durationMs;
  }
  expect(at).toBeCloseTo(50);
});

test("only latency and what is not attributed are derived", () => {
  expect([...new Set(ends(requestWaterfall(trace, "nod_in")).filter((part) => part.derived).map((part) => part.kind))]).toEqual(["latency", "rest"]);
});

test("latencies that do not fit are shortened alike, measured parts never are", () => {
  const waterfall = requestWaterfall({ ...trace, totalMs: 36.5 }, "nod_in");
  expect(waterfall?.shortened).toBe(true);
  // 33 ms were measured, so that 3.5 ms are left for latencies of 7 ms.
  expect(waterfall?.rows.map(rowMs)).toEqual([1, 4, 12, 4, 12, 3.5, 0]);
  const measured = (total: number) => ends(requestWaterfall({ ...trace, totalMs: total }, "nod_in")).filter((part) => !part.derived).map((part) => part.durationMs);
  expect(measured(36.5)).toEqual(measured(50));
  expect(ends(waterfall).reduce((sum, part) => sum + part.durationMs, 0)).toBeCloseTo(36.5);
});

test("a connection without a ping yet has no latency; an older agent's way is shared evenly and says so", () => {
  expect(ends(requestWaterfall({ ...trace, stages: [stage(0, null), stage(1)] }, "nod_in"))[1]).toMatchObject({ kind: "latency", durationMs: 0 });
  const { times: _times, ...old } = stage(1);
  const shared = requestWaterfall({ ...trace, stages: [stage(0), old] }, "nod_in");
  expect(shared).toMatchObject({ timed: false });
  expect(shared?.rows.filter((row) => row.kind === "hop").map(rowMs)).toEqual([28 / 3, 28 / 3, 28 / 3]);
});

test("a processor lies before all and after all, with its wait and its run; of one that failed only what was before", () => {
  const processor = { pre: { waitMs: 2, tookMs: 8 }, post: { waitMs: 1, tookMs: 4 } };
  const whole = { ...trace, totalMs: 65, processor };
  const waterfall = requestWaterfall(whole, "nod_in");
  expect(waterfall?.rows.map((row) => [row.kind, rowMs(row)])).toEqual([["processor", 10], ["ingress", 1], ["hop", 5], ["stage", 12], ["hop", 5], ["stage", 12], ["hop", 5], ["processor", 5], ["rest", 10]]);
  expect(ends(waterfall).slice(0, 2)).toEqual([{ kind: "wait", startMs: 0, durationMs: 2, derived: false }, { kind: "compute", startMs: 2, durationMs: 8, derived: false }]);
  const { times: _times, ...old } = stage(1);
  const shared = requestWaterfall({ ...whole, stages: [stage(0), old] }, "nod_in");
  // As without one: what the ways share is what neither stages nor processor took.
  expect(shared?.rows.filter((row) => row.kind === "hop").map(rowMs)).toEqual([28 / 3, 28 / 3, 28 / 3]);
  expect(ends(shared).reduce((sum, part) => sum + part.durationMs, 0)).toBeCloseTo(65);
  expect(requestWaterfall({ ...failed, totalMs: 60, processor: { pre: processor.pre } }, "nod_in")?.rows.map((row) => row.kind)).toEqual(["processor", "ingress", "hop", "stage", "hop", "stage", "rest"]);
});

const { answer: _answer, ...unanswered } = trace;
const failed: RequestTrace = { ...unanswered, ok: false, errorCode: "run_failed" };

test("a failed request ends at the stage that failed it; what is left of the total is not attributed", () => {
  const waterfall = requestWaterfall(failed, "nod_in");
  expect(waterfall).toMatchObject({ timed: true, totalMs: 50, gaveUpMs: null });
  expect(waterfall?.rows.map((row) => row.kind)).toEqual(["ingress", "hop", "stage", "hop", "stage", "rest"]);
  expect(waterfall?.rows.map((row) => row.kind === "stage" && row.isLast)).toEqual([false, false, false, false, true, false]);
  expect(ends(waterfall).reduce((sum, part) => sum + part.durationMs, 0)).toBeCloseTo(50);
  expect(cameTo(failed)).toEqual({ stageIndex: 1, nodeId: "nod_1", how: "failed" });
});

test("a stage that goes on after the ingress has given up is drawn beyond that moment", () => {
  const late = requestWaterfall({ ...failed, errorCode: "deadline", totalMs: 20 }, "nod_in");
  // 31 ms were measured and 4 ms of latency are derived.
  expect(late).toMatchObject({ totalMs: 35, gaveUpMs: 20, shortened: false });
  expect(cameTo({ ...failed, errorCode: "deadline" })?.how).toBe("given-up");
  expect(cameTo({ ...trace, ok: false, errorCode: "deadline" })?.how).toBe("late");
});

test("sent and never heard of again: the ingress's own part and the rest", () => {
  const waterfall = requestWaterfall({ ...failed, stages: [] }, "nod_in");
  expect(waterfall?.rows.map((row) => [row.kind, rowMs(row)])).toEqual([["ingress", 1], ["rest", 49]]);
  expect(cameTo({ ...failed, stages: [] })).toBeNull();
});

test("a request that never left the ingress has nothing to lay out", () => {
  const { sendMs: _sendMs, ...kept } = failed;
  expect(requestWaterfall({ ...kept, stages: [] }, "nod_in")).toBeNull();
});

test("the stages of the plan that a failed request did not come to", () => {
  expect(notReached(failed, 4)).toEqual([2, 3]);
  expect(notReached({ ...failed, errorCode: "deadline" }, 3)).toEqual([2]);
  expect(notReached(failed, 2)).toEqual([]);
  expect(notReached(trace, 4)).toEqual([]);
  // Answered late: it passed them all.
  expect(notReached({ ...trace, ok: false, errorCode: "deadline" }, 3)).toEqual([]);
  const { sendMs: _sendMs, ...kept } = failed;
  expect(notReached({ ...kept, stages: [] }, 2)).toEqual([0, 1]);
  // It left, and no stage has told of it: nothing is known.
  expect(notReached({ ...failed, stages: [] }, 2)).toEqual([]);
});
