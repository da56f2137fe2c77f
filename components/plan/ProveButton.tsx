"use client";
import { useMutation } from "@tanstack/react-query";
import { api, type FoundPlan } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { State } from "../ui/State.tsx";
import { toldProblem } from "../ui/notices.ts";
import { written } from "../format.ts";
import { cost } from "./objective-words.ts";
import type { PlanScope } from "./use-planning.ts";

/** A second opinion by a linear programme that shares nothing with the planner. */
export function ProveButton({ found, scope: { modelId, topologyId, deploymentId } }: { found: FoundPlan; scope: PlanScope }) {
  const prove = useMutation(api.plans.prove.mutationOptions({ onError: (error) => toldProblem("The proof", error) }));
  const { data } = prove;
  const of = (value: number | null) => written(cost(found.request.objective, value));
  return (
    <p className="flex flex-wrap items-center gap-x-3" role="status" aria-live="polite" data-testid="proof">
      <Button look="quiet" busy={prove.isPending} onClick={() => prove.mutate({ modelId, topologyId, ...found.request, placement: found.placement, ...(deploymentId ? { deploymentId } : {}) })} data-testid="prove">{prove.isPending ? "Proving…" : "Prove it by HiGHS"}</Button>
      {data?.status === "optimal" && <State tone="ok">HiGHS agrees: nothing is below <span className="num">{of(data.bound)}</span></State>}
      {data?.status === "stopped" && <State tone="idle">out of time; nothing is below <span className="num">{of(data.bound)}</span></State>}
      {data?.status === "too-large" && <State tone="idle">too large for a linear programme</State>}
      {data?.status === "not-linear" && <State tone="idle">waiting under a demand is no sum: HiGHS can’t prove it</State>}
      {data?.status === "infeasible" && <State tone="bad">HiGHS finds no plan at all</State>}
    </p>
  );
}
