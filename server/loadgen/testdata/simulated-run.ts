// For tests: a run against a simulated system of `servers` that each take `serviceNs`, first come, first served, and stand still while paused.
import { issueQueries, type Answer } from "../issue-queries.ts";
import { makeQueries, type Query } from "../method/make-queries.ts";
import { makeSampleSets } from "../method/make-sample-sets.ts";
import type { RunRecord } from "../method/run-record.ts";
import { OFFICIAL_SEEDS, resolveSettings, type RunSettings } from "../method/settings.ts";
import { virtualTime } from "./virtual-time.ts";

export const SETTINGS: RunSettings = {
  scenario: "Server", mode: "PerformanceOnly", targetQps: 100, targetLatencyNs: 15e6, targetPercentile: 0.99, samplesPerQuery: 1, minDurationMs: 6000, maxDurationMs: 0,
  minQueryCount: 1, maxQueryCount: 0, maxAsyncQueries: 0, picking: "drawn", sameIndex: 0, totalSampleCount: 64, performanceSampleCount: 64, seeds: OFFICIAL_SEEDS,
};

export type Simulated = { servers?: number; serviceNs: number | ((sample: number) => number); pause?: { atNs: number; forNs: number }; failEvery?: number; stopAtNs?: number; offlineConcurrency?: number; answer?: (sample: number) => Answer };

export function simulatedRun(changes: Partial<RunSettings>, system: Simulated): { record: RunRecord; queries: Query[]; answers: Map<number, number> } {
  const settings = resolveSettings({ ...SETTINGS, ...changes });
  const [set] = makeSampleSets(settings);
  const queries = makeQueries(settings, set!);
  const time = virtualTime();
  const freeNs = new Array<number>(system.servers ?? 1).fill(0);
  let sent = 0;
  const answers = new Map<number, number>();
  let ended: RunRecord | null = null;
  const issuing = issueQueries({
    settings, queries, clock: time, offlineConcurrency: system.offlineConcurrency ?? 1, onEnd: (record) => { ended = record; }, onAnswer: (sequence, latencyNs) => answers.set(sequence, latencyNs),
    sut: {
      name: "simulated",
      send(sample, answered) {
        const server = freeNs.indexOf(Math.min(...freeNs));
        const service = typeof system.serviceNs === "number" ? system.serviceNs : system.serviceNs(sample);
        let startNs = Math.max(time.nowNs(), freeNs[server]!);
        const { pause } = system;
        if (pause && startNs >= pause.atNs && startNs < pause.atNs + pause.forNs) startNs = pause.atNs + pause.forNs;
        freeNs[server] = startNs + service;
        const fails = system.failEvery !== undefined && ++sent % system.failEvery === 0;
        time.at(freeNs[server]!, () => answered(fails ? { ok: false, problem: "status 500" } : (system.answer?.(sample) ?? { ok: true, data: null })));
      },
    },
  });
  if (system.stopAtNs !== undefined) time.at(system.stopAtNs, () => issuing.stop("Stopped."));
  time.run();
  if (!ended) throw new Error("the run did not end");
  (ended as RunRecord).harnessLagP99Ns = 0;
  return { record: ended, queries, answers };
}
