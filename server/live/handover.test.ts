import { expect, test } from "vitest";
import { addHandover, type Handover, knownHandover } from "./handover.ts";

const after = (values: number[]) => values.reduce<Handover | null>((before, ms) => addHandover(before, ms), null);

test("requests that waited behind others do not count, and a few requests say nothing", () => {
  const waiting = Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? 0.6 + (index % 7) / 100 : 5 + index % 9));
  const { handoverMs = 0 } = knownHandover(after(waiting));
  expect(handoverMs).toBeGreaterThanOrEqual(0.5);
  expect(handoverMs).toBeLessThanOrEqual(0.8);
  expect(knownHandover(after(waiting.slice(0, 10)))).toEqual({});
  expect(knownHandover(null)).toEqual({});
});

test("it follows a node that has become slower", () => {
  const values = [...Array.from({ length: 200 }, () => 0.4), ...Array.from({ length: 400 }, () => 1.5)];
  expect(knownHandover(after(values)).handoverMs).toBeGreaterThan(1.2);
});
