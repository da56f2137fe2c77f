import { expect, test } from "vitest";
import type { RequestTrace } from "../protocol/control.ts";
import { withProcessor } from "./with-processor.ts";

const trace: RequestTrace = { requestId: "req_1", startedAt: "2026-11-27T10:00:00.100Z", totalMs: 40, ok: true, errorCode: null, stages: [], sendMs: 2 };
const PRE = { waitMs: 3, tookMs: 17 };
const POST = { waitMs: 1, tookMs: 4 };

test("a request began when its processor was asked, and ends with the answer it made; what the pipeline took is as it was", () => {
  expect(withProcessor(trace, PRE, POST)).toEqual({ ...trace, startedAt: "2026-11-27T10:00:00.080Z", totalMs: 65, processor: { pre: PRE, post: POST } });
});

test("the first of many steps has the one, the last the other, and the rest neither", () => {
  expect(withProcessor(trace, PRE, null)).toMatchObject({ totalMs: 60, processor: { pre: PRE } });
  expect(withProcessor(trace, null, POST)).toEqual({ ...trace, totalMs: 45, processor: { post: POST } });
  expect(withProcessor(trace, null, null)).toBe(trace);
});
