"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keyOf } from "../../server/policy/analyze/analysis.ts";
import { api, type Analysis, client, type DeploymentFull } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { saveText } from "../save-text.ts";
import { AnalysisChart } from "./AnalysisChart.tsx";
import { AnalysisTable } from "./AnalysisTable.tsx";
import { askedText, configurationText, figureText } from "./analysis-words.ts";
import { UseConfiguration } from "./UseConfiguration.tsx";

/** While it runs its table grows. */
const GROWS_MS = 2_000;

/** One analysis: what was chosen with its second figures, the front, everything that was measured. */
export function AnalysisView({ analysisId, deployment }: { analysisId: string; deployment: DeploymentFull }) {
  const query = useQuery({ ...api.analyses.get.queryOptions({ id: analysisId }), refetchInterval: ({ state }) => (state.data?.status === "running" ? GROWS_MS : false) });
  const [picked, setPicked] = useState<string | null>(null);
  const [used, setUsed] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  if (query.error) return <Problem title="The analysis can’t be read" error={query.error} />;
  if (!query.data) return <p className="text-xs text-ink-2">Reading…</p>;
  const analysis = query.data;
  const chosenKey = analysis.outcome?.chosen ? keyOf(analysis.outcome.chosen) : null;
  const key = picked ?? chosenKey;
  const shown = analysis.results.find((one) => keyOf(one.configuration) === key) ?? null;
  const saveTable = async () => {
    setProblem(null);
    try {
      const { name, text } = await client.analyses.table.query({ id: analysisId });
      saveText(name, text);
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <div className="space-y-3" data-testid="analysis" data-status={analysis.status}>
      <Outcome analysis={analysis} />
      {analysis.variants.some(({ refused }) => refused !== null) && <ul className="list-disc pl-4 text-xs text-ink-2" data-testid="analysis-refused">{analysis.variants.filter(({ refused }) => refused !== null).map(({ label, refused }) => <li key={label}><b className="font-medium">{label}</b> was not tried: {refused}</li>)}</ul>}
      <AnalysisChart analysis={analysis} pickedKey={key} pick={setPicked} />
      {shown && <div className="flex flex-wrap items-center gap-3 text-xs" data-testid="analysis-picked"><span>{configurationText(shown.configuration, analysis.variants)}: {shown.figures ? `${figureText(shown.figures, "rate")}, p99 ${figureText(shown.figures, "p99")}` : `no figure. ${shown.why}`}</span><Button onClick={() => setUsed(keyOf(shown.configuration))} data-testid="analysis-use">Use this configuration…</Button></div>}
      <AnalysisTable analysis={analysis} pickedKey={key} pick={setPicked} />
      <div className="flex flex-wrap gap-1"><Button look="quiet" onClick={() => void saveTable()} data-testid="analysis-csv">table.csv</Button><Button look="quiet" onClick={() => saveText(`analysis-${analysisId}.json`, `${JSON.stringify(analysis, null, 1)}\n`)}>analysis.json</Button></div>
      {problem !== null && <Problem title="The table can’t be read" error={problem} />}
      {used !== null && shown && <UseConfiguration key={used} analysis={analysis} configuration={shown.configuration} deployment={deployment} close={() => setUsed(null)} />}
    </div>
  );
}

function Outcome({ analysis }: { analysis: Analysis }) {
  const { outcome, status, error, request, variants, results } = analysis;
  const last = outcome?.again.at(-1);
  const first = outcome?.chosen ? results.find((one) => keyOf(one.configuration) === keyOf(outcome.chosen!))?.figures : null;
  if (status === "running") return <p className="text-xs text-ink-2"><State tone="busy">{outcome ? "measured again" : "measuring"}</State> {askedText(request)}</p>;
  if (status !== "succeeded") return <p className="text-xs text-ink-2"><State tone={status === "failed" ? "bad" : "idle"}>{status}</State> {error} {results.length > 0 && "What was measured before is kept; nothing of it was measured again."}</p>;
  if (!outcome?.chosen || !last?.figures) return <div className="text-sm" data-testid="analysis-outcome"><State tone="warn">none chosen</State> <span className="text-ink-2">{outcome?.why} Asked: {askedText(request)}.</span><Tries analysis={analysis} /></div>;
  return (
    <div className="space-y-1" data-testid="analysis-outcome">
      <div className="flex flex-wrap items-baseline gap-x-3"><State tone="ok">chosen</State><b className="font-medium">{configurationText(outcome.chosen, variants)}</b></div>
      <p className="num text-lg">{figureText(last.figures, "rate")}, p99 {figureText(last.figures, "p99")}<span className="ml-2 text-xs text-ink-2">measured again on a fresh rig; the first time {figureText(first ?? null, "rate")}, p99 {figureText(first ?? null, "p99")}</span></p>
      <p className="text-xs text-ink-2">Asked: {askedText(request)}. Memory of its stages {figureText(last.figures, "memory")}.{last.figures.isHarnessLate && " The load generator itself was late: the true figures are no worse."}</p>
      <Tries analysis={analysis} />
    </div>
  );
}

/** Those that looked better first, and did not keep to it the second time. */
function Tries({ analysis: { outcome, variants } }: { analysis: Analysis }) {
  const failed = outcome?.again.filter(({ keeps }) => !keeps) ?? [];
  if (failed.length === 0) return null;
  return <ul className="list-disc pl-4 text-xs text-ink-2">{failed.map(({ configuration, why }) => <li key={keyOf(configuration)}>{configurationText(configuration, variants)}, measured again: {why}</li>)}</ul>;
}
