// Every value of testdata/golden.json: what the official LoadGen printed.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { drawGapNs } from "./draw-gap.ts";
import { minPassing } from "./early-stopping.ts";
import { makeQueries } from "./make-queries.ts";
import { makeSampleSets } from "./make-sample-sets.ts";
import { createMt19937 } from "./mt19937.ts";
import { OFFICIAL_SEEDS, resolveSettings, type Scenario } from "./settings.ts";

type Case = { scenario: Scenario; qps?: number; expectedNs?: number; minMs: number; minQ: number; spq?: number; total: number; perf: number; loaded: number[]; queries: number[][] };
type Golden = { seeds: Record<string, string>; earlyStoppingMinPassing_c99_d0: Record<string, Record<string, number>>; scheduleNs: Record<string, number[]>; cases: Case[] };
const golden = JSON.parse(readFileSync(new URL("../testdata/golden.json", import.meta.url), "utf8")) as Golden;

test("the seeds are the official ones", () => {
  expect(golden.seeds).toEqual({ qsl: String(OFFICIAL_SEEDS.qsl), sample: String(OFFICIAL_SEEDS.sampleIndex), sched: String(OFFICIAL_SEEDS.schedule) });
});

describe("early stopping", () => {
  test.each(Object.entries(golden.earlyStoppingMinPassing_c99_d0).flatMap(([percentile, rows]) => Object.entries(rows).map(([t, h]) => [Number(percentile), Number(t), h] as const)))("p%d with %d over the bound needs %d within it", (percentile, t, h) => {
    expect(minPassing(t, percentile)).toBe(h);
  });
});

describe("arrivals", () => {
  test.each(Object.entries(golden.scheduleNs).flatMap(([qps, times]) => times.map((ns, i) => [Number(qps), i, ns] as const)))("at %d queries/s number %d is due after %d ns", (qps, i, ns) => {
    const random = createMt19937(OFFICIAL_SEEDS.schedule);
    let atNs = 0;
    for (let n = 0; n < i; n++) atNs += drawGapNs(random, qps);
    expect(atNs).toBe(ns);
  });
});

describe.each(golden.cases)("a run of $scenario", (one) => {
  const settings = resolveSettings({
    scenario: one.scenario, mode: "PerformanceOnly", targetQps: one.qps ?? 1e9 / one.expectedNs!, targetLatencyNs: 0, targetPercentile: 0.99, samplesPerQuery: one.spq ?? 1,
    minDurationMs: one.minMs, maxDurationMs: 0, minQueryCount: one.minQ, maxQueryCount: 0, maxAsyncQueries: 0, picking: "drawn", sameIndex: 0,
    totalSampleCount: one.total, performanceSampleCount: one.perf, seeds: OFFICIAL_SEEDS,
  });
  const [set] = makeSampleSets(settings);
  const queries = makeQueries(settings, set!);
  test.each(one.loaded.map((sample, i) => [i, sample]))("loads at place %d sample %d", (i, sample) => expect(set!.indices[i!]).toBe(sample));
  test("loads no more", () => expect(set!.indices).toHaveLength(one.loaded.length));
  test.each(one.queries.map((samples, i) => [i, samples] as const))("query %d has samples %j", (i, samples) => expect(queries[i]!.samples).toEqual(samples));
});
