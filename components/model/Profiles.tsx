"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, type ModelFull } from "../api.ts";
import { ms } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Figure } from "../ui/Figure.tsx";
import { told, toldProblem } from "../ui/notices.ts";
import { Section } from "../ui/Page.tsx";
import { Time } from "../ui/Time.tsx";

/** What is known of the model's speed, per node or device class. */
export function Profiles({ model }: { model: ModelFull }) {
  const profiles = useQuery(api.models.profiles.queryOptions({ id: model.id })).data ?? [];
  const measure = useMutation(api.models.measure.mutationOptions({ onSuccess: () => told("Measuring on the online nodes; each profile appears here when it is done."), onError: (error) => toldProblem("Measuring", error) }));
  return (
    <Section title="Profiles" aside={<Button onClick={() => measure.mutate({ id: model.id })} disabled={measure.isPending}>Measure on the nodes</Button>}>
      <div className="overflow-x-auto">
        <table className="rowed w-full">
          <thead><tr><th>Node</th><th>Device class</th><th>Whole model</th><th>Spread (sd)</th><th>Runs</th><th>Mode</th><th>Measured</th></tr></thead>
          <tbody>
            {profiles.map((profile) => (
              <tr key={profile.id}>
                <td>{profile.nodeName ?? <span className="text-ink-3">reference</span>}</td>
                <td className="max-w-64 truncate text-ink-2" title={profile.deviceClass}>{profile.deviceClass}</td>
                <td><Figure figure={ms(profile.wholeMs)} kind={profile.kind} /></td>
                <td>{profile.kind === "measured" ? <Figure figure={ms(profile.wholeSdMs)} /> : <span className="text-ink-3">–</span>}</td>
                <td className="num">{profile.runs}</td>
                <td className="text-ink-2">{profile.session.intraOpThreads} thread{profile.session.intraOpThreads === 1 ? "" : "s"}, {profile.session.optimization}</td>
                <td className="text-ink-2">{profile.measuredAt ? <Time iso={profile.measuredAt} /> : "estimated from shapes"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {profiles.length === 0 && <p className="py-2 text-ink-2">No profile yet. An estimate comes with the import; a measurement needs a node that is online.</p>}
    </Section>
  );
}
