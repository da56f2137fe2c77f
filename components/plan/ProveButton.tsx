"use client";
import { useMutation } from "@tanstack/react-query";
import { api, type FoundPlan } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { State } from "../ui/State.tsx";
import { toldProblem } from "../ui/notices.ts";
import { written } from "../format.ts";
import { furtherOf } from "./further-of.ts";
import { cost } from "./objective-words.ts";
import type { PlanScope } from "./use-planning.ts";

/** A second opinion by a linear programme that shares nothing with the planner. */
export function ProveButton({ found, scope: { modelId, topologyId, deploymentId } }: { found: FoundPlan; scope: PlanScope }) {
  const prove = useMutation(api.plans.prove.mutationOptions({ onError: (error) => toldProblem("The proof", error) }));
  const { data } = prove;
  const replicas = [...(data ? [data] : []), ...(data?.replicas ?? [])].map((one, index) => ({ ...one, number: index + 1 }));
  const of = (value: number | null) => written(cost(found.request.objective, value));
  return (
    <p className="flex flex-wrap items-center gap-x-3" role="status" aria-live="polite" data-testid="proof">
      <Button look="quiet" busy={prove.isPending} onClick={() => prove.mutate({ modelId, topologyId, ...found.request, placement: found.placement, further: furtherOf(found), ...(deploymentId ? { deploymentId } : {}) })} data-testid="prove">{prove.isPending ? "Proving…" : "Prove it by HiGHS"}</Button>
      {replicas.length > 1 ? replicas.map((one) => <State key={one.number} tone={one.status === "optimal" ? "ok" : one.status === "infeasible" ? "bad" : "idle"}>replica {one.number}: {one.status === "optimal" ? "HiGHS agrees, nothing below" : one.status === "stopped" ? "out of time, nothing below" : (SHORT[one.status] ?? one.status)}{one.bound !== null && <> <span className="num">{of(one.bound)}</span></>}</State>) : data && <One data={data} of={of} />}
      {replicas.length > 1 && <span className="text-xs text-ink-2">Each with the others as they are.</span>}
      {data?.whole && data.whole.bound !== null && <span className="text-xs text-ink-2" data-testid="proof-whole">All together cost <span className="num">{of(data.whole.cost)}</span>; no {replicas.length} replicas are below <span className="num">{of(data.whole.bound)}</span>.</span>}
    </p>
  );
}

const SHORT: Record<string, string> = { "too-large": "too large for a linear programme", "not-linear": "waiting under a demand is no sum", infeasible: "HiGHS finds no plan at all" };

function One({ data, of }: { data: { status: string; bound: number | null }; of: (value: number | null) => string }) {
  return (
    <>
      {data?.status === "optimal" && <State tone="ok">HiGHS agrees: nothing is below <span className="num">{of(data.bound)}</span></State>}
      {data?.status === "stopped" && <State tone="idle">out of time; nothing is below <span className="num">{of(data.bound)}</span></State>}
      {data?.status === "too-large" && <State tone="idle">too large for a linear programme</State>}
      {data?.status === "not-linear" && <State tone="idle">waiting under a demand is no sum: HiGHS can’t prove it</State>}
      {data?.status === "infeasible" && <State tone="bad">HiGHS finds no plan at all</State>}
    </>
  );
}
