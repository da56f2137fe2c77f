"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { MAX_PAUSE_SECONDS } from "../../server/policy/adapt/adapt-settings.ts";
import { api, type DeploymentFull } from "../api.ts";
import { digits, ms, perSecond } from "../format.ts";
import { shownError } from "../shown-error.ts";
import { Figure } from "../ui/Figure.tsx";
import { toldProblem } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { State } from "../ui/State.tsx";
import { ErrorBudget } from "./ErrorBudget.tsx";
import { DecisionList } from "./DecisionList.tsx";
import { ProtectedWindows } from "./ProtectedWindows.tsx";
import { batchText } from "./batch-text.ts";
import { Suggestion } from "./Suggestion.tsx";

/** Drift and regret move with every report. */
const LOOK_MS = 2000;
const MODES = [
  ["observe", "Observe", "Measures and writes down what it would do"],
  ["suggest", "Suggest", "Asks before each move"],
  ["automatic", "Automatic", "Moves by itself, within its limits; what is lost is repaired as is chosen beside them"],
] as const;

/** What adaptation may do, what it sees, what it suggests, and what it decided and why. */
export function AdaptPanel({ deployment }: { deployment: DeploymentFull }) {
  const query = useQuery({ ...api.deployments.adaptation.queryOptions({ id: deployment.id, limit: 50 }), refetchInterval: LOOK_MS });
  const set = useMutation(api.deployments.setAdaptation.mutationOptions({ onError: (error) => toldProblem("Changing adaptation", error), onSuccess: (_, __, ___, { client }) => client.invalidateQueries(api.deployments.adaptation.queryFilter()) }));
  const error = shownError(query);
  if (error) return <Problem title="Adaptation could not be read" error={error} />;
  if (!query.data) return <Skeleton rows={4} label="Loading adaptation" />;
  const { settings, drifts, reason, verdict, signals, suggestion, decisions, regret, needed, expectedDwellMs, burn, admitPerSecond, batchNow } = query.data;
  const pendingMode = set.isPending ? set.variables.mode : undefined;
  return (
    <div className="flex flex-col gap-3" data-testid="adapt">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-2">
        <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-1" disabled={pendingMode !== undefined}>
          <legend className="eyebrow">When nodes or links change</legend>
          {MODES.map(([mode, name, what]) => (
            <label key={mode} className="inline-flex min-h-7 items-center gap-1.5" title={what}>
              <input type="radio" name={`adapt-${deployment.id}`} value={mode} checked={(pendingMode ?? settings.mode) === mode} onChange={() => set.mutate({ id: deployment.id, mode })} data-testid={`adapt-${mode}`} />
              {name}
            </label>
          ))}
        </fieldset>
        <Limit name="Moves an hour, at most" value={settings.movesPerHour} most={3600} onSet={(movesPerHour) => set.mutate({ id: deployment.id, movesPerHour })} />
        <Limit name="Seconds between moves" value={settings.coolDownSeconds} most={86_400} onSet={(coolDownSeconds) => set.mutate({ id: deployment.id, coolDownSeconds })} />
        <Limit name="A move may pause it, seconds" title="Only where its nodes can hold neither both revisions nor any step between; a move by hand as well. 0 = never" testId="adapt-pause" value={settings.pauseSeconds} most={MAX_PAUSE_SECONDS} onSet={(pauseSeconds) => set.mutate({ id: deployment.id, pauseSeconds })} />
        <ProtectedWindows windows={settings.protectedWindows} losses={settings.repairLosses} onSet={(protectedWindows) => set.mutate({ id: deployment.id, protectedWindows })} />
        <label className="inline-flex min-h-7 items-center gap-1.5 self-end" title="A lost node or a cut link: what ran over it serves nobody until it is moved">
          <input type="checkbox" checked={settings.repairLosses === "always"} onChange={(event) => set.mutate({ id: deployment.id, repairLosses: event.currentTarget.checked ? "always" : "within-limits" })} data-testid="repair-losses" />
          Repair what is lost in spite of these limits
        </label>
        <div className="min-w-60 flex-1">
          <div className="eyebrow">Now</div>
          <State tone={verdict === null ? "idle" : verdict === "steady" && deployment.drift.length === 0 ? "ok" : verdict === "moving" ? "busy" : "warn"} testId="adapt-verdict">{verdict === null ? "not looked at" : drifts.length > 0 || deployment.drift.length > 0 ? "drift" : verdict === "moving" ? "moving" : verdict === "steady" ? "as predicted" : "away from its plan"}</State>
          <span className="ml-2 text-ink-2">{reason}</span>
          {deployment.drift.map((sentence) => <p key={sentence} className="text-warn" data-testid="mode-drift">{sentence}</p>)}
          {needed !== null && <span className="ml-2 text-ink-3">regret <span className="num">{digits(regret)}</span> of <span className="num">{digits(needed)}</span> s{expectedDwellMs !== null && <>, expected to last another <Figure figure={ms(expectedDwellMs)} kind="estimated" /></>}</span>}
        </div>
      </div>
      {admitPerSecond !== null && <p data-testid="adapt-shedding"><State tone="warn">shedding</State> <span className="text-ink-2">More requests come than anything carries: <Figure figure={perSecond(admitPerSecond)} /> are let in, those of a priority first, and the others are told to come again. It ends by itself when far fewer come.</span></p>}
      {batchNow && <p data-testid="adapt-joining"><State tone="busy">joining</State> <span className="text-ink-2">Requests run together, {batchText(batchNow)}, until far fewer come.</span></p>}
      {burn && <ErrorBudget burn={burn} />}
      {suggestion && <Suggestion deployment={deployment} decision={suggestion} />}
      {signals.length > 0 && (
        <div className="overflow-x-auto">
          <table className="rowed w-full max-w-3xl" data-testid="adapt-signals">
            <caption className="eyebrow text-left">Measured against predicted</caption>
            <thead><tr><th>Node or link</th><th>Time, measured ÷ predicted</th><th>Spread</th><th>Samples</th><th>Age</th><th>State</th></tr></thead>
            <tbody>
              {signals.map((signal) => {
                const drift = drifts.find((one) => one.kind === signal.kind && one.name === signal.name);
                return (
                  <tr key={`${signal.kind} ${signal.name}`}>
                    <td>{signal.name}</td>
                    <td className="num">{digits(signal.slowdown)} ×</td>
                    <td className="num">± {digits(signal.spread * 100)} %</td>
                    <td className="num">{signal.samples}</td>
                    <td><Figure figure={ms(signal.ageMs)} /></td>
                    <td>{drift ? <State tone="warn">{`${digits(drift.factor)} × slower`}</State> : <State tone="ok">as usual</State>}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <DecisionList deploymentId={deployment.id} decisions={decisions} />
    </div>
  );
}

type LimitProps = { name: string; title?: string; testId?: string; value: number; most: number; onSet: (value: number) => void };
function Limit({ name, title, testId, value, most, onSet }: LimitProps) {
  return (
    <label className="flex flex-col" title={title}>
      <span className="eyebrow">{name}</span>
      <input
        key={value} type="number" min={0} max={most} step={1} defaultValue={value} className="field num w-24!" data-testid={testId}
        onBlur={(event) => { const next = event.currentTarget.valueAsNumber; if (Number.isInteger(next) && next >= 0 && next <= most && next !== value) onSet(next); else event.currentTarget.value = String(value); }}
        onKeyDown={(event) => { if (event.key === "Enter") event.currentTarget.blur(); }}
      />
    </label>
  );
}
