"use client";
import { useMemo } from "react";
import { estimatePlacement } from "../../server/planner/estimate.ts";
import { placementCost } from "../../server/planner/placement-cost.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { PlanRequest } from "../../server/planner/plan-request.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { digits, written } from "../format.ts";
import { cost, costOf } from "./objective-words.ts";

/** What a placement costs more than the plan that was found, in today's figures; null where nothing was found or the two are the same. */
export function useChangeCost(placement: Placement | null): { request: PlanRequest; cost: number; difference: number; ratio: number } | null {
  const problem = useWorkbench((state) => state.problem);
  const found = useWorkbench((state) => state.planning.found);
  return useMemo(() => {
    if (!problem || !found || !placement || samePlacement(placement, found.placement)) return null;
    const [mine, best] = [costIn(problem, found.request, placement), costIn(problem, found.request, found.placement)];
    return mine === null || best === null ? null : { request: found.request, cost: mine, difference: mine - best, ratio: best === 0 ? 0 : (mine - best) / best };
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
  const { request: { objective }, difference, ratio } = change;
  const sign = difference < 0 ? "−" : "+";
  return <span data-testid="change-cost" className={difference > 0 ? "text-warn" : "text-ok"}><span className="num font-medium">{sign}{written(cost(objective, Math.abs(difference)))}</span> <span className="text-xs">({sign}<span className="num">{digits(Math.abs(ratio) * 100)}</span> % {costOf(objective)}) against the plan found</span></span>;
}
