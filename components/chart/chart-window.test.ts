import { expect, test } from "vitest";
import { draggedSpan, LEAST_SPAN_MS, panned, shownSpan, spanName, zoomed } from "./chart-window.ts";

const bounds = { fromMs: 0, toMs: 100_000 };

test("it follows the newest point until a span is chosen", () => {
  expect(shownSpan(null, 1, 100_000)).toEqual({ fromMs: 40_000, toMs: 100_000 });
  expect(shownSpan({ fromMs: 1, toMs: 2 }, 1, 100_000)).toEqual({ fromMs: 1, toMs: 2 });
});
test("a drag counts in both directions, a twitch does not", () => {
  expect(draggedSpan(30_000, 10_000)).toEqual({ fromMs: 10_000, toMs: 30_000 });
  expect(draggedSpan(10_000, 10_300)).toBeNull();
  expect(draggedSpan(10_000, 12_000)).toEqual({ fromMs: 8_500, toMs: 13_500 });
});
test("zooming keeps what is under the crosshair, stops at the shortest span and ends with everything", () => {
  expect(zoomed(bounds, "in", 20_000, bounds)).toEqual({ fromMs: 10_000, toMs: 60_000 });
  let span = bounds;
  for (let press = 0; press < 20; press++) span = zoomed(span, "in", 50_000, bounds) ?? span;
  expect(span.toMs - span.fromMs).toBeCloseTo(LEAST_SPAN_MS);
  expect(zoomed({ fromMs: 40_000, toMs: 60_000 }, "out", 50_000, bounds)).toEqual({ fromMs: 30_000, toMs: 70_000 });
  expect(zoomed({ fromMs: 10_000, toMs: 80_000 }, "out", 50_000, bounds)).toBeNull();
});
test("panning stops at the ends and keeps the span's length", () => {
  expect(panned({ fromMs: 40_000, toMs: 60_000 }, "later", bounds)).toEqual({ fromMs: 45_000, toMs: 65_000 });
  expect(panned({ fromMs: 2_000, toMs: 22_000 }, "earlier", bounds)).toEqual({ fromMs: 0, toMs: 20_000 });
  expect(panned({ fromMs: 90_000, toMs: 100_000 }, "later", bounds)).toEqual({ fromMs: 90_000, toMs: 100_000 });
});
test("spans are named", () => expect([5, 60, 1440].map(spanName)).toEqual(["5 min", "1 h", "24 h"]));
