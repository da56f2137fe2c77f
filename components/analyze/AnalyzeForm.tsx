"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import type { AnalysisRequest } from "../../server/policy/analyze/analysis.ts";
import { api, client, type DeploymentFull } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { type AnalysisFieldName, type AnalysisFields, requestOf } from "./analysis-form.ts";
import { durationText } from "./analysis-words.ts";

/** Newest first; who wants an older one asks the API. */
const MAX_PLANS_SHOWN = 8;

type Props = { deployment: DeploymentFull; fields: AnalysisFields; set(change: Partial<AnalysisFields>): void; busy: boolean; start(request: AnalysisRequest, besideRunning: boolean): void };

/** What to try and what to keep to, with how long that takes and whom it disturbs. Nothing is put up before Start. */
export function AnalyzeForm({ deployment, fields, set, busy, start }: Props) {
  const [besideRunning, setBesideRunning] = useState(false);
  const { request, problems } = requestOf(fields);
  const plans = useQuery(api.plans.list.queryOptions({ modelId: deployment.modelId, topologyId: deployment.topologyId, limit: MAX_PLANS_SHOWN + 1 })).data?.filter((plan) => plan.id !== deployment.plan?.id).slice(0, MAX_PLANS_SHOWN) ?? [];
  const preview = useQuery({ queryKey: [["analyses", "preview"], deployment.id, request], queryFn: () => client.analyses.preview.mutate({ deploymentId: deployment.id, request: request! }), enabled: request !== null });
  const besides = preview.data?.besides ?? [];
  const field = (name: Exclude<AnalysisFieldName, "plans">, label: string, hint?: string) => <Field label={label} hint={hint} value={fields[name]} problem={problems[name]} onChange={(value) => set({ [name]: value })} testId={`analyze-${name}`} />;
  const box = (label: string, checked: boolean, onChange: (checked: boolean) => void, testId: string) => <label key={testId} className="flex min-h-7 items-center gap-2 text-sm"><input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} data-testid={testId} />{label}</label>;
  return (
    <form className="space-y-3" data-testid="analyze-form" onSubmit={(event) => { event.preventDefault(); if (request && (besides.length === 0 || besideRunning)) start(request, besideRunning); }}>
      <fieldset><legend className="eyebrow">Plans</legend>
        {box("The one that runs", fields.current, (current) => set({ current }), "analyze-current")}
        {box("The planner’s lowest latency", fields.bestLatency, (bestLatency) => set({ bestLatency }), "analyze-bestLatency")}
        {box("The planner’s highest throughput", fields.bestThroughput, (bestThroughput) => set({ bestThroughput }), "analyze-bestThroughput")}
        {plans.map((plan) => box(`Plan ${plan.revision}, ${plan.plan.placement.length} ${plan.plan.placement.length === 1 ? "stage" : "stages"}`, fields.planIds.includes(plan.id), (checked) => set({ planIds: checked ? [...fields.planIds, plan.id] : fields.planIds.filter((id) => id !== plan.id) }), `analyze-${plan.id}`))}
        {problems.plans && <p role="alert" className="text-xs text-bad">{problems.plans}</p>}
      </fieldset>
      <fieldset className="grid grid-cols-2 gap-x-3 gap-y-1"><legend className="eyebrow mb-1">To try</legend>
        {field("maxBatch", "Largest batches", "1 = each alone")}{field("concurrency", "At once", "requests under way")}{field("threads", "Threads a stage", "empty = as planned")}
        <Choice label="Search" value={fields.search} onChange={(search) => set({ search: search as AnalysisFields["search"] })} testId="analyze-search"><option value="sweep">all of them</option><option value="quick">quick: climb from the best</option></Choice>
      </fieldset>
      <fieldset className="grid grid-cols-2 gap-x-3 gap-y-1"><legend className="eyebrow mb-1">To keep to</legend>
        {field("maxLatencyMs", "p99 at most, ms")}{field("minPerSecond", "At least, req/s")}{field("maxMemoryMb", "Memory at most, MB", "all stages together")}
        <Choice label="Of these, best is" value={fields.objective} onChange={(objective) => set({ objective: objective as AnalysisFields["objective"] })} testId="analyze-objective"><option value="throughput">most requests a second</option><option value="latency">least p99</option></Choice>
      </fieldset>
      <fieldset className="grid grid-cols-2 gap-x-3 gap-y-1"><legend className="eyebrow mb-1">Measuring</legend>{field("maxConfigurations", "Measure at most")}{field("windowMs", "A window, ms")}{field("maxWindows", "Windows at most", "3 must agree within 10 %")}</fieldset>
      {preview.error && <Problem title="It can’t be estimated" error={preview.error} />}
      {preview.data && <p className="text-xs text-ink-2" role="status" data-testid="analyze-estimate">{preview.data.measured < preview.data.configurations ? `At most ${preview.data.measured} of ${preview.data.configurations}` : preview.data.configurations} {preview.data.configurations === 1 ? "configuration" : "configurations"} on {preview.data.rigs} {preview.data.rigs === 1 ? "rig" : "rigs"}: {durationText(preview.data.atLeastSeconds)} where windows agree at once, {durationText(preview.data.atMostSeconds)} where they never do. {preview.data.rigSecondsSeen === null ? "How long a rig takes is assumed: this model was never deployed." : `A rig counts ${durationText(preview.data.rigSecondsSeen)}, as this model’s deployments took.`} Planning is not counted.</p>}
      {besides.length > 0 && <label className="flex min-h-7 items-start gap-2 border-l-2 border-warn bg-warn-wash px-2 py-1.5 text-xs"><input type="checkbox" className="mt-0.5" checked={besideRunning} onChange={(event) => setBesideRunning(event.target.checked)} data-testid="analyze-besides" /><span>{besides.map(({ name }) => name).join(", ")} {besides.length === 1 ? "runs" : "run"} on these nodes and may answer slower meanwhile{besides.some(({ movesByItself }) => movesByItself) && `; adaptation may move ${besides.filter(({ movesByItself }) => movesByItself).map(({ name }) => name).join(", ")} because of it`}. Measure all the same.</span></label>}
      <Button type="submit" look="primary" disabled={request === null || (besides.length > 0 && !besideRunning)} busy={busy} data-testid="analyze-start">Start</Button>
    </form>
  );
}

type FieldProps = { label: string; hint: string | undefined; value: string; problem: string | undefined; onChange(value: string): void; testId: string };
function Field({ label, hint, value, problem, onChange, testId }: FieldProps) {
  const id = useId();
  return (
    <label className="text-xs text-ink-2">{label}
      <input className="field num" value={value} aria-invalid={problem !== undefined} aria-describedby={problem || hint ? id : undefined} onChange={(event) => onChange(event.target.value)} data-testid={testId} />
      {problem ? <span id={id} role="alert" className="block text-bad">{problem}</span> : hint && <span id={id} className="block text-ink-3">{hint}</span>}
    </label>
  );
}

function Choice({ label, value, onChange, testId, children }: { label: string; value: string; onChange(value: string): void; testId: string; children: ReactNode }) {
  return <label className="text-xs text-ink-2">{label}<select className="field" value={value} onChange={(event) => onChange(event.target.value)} data-testid={testId}>{children}</select></label>;
}
