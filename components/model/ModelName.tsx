"use client";
import { useMutation } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { api, type ModelFull, problemOf } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { told } from "../ui/notices.ts";

/** As the server allows. */
const NAME_MAX = 120;

/** The page's heading, renamed in place: Enter saves, Escape leaves it as it was. */
export function ModelName({ model }: { model: ModelFull }) {
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !editing) button.current?.focus();
    wasEditing.current = editing;
  }, [editing]);
  if (editing) return <NameForm model={model} close={() => setEditing(false)} />;
  return (
    <div className="flex min-w-0 items-center gap-1">
      <h1 className="truncate text-xl font-medium tracking-tight">{model.name}</h1>
      <IconButton ref={button} label={`Rename ${model.name}`} onClick={() => setEditing(true)} data-testid="rename-model"><Pencil size={14} /></IconButton>
    </div>
  );
}

function NameForm({ model, close }: { model: ModelFull; close: () => void }) {
  const [name, setName] = useState(model.name);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const rename = useMutation(api.models.rename.mutationOptions({
    onSuccess: async (row, _, __, { client }) => {
      await client.invalidateQueries();
      told(`${model.name} is now called ${row.name}.`);
      close();
    },
  }));
  const problem = rename.error && problemOf(rename.error);
  const save = () => {
    if (name.trim() === model.name) close();
    else rename.mutate({ id: model.id, name: name.trim() });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); save(); }}>
      <h1 className="sr-only">{model.name}</h1>
      <div className="flex flex-wrap items-center gap-2">
        <input ref={input} aria-label="Model name" className="field w-80! max-w-full" maxLength={NAME_MAX} value={name} aria-invalid={problem !== null} aria-describedby={problem ? "rename-problem" : undefined} onChange={(event) => setName(event.target.value)} onKeyDown={onKeyDown} data-testid="model-name" />
        <Button type="submit" look="primary" disabled={name.trim() === ""} busy={rename.isPending}>{rename.isPending ? "Saving…" : "Rename"}</Button>
        <Button look="quiet" onClick={close}>Cancel</Button>
      </div>
      {problem && <p id="rename-problem" role="alert" className="mt-1 text-xs text-bad">{problem.message} {problem.fix}</p>}
    </form>
  );
}
