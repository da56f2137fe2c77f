"use client";
import { useMemo } from "react";
import { estimatePlacement } from "../../server/planner/estimate.ts";
import { placementCost } from "../../server/planner/placement-cost.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { PlanRequest } from "../../server/planner/plan-request.ts";
import { ofOneReplica } from "../../server/planner/replicas/of-one-replica.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { digits, written } from "../format.ts";
import { cost, costOf } from "./objective-words.ts";

/** What a placement costs more than the plan that was found, in today's figures; null where nothing was found or the two are the same. */
export function useChangeCost(placement: Placement | null): { request: PlanRequest; /** One of several replicas. */ ofFirst: boolean; cost: number; difference: number; ratio: number } | null {
  const problem = useWorkbench((state) => state.problem);
  const found = useWorkbench((state) => state.planning.found);
  return useMemo(() => {
    if (!problem || !found || !placement || samePlacement(placement, found.placement)) return null;
    // Of several, what is drawn is the first.
    const request = ofOneReplica(found.request, 1 + (found.replicas?.length ?? 0));
    const [mine, best] = [costIn(problem, request, placement), costIn(problem, request, found.placement)];
    return mine === null || best === null ? null : { request: found.request, ofFirst: (found.replicas?.length ?? 0) > 0, cost: mine, difference: mine - best, ratio: best === 0 ? 0 : (mine - best) / best };
  }, [problem, found, placement]);
}

function costIn(problem: Problem, request: PlanRequest, placement: Placement): number | null {
  const estimate = estimatePlacement(problem, placement);
  return estimate && placementCost(problem, request, estimate);
}

/** "+3.2 ms (+8 %) against the plan found". */
export function ChangeCost({ placement }: { placement: Placement | null }) {
  const change = useChangeCost(placement);
  if (!change) return null;
  const { request: { objective }, ofFirst, difference, ratio } = change;
  const sign = difference < 0 ? "−" : "+";
  return <span data-testid="change-cost" className={difference > 0 ? "text-warn" : "text-ok"}><span className="num font-medium">{sign}{written(cost(objective, Math.abs(difference)))}</span> <span className="text-xs">({sign}<span className="num">{digits(Math.abs(ratio) * 100)}</span> % {costOf(objective)}{ofFirst ? " of the first replica" : ""}) against the plan found</span></span>;
}
