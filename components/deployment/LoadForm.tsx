"use client";
import type { Dataset } from "../../server/loadgen/method/dataset.ts";
import { SCENARIOS, TIERS, type Scenario, type Tier } from "../../server/loadgen/method/settings.ts";
import type { LoadRequest } from "../../server/loadgen/method/load-request.ts";
import type { LoadTarget } from "../../server/loadgen/method/load-target.ts";
import type { DeploymentFull } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { LoadDataFields } from "./LoadDataFields.tsx";
import { LoadTargetFields } from "./LoadTargetFields.tsx";
import type { LoadData } from "./load-data.ts";
import { type TargetValues, toTarget } from "./load-targets.ts";
import { type FormValues, SCENARIO_HINTS, TIER_NAMES, toRequest } from "./load-words.ts";

const WHATS: [LoadRequest["what"], string][] = [["run", "One run"], ["peak", "Search the peak"], ["reuse", "Check for reuse"], ["accuracy", "Accuracy on labelled samples"]];

type Props = { deployment: DeploymentFull; values: FormValues; set(change: Partial<FormValues>): void; target: TargetValues; setTarget(change: Partial<TargetValues>): void; data: LoadData | null; setData(data: LoadData | null): void; earlier: readonly Dataset[]; busy: boolean; isServing: boolean; start(request: LoadRequest, target: LoadTarget): void };

/** What to measure. Nothing is sent before Start. */
export function LoadForm({ deployment, values, set, target, setTarget, data, setData, earlier, busy, isServing, start }: Props) {
  const request = toRequest(values, data);
  const asked = toTarget(target);
  const isOfUs = target.choice === "deployment";
  const isAccuracy = values.what === "accuracy";
  const isUnable = request === null || asked.target === null || (isOfUs && !isServing);
  const { scenario } = values;
  return (
    <form className="space-y-2" data-testid="load-form" onSubmit={(event) => { event.preventDefault(); if (!isUnable) start(request, asked.target); }}>
      <LoadTargetFields deployment={deployment} values={target} set={setTarget} problem={asked.problem} hasData={isAccuracy} />
      <div className="grid grid-cols-2 gap-x-3 gap-y-2">
        {!isAccuracy && <Arrivals values={values} set={set} />}
        <label className={`text-xs text-ink-2 ${isAccuracy ? "col-span-2" : ""}`}>Measure<select className="field" data-testid="load-what" value={values.what} onChange={(event) => set({ what: event.target.value as LoadRequest["what"] })}>{WHATS.filter(([what]) => what !== "peak" || scenario === "Server").map(([what, name]) => <option key={what} value={what}>{name}</option>)}</select></label>
      </div>
      {isAccuracy && <LoadDataFields deploymentId={deployment.id} api={target.choice === "url" ? target.api : null} values={values} set={set} data={data} setData={setData} earlier={earlier} />}
      <p className="text-xs text-ink-2">{isAccuracy ? "Every sample once, as any client would send it, and its answer held against its label: LoadGen’s accuracy mode. What fails counts as wrong." : `${SCENARIO_HINTS[scenario]} ${madeUpText(target)}`}</p>
      {isOfUs && !isServing && <p className="text-xs text-ink-2">Nothing to measure: no ingress of it is ready.</p>}
      <Button type="submit" look="primary" disabled={isUnable} busy={busy} data-testid="load-start">Start</Button>
    </form>
  );
}

/** How queries come, and how many; of an accuracy run nothing follows from it. */
function Arrivals({ values, set }: Pick<Props, "values" | "set">) {
  const { scenario } = values;
  return (
    <>
      <label className="text-xs text-ink-2">Scenario<select className="field" data-testid="load-scenario" value={scenario} onChange={(event) => set({ scenario: event.target.value as Scenario })}>{SCENARIOS.map((name) => <option key={name}>{name}</option>)}</select></label>
      <label className="text-xs text-ink-2">At least<select className="field" data-testid="load-tier" value={values.tier} onChange={(event) => set({ tier: event.target.value as Tier })}>{(Object.keys(TIERS) as Tier[]).map((tier) => <option key={tier} value={tier}>{TIER_NAMES[tier]}</option>)}</select></label>
      {(scenario === "Server" || scenario === "Offline") && <label className="text-xs text-ink-2">{scenario === "Server" ? "Arrivals per second" : "Expected per second"}<input className="field num" inputMode="decimal" data-testid="load-qps" value={values.qps} onChange={(event) => set({ qps: event.target.value })} /></label>}
      {scenario === "Server" && <label className="text-xs text-ink-2">Bound of p99, ms<input className="field num" inputMode="decimal" data-testid="load-latency" value={values.latencyMs} onChange={(event) => set({ latencyMs: event.target.value })} /></label>}
    </>
  );
}

function madeUpText({ choice, api, shapes }: TargetValues): string {
  if (choice === "url" && api !== "oip") return "Texts are made up.";
  const isSample = choice !== "url" || shapes.trim() === "";
  return `Inputs are made up, ${isSample ? "as large as the model’s sample, if it has one" : "as large as the shapes say"}.`;
}
