"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, client, queryClient } from "../api.ts";
import { followOperation } from "../operation/own-operations.ts";
import { DiffTables } from "../plan/DiffView.tsx";
import { Button } from "../ui/Button.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import type { WantedAction } from "./act-store.ts";
import { ConfirmForm } from "./ConfirmForm.tsx";
import { oneKey } from "./one-key.ts";
import { PreviewBody } from "./PreviewBody.tsx";

type Wanted = Extract<WantedAction, { on: "deployment" }>;
type Props = { wanted: Wanted; close: () => void };

/** Stop, start, roll back, delete. */
export function DeploymentBody({ wanted, close }: Props) {
  const { id, name, action, toRevision } = wanted;
  const preview = useQuery({ ...api.deployments.preview.queryOptions({ id, action, ...(toRevision === undefined ? {} : { toRevision }) }), staleTime: 0 });
  const [key] = useState(oneKey);
  const act = useMutation({
    mutationFn: () => perform(wanted, key),
    onSuccess: (operationId) => {
      if (operationId) followOperation(operationId);
      told({ stop: `${name} is being stopped.`, start: `${name} is being started.`, "roll-back": `${name} goes back; its page shows every step.`, delete: `${name} is deleted.` }[action]);
      void queryClient.invalidateQueries();
      close();
      wanted.onDone?.();
    },
  });
  if (preview.error) return <Problem title="What would happen is not known" error={preview.error} retry={() => void preview.refetch()} />;
  if (!preview.data) return <Skeleton label="Looking at what would happen" rows={4} />;
  const { data } = preview;
  return (
    <>
      <PreviewBody preview={data}>{data.diff && <DiffTables diff={data.diff} nodes={data.nodes} />}</PreviewBody>
      {data.possible
        ? <ConfirmForm verb={{ stop: `Stop ${name}`, start: `Start ${name}`, "roll-back": `Roll back to revision ${data.toRevision}`, delete: `Delete ${name}` }[action]} typed={data.typed} danger={data.losses.length > 0} pending={act.isPending} error={act.error} onConfirm={() => act.mutate()} onLeave={close} />
        : <div className="mt-4 flex justify-end border-t border-line pt-3"><Button onClick={close}>Close</Button></div>}
    </>
  );
}

/** @returns the operation it began, or null */
async function perform({ id, action, toRevision, expectedRevision }: Wanted, idempotencyKey: string): Promise<string | null> {
  const { deployments } = client;
  if (action === "stop") return (await deployments.stop.mutate({ id, idempotencyKey })).operation.id;
  if (action === "start") return (await deployments.start.mutate({ id, idempotencyKey })).operation.id;
  if (action === "roll-back") return (await deployments.rollBack.mutate({ id, idempotencyKey, ...(toRevision === undefined ? {} : { toRevision }), ...(expectedRevision === undefined ? {} : { expectedRevision }) })).operation.id;
  await deployments.delete.mutate({ id });
  return null;
}
