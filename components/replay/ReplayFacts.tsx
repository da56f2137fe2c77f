"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import type { ReplayMoment, ReplayTrackData } from "../api.ts";
import { PipelineTime } from "../deployment/PipelineTime.tsx";
import { ms, percent, perSecond } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";

/** Of what happened, so much before the moment still explains it. */
const EXPLAINS_MS = 60_000;

/** What was true at the moment, in words: what served, what moved, what was measured, what was decided and why. */
export function ReplayFacts({ moment, track }: { moment: ReplayMoment; track: ReplayTrackData | undefined }) {
  const { serving, move, figures, decision, thought } = moment;
  const atMs = Date.parse(moment.at);
  const recent = (track?.marks ?? []).filter((mark) => { const ageMs = atMs - Date.parse(mark.at); return ageMs >= 0 && ageMs <= EXPLAINS_MS && mark.kind !== "decision"; });
  return (
    <div className="flex flex-col gap-4 p-3" data-testid="replay-facts">
      <Part title="Served">
        {serving ? <p><Link className="underline decoration-line-strong underline-offset-4" href={`/plans?a=${serving.planId}`} data-testid="replay-revision">revision <span className="num">{serving.revision}</span></Link> <span className="text-ink-2">{serving.reason}</span></p> : <State tone="idle">nothing</State>}
        <p className="text-ink-2">{moment.servingWhy}</p>
        {move && <p className="mt-1" data-testid="replay-move"><State tone="busy" still>{`moving to revision ${move.toRevision ?? "–"}: ${move.state}`}</State><br /><span className="text-ink-2">{move.reason}</span></p>}
      </Part>
      <Part title={`Measured over ${moment.windowSeconds} s from ${new Date(moment.windowAt).toLocaleTimeString("en-GB")}`}>
        {figures ? (
          <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5">
            <dt className="text-ink-3">p50</dt><dd><Figure figure={ms(figures.latencyMsP50)} /><PipelineTime of={figures} />{figures.predictedLatencyMs !== null && <span className="text-ink-3"> predicted <Figure figure={ms(figures.predictedLatencyMs)} kind={predicted(serving?.predictedFrom ?? "mixed")} /></span>}</dd>
            <dt className="text-ink-3">p99</dt><dd><Figure figure={ms(figures.latencyMsP99)} /></dd>
            <dt className="text-ink-3">requests</dt><dd><Figure figure={perSecond(figures.requestsPerSecond)} /></dd>
            <dt className="text-ink-3">errors</dt><dd><Figure figure={perSecond(figures.errorsPerSecond)} className={figures.errorsPerSecond > 0 ? "text-bad" : ""} /></dd>
          </dl>
        ) : <p className="text-ink-2">No figures were kept of these seconds.</p>}
      </Part>
      {recent.length > 0 && <Part title="In the minute before"><ul className="space-y-1">{recent.map((mark) => <li key={`${mark.at} ${mark.text}`}>{mark.text}</li>)}</ul></Part>}
      <Part title="Adaptation thought">
        {thought ? (
          <div data-testid="replay-thought">
            <p>{thought.reason}{thought.isBurning && <span className="text-warn"> Its error budget was burning.</span>}</p>
            {thought.drifts.length > 0 && <ul className="mt-1">{thought.drifts.map((drift) => <li key={`${drift.kind} ${drift.name}`} className="flex justify-between gap-2"><span className="min-w-0 truncate">{drift.name}</span><span className="num shrink-0">{drift.factor.toFixed(1)} <span className="text-ink-3">times slower</span></span></li>)}</ul>}
            {thought.needed !== null && <p className="mt-1 text-ink-2">Regret <span className="num">{thought.regret.toFixed(2)}</span> of <span className="num">{thought.needed.toFixed(2)}</span> s</p>}
          </div>
        ) : <p className="text-ink-2">Nothing was kept of these seconds.</p>}
      </Part>
      <Part title="Last decision">
        {decision ? (
          <div data-testid="replay-decision">
            <p className="num text-xs text-ink-3">{new Date(decision.at).toLocaleString("en-GB")}, {decision.mode}</p>
            <p>{decision.reason}</p>
            {decision.predictedGain !== null && <p className="text-ink-2">promised <Figure figure={percent(decision.predictedGain)} kind="predicted" />{decision.realisedGain !== null && <>, gained <Figure figure={percent(decision.realisedGain)} /></>}</p>}
          </div>
        ) : <p className="text-ink-2">None had been made.</p>}
      </Part>
      <Part title="Drawing">
        <p className="text-ink-2">Revision <span className="num">{moment.topology.revision}</span>{moment.topology.isKept ? ", as it was then; cards stand where they are now." : ". How it looked then is not kept any more: this is the oldest that is."}</p>
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return <section aria-label={title}><h2 className="eyebrow mb-1">{title}</h2>{children}</section>;
}
