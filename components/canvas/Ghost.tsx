"use client";
import { bytes, layersText, ms, perSecond, written } from "../format.ts";
import { ChangeCost } from "../plan/ChangeCost.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { usePrediction } from "./use-prediction.ts";
import { useWorkbench } from "./workbench-store.ts";

/** While layers are dragged: what dropping them here would make of latency, throughput, links and memory, or why it is refused. */
export function Ghost() {
  const drag = useWorkbench((state) => state.drag);
  const hoverNodeId = useWorkbench((state) => state.hoverNodeId);
  const names = useWorkbench((state) => state.history.present.document.nodes);
  const { draft, dropped } = usePrediction();
  if (drag === null) return null;
  const nameOf = (id: string) => names.find((node) => node.id === id)?.name ?? "?";
  const estimate = dropped?.estimate ?? null;
  const before = draft?.estimate ?? null;
  const refusal = dropped?.blocking[0];
  const left = dropped?.refusals.filter((one) => one.code === "gap") ?? [];
  return (
    <div data-testid="ghost" role="status" aria-live="polite" className={`pointer-events-none absolute bottom-3 left-1/2 z-20 w-[min(30rem,calc(100%-1.5rem))] -translate-x-1/2 rounded-lg border bg-raised px-3 py-2 shadow-[var(--shadow)] ${refusal ? "border-bad" : "border-line-strong"}`}>
      <p className="text-xs text-ink-2">{layersText(drag.range)} {hoverNodeId === null ? "– drop on a node" : <>→ <span className="font-medium text-ink">{nameOf(hoverNodeId)}</span></>}</p>
      {refusal && <div className="mt-1"><p className="text-bad"><span className="font-medium">Refused. </span>{refusal.message}</p>{refusal.fix && <p className="text-xs text-ink-2">{refusal.fix}</p>}</div>}
      {!refusal && estimate && (
        <div className="mt-1.5 flex flex-wrap gap-x-5 gap-y-1">
          <Change name="latency"><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} />{before && <span className="text-xs text-ink-3"> from {written(ms(before.latencyMs))}</span>}</Change>
          <Change name="throughput"><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} />{before && <span className="text-xs text-ink-3"> from {written(perSecond(before.throughputPerSecond))}</span>}</Change>
          <ChangeCost placement={dropped?.placement ?? null} />
          {estimate.hops.filter((hop) => hop.kind !== "local").map((hop) => <Change key={`${hop.fromTopologyNodeId}>${hop.toTopologyNodeId}`} name={`${nameOf(hop.fromTopologyNodeId)} → ${nameOf(hop.toTopologyNodeId)}`}><Figure figure={bytes(hop.bytes)} /></Change>)}
          {estimate.memory.map((row) => { const over = row.limitBytes !== null && row.usedBytes > row.limitBytes; return <Change key={row.topologyNodeId} name={`memory of ${nameOf(row.topologyNodeId)}`}><span className={over ? "text-bad" : ""}><Figure figure={bytes(row.usedBytes)} kind="estimated" />{over && " too much"}</span><span className="text-xs text-ink-3"> {row.limitBytes === null ? "limit not known" : `of ${written(bytes(row.limitBytes))}`}</span></Change>; })}
        </div>
      )}
      {!refusal && hoverNodeId !== null && !estimate && left.length > 0 && <p className="mt-1 text-ink-2">{left.map((one) => one.message).join(" ")} A prediction comes when every layer is placed.</p>}
    </div>
  );
}

function Change({ name, children }: { name: string; children: React.ReactNode }) {
  return <div><div className="text-2xs text-ink-3">{name}</div><div>{children}</div></div>;
}
