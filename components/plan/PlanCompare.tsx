"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { followOperation } from "../operation/own-operations.ts";
import { api, type PlanRow, queryClient } from "../api.ts";
import { bytes, layersText, ms, perSecond } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { told, toldProblem } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { DiffView } from "./DiffView.tsx";
import { MoveWay, useMoveWay } from "./MoveWay.tsx";
import { ReplicaList } from "./ReplicaList.tsx";

/** Two plans side by side, and what going from A to B would change. */
export function PlanCompare({ a, b }: { a: string | null; b: string | null }) {
  const diff = useQuery({ ...api.plans.diff.queryOptions({ id: b ?? "", against: a ?? "" }), enabled: a !== null && b !== null });
  const right = useQuery({ ...api.plans.get.queryOptions({ id: b ?? "" }), enabled: b !== null });
  const topology = useQuery({ ...api.topologies.get.queryOptions({ id: right.data?.topologyId ?? "" }), enabled: right.data !== undefined });
  return (
    <section aria-label="Comparison" className="mb-6" data-testid="plan-compare">
      <div className="grid gap-6 md:grid-cols-2"><Side name="A" id={a} /><Side name="B" id={b} /></div>
      {diff.error && <Problem title="These two can’t be compared step by step" error={diff.error} />}
      {diff.data && right.data && topology.data && <div className="mt-4"><h2 className="eyebrow mb-2">From A to B</h2>{diff.data.same ? <p className="text-ink-2">Both place the layers the same way.</p> : <DiffView diff={diff.data} nodes={topology.data.document.nodes} estimate={right.data.plan.estimate} />}</div>}
    </section>
  );
}

function Side({ name, id }: { name: string; id: string | null }) {
  const plan = useQuery({ ...api.plans.get.queryOptions({ id: id ?? "" }), enabled: id !== null });
  const topology = useQuery({ ...api.topologies.get.queryOptions({ id: plan.data?.topologyId ?? "" }), enabled: plan.data !== undefined });
  if (id === null) return <div><h2 className="eyebrow">{name}</h2><p className="text-ink-2">Choose a plan as {name} in the list below.</p></div>;
  if (plan.error) return <Problem title={`Plan ${name} could not be read`} error={plan.error} />;
  if (!plan.data) return <Skeleton label={`Loading plan ${name}`} rows={4} />;
  const { placement, estimate, replicas, together } = plan.data.plan;
  const nodes = topology.data?.document.nodes ?? [];
  const layers = Math.max(1, placement.at(-1)?.to ?? 1);
  const nameOf = (nodeId: string) => topology.data?.document.nodes.find((node) => node.id === nodeId)?.name ?? nodeId;
  return (
    <div className="min-w-0">
      <h2 className="mb-2 font-medium">{name} · plan <span className="num">{plan.data.hash.slice(0, 10)}</span></h2>
      <p className="mb-2 flex flex-wrap gap-x-5">{replicas && <span className="text-ink-3">first replica</span>}<span><span className="text-ink-3">latency </span><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} /></span><span><span className="text-ink-3">throughput </span><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} /></span><span><span className="text-ink-3">over links </span><Figure figure={bytes(estimate.hops.reduce((sum, hop) => sum + (hop.kind === "local" ? 0 : hop.bytes), 0))} /></span></p>
      <ol className="mb-2 text-xs">{placement.map((stage, index) => <li key={stage.from} className="grid grid-cols-[7rem_1fr_auto] items-center gap-x-2 border-b border-line py-0.5"><span className="truncate">{nameOf(stage.topologyNodeId)}</span><span className="relative h-4" aria-hidden><span className="absolute inset-y-0.5 rounded-sm bg-accent-wash outline outline-accent-mid" style={{ left: `${(stage.from / layers) * 100}%`, width: `${((stage.to - stage.from) / layers) * 100}%` }} /></span><span>{index + 1} · {layersText(stage)}</span></li>)}</ol>
      <ReplicaList plan={{ placement, estimate, replicas, together, ...(plan.data.plan.origin.by === "solver" ? { proof: plan.data.plan.origin } : {}) }} nodes={nodes} />
      <DeployThis plan={plan.data} />
    </div>
  );
}

/** Deploys a kept plan to a deployment of its model, after its changes were shown; a plan that ran there before is rolled back to. */
function DeployThis({ plan }: { plan: PlanRow }) {
  const [target, setTarget] = useState<string | null>(null);
  const all = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const own = all.filter((one) => one.modelId === plan.modelId && one.topologyId === plan.topologyId && one.status !== "stopped");
  const chosen = own.find((one) => one.id === target) ?? null;
  const before = chosen ? plan.deployedIn.find((use) => use.deploymentId === chosen.id && !use.current) : undefined;
  const diff = useQuery({ ...api.plans.diff.queryOptions({ id: plan.id, against: target ?? "" }), enabled: target !== null });
  const { way, isAsked } = useMoveWay(before ? null : target, plan.id);
  const topology = useQuery(api.topologies.get.queryOptions({ id: plan.topologyId }));
  const settled = { onError: (error: unknown) => toldProblem("Moving the deployment", error), onSuccess: ({ operation }: { operation: { id: string } | null }) => { if (operation) followOperation(operation.id); setTarget(null); told("It moves; its page shows every step."); void queryClient.invalidateQueries(); } };
  const deploy = useMutation(api.deployments.deployPlan.mutationOptions(settled));
  const back = useMutation(api.deployments.rollBack.mutationOptions(settled));
  const confirm = () => { if (chosen && before) back.mutate({ id: chosen.id, toRevision: before.revision }); else if (chosen) deploy.mutate({ id: chosen.id, planId: plan.id, expectedRevision: chosen.currentRevision?.number ?? 0 }); };
  if (own.length === 0) return <p className="text-xs text-ink-3">No running deployment of this model on this topology to deploy it to.</p>;
  return (
    <div className="flex flex-wrap gap-2">
      {own.map((one) => plan.deployedIn.some((use) => use.deploymentId === one.id && use.current) ? <span key={one.id} className="text-xs text-ink-3">runs in {one.name}</span> : <Button key={one.id} onClick={() => setTarget(one.id)} data-testid="deploy-this">{plan.deployedIn.some((use) => use.deploymentId === one.id) ? "Roll back" : "Deploy this to"} {one.name}…</Button>)}
      <Dialog wide open={chosen !== null} onOpenChange={(open) => { if (!open) setTarget(null); }} title={before ? `Roll ${chosen?.name} back to revision ${before.revision}` : `Move ${chosen?.name ?? ""} to this plan`} description="The old revision stays loaded until the new one has taken over, so that it keeps serving, unless it says otherwise below." testId="deploy-this-dialog">
        {way && <div className="mb-3"><MoveWay way={way} nodes={topology.data?.document.nodes ?? []} /></div>}
        {diff.error ? <Problem title="What would change is not known" error={diff.error} /> : diff.data ? <DiffView diff={diff.data} nodes={topology.data?.document.nodes ?? []} estimate={plan.plan.estimate} /> : <Skeleton label="Comparing" rows={4} />}
        <div className="mt-3 flex justify-end gap-2"><Button look="quiet" onClick={() => setTarget(null)}>Not now</Button><Button look="primary" disabled={!diff.data || diff.data.same || isAsked || way?.way === "none"} busy={deploy.isPending || back.isPending} onClick={confirm} data-testid="confirm-deploy-this">{before ? "Roll back" : way?.way === "pause" ? "Pause and move it" : "Move it"}</Button></div>
      </Dialog>
    </div>
  );
}
