import type { FoundPlan } from "../api.ts";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { layersText, ms, perSecond } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";

/** Whole pipelines beside each other: where each is, what it does alone, and what all do together. */
export function ReplicaList({ plan }: { plan: Pick<FoundPlan, "placement" | "estimate" | "replicas" | "together"> }) {
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
  const { replicas = [], together } = plan;
  if (replicas.length === 0) return null;
  const all = [{ placement: plan.placement, estimate: plan.estimate }, ...replicas];
  return (
    <div className="overflow-x-auto" data-testid="replicas">
      {together && <p className="mb-1 flex flex-wrap gap-x-4"><b className="font-medium">{all.length} replicas together</b><Figure figure={perSecond(together.throughputPerSecond)} kind={predicted(plan.estimate.kind)} label="throughput together" /><Figure figure={ms(together.latencyMs)} kind={predicted(plan.estimate.kind)} label="mean latency" /></p>}
      <table className="rowed w-full">
        <thead><tr><th>Replica</th><th>Where</th><th>Latency</th><th>Throughput</th></tr></thead>
        <tbody>{all.map(({ placement, estimate }, index) => (
          <tr key={JSON.stringify(placement)} data-testid="replica-row">
            <td className="num">{index + 1}</td>
            <td>{placement.map((stage) => `${layersText(stage)} on ${nameOf(stage.topologyNodeId)}`).join(", ")}</td>
            <td><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} /></td>
            <td><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} /></td>
          </tr>
        ))}</tbody>
      </table>
      {together && together.fatalNodeIds.length > 0 && <p className="border-l-2 border-warn bg-warn-wash px-2 py-1" data-testid="replicas-share">All of them need {together.fatalNodeIds.map(nameOf).join(", ")}: its loss stops them.</p>}
    </div>
  );
}
