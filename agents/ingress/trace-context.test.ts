import { expect, test } from "vitest";
import { beginTrace, readTraceContext } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

test.each([
  ["as the specification's example", `00-${TRACE}-${PARENT}-01`, true],
  ["not sampled", `00-${TRACE}-${PARENT}-00`, false],
  ["unknown flags beside it", `00-${TRACE}-${PARENT}-ff`, true],
  ["a later version with more", `cc-${TRACE}-${PARENT}-01-what-the-future-holds`, true],
])("is read: %s", (_name, header, sampled) => {
  expect(readTraceContext(header, undefined)).toEqual({ traceId: TRACE, parentSpanId: PARENT, sampled, state: null });
});

test.each([
  ["nothing", undefined], ["version ff", `ff-${TRACE}-${PARENT}-01`], ["more in version 00", `00-${TRACE}-${PARENT}-01-x`], ["capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ["no trace", `00-${"0".repeat(32)}-${PARENT}-01`], ["no parent", `00-${TRACE}-${"0".repeat(16)}-01`], ["too short", `00-${TRACE.slice(1)}-${PARENT}-01`],
  ["a later version that goes on without a dash", `cc-${TRACE}-${PARENT}-01.x`], ["no header at all", "hello"],
])("is none: %s", (_name, header) => {
  expect(readTraceContext(header, "a=1")).toBeNull();
});

test("tracestate is kept within its limits, and dropped when it is none", () => {
  const state = (text: string) => readTraceContext(`00-${TRACE}-${PARENT}-01`, text)?.state;
  expect(state("congo=t61rcWkgMzE, rojo=00f067aa0ba902b7,,")).toBe("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
  expect(state("no member")).toBeNull();
  expect(state(Array.from({ length: 33 }, (_, at) => `k${at}=v`).join(","))).toBeNull();
  expect(state(`a=${"x".repeat(250)},b=${"y".repeat(250)},c=${"z".repeat(250)}`)).toBe(`a=${"x".repeat(250)},b=${"y".repeat(250)}`);
});

test("what came is continued, sampled or not; without, a share begins here", () => {
  const given = readTraceContext(`00-${TRACE}-${PARENT}-00`, undefined)!;
  expect(beginTrace(given, 1, () => 0)).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, sampled: false, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(beginTrace(null, 0.1, () => 0.05)).toMatchObject({ parentSpanId: null, sampled: true, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(beginTrace(null, 0.1, () => 0.1)).toBeNull();
  expect(beginTrace(null, 0, () => 0)).toBeNull();
});
