"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { oneKey } from "../act/one-key.ts";
import { api, client, type DeploymentFull } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Switch } from "./Switch.tsx";

/** As many as the API takes. */
const MAX_ENTRIES = 8;

/** At which nodes requests enter. Changed as a move is: the new entries are ready before the old ones go. */
export function Entries({ deployment }: { deployment: DeploymentFull }) {
  const topology = useQuery(api.topologies.get.queryOptions({ id: deployment.topologyId })).data;
  const now = deployment.ingress.map(({ nodeId }) => nodeId);
  const [draft, setDraft] = useState<string[] | null>(null);
  const queries = useQueryClient();
  const chosen = draft ?? now;
  const move = useMutation({
    mutationFn: () => client.deployments.deployPlan.mutate({ id: deployment.id, planId: deployment.plan?.id ?? "", expectedRevision: deployment.currentRevision?.number ?? 0, ingressNodeIds: chosen, reason: `Requests enter at ${chosen.map(nameOf).join(", ")}.`, idempotencyKey: oneKey() }),
    onSuccess: () => { told("The move has begun: the new entries are made ready first."); setDraft(null); void queries.invalidateQueries({ queryKey: api.deployments.pathKey() }); },
  });
  const nodes = topology?.document.nodes.flatMap(({ nodeId, name }) => (nodeId === null ? [] : [{ nodeId, name }])) ?? [];
  function nameOf(nodeId: string): string {
    return nodes.find((node) => node.nodeId === nodeId)?.name ?? nodeId;
  }
  const isChanged = [...chosen].sort().join() !== [...now].sort().join();
  const leaving = now.filter((nodeId) => !chosen.includes(nodeId));
  const isMoving = deployment.migration !== null && deployment.migration.finishedAt === null;
  const problem = chosen.length === 0 ? "Requests must enter somewhere." : chosen.length > MAX_ENTRIES ? `At most ${MAX_ENTRIES} nodes.` : null;
  return (
    <section aria-label="Entries" className="mt-4 border-t border-line pt-3" data-testid="entries">
      <h2 className="eyebrow mb-1">Where requests enter</h2>
      <ul className="flex flex-wrap gap-x-6">
        {nodes.map(({ nodeId, name }) => {
          const url = deployment.ingress.find((one) => one.nodeId === nodeId)?.url;
          return <li key={nodeId}><Switch checked={chosen.includes(nodeId)} onChange={(on) => setDraft(on ? [...chosen, nodeId] : chosen.filter((id) => id !== nodeId))} testId={`entry-${name}`}>{name}{url && <code className="num text-xs text-ink-2 select-all">{url}</code>}</Switch></li>;
        })}
      </ul>
      {problem && <p role="alert" className="text-xs text-bad">{problem}</p>}
      <p className="max-w-prose text-xs text-ink-2">Each entry serves the whole deployment; a client that knows several asks another one when the first is away. Limits of a key hold at each, its quota over all of them.{isChanged && leaving.length > 0 && ` After the move, who calls ${leaving.map(nameOf).join(", ")} is sent on to where requests enter.`}</p>
      {move.isError && <Problem title="The entries were not changed" error={move.error} />}
      {isChanged && <div className="mt-2 flex gap-2"><Button look="primary" disabled={problem !== null || isMoving || deployment.plan === null} busy={move.isPending} onClick={() => move.mutate()} data-testid="entries-save">{isMoving ? "A move is under way" : "Change"}</Button><Button look="quiet" onClick={() => setDraft(null)}>Discard</Button></div>}
    </section>
  );
}
