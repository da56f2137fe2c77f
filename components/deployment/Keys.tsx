"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { wantAction } from "../act/act-store.ts";
import { api, type DeploymentFull, type KeyRow } from "../api.ts";
import { shownError } from "../shown-error.ts";
import { Button } from "../ui/Button.tsx";
import { CopyText } from "../ui/CopyText.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Time } from "../ui/Time.tsx";
import { KeyForm } from "./KeyForm.tsx";

/** What is used of a quota is some seconds behind anyway. */
const USAGE_EVERY_MS = 5_000;

/** Whose keys open a deployment's ingresses, and what each of them may ask. */
export function Keys({ deployment }: { deployment: DeploymentFull }) {
  const query = useQuery(api.keys.list.queryOptions({ id: deployment.id }, { refetchInterval: USAGE_EVERY_MS }));
  const usual = useQuery(api.deployments.serving.queryOptions({ id: deployment.id })).data?.keyLimits ?? null;
  const error = shownError(query);
  return (
    <section aria-label="Keys" className="mt-4 border-t border-line pt-3" data-testid="keys">
      <h2 className="eyebrow mb-1">Keys</h2>
      {error !== null && <Problem title="Keys could not be listed" error={error} retry={() => void query.refetch()} />}
      {error === null && !query.data && <Skeleton rows={2} label="Loading keys" />}
      {query.data?.length === 0 && <p className="max-w-prose text-ink-2">There is none yet. Beyond its own machine an ingress answers nobody without one: name one below for each client.</p>}
      {query.data && query.data.length > 0 && <Table deployment={deployment} rows={query.data} usual={usual} />}
      <NewKey deploymentId={deployment.id} />
    </section>
  );
}

type TableProps = { deployment: DeploymentFull; rows: KeyRow[]; usual: KeyRow["limits"] };
function Table({ deployment, rows, usual }: TableProps) {
  const [edited, setEdited] = useState<string | null>(null);
  const opener = useRef<HTMLButtonElement | null>(null);
  const close = () => { setEdited(null); opener.current?.focus(); };
  return (
    <div className="relative overflow-x-auto">
      <table className="rowed w-full">
        <thead><tr><th>Name</th><th>May ask, at each ingress</th><th>Used of its quota</th><th>Made</th><th><span className="sr-only">Actions</span></th></tr></thead>
        {rows.map((row) => (
          <tbody key={row.id} data-testid="key">
            <tr>
              <td className="font-medium">{row.name}</td>
              <td className="text-ink-2">{limitsText(row.limits, usual)}{row.mayLoad && "; loads and unloads"}</td>
              <td className="text-ink-2" data-testid="key-usage">{row.usage.length === 0 ? "no quota" : row.usage.map((one) => <Used key={one.per} {...one} />)}</td>
              <td className="text-ink-2"><Time iso={row.createdAt} /></td>
              <td className="whitespace-nowrap text-right">
                <Button look="quiet" aria-label={`Limits of ${row.name}`} aria-expanded={edited === row.id} onClick={(event) => { opener.current = event.currentTarget; setEdited(edited === row.id ? null : row.id); }} data-testid="key-edit">Limits…</Button>
                <Button look="quiet" aria-label={`Revoke ${row.name}`} onClick={() => wantAction({ on: "credential", action: "revoke", id: row.id, name: row.name, kind: "inference", deploymentName: deployment.name })}>Revoke…</Button>
              </td>
            </tr>
            {edited === row.id && <tr><td colSpan={5}><KeyForm deploymentId={deployment.id} row={row} usual={usual} close={close} /></td></tr>}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Used({ per, used, requests, resetsAt }: KeyRow["usage"][number]) {
  const isSpent = used >= requests;
  return <div className={isSpent ? "text-bad" : ""}><span className="num">{used.toLocaleString("en-GB")} of {requests.toLocaleString("en-GB")}</span> this {per}{isSpent && ", used up"}; begins anew <Time iso={resetsAt} /></div>;
}

function limitsText(own: KeyRow["limits"], usual: KeyRow["limits"]): string {
  const limits = own ?? usual;
  const words = limits === null ? "any number" : `${limits.requestsPerSecond}/s, ${limits.burst} at once, ${limits.maxInFlight} in flight`;
  return own ? `${words} (its own)` : words;
}

function NewKey({ deploymentId }: { deploymentId: string }) {
  const [name, setName] = useState("");
  const create = useMutation(api.keys.create.mutationOptions({ onSuccess: (_, __, ___, { client }) => { setName(""); return client.invalidateQueries(api.keys.list.queryFilter({ id: deploymentId })); } }));
  return (
    <>
      <form className="mt-2 flex max-w-md gap-2" onSubmit={(event) => { event.preventDefault(); if (name.trim() !== "") create.mutate({ id: deploymentId, name: name.trim() }); }}>
        <input className="field" aria-label="Name of the key" placeholder="Name, e.g. shop" value={name} onChange={(event) => setName(event.target.value)} data-testid="key-name" />
        <Button type="submit" disabled={name.trim() === ""} busy={create.isPending} data-testid="key-create">Make a key</Button>
      </form>
      {create.isError && <Problem title="The key was not made" error={create.error} />}
      {create.data && <div role="status" className="mt-2 max-w-xl" data-testid="key-secret"><p className="mb-1 text-ink-2">The secret of <b className="font-medium text-ink">{create.variables?.name}</b>, shown this once. Its client sends it as a Bearer token.</p><CopyText label="key" text={create.data.key} /></div>}
    </>
  );
}
