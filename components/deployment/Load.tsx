"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { LoadRequest } from "../../server/loadgen/method/load-request.ts";
import type { LoadTarget } from "../../server/loadgen/method/load-target.ts";
import { oneKey } from "../act/one-key.ts";
import { api, client, type DeploymentFull, RequestRefused } from "../api.ts";
import { Problem } from "../ui/Problem.tsx";
import { Time } from "../ui/Time.tsx";
import { LoadCompare } from "./LoadCompare.tsx";
import { LoadForm } from "./LoadForm.tsx";
import { LoadLive } from "./LoadLive.tsx";
import { LoadReportView } from "./LoadReportView.tsx";
import { LoadRunResult } from "./LoadRunResult.tsx";
import { dataOfRuns, type LoadData } from "./load-data.ts";
import { FIRST_TARGET, targetText } from "./load-targets.ts";
import { FIRST_VALUES, requestText } from "./load-words.ts";

/** The live feed refreshes queries on events; asking is for who has none. */
const ASK_MS = 5_000;

/** Measures the deployment, its model on one node, or another system beside it, by the MLPerf method, and keeps what was found. */
export function Load({ deployment }: { deployment: DeploymentFull }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [compared, setCompared] = useState<string | null>(null);
  // Here, because the form gives way to the run that it starts.
  const [values, setValues] = useState(FIRST_VALUES);
  const [target, setTarget] = useState(FIRST_TARGET);
  const [data, setData] = useState<LoadData | null>(null);
  const queries = useQueryClient();
  const last = useQuery({ ...api.operations.list.queryOptions({ subjectId: deployment.id }), refetchInterval: ASK_MS }).data?.find((one) => one.kind === "load") ?? null;
  const running = last?.status === "running" ? last : null;
  const runs = useQuery(api.loadRuns.list.queryOptions({ id: deployment.id }));
  const start = useMutation({
    mutationFn: ({ request, of }: { request: LoadRequest; of: LoadTarget }) => client.loadRuns.start.mutate({ id: deployment.id, request, target: of, ...(of.kind === "url" && target.key !== "" ? { key: target.key } : {}), besideRunning: target.besideRunning, idempotencyKey: oneKey() }),
    onSuccess: () => queries.invalidateQueries({ queryKey: api.operations.pathKey() }),
  });
  const runningId = running?.id ?? null;
  // What has just ended is the run to look at.
  useEffect(() => { if (runningId === null) void queries.invalidateQueries({ queryKey: api.loadRuns.pathKey() }); else setChosen(null); }, [runningId, queries]);
  const shown = chosen ?? runs.data?.[0]?.id ?? null;
  const nameOf = (id: string) => { const run = runs.data?.find((one) => one.id === id); return run ? targetText(run) : "an older run"; };
  const isServing = deployment.ingress.some(({ ready }) => ready);
  return (
    <div className="grid gap-4 lg:grid-cols-[14rem_minmax(17rem,2fr)_minmax(0,3fr)]" data-testid="load">
      <div className="space-y-2">
        {running ? <LoadLive operation={running} /> : <LoadForm deployment={deployment} values={values} set={(change) => setValues((before) => ({ ...before, ...change }))} target={target} setTarget={(change) => setTarget((before) => ({ ...before, ...change }))} data={data} setData={setData} earlier={dataOfRuns(runs.data ?? [])} busy={start.isPending} isServing={isServing} start={(request, of) => start.mutate({ request, of })} />}
        {start.error && <Problem title="It was not started" error={start.error} />}
        {last?.status === "failed" && last.error && !start.error && <Problem title="The last run came to nothing" error={new RequestRefused(last.error)} />}
      </div>
      <section aria-label="Runs" className="min-w-0">
        {runs.error && <Problem title="Runs can’t be read" error={runs.error} />}
        {runs.data?.length === 0 && <p className="text-xs text-ink-2">No runs yet. A run sends requests as any client would, to this deployment or to what it is to be compared with, and says how long they took and whether that may be believed; an accuracy run, how many answers to labelled samples are right.</p>}
        {runs.data && runs.data.length > 0 && (
          <table className="rowed w-full text-xs" data-testid="load-runs">
            <thead><tr><th>Look</th><th>Compare</th><th>Run</th><th>Result</th></tr></thead>
            <tbody>
              {runs.data.map((run) => (
                <tr key={run.id} data-testid="load-run">
                  <td><input type="radio" name="load-look" aria-label={`Look at ${requestText(run.request)}, ${targetText(run)}`} checked={run.id === shown} onChange={() => setChosen(run.id)} /></td>
                  <td><input type="checkbox" aria-label={`Compare with ${requestText(run.request)}, ${targetText(run)}`} checked={run.id === compared} disabled={run.id === shown} onChange={(event) => setCompared(event.target.checked ? run.id : null)} /></td>
                  <td>{requestText(run.request)}<span className="block break-words text-ink-2" data-testid="load-run-target">{targetText(run)}, <Time iso={run.startedAt} /></span></td>
                  <td><LoadRunResult run={run} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section aria-label="Chosen run" className="min-w-0 space-y-3">{shown && compared && shown !== compared && <LoadCompare beforeId={compared} afterId={shown} title={`From ${nameOf(compared)} to ${nameOf(shown)}`} />}{shown && <LoadReportView runId={shown} />}</section>
    </div>
  );
}
