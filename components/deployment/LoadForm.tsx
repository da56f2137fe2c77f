"use client";
import { SCENARIOS, TIERS, type Scenario, type Tier } from "../../server/loadgen/method/settings.ts";
import type { LoadRequest } from "../../server/loadgen/method/load-request.ts";
import { Button } from "../ui/Button.tsx";
import { type FormValues, SCENARIO_HINTS, TIER_NAMES, toRequest } from "./load-words.ts";

const WHATS: [LoadRequest["what"], string][] = [["run", "One run"], ["peak", "Search the peak"], ["reuse", "Check for reuse"]];

/** What to measure. Nothing is sent before Start. */
export function LoadForm({ values, set, busy, start }: { values: FormValues; set(change: Partial<FormValues>): void; busy: boolean; start: (request: LoadRequest) => void }) {
  const request = toRequest(values);
  const { scenario } = values;
  return (
    <form className="space-y-2" data-testid="load-form" onSubmit={(event) => { event.preventDefault(); if (request) start(request); }}>
      <div className="grid grid-cols-2 gap-x-3 gap-y-2">
        <label className="text-xs text-ink-2">Scenario<select className="field" data-testid="load-scenario" value={scenario} onChange={(event) => set({ scenario: event.target.value as Scenario })}>{SCENARIOS.map((name) => <option key={name}>{name}</option>)}</select></label>
        <label className="text-xs text-ink-2">At least<select className="field" data-testid="load-tier" value={values.tier} onChange={(event) => set({ tier: event.target.value as Tier })}>{(Object.keys(TIERS) as Tier[]).map((tier) => <option key={tier} value={tier}>{TIER_NAMES[tier]}</option>)}</select></label>
        {(scenario === "Server" || scenario === "Offline") && <label className="text-xs text-ink-2">{scenario === "Server" ? "Arrivals per second" : "Expected per second"}<input className="field num" inputMode="decimal" data-testid="load-qps" value={values.qps} onChange={(event) => set({ qps: event.target.value })} /></label>}
        {scenario === "Server" && <label className="text-xs text-ink-2">Bound of p99, ms<input className="field num" inputMode="decimal" data-testid="load-latency" value={values.latencyMs} onChange={(event) => set({ latencyMs: event.target.value })} /></label>}
        <label className="text-xs text-ink-2">Measure<select className="field" data-testid="load-what" value={values.what} onChange={(event) => set({ what: event.target.value as LoadRequest["what"] })}>{WHATS.filter(([what]) => what !== "peak" || scenario === "Server").map(([what, name]) => <option key={what} value={what}>{name}</option>)}</select></label>
      </div>
      <p className="text-xs text-ink-2">{SCENARIO_HINTS[scenario]} Inputs are made up, as large as the model’s sample.</p>
      <Button type="submit" look="primary" disabled={request === null} busy={busy} data-testid="load-start">Start</Button>
    </form>
  );
}
