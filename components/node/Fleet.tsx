"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { wantAction } from "../act/act-store.ts";
import { api, type NodeRow } from "../api.ts";
import { bytes, digits, percent } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { shownError } from "../shown-error.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Figure } from "../ui/Figure.tsx";
import { toldProblem } from "../ui/notices.ts";
import { Page, Section } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { nodeState } from "./node-state.ts";

export function Fleet() {
  const nodes = useQuery(api.nodes.list.queryOptions());
  return (
    <Page title="Nodes" lead="Machines that run an agent. Each one joined with its own certificate." actions={<Link href="/nodes/add" className={buttonClass("primary")}><Plus size={14} />Add a node</Link>}>
      {nodes.isPending && <Skeleton label="Loading nodes" />}
      {shownError(nodes) !== null && <Problem title="The nodes could not be listed" error={nodes.error} retry={() => void nodes.refetch()} />}
      {nodes.data?.length === 0 && <Empty title="No node has joined yet" action={<Link href="/nodes/add" className={buttonClass("primary")}>Get the join command</Link>}>Paste one command on a machine with Node 20 or newer. It appears here by itself.</Empty>}
      {nodes.data && nodes.data.length > 0 && <FleetTable nodes={nodes.data} />}
      <JoinTokens />
    </Page>
  );
}

function FleetTable({ nodes }: { nodes: NodeRow[] }) {
  return (
    <div className="relative mb-8 overflow-x-auto">
      <table className="rowed w-full">
        <thead><tr><th>Name</th><th>State</th><th className="max-sm:hidden">Hardware</th><th>CPU</th><th className="max-sm:hidden">Memory used</th><th className="max-sm:hidden">Agent</th><th>Stages</th><th className="max-sm:hidden">Last seen</th><th className="max-sm:hidden">Certificate</th><th className="max-sm:hidden"><span className="sr-only">Actions</span></th></tr></thead>
        <tbody>{nodes.map((node) => <FleetRow key={node.id} node={node} />)}</tbody>
      </table>
    </div>
  );
}

function FleetRow({ node }: { node: NodeRow }) {
  const live = useLive((state) => state.nodes[node.id]);
  const age = useStale({ node: node.id });
  const stale = age !== null;
  const state = nodeState({ status: live?.status ?? node.status, cordoned: node.cordoned, approvedAt: node.approvedAt });
  const sample = live?.sample ?? null;
  return (
    <tr data-testid="fleet-row">
      <td className="font-medium"><Link href={`/nodes/${node.id}`} className="underline decoration-line-strong underline-offset-4 hover:decoration-accent">{node.name}</Link><div className="num text-xs font-normal text-ink-3 max-sm:hidden">{node.id}</div></td>
      <td><State tone={state.tone}>{state.word}</State><div><StaleMark age={age} /></div></td>
      <td className="text-ink-2 max-sm:hidden"><Machine hardware={node.hardware} /></td>
      <td><Figure figure={percent(sample?.cpuRatio)} stale={stale} /></td>
      <td className="max-sm:hidden"><Figure figure={bytes(sample?.memoryUsedBytes)} stale={stale} /><div className="text-xs text-ink-3">agent <Figure figure={bytes(sample?.agentRssBytes)} stale={stale} /></div></td>
      <td className="num text-ink-2 max-sm:hidden">{node.agentVersion}</td>
      <td className="num">{(live?.assignments ?? node.assignments).length}</td>
      <td className="text-ink-2 max-sm:hidden"><Time iso={live?.lastSeenAt ?? node.lastSeenAt} /></td>
      <td className="text-ink-2 max-sm:hidden">ends <Time iso={node.certificateExpiresAt} /></td>
      <td className="max-sm:hidden"><RowActions node={node} /></td>
    </tr>
  );
}

function Machine({ hardware }: { hardware: NodeRow["hardware"] }) {
  if (!hardware) return <span className="text-ink-3">not reported yet</span>;
  return <><span className="num">{digits(hardware.cores)}</span> core{hardware.cores === 1 ? "" : "s"}, <Figure figure={bytes(hardware.memoryBytes)} /><div className="max-w-56 truncate text-xs text-ink-3" title={hardware.cpuModel}>{hardware.cpuModel}</div></>;
}

function RowActions({ node }: { node: NodeRow }) {
  const want = (action: "cordon" | "uncordon" | "drain") => wantAction({ on: "node", id: node.id, name: node.name, action });
  return (
    <span className="flex justify-end gap-1">
      <Button look="quiet" onClick={() => want(node.cordoned ? "uncordon" : "cordon")} aria-label={`${node.cordoned ? "Uncordon" : "Cordon"} ${node.name}`}>{node.cordoned ? "Uncordon…" : "Cordon…"}</Button>
      <Button look="quiet" onClick={() => want("drain")} aria-label={`Drain ${node.name}`}>Drain…</Button>
      <Link href={`/nodes/${node.id}#remove`} className={buttonClass("quiet")} aria-label={`Remove ${node.name}`}>Remove…</Link>
    </span>
  );
}

function JoinTokens() {
  const tokens = (useQuery(api.nodes.listJoinTokens.queryOptions()).data ?? []).filter((token) => token.usedAt === null && Date.parse(token.expiresAt) > Date.now());
  const revoke = useMutation(api.nodes.revokeJoinToken.mutationOptions({ onError: (error) => toldProblem("Revoking", error), onSuccess: (_, __, ___, { client }) => client.invalidateQueries(api.nodes.listJoinTokens.queryFilter()) }));
  if (tokens.length === 0) return null;
  return (
    <Section title="Join commands not used yet">
      <ul>{tokens.map((token) => <li key={token.id} className="flex items-center gap-4 border-b border-line py-1.5"><span>{token.nodeName ?? "any name"}</span><span className="text-ink-2">ends <Time iso={token.expiresAt} /></span><Button look="quiet" className="ml-auto" onClick={() => revoke.mutate({ id: token.id })}>Revoke</Button></li>)}</ul>
    </Section>
  );
}
