// Owns the search for the peak: one run after the other at the rates that `nextPeakProbe` asks for, until it has its answer or a run says nothing about the system.
import { judgeRun } from "./method/judge-run.ts";
import type { PeakReport } from "./method/load-report.ts";
import { nextPeakProbe } from "./method/next-peak-probe.ts";
import type { RunRecord } from "./method/run-record.ts";
import { runStats } from "./method/run-stats.ts";

/** `decimals` of queries/s the peak is searched to. `isStopped`: whoever asked for the search wants it ended. */
export type PeakSearch<Run> = { startQps: number; decimals: number; runAt(qps: number): Promise<Run>; isStopped(): boolean };

/** `best` is the last run that kept the bound; the first one where none did. */
export async function findPeak<Run extends { record: RunRecord }>({ startQps, decimals, runAt, isStopped }: PeakSearch<Run>): Promise<{ peak: PeakReport; best: Run }> {
  const probes: PeakReport["probes"] = [];
  let best: Run | null = null;
  for (;;) {
    const step = nextPeakProbe(startQps, decimals, probes);
    if (step.kind !== "probe") return { peak: { qps: step.kind === "peak" ? step.qps : null, why: step.kind === "none" ? step.why : null, probes }, best: best! };
    const run = await runAt(step.qps);
    // A run that was cut short broke no bound, and kept none.
    if (isStopped()) return { peak: { qps: null, why: `The search was stopped at ${step.qps} queries/s.`, probes }, best: best ?? run };
    const stats = runStats(run.record);
    const { isBoundMet, isEverythingAnswered, isHarnessOnTime } = judgeRun(run.record, stats);
    // A late harness says nothing about the system: the search ends rather than blame it.
    const isMet = isBoundMet === true && isEverythingAnswered;
    probes.push({ qps: step.qps, isMet, targetNs: stats?.targetNs ?? null });
    if (isMet || !best) best = run;
    if (!isMet && !isHarnessOnTime) return { peak: { qps: null, why: `At ${step.qps} queries/s the harness itself was late: the limit found would be its own.`, probes }, best };
  }
}
