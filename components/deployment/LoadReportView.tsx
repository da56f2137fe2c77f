"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { LoadReport } from "../../server/loadgen/method/load-report.ts";
import { api, client } from "../api.ts";
import { saveText } from "../save-text.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { ScrollArea } from "../ui/ScrollArea.tsx";
import { State } from "../ui/State.tsx";
import { LoadAccuracyView } from "./LoadAccuracyView.tsx";
import { LoadHistogram } from "./LoadHistogram.tsx";
import { targetText } from "./load-targets.ts";
import { headline, nsText, rateText, reasons } from "./load-words.ts";

const LOGS = ["mlperf_log_summary.txt", "mlperf_log_detail.txt", "mlperf_log_accuracy.json", "mlperf_log_trace.json"] as const;

/** One kept run: the verdict with its reasons, the figures with their intervals or how accurate answers were, the logs. */
export function LoadReportView({ runId }: { runId: string }) {
  const run = useQuery(api.loadRuns.get.queryOptions({ id: runId }));
  const [problem, setProblem] = useState<Error | null>(null);
  if (run.error) return <Problem title="The run can’t be read" error={run.error} />;
  if (!run.data) return <p className="text-xs text-ink-2">Reading…</p>;
  const { report, request, target, revisionNumber, endRevisionNumber } = run.data;
  const graded = report.accuracy?.graded ?? null;
  const { tone, text } = headline(report);
  const save = async (name: (typeof LOGS)[number]) => {
    setProblem(null);
    try {
      saveText(name, (await client.loadRuns.log.query({ id: runId, name })).text);
    } catch (error) {
      setProblem(error as Error);
    }
  };
  return (
    <div className="space-y-2" data-testid="load-report">
      <div className="flex flex-wrap items-baseline gap-x-3"><State tone={tone} testId="load-verdict">{text}</State><span className="text-xs text-ink-2">{report.method}; {targetText(run.data)}{target.kind !== "deployment" || endRevisionNumber === revisionNumber ? "" : `, moved to ${endRevisionNumber} meanwhile`}</span></div>
      {reasons(report).length > 0 && <ul className="list-disc pl-4 text-xs text-ink-2">{reasons(report).map((reason) => <li key={reason}>{reason}</li>)}</ul>}
      {report.accuracy && graded ? <LoadAccuracyView accuracy={report.accuracy} graded={graded} dataset={request.dataset ?? null} /> : <><Figures report={report} /><LoadHistogram bins={report.histogram} boundNs={report.settings.targetLatencyNs || null} /></>}
      <div className="flex flex-wrap gap-1">{LOGS.map((name) => <Button key={name} look="quiet" onClick={() => void save(name)}>{name.replace("mlperf_log_", "")}</Button>)}<Button look="quiet" onClick={() => saveText("report.json", `${JSON.stringify(report, null, 1)}\n`)}>report.json</Button></div>
      {problem !== null && <Problem title="The log can’t be read" error={problem} />}
    </div>
  );
}

function Figures({ report }: { report: LoadReport }) {
  const { stats, steady, harnessLagP99Ns, reuse } = report;
  if (!stats) return <p className="text-xs text-ink-2">Nothing was answered.</p>;
  const latency = stats.query ?? stats.sample;
  const unsteady = report.settings.scenario === "Offline" ? null : (steady.latencyWhy ?? null);
  return (
    <>{unsteady !== null && <p className="text-xs text-ink-2" data-testid="load-unsteady">Latency was not steady: {unsteady} The percentiles are the whole run’s, as LoadGen counts them; nothing can be claimed from them.</p>}
    <ScrollArea label="Figures" className="overflow-x-auto"><table className="rowed w-full text-xs">
      <thead><tr><th>Figure</th><th>Measured</th><th>95 % between</th></tr></thead>
      <tbody>
        {latency.percentiles.map(({ percentile, ns, interval }) => <tr key={percentile}><td>p{percentile * 100}</td><td className="num">{nsText(ns)}</td><td className="num">{unsteady !== null ? "not steady" : interval ? `${nsText(interval.low)} – ${nsText(interval.high)}` : "too few samples"}</td></tr>)}
        <tr><td>steady throughput</td><td className="num">{steady.rate ? rateText(steady.rate.perSecond) : "no figure"}</td><td className="num">{steady.rate ? `± ${rateText(steady.rate.plusMinus)}` : (steady.why ?? "no three windows agree within 10 %")}</td></tr>
        {stats.estimateNs !== null && <tr><td>early stopping estimate</td><td className="num">{nsText(stats.estimateNs)}</td><td>99 % confidence</td></tr>}
        {stats.overBoundCount !== null && <tr><td>over the bound</td><td className="num">{stats.overBoundCount} of {stats.queryCount}</td><td /></tr>}
        {reuse && <tr><td>one sample / different ones</td><td className="num">{rateText(reuse.samePerSecond)} / {rateText(reuse.uniquePerSecond)}</td><td /></tr>}
        <tr><td>harness’s own lag, p99</td><td className="num">{nsText(harnessLagP99Ns)}</td><td /></tr>
      </tbody>
    </table></ScrollArea></>
  );
}
