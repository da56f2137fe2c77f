import type { Estimate, Placement, PlanReplica, Together, WholeCost } from "../../server/planner/plan.ts";
import type { PlanObjective } from "../../server/planner/plan-request.ts";
import { digits, layersText, ms, perSecond, written } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { ScrollArea } from "../ui/ScrollArea.tsx";
import { cost, costOf, gapText } from "./objective-words.ts";

type Shown = {
  placement: Placement; estimate: Estimate; replicas?: readonly PlanReplica[] | undefined; together?: Together | undefined;
  /** What all cost in what was asked. */
  whole?: WholeCost | undefined; objective?: PlanObjective;
  /** Of the first one. */
  proof?: PlanReplica["proof"];
};

const UNITS: Record<string, string> = { joules: "J", money: "money", grams: "g CO₂" };

/** Whole pipelines beside each other: where each is, what it does alone, and what all do together. */
export function ReplicaList({ plan, nodes }: { plan: Shown; nodes: readonly { id: string; name: string }[] }) {
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
  const { replicas = [], together, whole, objective = "latency" } = plan;
  if (replicas.length === 0) return null;
  const all: readonly PlanReplica[] = [{ placement: plan.placement, estimate: plan.estimate, ...(plan.proof ? { proof: plan.proof } : {}) }, ...replicas];
  const kind = predicted(together?.kind ?? plan.estimate.kind);
  const costs = Object.entries(together?.costs ?? {}).flatMap(([key, value]) => (value === null ? [] : [`${digits(value)} ${UNITS[key] ?? ""} a request`]));
  return (
    <div data-testid="replicas">
      {together && <p className="mb-1 flex flex-wrap gap-x-4"><b className="font-medium">{all.length} replicas together</b><Figure figure={perSecond(together.throughputPerSecond)} kind={kind} label="throughput together" /><span><Figure figure={ms(together.latencyMs)} kind={kind} label="mean latency" /><span className="text-xs text-ink-3"> mean, <span className="num">{written(ms(together.worstLatencyMs))}</span> the slowest</span></span>{costs.map((text) => <span key={text} className="num">{text}</span>)}{whole && whole.cost !== null && objective !== "latency" && <span data-testid="whole-cost"><span className="text-ink-3">{costOf(objective)} of all </span><span className="num">{written(cost(objective, whole.cost))}</span></span>}</p>}
      {whole && whole.gap !== null && <p className="text-xs text-ink-2" data-testid="whole-gap">{all.length} replicas: {whole.gap <= 1e-9 ? "no other ones do better" : gapText(false, whole.gap)}</p>}
      <ScrollArea label="Replicas" className="overflow-x-auto"><table className="rowed w-full">
        <thead><tr><th>Replica</th><th>Where</th><th>Latency</th><th>Throughput</th><th>Beside those before it</th></tr></thead>
        <tbody>{all.map(({ placement, estimate, proof }, index) => (
          <tr key={JSON.stringify(placement)} data-testid="replica-row">
            <td className="num">{index + 1}</td>
            <td>{placement.map((stage) => `${layersText(stage)} on ${nameOf(stage.topologyNodeId)}`).join(", ")}</td>
            <td><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} /></td>
            <td><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} /></td>
            <td className="text-xs text-ink-2">{proof ? gapText(proof.proved, proof.gap) : "drawn"}</td>
          </tr>
        ))}</tbody>
      </table></ScrollArea>
      {together && together.fatalNodeIds.length > 0 && <p className="border-l-2 border-warn bg-warn-wash px-2 py-1" data-testid="replicas-share">All of them need {together.fatalNodeIds.map(nameOf).join(", ")}: its loss stops them.</p>}
    </div>
  );
}
