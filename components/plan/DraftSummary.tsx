"use client";
import { ofOneReplica } from "../../server/planner/replicas/of-one-replica.ts";
import { usePrediction } from "../canvas/use-prediction.ts";
import { useRequest } from "../canvas/workbench-store.ts";
import { ms, perSecond } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { ChangeCost } from "./ChangeCost.tsx";
import { ServedFigure } from "./ServedFigure.tsx";
import { useDraftReplicas, useOtherReplicas, useTogether } from "./use-replicas.ts";
import { State } from "../ui/State.tsx";

/** The draft in one line: predicted latency and throughput, or what is missing. */
export function DraftSummary({ label }: { label: string }) {
  const { draft } = usePrediction();
  const request = useRequest();
  const others = useOtherReplicas();
  const together = useTogether(useDraftReplicas());
  if (draft === null) return <span className="text-ink-3">nothing placed yet</span>;
  const { estimate, refusals } = draft;
  const count = others + 1;
  const single = estimate?.bestSingleNode;
  return (
    <span className="flex flex-wrap items-center gap-x-4" data-testid="draft-summary">
      {estimate && <span><span className="text-ink-3">{label} </span><Figure figure={ms((together ?? estimate).latencyMs)} kind={predicted((together ?? estimate).kind ?? estimate.kind)} label="predicted latency" /></span>}
      {estimate && <Figure figure={perSecond((together ?? estimate).throughputPerSecond)} kind={predicted((together ?? estimate).kind ?? estimate.kind)} label="predicted throughput" />}
      {count > 1 && <span className="text-xs text-ink-3" data-testid="draft-replicas">{together ? `${count} replicas together` : `the first of ${count} replicas`}</span>}
      {estimate && <ServedFigure request={ofOneReplica(request, count)} estimate={estimate} />}
      <ChangeCost placement={draft.placement} />
      {refusals.length > 0 && <State tone="warn">{refusals.length === 1 ? "1 thing is missing" : `${refusals.length} things are missing`}</State>}
      {refusals.length === 0 && single && estimate && estimate.stages.length > 1 && single.latencyMs < estimate.latencyMs && <State tone="warn">one node alone is faster</State>}
    </span>
  );
}
