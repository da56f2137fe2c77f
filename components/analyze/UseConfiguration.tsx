"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { oneKey } from "../act/one-key.ts";
import { api, type Analysis, client, type DeploymentFull, queryClient } from "../api.ts";
import { useWorkbench } from "../canvas/workbench-store.ts";
import { followOperation } from "../operation/own-operations.ts";
import { DiffView } from "../plan/DiffView.tsx";
import { MoveWay, useMoveWay } from "../plan/MoveWay.tsx";
import { ParityBadge } from "../plan/ParityBadge.tsx";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { batchText } from "./analysis-words.ts";

type Props = { analysis: Analysis; configuration: Analysis["results"][number]["configuration"]; deployment: DeploymentFull; close(): void };

/** What using it would change: the plan by the same difference as any move, and how requests are joined. Nothing changes until it is confirmed. */
export function UseConfiguration({ close, ...rest }: Props) {
  return <Dialog wide open onOpenChange={(open) => { if (!open) close(); }} title={`Use this configuration for ${rest.deployment.name}`} description="It keeps serving while it changes, unless it says otherwise below." testId="use-configuration"><Body {...rest} close={close} /></Dialog>;
}

function Body({ analysis, configuration, deployment, close }: Props) {
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const plan = useQuery(api.plans.get.queryOptions({ id: configuration.planId }));
  const diff = useQuery(api.plans.diff.queryOptions({ id: configuration.planId, against: deployment.id }));
  const serving = useQuery(api.deployments.serving.queryOptions({ id: deployment.id }));
  const { way, isAsked } = useMoveWay(diff.data && !diff.data.same ? deployment.id : null, configuration.planId);
  const [key] = useState(oneKey);
  // What was measured is one shape: queues and padding for several stay as they are.
  const { maxQueues, padding } = serving.data?.batching ?? {};
  const batching = configuration.maxBatch === 1 ? null : { maxSize: configuration.maxBatch, maxDelayMs: analysis.request.batchDelayMs, preferredSizes: [], ...(maxQueues === undefined ? {} : { maxQueues }), ...(padding === undefined ? {} : { padding }) };
  const use = useMutation({
    // The plan first: where it is refused, nothing has changed.
    mutationFn: async (change: { plan: boolean; batching: boolean }) => {
      const moved = change.plan ? await client.deployments.deployPlan.mutate({ id: deployment.id, planId: configuration.planId, expectedRevision: deployment.currentRevision?.number ?? 0, reason: `Chosen by analysis ${analysis.id}.`, idempotencyKey: key }) : null;
      if (change.batching) await client.deployments.setServing.mutate({ id: deployment.id, batching });
      return moved?.operation ?? null;
    },
    onSuccess: (operation) => {
      if (operation) followOperation(operation.id);
      else told("Requests are joined as it was measured.");
      void queryClient.invalidateQueries();
      close();
    },
  });
  const error = plan.error ?? diff.error ?? serving.error;
  if (error) return <Problem title="What it would change can’t be read" error={error} />;
  if (!plan.data || !diff.data || !serving.data) return <Skeleton label="Comparing" rows={6} />;
  const nowBatch = serving.data.batching?.maxSize ?? 1;
  const change = { plan: !diff.data.same, batching: JSON.stringify(serving.data.batching) !== JSON.stringify(batching) };
  const unequal = plan.data.parity.status === "different" || plan.data.parity.status === "failed";
  return (
    <div className="space-y-4">
      <ParityBadge parity={plan.data.parity} />
      {change.plan && way && <MoveWay way={way} nodes={nodes} />}
      {change.plan ? <DiffView diff={diff.data} nodes={nodes} estimate={plan.data.plan.estimate} /> : <p className="text-ink-2">Its plan runs already.</p>}
      <p data-testid="use-batching">Batches: {change.batching ? <>{batchText(nowBatch)} <span aria-hidden>→</span><span className="sr-only">become</span> <b className="font-medium">{batchText(configuration.maxBatch)}</b>{batching && `, a request waits at most ${batching.maxDelayMs} ms for others`}</> : `${batchText(nowBatch)}, as now`}.</p>
      <p className="text-xs text-ink-2">It was measured with {configuration.concurrency} {configuration.concurrency === 1 ? "request" : "requests"} under way at once. How many there are is up to its clients; no setting holds them to it.{configuration.concurrency > serving.data.limits.maxInFlight && ` It lets ${serving.data.limits.maxInFlight} in flight at each ingress and answers more with 429: raise that under Serving.`}</p>
      {use.error && <Problem title="It was not changed" error={use.error} />}
      <div className="flex justify-end gap-2 border-t border-line pt-3"><Button look="quiet" onClick={close}>Not now</Button><Button look="primary" data-initial-focus disabled={unequal || isAsked || (change.plan && way?.way === "none") || (!change.plan && !change.batching)} busy={use.isPending} onClick={() => use.mutate(change)} data-testid="confirm-use">Use it</Button></div>
      {!change.plan && !change.batching && <p className="text-right text-xs text-ink-3">This is what runs already.</p>}
    </div>
  );
}
