"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { api, type ModelFull } from "../api.ts";
import { bytes, written } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";

/** Says what is lost before anything is; while a deployment runs the model it says which, instead. */
export function DeleteModel({ model }: { model: ModelFull }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)} data-testid="delete-model">Delete…</Button>
      <Dialog open={open} onOpenChange={setOpen} title={`Delete ${model.name}?`} testId="delete-dialog">{open && <Body model={model} close={() => setOpen(false)} />}</Dialog>
    </>
  );
}

function Body({ model, close }: { model: ModelFull; close: () => void }) {
  const router = useRouter();
  const remove = useMutation(api.models.delete.mutationOptions({
    onSuccess: async (_, __, ___, { client }) => {
      told(`${model.name} is deleted.`);
      router.push("/models");
      await client.invalidateQueries(api.models.list.queryFilter());
    },
  }));
  if (model.deployments.length > 0) return <InUse model={model} close={close} />;
  return (
    <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); remove.mutate({ id: model.id }); }}>
      <p>This cannot be undone. It takes away:</p>
      <Lost model={model} />
      <p className="text-ink-2">Drawings and nodes stay. Importing the same file again finds its layers and cuts anew.</p>
      {remove.error && <Problem title="It was not deleted" error={remove.error} />}
      <div className="flex flex-wrap justify-end gap-2 border-t border-line pt-3">
        <Button look="quiet" onClick={close}>Keep it</Button>
        <Button type="submit" look="danger" busy={remove.isPending} data-testid="confirm-delete">{remove.isPending ? "Deleting…" : "Delete the model"}</Button>
      </div>
    </form>
  );
}

function Lost({ model }: { model: ModelFull }) {
  const measured = (useQuery(api.models.profiles.queryOptions({ id: model.id })).data ?? []).filter((profile) => profile.kind === "measured").length;
  return (
    <ul className="list-disc space-y-1 pl-4">
      <li>its file of {written(bytes(model.bytes))}, unless another model has the same bytes</li>
      <li>its layers, legal cuts and the plans made of it</li>
      {measured > 0 && <li>{measured} measured profile{measured === 1 ? "" : "s"}</li>}
      {model.processor && <li>its processor {model.processor.kind}{model.processorFiles.length > 0 && `, with ${model.processorFiles.map((file) => file.name).join(", ")}`}</li>}
      {model.sample && <li>its sample {model.sample.fileName}</li>}
    </ul>
  );
}

function InUse({ model, close }: { model: ModelFull; close: () => void }) {
  return (
    <div className="space-y-3">
      <p role="alert">{model.deployments.length === 1 ? "A deployment uses" : `${model.deployments.length} deployments use`} this model, so it cannot be deleted.</p>
      <ul className="list-disc space-y-1 pl-4">{model.deployments.map((one) => <li key={one.id}><Link className="underline underline-offset-4" href={`/deployments/${one.id}`}>{one.name}</Link></li>)}</ul>
      <p className="text-ink-2"><span className="text-ink-3">What helps: </span>Stop and delete {model.deployments.length === 1 ? "that deployment" : "those deployments"} first.</p>
      <div className="flex justify-end border-t border-line pt-3"><Button onClick={close}>Close</Button></div>
    </div>
  );
}
