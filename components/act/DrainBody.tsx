"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { api, type DrainPreview, queryClient } from "../api.ts";
import { ms } from "../format.ts";
import { followOperation } from "../operation/own-operations.ts";
import { DiffTables } from "../plan/DiffView.tsx";
import { Button } from "../ui/Button.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import type { WantedAction } from "./act-store.ts";
import { ConfirmForm } from "./ConfirmForm.tsx";
import { oneKey } from "./one-key.ts";
import { PreviewBody, Refused } from "./PreviewBody.tsx";

type EntryMove = NonNullable<DrainPreview["deployments"][number]["entry"]>;

/** Where every deployment on the node would go, with what that changes; or which one can't leave, and why. */
export function DrainBody({ wanted, close }: { wanted: Extract<WantedAction, { on: "node" }>; close: () => void }) {
  const { id, name } = wanted;
  const preview = useQuery({ ...api.nodes.previewDrain.queryOptions({ id }), staleTime: 0 });
  const [key] = useState(oneKey);
  const drain = useMutation(api.nodes.drain.mutationOptions({
    onSuccess: ({ operation }) => {
      followOperation(operation.id);
      told(`${name} is being drained. Operations shows how far it is.`);
      void queryClient.invalidateQueries();
      close();
      wanted.onDone?.();
    },
  }));
  if (preview.error) return <Problem title="What would happen is not known" error={preview.error} retry={() => void preview.refetch()} />;
  if (!preview.data) return <Skeleton label={`Planning without ${name}`} rows={6} />;
  const { deployments, possible, stoppedHere } = preview.data;
  const effects = [
    `${name} takes no new stages from now on.`,
    ...(deployments.length === 0 ? ["Nothing runs on it, so that it is empty at once."] : [deployments.length === 1 ? "One deployment moves off it, and keeps serving while it moves." : `${deployments.length} deployments move off it, one after the other; each keeps serving while it moves.`, `${name} unloads, and stays cordoned and empty.`]),
    ...(stoppedHere.length > 0 ? [`${stoppedHere.map((one) => one.name).join(", ")}, stopped, stays with its last revision on ${name}.`] : []),
  ];
  const losses = deployments.flatMap((one) => (one.entry ? [entryWords(one.name, name, one.entry)] : []));
  const brought = losses.length > 0 ? "its layers and its ingress" : "its layers";
  return (
    <>
      {possible && <PreviewBody preview={{ possible, reasons: [], effects, losses, undo: `Cancel while it runs; uncordon ${name}; roll a deployment back to bring ${brought} back.` }} />}
      {deployments.length > 0 && <ul className="mt-4 space-y-4" data-testid="drain-preview">{deployments.map((one) => (
        <li key={one.deploymentId} className="border-t border-line pt-3">
          <div className="mb-1 flex flex-wrap items-baseline justify-between gap-x-4">
            <Link href={`/deployments/${one.deploymentId}`} onClick={close} className="font-medium underline decoration-line-strong underline-offset-4">{one.name}</Link>
            {one.to && <span className="text-ink-2">latency {one.to.diff.latencyMsBefore !== null && <><Figure figure={ms(one.to.diff.latencyMsBefore)} kind={predicted(one.to.estimate.kind)} /><span className="mx-1 text-ink-3">→</span></>}<Figure figure={ms(one.to.diff.latencyMsAfter)} kind={predicted(one.to.estimate.kind)} /></span>}
          </div>
          {one.to ? <DiffTables diff={one.to.diff} nodes={one.nodes} /> : <Refused reasons={one.reasons} />}
        </li>
      ))}</ul>}
      {possible
        ? <ConfirmForm verb={`Drain ${name}`} typed={null} danger={losses.length > 0} pending={drain.isPending} error={drain.error} onConfirm={() => drain.mutate({ id, idempotencyKey: key })} onLeave={close} />
        : <div className="mt-4 flex justify-end border-t border-line pt-3"><Button onClick={close}>Close</Button></div>}
    </>
  );
}

/** Clients know an address: from cutover on it is another one. */
function entryWords(deployment: string, node: string, { from, node: entry, to, opens }: EntryMove): string {
  const where = to === null ? `${entry.name}, whose address stands on the deployment's page once it has moved` : `${to} (${entry.name})`;
  return `The address of ${deployment}, ${from === null ? node : `${from} (${node})`}: clients must use ${where}${opens ? "" : ", open already"}. Who still asks at the old one is told so (over REST with a redirect) for seven days, while the agent of ${node} runs; what was let in before cutover is answered.`;
}
