"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { modeText } from "../../server/planner/mode-text.ts";
import { api, type ModelFull, type ProfileRow } from "../api.ts";
import { ms } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Figure } from "../ui/Figure.tsx";
import { told, toldProblem } from "../ui/notices.ts";
import { Section } from "../ui/Page.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

/** Less is what every machine does beside. */
const BUSY_FROM = 1.25;

const ESTIMATED_FROM = { reference: "estimated from shapes", device: "estimated from other models measured there", mode: "estimated from its other modes there" } as const;

/** What is known of the model's speed, per node or device class and mode, with its spread, its age and how well it predicts segments it has not seen. */
export function Profiles({ model }: { model: ModelFull }) {
  const profiles = useQuery(api.models.profiles.queryOptions({ id: model.id })).data ?? [];
  const measure = useMutation(api.models.measure.mutationOptions({ onSuccess: () => told("Measuring when the nodes serve nothing: the whole model and its segments, mode by mode. It can be cancelled under Operations."), onError: (error) => toldProblem("Measuring", error) }));
  const again = profiles.some((profile) => profile.kind === "measured");
  return (
    <Section title="Profiles" aside={<Button onClick={() => measure.mutate({ id: model.id, depth: "segments" })} busy={measure.isPending}>{again ? "Measure again" : "Measure on the nodes"}</Button>}>
      <div className="relative overflow-x-auto">
        <table className="rowed w-full">
          <thead><tr><th>Node</th><th>Device class</th><th>Mode</th><th>Whole model</th><th>Spread (sd)</th><th>10–90 %</th><th>Runs</th><th>Segments: error</th><th>Measured</th></tr></thead>
          <tbody>{profiles.map((profile) => <ProfileLine key={profile.id} profile={profile} />)}</tbody>
        </table>
      </div>
      {profiles.length === 0 && <p className="py-2 text-ink-2">No profile yet. An estimate comes with the import; a measurement needs a node that is online.</p>}
      <p className="py-2 text-xs text-ink-3">Segments are measured too, because a fused segment takes longer than the sum of its layers. A fifth of them is left out of the fit, five times over: the error is the mean over those left out; beside it, what sums of layers alone would miss by.</p>
    </Section>
  );
}

function ProfileLine({ profile }: { profile: ProfileRow }) {
  const { session, boundary, stale } = profile;
  const measured = profile.kind === "measured";
  const none = <span className="text-ink-3">–</span>;
  return (
    <tr>
      <td>{profile.nodeName ?? <span className="text-ink-3">{profile.basis === "reference" || profile.basis === undefined ? "reference" : "not measured there"}</span>}</td>
      <td className="max-w-64 truncate text-ink-2" title={profile.deviceClass}>{profile.deviceClass}</td>
      <td className="text-ink-2">{modeText(session)}</td>
      <td><Figure figure={ms(profile.wholeMs)} kind={profile.kind} className={stale === null ? "" : "opacity-55"} /></td>
      <td>{measured ? <Figure figure={ms(profile.wholeSdMs)} className={stale === null ? "" : "opacity-55"} /> : none}</td>
      <td className="whitespace-nowrap">{profile.wholeP10Ms === undefined || profile.wholeP90Ms === undefined ? none : `${ms(profile.wholeP10Ms).text}–${ms(profile.wholeP90Ms).text}`}</td>
      <td className="num">{measured ? profile.runs : none}</td>
      <td className="whitespace-nowrap">
        {!boundary ? none : (
          <><span className="num">{boundary.holdOutErrorPercent?.toFixed(1)} %</span> <span className="text-ink-3">(sums {boundary.sumErrorPercent?.toFixed(1)} %; {boundary.segmentCount} segments{(boundary.holdOutErrorPercent ?? 0) > (boundary.sumErrorPercent ?? 0) ? ", sums used" : ""})</span></>
        )}
      </td>
      <td className="text-ink-2">
        {profile.measuredAt ? <Time iso={profile.measuredAt} /> : ESTIMATED_FROM[profile.basis ?? "reference"]}
        {measured && profile.wholeClockMs !== undefined && profile.wholeClockMs > profile.wholeMs * BUSY_FROM && <div className="max-w-72 text-xs">the node was busy: {(profile.wholeClockMs / profile.wholeMs).toFixed(1)}× as long by the clock</div>}
        {stale !== null && <div className="max-w-72 text-xs"><State tone="warn">stale</State> <span>{stale}</span></div>}
      </td>
    </tr>
  );
}
