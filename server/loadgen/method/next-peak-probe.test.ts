import { expect, test } from "vitest";
import { nextPeakProbe, type Probe } from "./next-peak-probe.ts";

function search(start: number, decimals: number, limit: number) {
  const probes: Probe[] = [];
  for (;;) {
    const step = nextPeakProbe(start, decimals, probes);
    if (step.kind !== "probe") return { step, probes };
    probes.push({ qps: step.qps, isMet: step.qps <= limit });
  }
}

test.each([1, 2, 37.4, 100, 999, 1000])("the peak is within a query per second below the limit of %d", (limit) => {
  const { step } = search(1, 0, limit);
  expect(step).toMatchObject({ kind: "peak" });
  const { qps } = step as { qps: number };
  expect(qps).toBeLessThanOrEqual(limit);
  expect(limit - qps).toBeLessThan(2);
});

test("doubles, then halves the gap", () => {
  expect(search(10, 0, 45).probes.map(({ qps }) => qps)).toEqual([10, 20, 40, 80, 60, 50, 45, 47.5, 46.25]);
});

test("decimals sharpen it", () => {
  const { step } = search(1, 2, 7.377);
  expect((step as { qps: number }).qps).toBeGreaterThan(7.355);
});

test("a start that is already too fast is no peak, and says so", () => {
  expect(search(50, 0, 45).step).toMatchObject({ kind: "none", why: expect.stringMatching(/not kept at 50/) });
});

test("a limit that is never found ends the search", () => {
  expect(search(1, 0, Number.POSITIVE_INFINITY).step).toMatchObject({ kind: "none", why: expect.stringMatching(/64 runs/) });
});
