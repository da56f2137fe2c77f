import { expect, test } from "vitest";
import { Admission } from "./admission.ts";

/** Answers every `everyMs`, with `inFlight` left after each; gives when the last one was. */
function busy(admission: Admission, count: number, everyMs: number, fromMs = 0, inFlight = 3): number {
  for (let i = 1; i <= count; i++) admission.answered(fromMs + i * everyMs, inFlight);
  return fromMs + count * everyMs;
}

test("what is expected grows with what is in flight, at the pace of the last answers", () => {
  const admission = new Admission();
  expect(admission.expectedMs(7)).toBeNull();
  busy(admission, 9, 100);
  expect(admission.expectedMs(7)).toBeCloseTo(8 * 100 * 1.1);
  expect(admission.expectedMs(3)).toBeCloseTo(4 * 100 * 1.1);
});

test("idle time is no pace", () => {
  const admission = new Admission();
  for (let i = 0; i < 100; i++) admission.answered(i * 60_000, 0);
  expect(admission.expectedMs(10)).toBeNull();
});

test("one pause does not refuse the next; a pace that changed is learnt, and few in flight are always let in", () => {
  const admission = new Admission();
  let now = busy(admission, 33, 10);
  now += 30_000;
  admission.answered(now, 3);
  now = busy(admission, 15, 10, now);
  expect(admission.expectedMs(9)).toBeCloseTo(10 * 10 * 1.1);
  busy(admission, 40, 1000, now);
  expect(admission.expectedMs(9)).toBeCloseTo(10 * 1000 * 1.1);
  expect([admission.expectedMs(0), admission.expectedMs(1)]).toEqual([null, null]);
});
