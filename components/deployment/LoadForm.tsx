"use client";
import { SCENARIOS, TIERS, type Scenario, type Tier } from "../../server/loadgen/method/settings.ts";
import type { LoadRequest } from "../../server/loadgen/method/load-request.ts";
import type { LoadTarget } from "../../server/loadgen/method/load-target.ts";
import type { DeploymentFull } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { LoadTargetFields } from "./LoadTargetFields.tsx";
import { type TargetValues, toTarget } from "./load-targets.ts";
import { type FormValues, SCENARIO_HINTS, TIER_NAMES, toRequest } from "./load-words.ts";

const WHATS: [LoadRequest["what"], string][] = [["run", "One run"], ["peak", "Search the peak"], ["reuse", "Check for reuse"]];

type Props = { deployment: DeploymentFull; values: FormValues; set(change: Partial<FormValues>): void; target: TargetValues; setTarget(change: Partial<TargetValues>): void; busy: boolean; isServing: boolean; start(request: LoadRequest, target: LoadTarget): void };

/** What to measure. Nothing is sent before Start. */
export function LoadForm({ deployment, values, set, target, setTarget, busy, isServing, start }: Props) {
  const request = toRequest(values);
  const asked = toTarget(target);
  const isOfUs = target.choice === "deployment";
  const isSample = target.choice !== "url" || (target.api === "oip" && target.shapes.trim() === "");
  const isUnable = request === null || asked.target === null || (isOfUs && !isServing);
  const { scenario } = values;
  return (
    <form className="space-y-2" data-testid="load-form" onSubmit={(event) => { event.preventDefault(); if (!isUnable) start(request, asked.target); }}>
      <LoadTargetFields deployment={deployment} values={target} set={setTarget} problem={asked.problem} />
      <div className="grid grid-cols-2 gap-x-3 gap-y-2">
        <label className="text-xs text-ink-2">Scenario<select className="field" data-testid="load-scenario" value={scenario} onChange={(event) => set({ scenario: event.target.value as Scenario })}>{SCENARIOS.map((name) => <option key={name}>{name}</option>)}</select></label>
        <label className="text-xs text-ink-2">At least<select className="field" data-testid="load-tier" value={values.tier} onChange={(event) => set({ tier: event.target.value as Tier })}>{(Object.keys(TIERS) as Tier[]).map((tier) => <option key={tier} value={tier}>{TIER_NAMES[tier]}</option>)}</select></label>
        {(scenario === "Server" || scenario === "Offline") && <label className="text-xs text-ink-2">{scenario === "Server" ? "Arrivals per second" : "Expected per second"}<input className="field num" inputMode="decimal" data-testid="load-qps" value={values.qps} onChange={(event) => set({ qps: event.target.value })} /></label>}
        {scenario === "Server" && <label className="text-xs text-ink-2">Bound of p99, ms<input className="field num" inputMode="decimal" data-testid="load-latency" value={values.latencyMs} onChange={(event) => set({ latencyMs: event.target.value })} /></label>}
        <label className="text-xs text-ink-2">Measure<select className="field" data-testid="load-what" value={values.what} onChange={(event) => set({ what: event.target.value as LoadRequest["what"] })}>{WHATS.filter(([what]) => what !== "peak" || scenario === "Server").map(([what, name]) => <option key={what} value={what}>{name}</option>)}</select></label>
      </div>
      <p className="text-xs text-ink-2">{SCENARIO_HINTS[scenario]} {target.choice === "url" && target.api !== "oip" ? "Texts are made up." : `Inputs are made up, ${isSample ? "as large as the model’s sample, if it has one" : "as large as the shapes say"}.`}</p>
      {isOfUs && !isServing && <p className="text-xs text-ink-2">Nothing to measure: no ingress of it is ready.</p>}
      <Button type="submit" look="primary" disabled={isUnable} busy={busy} data-testid="load-start">Start</Button>
    </form>
  );
}
