import { expect, test } from "vitest";
import { GivenUpRequests } from "./given-up.ts";

const trace = (requestId: string) => ({ requestId, startedAt: "", totalMs: 1, ok: false, errorCode: "deadline", stages: [] });

test("only the attempt that was given up is told of, and once", () => {
  const given = new GivenUpRequests<string>();
  given.add(1, { attempt: 0x1_0002, pipeline: "a", trace: trace("req_1") });
  expect(given.take(1, 1, "a")).toBeNull();
  expect(given.take(1, 2, "b")).toBeNull();
  expect(given.take(1, 2, "a")?.requestId).toBe("req_1");
  expect(given.take(1, 2, "a")).toBeNull();
});

test("memory is bounded: the oldest is forgotten", () => {
  const given = new GivenUpRequests<string>();
  for (let id = 0; id < 1000; id++) given.add(id, { attempt: 1, pipeline: "a", trace: trace(`req_${id}`) });
  expect(given.take(0, 1, "a")).toBeNull();
  expect(given.take(999, 1, "a")?.requestId).toBe("req_999");
});
