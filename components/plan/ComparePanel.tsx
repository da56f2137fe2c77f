"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Placement } from "../../server/planner/plan.ts";
import { api, type ComparedPlan } from "../api.ts";
import { takePlan, useDrawing, useRequest, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { ms, perSecond, layersText } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Problem } from "../ui/Problem.tsx";
import { cost, costOf } from "./objective-words.ts";
import type { PlanScope } from "./use-planning.ts";
import { useDraftReplicas } from "./use-replicas.ts";

/** The draft, Cutplane's plan and the rules of others side by side on this drawing: spans and numbers. */
export function ComparePanel({ modelId, topologyId, deploymentId }: PlanScope) {
  const store = useWorkbenchStore();
  const { placement } = useDrawing();
  const running = useWorkbench((state) => state.running);
  const layerCount = useWorkbench((state) => state.problem?.layerCount ?? 0);
  const saved = useWorkbench((state) => state.save === "saved" || state.save === "merged");
  const request = useRequest();
  const solvers = useQuery({ ...api.plans.solvers.queryOptions(), staleTime: Number.POSITIVE_INFINITY }).data ?? [];
  const compare = useMutation(api.plans.compare.mutationOptions());
  const whole = placement.length > 0 && placement.at(-1)?.to === layerCount;
  const runningReplicas = useWorkbench((state) => state.runningReplicas);
  const known = useDraftReplicas();
  const placements = [
    ...(running ? [{ key: "running", label: "what runs", placement: running, further: runningReplicas.map((one) => ({ placement: one })) }] : []),
    ...(whole ? [{ key: "draft", label: "your draft", placement, ...(known ? { further: known.map((one) => ({ placement: one })) } : {}) }] : []),
  ];
  const run = () => compare.mutate({ modelId, topologyId, ...request, ...(deploymentId ? { deploymentId } : {}), solvers: solvers.map((solver) => solver.name), placements });
  const rows = [...(compare.data ?? [])].sort((a, b) => (a.cost ?? Number.POSITIVE_INFINITY) - (b.cost ?? Number.POSITIVE_INFINITY));
  const best = rows[0]?.cost ?? null;
  return (
    <section aria-label="Side by side" aria-busy={compare.isPending} className="min-w-0 space-y-2">
      <h2 className="eyebrow flex flex-wrap items-center gap-3">Side by side<Button onClick={run} disabled={!saved || solvers.length === 0} busy={compare.isPending} data-testid="compare-plans">{compare.isPending ? "Comparing…" : "Compare"}</Button></h2>
      {compare.error && <Problem title="They could not be compared" error={compare.error} />}
      {rows.length === 0 ? <p className="text-ink-2">Your draft, Cutplane’s plan and the rules of others, on this drawing and by the same cost model.</p> : (
        <div className="overflow-x-auto">
          <table className="rowed w-full" data-testid="compared">
            <thead><tr><th>By</th><th>{costOf(request.objective)}</th><th>Latency</th><th>Throughput</th><th className="min-w-28">Layers over nodes</th><th><span className="sr-only">Use it</span></th></tr></thead>
            <tbody>{rows.map((row) => <Row key={row.key} row={row} best={best} layerCount={layerCount} objective={request.objective} use={(next) => takePlan(store, next)} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

type RowProps = { row: ComparedPlan; best: number | null; layerCount: number; objective: Parameters<typeof cost>[0]; use: (plan: { placement: Placement; replicas?: { placement: Placement }[] }) => void };

function Row({ row, best, layerCount, objective, use }: RowProps) {
  const { estimate, placement, replicas = [], together } = row;
  const kind = predicted(together?.kind ?? estimate?.kind ?? "estimated");
  const more = row.cost !== null && best !== null && best > 0 ? row.cost / best - 1 : null;
  return (
    <tr data-testid="compared-row" data-key={row.key}>
      <td className="font-medium">{row.label}{row.proved && <span className="ml-1.5 text-xs font-normal text-ok">{replicas.length > 0 ? "each proved" : "proved"}</span>}</td>
      {estimate === null ? <td colSpan={4} className="text-ink-2">{row.refusals[0]?.message ?? "no plan"}</td> : (
        <>
          <td><Figure figure={cost(objective, row.cost)} kind={kind} />{more !== null && more > 5e-4 && <span className="num ml-1 text-xs text-ink-3">+{(more * 100).toFixed(more < 0.1 ? 1 : 0)} %</span>}</td>
          <td><Figure figure={ms(together?.latencyMs ?? estimate.latencyMs)} kind={kind} />{together && <span className="ml-1.5 text-xs text-ink-2">mean</span>}</td>
          <td><Figure figure={perSecond(together?.throughputPerSecond ?? estimate.throughputPerSecond)} kind={kind} />{replicas.length > 0 && <span className="ml-1.5 text-xs whitespace-nowrap text-ink-2"><span className="num">{replicas.length + 1}</span> replicas</span>}</td>
          <td>{placement && [placement, ...replicas.map((replica) => replica.placement)].map((one) => <MiniSpans key={JSON.stringify(one)} placement={one} layerCount={layerCount} />)}{row.refusals[0] && <p className="text-xs text-bad">{row.refusals[0].message}</p>}</td>
        </>
      )}
      <td>{placement && row.key !== "draft" && <Button look="quiet" onClick={() => use({ placement, replicas })} data-testid="use-compared">Use<span className="sr-only"> the plan of {row.label}</span></Button>}</td>
    </tr>
  );
}

/** Segments one after the other, each with the first letters of its node; in words for who hears it. */
function MiniSpans({ placement, layerCount }: { placement: Placement; layerCount: number }) {
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
  const words = placement.map((stage) => `${layersText(stage)} on ${nameOf(stage.topologyNodeId)}`).join(", ");
  return (
    <span className="relative block h-4 w-full min-w-28" title={words}>
      <span className="sr-only">{words}</span>
      {placement.map((stage, index) => <span key={stage.from} aria-hidden className={`absolute inset-y-0 overflow-hidden px-0.5 text-2xs leading-4 whitespace-nowrap outline outline-accent-mid ${index % 2 ? "bg-raised text-ink-2" : "bg-accent-wash text-accent"}`} style={{ left: `${(stage.from / Math.max(1, layerCount)) * 100}%`, width: `${((stage.to - stage.from) / Math.max(1, layerCount)) * 100}%` }}>{nameOf(stage.topologyNodeId)}</span>)}
    </span>
  );
}
