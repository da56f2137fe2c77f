"use client";
import { useMemo } from "react";
import { explainEstimate } from "../../server/planner/explain.ts";
import { bytes, ms, perSecond } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { usePrediction } from "./use-prediction.ts";
import { useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** What the draft would do, why, and what speaks against it. */
export function PlanInspector() {
  const store = useWorkbenchStore();
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const problem = useWorkbench((state) => state.problem);
  const { draft } = usePrediction();
  const estimate = draft?.estimate ?? null;
  const reasons = useMemo(() => (problem && estimate ? explainEstimate(problem, estimate) : []), [problem, estimate]);
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? "?";
  if (!draft) return <div className="p-3 text-ink-2" data-testid="inspector"><h2 className="eyebrow mb-1">Plan</h2><p>Nothing is placed. Drag layers onto a node, press M, or let <b>Plan it</b> choose. Choose a node or a link to edit it.</p></div>;
  return (
    <div className="p-3" data-testid="inspector">
      <h2 className="eyebrow mb-2">Draft, predicted</h2>
      {draft.refusals.map((refusal) => <div key={refusal.message} className="mb-2 border-l-2 border-warn bg-warn-wash px-2 py-1" data-testid="refusal"><p>{refusal.message}</p>{refusal.fix && <p className="text-xs text-ink-2">{refusal.fix}</p>}</div>)}
      {estimate && (
        <>
          <dl className="mb-3 grid grid-cols-2 gap-y-2">
            <div><dt className="text-xs text-ink-3">latency</dt><dd className="text-lg"><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} /></dd></div>
            <div><dt className="text-xs text-ink-3">throughput</dt><dd className="text-lg"><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} /></dd></div>
          </dl>
          <h3 className="eyebrow mb-1">On the way</h3>
          <ol className="mb-3 text-xs">
            {estimate.hops.map((hop, index) => {
              const stage = estimate.stages[index];
              return (
                <li key={`${hop.fromTopologyNodeId}>${hop.toTopologyNodeId}`}>
                  {hop.kind !== "local" && <div className="flex justify-between gap-2 py-0.5 text-ink-2"><span className="truncate">{nameOf(hop.fromTopologyNodeId)} → {nameOf(hop.toTopologyNodeId)}</span><span><Figure figure={bytes(hop.bytes)} className="mr-2" /><Figure figure={ms(hop.latencyMs + hop.transferMs)} kind={predicted(hop.kind)} /></span></div>}
                  {stage && <button type="button" onClick={() => store.setState({ selection: { kind: "node", id: stage.topologyNodeId } })} className={`flex w-full justify-between gap-2 border-l-2 py-0.5 pl-2 text-left hover:bg-sunken ${estimate.bottleneck.kind === "stage" && estimate.bottleneck.index === index ? "border-warn" : "border-accent-mid"}`}><span className="truncate">{index + 1} · {nameOf(stage.topologyNodeId)}{estimate.bottleneck.kind === "stage" && estimate.bottleneck.index === index ? ", slowest" : ""}</span><Figure figure={ms(stage.computeMs)} kind={predicted(stage.kind)} /></button>}
                </li>
              );
            })}
          </ol>
        </>
      )}
      {reasons.length > 0 && <><h3 className="eyebrow mb-1">Why</h3><ul className="space-y-1 text-ink-2">{reasons.map((text) => <li key={text}>{text}</li>)}</ul></>}
    </div>
  );
}
