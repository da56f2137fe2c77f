"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Estimate } from "../../server/planner/plan.ts";
import { explainEstimate } from "../../server/planner/explain.ts";
import { api } from "../api.ts";
import { bytes, ms, perSecond } from "../format.ts";
import { useStale } from "../live/use-stale.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { useOtherReplicas } from "../plan/use-replicas.ts";
import { StageMode } from "./StageMode.tsx";
import { samePlacement } from "./placement-edit.ts";
import { usePrediction } from "./use-prediction.ts";
import { useStageCompute } from "./use-stage-compute.ts";
import { useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** What runs or the draft would do, why, and what speaks against it. */
export function PlanInspector() {
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const problem = useWorkbench((state) => state.problem);
  const runs = useWorkbench((state) => state.running !== null && samePlacement(state.history.present.placement, state.running));
  const others = useOtherReplicas();
  const hasModel = useWorkbench((state) => state.facts !== null);
  const { draft } = usePrediction();
  const estimate = draft?.estimate ?? null;
  const reasons = useMemo(() => (problem && estimate ? explainEstimate(problem, estimate) : []), [problem, estimate]);
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? "?";
  if (!draft) return <div className="p-3 text-ink-2" data-testid="inspector"><h2 className="eyebrow mb-1">Plan</h2><p>{hasModel ? <>Nothing is placed. Drag layers onto a node, press M, or let <b>Plan it</b> choose. Choose a node or a link to edit it.</> : "No model is open here. Choose or import one at the left, then place its layers on the nodes. Choose a node or a link to edit it."}</p></div>;
  return (
    <div className="p-3" data-testid="inspector">
      <h2 className="eyebrow mb-2">{runs ? "What runs" : "Draft"}{others > 0 ? `, the first of ${others + 1} replicas` : ""}{runs ? ", predicted now" : ", predicted"}</h2>
      {draft.refusals.map((refusal) => <div key={refusal.message} className="mb-2 border-l-2 border-warn bg-warn-wash px-2 py-1" data-testid="refusal"><p>{refusal.message}</p>{refusal.fix && <p className="text-xs text-ink-2">{refusal.fix}</p>}</div>)}
      {estimate && (
        <>
          <dl className="grid grid-cols-2 gap-y-2">
            <div><dt className="text-xs text-ink-3">latency</dt><dd className="text-lg"><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} /></dd></div>
            <div><dt className="text-xs text-ink-3">throughput</dt><dd className="text-lg"><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} /></dd></div>
          </dl>
          {runs && <WhenPlanned />}
          <div className="mt-3 mb-1 flex items-baseline justify-between"><h3 className="eyebrow">On the way</h3><span className="text-2xs text-ink-3">{runs ? "measured, predicted" : "predicted"}</span></div>
          <ol className="mb-3 text-xs">
            {estimate.hops.map((hop, index) => (
              <li key={`${hop.fromTopologyNodeId}>${hop.toTopologyNodeId}`}>
                {hop.kind !== "local" && <div className="flex justify-between gap-2 py-0.5 text-ink-2"><span className="truncate">{nameOf(hop.fromTopologyNodeId)} → {nameOf(hop.toTopologyNodeId)}</span><span><Figure figure={bytes(hop.bytes)} className="mr-2" /><Figure figure={ms(hop.latencyMs + hop.transferMs)} kind={predicted(hop.kind)} className="inline-block min-w-[7ch] text-right" /></span></div>}
                {estimate.stages[index] && <StageRow stage={estimate.stages[index]} index={index} name={nameOf(estimate.stages[index].topologyNodeId)} isSlowest={estimate.bottleneck.kind === "stage" && estimate.bottleneck.index === index} />}
              </li>
            ))}
          </ol>
        </>
      )}
      {reasons.length > 0 && <><h3 className="eyebrow mb-1">Why</h3><ul className="space-y-1 text-ink-2">{reasons.map((text) => <li key={text}>{text}</li>)}</ul></>}
    </div>
  );
}

/** The figures that measured ones are held against: links and nodes may have changed since. */
function WhenPlanned() {
  const id = useWorkbench((state) => state.deploymentId);
  const estimate = useQuery(api.deployments.get.queryOptions({ id: id ?? "" }, { enabled: id !== null })).data?.plan?.plan.estimate;
  if (!estimate) return null;
  return <p className="mt-1 text-xs text-ink-3" data-testid="when-planned">when it was planned <Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} />, <Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} /></p>;
}

function StageRow({ stage, index, name, isSlowest }: { stage: Estimate["stages"][number]; index: number; name: string; isSlowest: boolean }) {
  const store = useWorkbenchStore();
  const nodeId = useWorkbench((state) => state.history.present.document.nodes.find((node) => node.id === stage.topologyNodeId)?.nodeId ?? null);
  const computeMs = useStageCompute(nodeId, stage.topologyNodeId, stage);
  const stale = useStale({ node: nodeId ?? "" }) !== null;
  return (
    <div className={`border-l-2 pl-2 ${isSlowest ? "border-warn" : "border-accent-mid"}`}>
    <button type="button" onClick={() => store.setState({ selection: { kind: "node", id: stage.topologyNodeId } })} className="flex min-h-6 w-full items-center justify-between gap-2 py-0.5 text-left hover:bg-sunken">
      <span className="truncate">{index + 1} · {name}{isSlowest ? ", slowest" : ""}</span>
      <span className="shrink-0">{computeMs !== null && <Figure figure={ms(computeMs)} stale={stale} label="measured" />}<Figure figure={ms(stage.computeMs)} kind={predicted(stage.kind)} label="predicted" className="inline-block min-w-[7ch] text-right" /></span>
    </button>
    <StageMode stage={stage} index={index} />
    </div>
  );
}
