"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, client, queryClient } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { type WantedAction, wantAction } from "./act-store.ts";
import { ConfirmForm } from "./ConfirmForm.tsx";
import { PreviewBody } from "./PreviewBody.tsx";

type Wanted = Extract<WantedAction, { on: "node" }>;
type Action = Exclude<Wanted["action"], "drain">;

/** Cordon, uncordon, remove. */
export function NodeBody({ wanted, action, close }: { wanted: Wanted; action: Action; close: () => void }) {
  const { id, name } = wanted;
  const preview = useQuery({ ...api.nodes.preview.queryOptions({ id, action }), staleTime: 0 });
  const act = useMutation({
    mutationFn: async () => { await (action === "remove" ? client.nodes.remove : action === "cordon" ? client.nodes.cordon : client.nodes.uncordon).mutate({ id }); },
    onSuccess: () => {
      told({ cordon: `${name} takes no new stages.`, uncordon: `${name} takes new stages again.`, remove: `${name} was removed from the fleet.` }[action]);
      wanted.onDone?.();
      void queryClient.invalidateQueries();
      close();
    },
  });
  if (preview.error) return <Problem title="What would happen is not known" error={preview.error} retry={() => void preview.refetch()} />;
  if (!preview.data) return <Skeleton label="Looking at what would happen" rows={4} />;
  const { data } = preview;
  return (
    <>
      <PreviewBody preview={data} />
      {data.possible
        ? <ConfirmForm verb={{ cordon: `Cordon ${name}`, uncordon: `Uncordon ${name}`, remove: `Remove ${name}` }[action]} typed={data.typed} danger={data.losses.length > 0} pending={act.isPending} error={act.error} onConfirm={() => act.mutate()} onLeave={close} />
        : <div className="mt-4 flex flex-wrap justify-end gap-2 border-t border-line pt-3"><Button look="quiet" onClick={close}>Close</Button>{action === "remove" && <Button onClick={() => wantAction({ on: "node", id, name, action: "drain" })}>Drain {name}…</Button>}</div>}
    </>
  );
}
