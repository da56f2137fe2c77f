import { expect, test } from "vitest";
import { Streams } from "./streams.ts";

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const create = (more: Partial<{ firstBytes: number; maxBytes: number }> = {}) => new Streams({ firstBytes: 100, maxBytes: 1000, ...more });

test("steps come in order; the last one gives the state's bytes back", () => {
  const streams = create();
  streams.step("lane/1/1", 0, false, 0);
  streams.step("lane/1/1", 1, false, 0);
  expect([streams.size, streams.bytes]).toEqual([1, 100]);
  expect(() => streams.step("lane/1/2", 1, false, 0)).toThrow(code("stream_unknown"));
  expect(() => streams.step("lane/1/1", 5, false, 0)).toThrow(code("stream_out_of_order"));
  expect([streams.size, streams.bytes]).toEqual([0, 0]);
  streams.step("lane/1/1", 0, false, 0);
  streams.step("lane/1/1", 1, true, 0);
  expect([streams.size, streams.bytes]).toEqual([0, 0]);
});

test("streams begin while their state fits; one whose state grows past the limit ends, the others stay", () => {
  const streams = create({ maxBytes: 250 });
  streams.step("lane/1/1", 0, false, 0);
  streams.step("lane/1/2", 0, false, 0);
  expect(() => streams.step("lane/1/3", 0, false, 0)).toThrow(code("stream_limit"));
  // A stream of a single step keeps nothing.
  streams.step("lane/1/3", 0, true, 0);
  streams.kept("lane/1/1", 140);
  expect(() => streams.kept("lane/1/2", 120)).toThrow(code("stream_limit"));
  expect([streams.size, streams.bytes]).toEqual([1, 140]);
  // Lowered: what is open goes on.
  streams.maxBytes = 10;
  streams.kept("lane/1/1", 140);
  streams.step("lane/1/1", 1, false, 0);
  expect(streams.size).toBe(1);
});

test("a stream that comes goes on at its step; shared state is under both keys until one ends", () => {
  const streams = create();
  streams.give("new/1/1", 7, 300, 0);
  expect(() => streams.expect("new/1/1", 6)).toThrow(code("stream_out_of_order"));
  expect(() => streams.expect("new/1/2", 7)).toThrow(code("stream_unknown"));
  streams.step("new/1/1", 7, false, 0);
  streams.share("new/1/1", "newer/1/1", 0);
  streams.expect("newer/1/1", 8);
  expect([streams.count("new"), streams.count("newer"), streams.bytes]).toEqual([1, 1, 600]);
  expect(streams.endLane("new")).toEqual(["new/1/1"]);
  expect(streams.bytes).toBe(300);
  expect(() => streams.give("new/1/9", 1, 800, 0)).toThrow(code("stream_limit"));
});

test("what is idle is forgotten", () => {
  const streams = create();
  streams.step("lane/1/1", 0, false, 0);
  streams.step("lane/1/2", 0, false, 100_000);
  expect(streams.sweep(130_000)).toEqual(["lane/1/1"]);
  expect(streams.bytes).toBe(100);
});
