import { expect, test } from "vitest";
import { MAX_RECENT_REQUESTS, type RequestTrace } from "../protocol/control.ts";
import { RecentRequests } from "./recent-requests.ts";

const trace = (index: number, totalMs: number, ok = true): RequestTrace => ({ requestId: `req_${index}`, startedAt: new Date(index).toISOString(), totalMs, ok, errorCode: ok ? null : "deadline", stages: [] });

test("of many requests the failed, the slowest and the newest are told, once each and in order", () => {
  const recent = new RecentRequests();
  for (let index = 0; index < 1000; index++) recent.add(trace(index, index === 17 ? 900 : 1 + (index % 7), index !== 400));
  const told = recent.take();
  const ids = told.map((one) => one.requestId);
  expect(told.length).toBeLessThanOrEqual(MAX_RECENT_REQUESTS);
  for (const id of ["req_17", "req_400", "req_999", "req_998"]) expect(ids).toContain(id);
  expect(ids).toEqual([...ids].sort((a, b) => Number(a.slice(4)) - Number(b.slice(4))));
  expect(new Set(ids).size).toBe(ids.length);
  expect(recent.take()).toEqual([]);
});

test("a failed request that is told again says more and is there once", () => {
  const recent = new RecentRequests();
  recent.add(trace(1, 5));
  recent.add(trace(2, 900, false));
  recent.add({ ...trace(2, 900, false), sendMs: 3 });
  expect(recent.take()).toEqual([trace(1, 5), { ...trace(2, 900, false), sendMs: 3 }]);
});
