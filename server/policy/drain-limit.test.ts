import { expect, test } from "vitest";
import { DEFAULT_STREAMS, drainLimitMs, openStreams, pauseAndStreams, STREAM_GRACE_MS, streamsBeforePause, streamWait } from "./drain-limit.ts";
import { deployment, node, reportIngress, revision } from "./testdata/fleet.ts";

test("what is in flight gets its longest deadline and time for the answer to travel", () => {
  const { settings } = deployment([]);
  const limit = drainLimitMs(settings);
  expect(limit).toBeGreaterThan(settings.limits.maxDeadlineMs);
  expect(drainLimitMs({ ...settings, limits: { ...settings.limits, maxDeadlineMs: settings.limits.maxDeadlineMs + 700 } })).toBe(limit + 700);
  expect(drainLimitMs({ ...settings, limits: { ...settings.limits, defaultDeadlineMs: 1 } })).toBe(limit);
});

test("open streams are those that ingresses told last, unless they are lost with them", () => {
  const old = revision(1, ["a", "b"], ["a", "b"]);
  const told = (nodeId: string, more: object = {}) => ({ ...reportIngress(node(nodeId), [1, 2], 2, { pipelines: [{ epoch: 1, linked: true, inFlight: 3, streams: 3, streamProblem: "no room" }, { epoch: 2, linked: true, inFlight: 5, streams: 5 }] }), ...more });
  const count = (a: object, b: object) => openStreams(deployment([old]), old, new Map([told("a", a), told("b", b)].map((one) => [one.nodeId, one])));
  expect(count({}, { connected: false })).toEqual({ count: 6, problem: "no room" });
  expect(count({}, { presence: "lost" }).count).toBe(3);
  expect(count({ presence: "lost", serves: true }, { presence: "lost" }).count).toBe(3);
  // An agent that does not tell them, and none that is open.
  const older = reportIngress(node("a"), [1], 2);
  expect(openStreams(deployment([old]), old, new Map([["a", older]]))).toEqual({ count: 0, problem: null });
});

test("streams that may finish are waited for, then moved, then the revision goes without them; those that move have the same limit", () => {
  const { settings } = deployment([]);
  const finish = { ...settings, streams: { ...DEFAULT_STREAMS, policy: "finish" as const, limitMs: 600_000 } };
  const open = { count: 2, problem: "no room" };
  expect(streamWait(finish, { count: 0, problem: null }, 1)).toBeNull();
  expect(streamWait(finish, open, 600_000)).toEqual({ isOver: false, text: expect.stringContaining("may finish") });
  expect(streamWait(finish, open, 600_001)).toEqual({ isOver: false, text: expect.stringMatching(/move with their state \(no room\)/) });
  expect(streamWait(finish, open, 600_001 + STREAM_GRACE_MS)).toEqual({ isOver: true, text: expect.stringContaining("no room") });
  expect(streamWait(settings, open, DEFAULT_STREAMS.limitMs)).toEqual({ isOver: false, text: expect.stringContaining("move with their state") });
  expect(streamWait(settings, open, DEFAULT_STREAMS.limitMs + 1)?.isOver).toBe(true);
});

test("before a pause streams of either policy have to end, and it is said how long they may", () => {
  const { settings } = deployment([]);
  for (const policy of ["move", "finish"] as const) {
    const own = { ...settings, streams: { ...DEFAULT_STREAMS, policy, limitMs: 600_000 } };
    expect(streamsBeforePause(own, { count: 0 }, 700_000)).toBeNull();
    expect(streamsBeforePause(own, { count: 2 }, 600_000)).toEqual({ isOver: false, text: expect.stringContaining("Open streams: 2") });
    expect(streamsBeforePause(own, { count: 2 }, 600_001)?.isOver).toBe(true);
    expect(pauseAndStreams(own, 3)).toContain("(now: 3), for 10 min");
  }
});
