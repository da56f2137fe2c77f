"use client";
import { latencyUnder } from "../../server/planner/demand.ts";
import type { Estimate } from "../../server/planner/plan.ts";
import type { PlanRequest } from "../../server/planner/plan-request.ts";
import { ms } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { shareText } from "./slo-words.ts";

/** `request`: of one pipeline. What is predicted of the latency that was asked about: of a share of the requests, at a demand; nothing where neither was asked. */
export function ServedFigure({ request, estimate }: { request: PlanRequest; estimate: Estimate }) {
  const { demandPerSecond, slo } = request;
  if (demandPerSecond === undefined && !slo) return null;
  const plan = { latencyMs: estimate.latencyMs, varianceMs2: estimate.varianceMs2 ?? 0, bottleneckMs: estimate.bottleneckMs };
  const servedMs = latencyUnder(plan, demandPerSecond ?? 0, slo ? { share: slo.quantile } : "mean");
  const of = slo ? `${shareText(slo.quantile)} within` : "mean with waiting";
  const busy = demandPerSecond === undefined ? "" : `, ${Math.round((demandPerSecond * plan.bottleneckMs) / 10)} % busy at ${demandPerSecond} requests/s`;
  return <span data-testid="served-figure"><span className="text-ink-3">{of} </span>{Number.isFinite(servedMs) ? <Figure figure={ms(servedMs)} kind={predicted(estimate.kind)} label={`predicted latency, ${of}`} /> : <span className="text-bad">no end: more than it serves</span>}<span className="text-xs text-ink-3">{busy}</span></span>;
}
