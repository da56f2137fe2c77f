"use client";
import { useMutation } from "@tanstack/react-query";
import { client, problemOf } from "../api.ts";
import { saveText } from "../save-text.ts";

/** Whether the same decision follows from what was kept of that moment, here and now; and all of that, to take away. */
export function CheckDecision({ deploymentId, decisionId }: { deploymentId: string; decisionId: string }) {
  const check = useMutation({ mutationFn: () => client.deployments.checkDecision.query({ id: deploymentId, decisionId }) });
  const { data, error } = check;
  return (
    <div className="text-xs" data-testid="decision-check">
      <button type="button" className="inline-flex min-h-6 items-center underline underline-offset-4" disabled={check.isPending} onClick={() => check.mutate()}>{check.isPending ? "checking…" : "check"}</button>
      <div role="status" className="max-w-44">
        {error && <span className="text-bad">{problemOf(error).message}</span>}
        {data && <span className={data.isIntact && data.difference === null ? "text-ok" : "text-bad"}>{!data.isIntact ? "What was kept is not what was recorded." : data.difference === null ? "The same follows from what was kept." : `${data.difference}.`}</span>}
      </div>
      {data && <button type="button" className="inline-flex min-h-6 items-center underline underline-offset-4" onClick={() => saveText(`${decisionId}.json`, JSON.stringify(data, null, 1))}>save</button>}
    </div>
  );
}
