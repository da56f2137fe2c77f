"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { api, type NodeRow } from "../api.ts";
import { DeploymentTable } from "../deployment/DeploymentList.tsx";
import { EventRow } from "../event/EventRow.tsx";
import { percent } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { nodeState } from "../node/node-state.ts";
import { TourCard } from "../tour/TourCard.tsx";
import { buttonClass } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Figure } from "../ui/Figure.tsx";
import { Page, Section } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { useAttention } from "./use-attention.ts";

const SHOWN_EVENTS = 8;

export function Overview() {
  return (
    <Page title="Overview">
      <TourCard />
      <Attention />
      <Section title="Deployments" aside={<Link href="/deployments" className="underline underline-offset-4">all deployments</Link>}><DeploymentTable /></Section>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-10 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]"><FleetHealth /><Recent /></div>
    </Page>
  );
}

function Attention() {
  const { items, error, retry } = useAttention();
  if (error && items === null) return <div className="mb-6"><Problem title="The overview could not be read" error={error} retry={retry} /></div>;
  if (items === null) return null;
  return (
    <Section title="Needs attention">
      {items.length === 0 ? <p className="text-ink-2" data-testid="attention-none"><State tone="ok">Nothing.</State> Everything that should run runs.</p> : (
        <ul data-testid="attention">{items.map((item) => <li key={item.key} className="flex flex-wrap items-center gap-x-3 border-b border-line py-1.5"><State tone={item.tone}>{item.word}</State><span className="min-w-0 flex-1 break-words">{item.text}</span><Link href={item.href} className="underline decoration-line-strong underline-offset-4 hover:decoration-accent">{item.action}</Link></li>)}</ul>
      )}
    </Section>
  );
}

function FleetHealth() {
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  return (
    <Section title="Fleet" aside={<Link href="/nodes" className="underline underline-offset-4">all nodes</Link>}>
      {nodes.length === 0 && <Empty title="No node has joined" action={<Link href="/nodes/add" className={buttonClass()}>Add a node</Link>}>One command, pasted on the machine, makes it a node.</Empty>}
      <ul>{nodes.map((node) => <NodeHealth key={node.id} node={node} />)}</ul>
    </Section>
  );
}

function NodeHealth({ node }: { node: NodeRow }) {
  const live = useLive((all) => all.nodes[node.id]);
  const age = useStale({ node: node.id });
  const state = nodeState({ status: live?.status ?? node.status, cordoned: node.cordoned, approvedAt: node.approvedAt });
  const stages = (live?.assignments ?? node.assignments).length;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 min-[18rem]:grid-cols-[minmax(0,1fr)_5rem_4rem] border-b border-line py-1.5 sm:grid-cols-[minmax(0,1fr)_5.5rem_5rem_4rem]">
      <span className="flex min-w-0 items-center gap-2"><Link href={`/nodes/${node.id}`} className="truncate font-medium underline decoration-line-strong underline-offset-4 hover:decoration-accent">{node.name}</Link><StaleMark age={age} /></span>
      <State tone={state.tone}>{state.word}</State>
      <span className="text-xs max-sm:hidden"><span className="text-ink-3">cpu </span><Figure figure={percent(live?.sample?.cpuRatio)} stale={age !== null} /></span>
      <span className="text-xs text-ink-2 max-[18rem]:hidden"><span className="num">{stages}</span> stage{stages === 1 ? "" : "s"}</span>
    </li>
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
