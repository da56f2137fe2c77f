"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { AnalysisRequest } from "../../server/policy/analyze/analysis.ts";
import { api, client, type DeploymentFull } from "../api.ts";
import { oneKey } from "../act/one-key.ts";
import { Problem } from "../ui/Problem.tsx";
import { State, type Tone } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { FIRST_FIELDS } from "./analysis-form.ts";
import { askedText } from "./analysis-words.ts";
import { AnalysisLive } from "./AnalysisLive.tsx";
import { AnalysisView } from "./AnalysisView.tsx";
import { AnalyzeForm } from "./AnalyzeForm.tsx";

/** The live feed refreshes queries on events; asking is for who has none. */
const ASK_MS = 5_000;
const TONES: Record<"running" | "succeeded" | "failed" | "cancelled", Tone> = { running: "busy", succeeded: "ok", failed: "bad", cancelled: "idle" };

/** Which configuration serves best within bounds: measured, each on a deployment of its own beside this one, which is left alone. */
export function AnalyzePanel({ deployment }: { deployment: DeploymentFull }) {
  // Here, because the form gives way to the analysis that it starts.
  const [fields, setFields] = useState(FIRST_FIELDS);
  const [chosen, setChosen] = useState<string | null>(null);
  const queries = useQueryClient();
  const running = useQuery({ ...api.operations.list.queryOptions({ subjectId: deployment.id, status: "running" }), refetchInterval: ASK_MS }).data?.find((one) => one.kind === "analyze") ?? null;
  const all = useQuery(api.analyses.list.queryOptions({ deploymentId: deployment.id }));
  const start = useMutation({
    mutationFn: ({ request, besideRunning }: { request: AnalysisRequest; besideRunning: boolean }) => client.analyses.start.mutate({ deploymentId: deployment.id, request, besideRunning, idempotencyKey: oneKey() }),
    onSuccess: ({ analysisId }) => { setChosen(analysisId); void queries.invalidateQueries({ queryKey: api.operations.pathKey() }); void queries.invalidateQueries({ queryKey: api.analyses.pathKey() }); },
  });
  const runningId = running?.id ?? null;
  // Begun or ended elsewhere: the list says so.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when what runs changes
  useEffect(() => { void queries.invalidateQueries({ queryKey: api.analyses.pathKey() }); }, [runningId, queries]);
  const shown = chosen ?? all.data?.[0]?.id ?? null;
  return (
    <div className="grid gap-4 lg:grid-cols-[19rem_minmax(0,1fr)]" data-testid="analyze">
      <div className="space-y-3">
        {running ? <AnalysisLive operation={running} /> : <AnalyzeForm deployment={deployment} fields={fields} set={(change) => setFields((before) => ({ ...before, ...change }))} busy={start.isPending} start={(request, besideRunning) => start.mutate({ request, besideRunning })} />}
        {start.error && <Problem title="It was not started" error={start.error} />}
        {all.error && <Problem title="Earlier analyses can’t be read" error={all.error} />}
        {all.data && all.data.length > 0 && (
          <fieldset className="space-y-1 text-xs" data-testid="analyses">
            <legend className="eyebrow">Analyses</legend>
            {all.data.map((one) => (
              <label key={one.id} className="flex min-h-8 items-start gap-2" data-testid="analysis-row" data-status={one.status}>
                <input type="radio" name="analysis" className="mt-0.5" checked={one.id === shown} onChange={() => setChosen(one.id)} />
                <span className="min-w-0"><State tone={TONES[one.status]}>{one.status === "succeeded" ? (one.outcome?.chosen ? "chosen" : "none chosen") : one.status}</State> <Time iso={one.startedAt} /><span className="block text-ink-2">{one.measured} measured; {askedText(one.request)}</span></span>
              </label>
            ))}
          </fieldset>
        )}
      </div>
      <section aria-label="Chosen analysis" className="min-w-0">
        {shown ? <AnalysisView key={shown} analysisId={shown} deployment={deployment} /> : <p className="text-ink-2">Nothing analyzed yet. An analysis puts up each plan as a deployment of its own beside this one (a rig), measures it at each batch size and concurrency until three windows agree within 10 %, removes it again, and measures the best one within your bounds a second time.</p>}
      </section>
    </div>
  );
}
