"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { wantAction } from "../act/act-store.ts";
import { api } from "../api.ts";
import { shownError } from "../shown-error.ts";
import { Button } from "../ui/Button.tsx";
import { CopyText } from "../ui/CopyText.tsx";
import { toldProblem } from "../ui/notices.ts";
import { Section } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Time } from "../ui/Time.tsx";

/** Who may do what, by name: what each one does is recorded under it. A secret is shown once; what is kept is its hash. */
export function Credentials() {
  const [name, setName] = useState("");
  const list = useQuery(api.credentials.list.queryOptions());
  const you = useQuery(api.system.info.queryOptions()).data?.you;
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const create = useMutation(api.credentials.create.mutationOptions({ onError: (error) => toldProblem("Making the credential", error), onSuccess: () => { setName(""); void list.refetch(); } }));
  const rows = list.data ?? [];
  return (
    <Section title="Credentials" aside={you && <>what you do here is recorded as <b className="font-medium text-ink">{you}</b></>}>
      <p className="mb-2 max-w-prose text-ink-2">One for each person, script or machine, sent as a Bearer token. Events, operations and revisions carry its name.</p>
      {shownError(list) !== null && <Problem title="Credentials could not be listed" error={list.error} retry={() => void list.refetch()} />}
      {list.data && rows.length === 0 && <p className="text-ink-3">There is none yet. Name one below to let a script or another machine use the API.</p>}
      {rows.length > 0 && (
        <div className="relative overflow-x-auto">
          <table className="rowed w-full" data-testid="credentials">
            <thead><tr><th>Name</th><th>Opens</th><th>Made</th><th><span className="sr-only">Actions</span></th></tr></thead>
            <tbody>{rows.map((one) => {
              const deploymentName = deployments.find((row) => row.id === one.deploymentId)?.name ?? null;
              return (
                <tr key={one.id}>
                  <td className="font-medium">{one.name}</td>
                  <td className="text-ink-2">{one.kind === "admin" ? "this console and its API" : `requests to ${deploymentName ?? "a deployment that is gone"}`}</td>
                  <td className="text-ink-2"><Time iso={one.createdAt} /></td>
                  <td className="text-right"><Button look="quiet" aria-label={`Revoke ${one.name}`} onClick={() => wantAction({ on: "credential", action: "revoke", id: one.id, name: one.name, kind: one.kind, deploymentName })}>Revoke…</Button></td>
                </tr>
              );
            })}</tbody>
          </table>
        </div>
      )}
      <form className="mt-3 flex max-w-md gap-2" onSubmit={(event) => { event.preventDefault(); create.mutate({ name: name.trim() }); }}>
        <input className="field" aria-label="Name of the credential" placeholder="Name, e.g. ci" value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" disabled={name.trim() === ""} busy={create.isPending}>{create.isPending ? "Making…" : "Create"}</Button>
      </form>
      {create.data && <div role="status" className="mt-3 max-w-xl" data-testid="new-token"><p className="mb-1 text-ink-2">The secret of <b className="font-medium text-ink">{create.variables?.name}</b>, shown this once. Keep it now.</p><CopyText label="token" text={create.data.token} /></div>}
    </Section>
  );
}
