import { expect, test } from "vitest";
import type { Values } from "./chart-data.ts";
import { thinPoints } from "./thin-points.ts";

const DAY = 8640;
const times = Array.from({ length: DAY }, (_, index) => index * 10_000);
const span = { fromMs: 0, toMs: DAY * 10_000 };
const calm = (): Values => times.map((_, index) => 10 + Math.sin(index / 50));

test("a day is drawn with a bounded number of points, in order", () => {
  const { timesMs, series } = thinPoints(times, [calm(), calm()], span, 300);
  expect(timesMs.length).toBeLessThanOrEqual(300 * 6 + 2);
  expect(timesMs).toEqual([...timesMs].sort((a, b) => a - b));
  expect(series.map((values) => values.length)).toEqual([timesMs.length, timesMs.length]);
});

test("a single spike, a single dip and a gap survive wherever they are", () => {
  for (let at = 100; at < DAY - 100; at += 97) {
    const [spiky, dipping, broken] = [calm(), calm(), calm()];
    spiky[at] = 900;
    dipping[at + 1] = 0;
    broken[at + 2] = null;
    const { timesMs, series } = thinPoints(times, [spiky, dipping, broken], span, 200);
    expect(series[0]?.[timesMs.indexOf(times[at] as number)]).toBe(900);
    expect(series[1]?.[timesMs.indexOf(times[at + 1] as number)]).toBe(0);
    expect(series[2]).toContain(null);
  }
});

test("zoomed in, every point of the span is there, and one beyond each end", () => {
  const { timesMs } = thinPoints(times, [calm()], { fromMs: 1_000_000, toMs: 1_500_000 }, 200);
  expect(timesMs).toEqual(times.slice(99, 152));
});

test("few points stay as they are, and none make none", () => {
  expect(thinPoints([1, 2, 3], [[1, undefined, 3]], { fromMs: 0, toMs: 4 }, 10)).toEqual({ timesMs: [1, 2, 3], series: [[1, undefined, 3]] });
  expect(thinPoints([], [[]], { fromMs: 0, toMs: 4 }, 10)).toEqual({ timesMs: [], series: [[]] });
});
