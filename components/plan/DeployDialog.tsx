"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { diffReplicas } from "../../server/planner/replicas/diff-replicas.ts";
import { oneKey } from "../act/one-key.ts";
import { queryClient } from "../api.ts";
import { followOperation } from "../operation/own-operations.ts";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { DiffView } from "./DiffView.tsx";
import { MoveWay, useMoveWay } from "./MoveWay.tsx";
import { ParityBadge } from "./ParityBadge.tsx";
import { ParityDetails } from "./ParityDetails.tsx";
import { type DeployInput, useDeploy } from "./use-deploy.ts";

type Props = DeployInput & { open: boolean; onOpenChange: (open: boolean) => void; modelName: string };

/** What would change, before anything does; nothing runs until it is confirmed. */
export function DeployDialog({ open, onOpenChange, ...rest }: Props) {
  const title = rest.deployment ? `Move ${rest.deployment.name} to this plan` : `Deploy ${rest.modelName}`;
  return <Dialog wide open={open} onOpenChange={onOpenChange} title={title} description={rest.deployment ? "The old revision stays loaded until the new one has taken over, so that it keeps serving, unless it says otherwise below." : "The segments are shipped to their nodes, loaded and tried before requests are let in."} testId="deploy-dialog">{open && <Body {...rest} close={() => onOpenChange(false)} />}</Dialog>;
}

function Body({ close, modelName, ...input }: DeployInput & { close: () => void; modelName: string }) {
  const router = useRouter();
  const { create, plan, diff, diffError, deployNew, deployPlan } = useDeploy(input);
  const problem = useWorkbench((state) => state.problem);
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const [name, setName] = useState(modelName);
  const [reason, setReason] = useState("");
  const [key] = useState(oneKey);
  const shown = diff ?? (input.deployment === null && problem ? diffReplicas(problem, null, [input.placement, ...(plan?.plan.replicas ?? []).map((replica) => replica.placement)]) : null);
  const { deployment } = input;
  const { way, isAsked } = useMoveWay(deployment?.id ?? null, plan?.id ?? null);
  const done = () => { void queryClient.invalidateQueries(); close(); };
  const confirm = () => {
    if (!plan) return;
    if (deployment) deployPlan.mutate({ id: deployment.id, planId: plan.id, expectedRevision: deployment.currentRevision?.number ?? 0, idempotencyKey: key, ...(reason.trim() ? { reason: reason.trim() } : {}) }, { onSuccess: ({ operation }) => { if (operation) followOperation(operation.id); done(); } });
    else deployNew.mutate({ name: name.trim(), planId: plan.id, idempotencyKey: key }, { onSuccess: ({ deployment: made, operation }) => { followOperation(operation.id); done(); router.push(`/deployments/${made.id}`); } });
  };
  if (create.error) return <Problem title="No plan can be made of this draft" error={create.error} />;
  if (!plan || (deployment && !diff && !diffError)) return <Skeleton label="Making the plan" rows={6} />;
  const failed = deployNew.error ?? deployPlan.error ?? diffError;
  const busy = deployNew.isPending || deployPlan.isPending;
  const stages = [...plan.plan.placement, ...(plan.plan.replicas ?? []).flatMap((replica) => replica.placement)];
  const planned = nodes.filter((node) => node.nodeId === null && stages.some((stage) => stage.topologyNodeId === node.id)).map((node) => node.name);
  const unequal = plan.parity.status === "different" || plan.parity.status === "failed";
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1"><ParityBadge parity={plan.parity} /><span className="text-xs text-ink-3">plan <span className="num">{plan.hash.slice(0, 10)}</span>, revision {plan.revision} of this model on this topology</span></div>
      {plan.parity.status !== "pending" && <div className="text-xs text-ink-2"><ParityDetails parity={plan.parity} /></div>}
      {way && <MoveWay way={way} nodes={nodes} />}
      {shown && <DiffView diff={shown} nodes={nodes} estimate={plan.plan.estimate} />}
      {plan.plan.explanation.length > 0 && <ul className="list-disc space-y-0.5 pl-4 text-ink-2">{plan.plan.explanation.map((text) => <li key={text}>{text}</li>)}</ul>}
      {planned.length > 0 && <p role="status" className="border-l-2 border-warn bg-warn-wash px-3 py-2 text-ink-2" data-testid="deploy-planned"><b className="font-medium text-ink">{planned.join(", ")} {planned.length === 1 ? "is" : "are"} only planned.</b> This plan is kept and can be compared. To deploy it, choose a machine of the fleet under “Stands for” in the inspector of {planned.length === 1 ? "that node" : "each"}.</p>}
      {failed && <Problem title={deployment ? "It was not moved" : "It was not deployed"} error={failed} />}
      <form className="flex flex-wrap items-end justify-end gap-2 border-t border-line pt-3" onSubmit={(event) => { event.preventDefault(); confirm(); }}>
        {deployment
          ? <label className="mr-auto min-w-40 flex-1"><span className="eyebrow">Reason, for the record</span><input className="field" value={reason} onChange={(event) => setReason(event.target.value)} placeholder="optional" /></label>
          : <label className="mr-auto min-w-40 flex-1"><span className="eyebrow">Name, as in /v2/models/NAME</span><input className="field" value={name} onChange={(event) => setName(event.target.value)} data-testid="deployment-name" /></label>}
        <Button look="quiet" onClick={close}>Not now</Button>
        <Button type="submit" look="primary" disabled={unequal || isAsked || way?.way === "none" || planned.length > 0 || shown?.same === true || (!deployment && name.trim() === "")} busy={busy} data-testid="confirm-deploy">{busy ? "Sending…" : deployment ? (way?.way === "pause" ? "Pause and move it" : "Move it") : "Deploy"}</Button>
      </form>
      {shown?.same && <p className="text-right text-xs text-ink-3">This is what runs already.</p>}
    </div>
  );
}
