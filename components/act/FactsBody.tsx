"use client";
import { useMutation } from "@tanstack/react-query";
import { client, queryClient } from "../api.ts";
import { told } from "../ui/notices.ts";
import type { WantedAction } from "./act-store.ts";
import { ConfirmForm } from "./ConfirmForm.tsx";
import { PreviewBody } from "./PreviewBody.tsx";

type Wanted = Extract<WantedAction, { on: "credential" | "topology" }>;

/** Revoking a credential, deleting a drawing: all that is to be said of them is known here. */
export function FactsBody({ wanted, close }: { wanted: Wanted; close: () => void }) {
  const act = useMutation({
    mutationFn: async () => { await (wanted.on === "topology" ? client.topologies.delete : client.credentials.revoke).mutate({ id: wanted.id }); },
    onSuccess: () => {
      told(wanted.on === "topology" ? `The topology ${wanted.name} is deleted.` : `${wanted.name} is revoked.`);
      void queryClient.invalidateQueries();
      close();
      wanted.onDone?.();
    },
  });
  return (
    <>
      <PreviewBody preview={{ possible: true, reasons: [], undo: null, ...said(wanted) }} />
      <ConfirmForm verb={wanted.on === "topology" ? `Delete ${wanted.name}` : `Revoke ${wanted.name}`} typed={null} danger pending={act.isPending} error={act.error} onConfirm={() => act.mutate()} onLeave={close} />
    </>
  );
}

function said(wanted: Wanted): { effects: string[]; losses: string[] } {
  if (wanted.on === "topology") return { effects: ["Nodes, models and the event log stay.", "A topology that a deployment uses is not deleted."], losses: [`The topology with its ${wanted.nodeCount} node${wanted.nodeCount === 1 ? "" : "s"} and ${wanted.linkCount} link${wanted.linkCount === 1 ? "" : "s"}, and its place for plans.`] };
  const who = wanted.kind === "admin" ? "Every script or browser that uses it is refused, at once." : `Clients that call ${wanted.deploymentName ?? "the deployment"} with it are refused, as soon as its entry nodes have heard of it.`;
  return { effects: [who, `What was done under the name ${wanted.name} stays in the record.`], losses: ["The secret: it can’t be shown or used again. Make a new credential in its place."] };
}
