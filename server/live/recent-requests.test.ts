import { expect, test } from "vitest";
import type { RequestTrace } from "../../agents/protocol/control.ts";
import { createRequestLog, keepRequests, listRequests, listRequestsOfTrace, SLOWEST_OF_MS } from "./recent-requests.ts";

const trace = (index: number, totalMs: number, ok = true): RequestTrace => ({ requestId: `req_${index}`, startedAt: new Date(index * 1000).toISOString(), totalMs, ok, errorCode: ok ? null : "deadline", stages: [] });

test("each order is bounded and says what its name says", () => {
  const log = createRequestLog();
  for (let index = 0; index < 500; index++) keepRequests(log, "nod_a", [trace(index, index === 450 ? 800 : index % 9, index % 100 !== 0)], index * 1000);
  expect(listRequests(log, "recent", 3).map((one) => one.requestId)).toEqual(["req_499", "req_498", "req_497"]);
  expect(listRequests(log, "slowest", 1)[0]).toMatchObject({ requestId: "req_450", ingressNodeId: "nod_a" });
  expect(listRequests(log, "failed", 100).map((one) => one.requestId)).toEqual(["req_400", "req_300", "req_200", "req_100", "req_0"]);
  for (const order of ["recent", "slowest", "failed"] as const) expect(listRequests(log, order, 1000).length).toBeLessThanOrEqual(60);
});

test("a trace is found among all that is kept, each of its requests once", () => {
  const log = createRequestLog();
  const context = { traceId: "a".repeat(32), spanId: "b".repeat(16), parentSpanId: null, sampled: true };
  keepRequests(log, "nod_a", [{ ...trace(1, 900, false), context }, { ...trace(2, 1), context }, { ...trace(3, 1), context: { ...context, traceId: "c".repeat(32) } }, trace(4, 1)], 5000);
  for (let index = 10; index < 200; index++) keepRequests(log, "nod_a", [trace(index, 5)], 10_000);
  expect(listRequestsOfTrace(log, context.traceId, 10).map((one) => one.requestId)).toEqual(["req_1"]);
  keepRequests(log, "nod_b", [{ ...trace(300, 2), context }], 400_000);
  expect(listRequestsOfTrace(log, context.traceId, 10).map((one) => [one.requestId, one.ingressNodeId])).toEqual([["req_1", "nod_a"], ["req_300", "nod_b"]]);
  expect(listRequestsOfTrace(undefined, context.traceId, 10)).toEqual([]);
});

test("what was slow long ago gives way", () => {
  const log = createRequestLog();
  keepRequests(log, "nod_a", [trace(1, 9000)], 1000);
  keepRequests(log, "nod_a", [trace(2000, 5)], SLOWEST_OF_MS + 2_000_000);
  expect(listRequests(log, "slowest", 10).map((one) => one.requestId)).toEqual(["req_2000"]);
});

test("a request that is told again keeps its place and says what it says now; one of another ingress is another", () => {
  const log = createRequestLog();
  keepRequests(log, "nod_a", [trace(1, 5, false), trace(2, 6)], 3000);
  keepRequests(log, "nod_b", [trace(1, 7)], 3000);
  keepRequests(log, "nod_a", [{ ...trace(1, 5, false), sendMs: 3 }], 4000);
  expect(listRequests(log, "recent", 10).map((one) => [one.requestId, one.ingressNodeId, one.sendMs])).toEqual([["req_1", "nod_b", undefined], ["req_2", "nod_a", undefined], ["req_1", "nod_a", 3]]);
  expect(listRequests(log, "failed", 10).map((one) => one.sendMs)).toEqual([3]);
  expect(listRequests(log, "slowest", 10)).toHaveLength(3);
});
