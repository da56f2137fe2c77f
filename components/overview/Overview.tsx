"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useMemo } from "react";
import { api } from "../api.ts";
import { DeploymentTable } from "../deployment/DeploymentList.tsx";
import { EventRow } from "../event/EventRow.tsx";
import { percent } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { nodeState } from "../node/node-state.ts";
import { TourCard } from "../tour/TourCard.tsx";
import { shownError } from "../shown-error.ts";
import { buttonClass } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Figure } from "../ui/Figure.tsx";
import { Page, Section } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { attentionOf } from "./attention.ts";

const SHOWN_EVENTS = 8;

export function Overview() {
  return (
    <Page title="Overview">
      <TourCard />
      <Attention />
      <Section title="Deployments" aside={<Link href="/topologies" className="underline underline-offset-4">place another</Link>}><DeploymentTable /></Section>
      <div className="grid gap-x-10 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]"><FleetHealth /><Recent /></div>
    </Page>
  );
}

function Attention() {
  const deployments = useQuery(api.deployments.list.queryOptions());
  const nodes = useQuery(api.nodes.list.queryOptions());
  const models = useQuery(api.models.list.queryOptions());
  const live = useLive((state) => state.nodes);
  const items = useMemo(() => attentionOf(deployments.data ?? [], (nodes.data ?? []).map((node) => ({ ...node, status: live[node.id]?.status ?? node.status })), models.data ?? null), [deployments.data, nodes.data, models.data, live]);
  if (shownError(deployments)) return <div className="mb-6"><Problem title="The overview could not be read" error={deployments.error} retry={() => void deployments.refetch()} /></div>;
  if (!deployments.data || !nodes.data) return null;
  return (
    <Section title="Needs attention">
      {items.length === 0 ? <p className="text-ink-2" data-testid="attention-none"><State tone="ok">Nothing.</State> {deployments.data.length > 0 ? "Everything that should run runs." : ""}</p> : (
        <ul data-testid="attention">{items.map((item) => <li key={item.text} className="flex flex-wrap items-center gap-x-3 border-b border-line py-1.5"><State tone={item.tone}>{item.word}</State><span className="min-w-0 flex-1">{item.text}</span><Link href={item.href} className="underline decoration-line-strong underline-offset-4 hover:decoration-accent">{item.action}</Link></li>)}</ul>
      )}
    </Section>
  );
}

function FleetHealth() {
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const live = useLive((state) => state.nodes);
  const stale = useLive((state) => state.connection === "lost");
  return (
    <Section title="Fleet" aside={<Link href="/nodes" className="underline underline-offset-4">all nodes</Link>}>
      {nodes.length === 0 && <Empty title="No node has joined" action={<Link href="/nodes/add" className={buttonClass()}>Add a node</Link>}>One command, pasted on the machine, makes it a node.</Empty>}
      <ul>
        {nodes.map((node) => {
          const state = nodeState({ status: live[node.id]?.status ?? node.status, cordoned: node.cordoned });
          const stages = live[node.id]?.assignments ?? node.assignments;
          return <li key={node.id} className="grid grid-cols-[minmax(0,1fr)_5rem_4rem] items-center gap-3 sm:grid-cols-[minmax(0,1fr)_5.5rem_5rem_4rem] border-b border-line py-1.5"><span className="truncate font-medium">{node.name}</span><State tone={state.tone}>{state.word}</State><span className="text-xs max-sm:hidden"><span className="text-ink-3">cpu </span><Figure figure={percent(live[node.id]?.sample?.cpuRatio)} stale={stale} /></span><span className="text-xs text-ink-2"><span className="num">{stages.length}</span> stage{stages.length === 1 ? "" : "s"}</span></li>;
        })}
      </ul>
    </Section>
  );
}

function Recent() {
  const events = useLive((state) => state.events);
  return (
    <Section title="Lately" aside={<Link href="/events" className="underline underline-offset-4">all events</Link>}>
      {events.length === 0 && <p className="text-ink-2">Nothing has happened yet. Imports, joins, moves and losses are told here with their reasons.</p>}
      <ol aria-label="Latest events">{events.slice(-SHOWN_EVENTS).reverse().map((event) => <EventRow key={event.seq} event={event} />)}</ol>
    </Section>
  );
}
