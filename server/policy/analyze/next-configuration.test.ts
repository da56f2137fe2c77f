import { expect, test } from "vitest";
import { type Configuration, type Figures, keyOf, type Measured, type Variant } from "./analysis.ts";
import { compareMeasured, missedBy, paretoOf, sayMissed } from "./compare-measured.ts";
import { allConfigurations, type Asked, nextConfiguration } from "./next-configuration.ts";

const variant = (planId: string, threads: number | null = null, refused: string | null = null): Variant => ({ planId: refused ? null : planId, planRevision: 1, wish: { kind: "plan", planId: planId[0]! }, threads, label: planId, nodeIds: [], refused });
const figures = (perSecond: number, latencyMsP99: number, memoryBytes: number | null = 1): Figures => ({ perSecond, plusMinus: 0, latencyMsP50: latencyMsP99, latencyMsP90: latencyMsP99, latencyMsP99, sampleCount: 100, memoryBytes, isHarnessLate: false });
const measured = (configuration: Configuration, found: Figures | null): Measured => ({ configuration, figures: found, why: found ? null : "no", measuredAt: "", othersPerSecond: 0 });
const ASKED: Asked = { maxBatch: [1, 2, 4], concurrency: [1, 2, 4, 8], constraints: {}, objective: "throughput", search: "sweep", maxConfigurations: 100 };

/** Measures what it is told to until nothing is left. */
function run(variants: Variant[], asked: Asked, system: (configuration: Configuration) => Figures | null): Measured[] {
  const found: Measured[] = [];
  for (let next = nextConfiguration(variants, asked, found); next; next = nextConfiguration(variants, asked, found)) found.push(measured(next, system(next)));
  return found;
}

test("a sweep measures each once, those of one plan together, and leaves out what cannot be tried", () => {
  const variants = [variant("a"), variant("b", 2, "no room"), variant("c")];
  const found = run(variants, ASKED, () => null);
  expect(found.map((one) => keyOf(one.configuration))).toEqual(allConfigurations(variants, ASKED).map(keyOf));
  expect(found).toHaveLength(2 * 3 * 4);
  expect([...new Set(found.map((one) => one.configuration.planId))]).toEqual(["a", "c"]);
});

test("no more than allowed are measured", () => {
  expect(run([variant("a")], { ...ASKED, maxConfigurations: 5 }, () => null)).toHaveLength(5);
  expect(run([variant("a")], { ...ASKED, search: "quick", maxConfigurations: 5 }, (one) => figures(one.concurrency, 1))).toHaveLength(5);
});

/** Throughput rises with each, until batches above 2 and concurrency above 4 cost more than they bring. */
const hill = ({ planId, threads, maxBatch, concurrency }: Configuration): Figures => figures((planId === "b" ? 10 : 0) + (threads ?? 1) * 3 - Math.abs(Math.log2(maxBatch) - 1) - Math.abs(Math.log2(concurrency) - 2), concurrency * 10);

test("a quick search climbs to the best of a hill with fewer measurements than the sweep, and tries every plan", () => {
  const variants = [variant("a", 1), variant("a2", 2), variant("b", 1), variant("b2", 2)];
  const asked: Asked = { ...ASKED, search: "quick" };
  const system = (one: Configuration) => hill({ ...one, planId: one.planId[0]! });
  const found = run(variants, asked, system);
  const best = [...found].sort((a, b) => compareMeasured(a, b, asked))[0]!;
  expect(best.configuration).toEqual({ planId: "b2", threads: 2, maxBatch: 2, concurrency: 4 });
  expect(found.length).toBeLessThan(allConfigurations(variants, asked).length / 2);
  expect(new Set(found.map((one) => one.configuration.planId[0]))).toEqual(new Set(["a", "b"]));
  expect(new Set(found.map((one) => keyOf(one.configuration))).size).toBe(found.length);
});

test("a quick search goes towards what keeps to the constraints, and ends where nothing has a figure", () => {
  const asked: Asked = { ...ASKED, search: "quick", constraints: { maxLatencyMsP99: 20 } };
  const found = run([variant("a")], asked, (one) => figures(one.concurrency * 10, one.concurrency * 10));
  expect([...found].sort((a, b) => compareMeasured(a, b, asked))[0]!.configuration.concurrency).toBe(2);
  expect(run([variant("a"), variant("b")], asked, () => null)).toHaveLength(2);
});

test("constraints come before the objective, and a figure before none", () => {
  const asked = { constraints: { maxLatencyMsP99: 50, maxMemoryBytes: 100, minPerSecond: 10 }, objective: "throughput" as const };
  const order = [figures(20, 40), figures(15, 40), figures(15, 45), figures(100, 60), figures(100, 80), null].map((one) => ({ figures: one }));
  expect([...order].reverse().sort((a, b) => compareMeasured(a, b, asked))).toEqual(order);
  expect(missedBy(figures(20, 100), asked.constraints)).toBeCloseTo(1);
  expect(missedBy(figures(5, 50), asked.constraints)).toBeCloseTo(0.5);
  expect(missedBy(figures(20, 40, null), asked.constraints)).toBe(Number.POSITIVE_INFINITY);
  expect(sayMissed(figures(5, 84, 2 ** 21), { ...asked.constraints, maxMemoryBytes: 2 ** 20 })).toEqual(["p99 84 ms is above 50 ms", "2 MiB are above 1 MiB", "5 /s are below 10 /s"]);
});

test("the Pareto front has what none beats in both, against brute force", () => {
  let seed = 1;
  const random = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };
  for (let round = 0; round < 50; round++) {
    const all = Array.from({ length: 12 }, (_, i) => measured({ planId: "a", threads: null, maxBatch: 1, concurrency: i + 1 }, random() < 0.1 ? null : figures(Math.ceil(random() * 6), Math.ceil(random() * 6))));
    const front = paretoOf(all);
    for (const one of all) {
      const isBeaten = one.figures === null || all.some((other) => other.figures && other.figures.perSecond >= one.figures!.perSecond && other.figures.latencyMsP99 <= one.figures!.latencyMsP99 && (other.figures.perSecond > one.figures!.perSecond || other.figures.latencyMsP99 < one.figures!.latencyMsP99));
      expect(front.includes(one)).toBe(!isBeaten);
    }
    expect(front.map((one) => one.figures!.latencyMsP99)).toEqual(front.map((one) => one.figures!.latencyMsP99).sort((a, b) => a - b));
  }
});
