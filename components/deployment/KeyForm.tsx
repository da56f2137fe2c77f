import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, type KeyRow } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { type KeyFieldName, type KeyFields, type KeyProblems, keyFieldsOf, keySettingsOf } from "./key-form.ts";
import { FIELD_ROW, NumberField } from "./NumberField.tsx";
import { Switch } from "./Switch.tsx";

/** What one key may ask. `usual`: what the deployment says of each key; null = nothing. `close` when it is saved or left. */
export function KeyForm({ deploymentId, row, usual, close }: { deploymentId: string; row: KeyRow; usual: KeyRow["limits"]; close(): void }) {
  const [fields, setFields] = useState(() => keyFieldsOf(row, usual));
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => { form.current?.querySelector("input")?.focus(); }, []);
  const save = useMutation(api.keys.set.mutationOptions({ onSuccess: async (_, __, ___, { client }) => { await client.invalidateQueries(api.keys.list.queryFilter({ id: deploymentId })); told(`What ${row.name} may ask is changed.`); close(); } }));
  const set = (change: Partial<KeyFields>) => setFields((before) => ({ ...before, ...change }));
  const { settings, problems } = keySettingsOf(fields);
  const field = (name: KeyFieldName, label: string, unit = "") => <NumberField label={label} unit={unit} value={fields[name]} problem={(problems as KeyProblems | null)?.[name]} onChange={(value) => set({ [name]: value })} testId={`key-${name}`} />;
  return (
    <form ref={form} className="flex max-w-md flex-col gap-2 py-2" aria-label={`Limits of ${row.name}`} data-testid="key-form"
      onSubmit={(event) => { event.preventDefault(); if (settings) save.mutate({ id: deploymentId, keyId: row.id, ...settings }); }}
      onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } }}>
      <Switch checked={fields.hasOwn} onChange={(hasOwn) => set({ hasOwn })} testId="key-hasOwn">Limits of its own</Switch>
      {fields.hasOwn && <div className={FIELD_ROW}>{field("requestsPerSecond", "Requests", "/s")}{field("burst", "At once")}{field("maxInFlight", "In flight")}</div>}
      <p className="text-xs text-ink-2">{fields.hasOwn ? "At each ingress, in place of what the deployment says of each key." : "As the deployment says of each key."}</p>
      <fieldset className="flex flex-col gap-1"><legend className="eyebrow mb-1">Quota over all ingresses</legend><div className={`${FIELD_ROW} grid-cols-2!`}>{field("perDay", "Requests a day")}{field("perMonth", "Requests a month")}</div></fieldset>
      <p className="text-xs text-ink-2">Days and months of UTC; empty = any number. What is more is answered 429 until the period ends. Counted from when it is set, and shared out among the ingresses every few seconds.</p>
      <Switch checked={fields.mayLoad} onChange={(mayLoad) => set({ mayLoad })} testId="key-mayLoad">May load and unload</Switch>
      <p className="text-xs text-ink-2">Who has it may start and stop this deployment at its ingress, by the load and unload of the Open Inference Protocol.</p>
      {save.isError && <Problem title="What it may ask was not saved" error={save.error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={settings === null} busy={save.isPending} data-testid="key-save">Save</Button>
        <Button look="quiet" onClick={close}>Leave as it was</Button>
      </div>
    </form>
  );
}
