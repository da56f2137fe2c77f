"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { api, type Capacity, type NodeFull, type TrackedFigure } from "../api.ts";
import { bytes, bytesPerSecond, celsius, coresText, ms, percent, type Written } from "../format.ts";
import { shownError } from "../shown-error.ts";
import { Figure } from "../ui/Figure.tsx";
import { Section } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

/** Reports bring figures once a second. */
const POLL_MS = 2_000;

type NodeNow = Capacity["nodes"][number];
type LinkNow = Capacity["links"][number];
type Write = (value: number | null | undefined) => Written;

/** What the node and its links can do right now: each figure with its spread, its age and whence it is known. */
export function NodeCapacity({ node }: { node: NodeFull }) {
  const query = useQuery(api.nodes.capacity.queryOptions({}, { refetchInterval: POLL_MS }));
  const error = shownError(query);
  if (error) return <Problem title="The capacity could not be read" error={error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} label="Loading the node's capacity" />;
  const now = query.data.nodes.find((one) => one.nodeId === node.id);
  const links = query.data.links.filter((link) => link.fromNodeId === node.id || link.toNodeId === node.id);
  return (
    <>
      <Section title="Node" aside="mean ± standard deviation, recent reports count more">{now ? <Resources now={now} atMs={query.dataUpdatedAt} /> : <Nothing>Nothing told yet: figures come with its first report.</Nothing>}</Section>
      <Section title="Stage times" aside="computing, of the requests it served">{now && now.stages.length > 0 ? <Stages stages={now.stages} atMs={query.dataUpdatedAt} /> : <Nothing>It served no requests in the last ten minutes: stage times come from real ones.</Nothing>}</Section>
      <Section title="Links" aside="from traffic first, from probes while they carry none">{links.length > 0 ? <Links own={node.id} links={links} nodes={query.data.nodes} atMs={query.dataUpdatedAt} /> : <Nothing>Nothing measured yet: a link is probed once another node is there.</Nothing>}</Section>
    </>
  );
}

const Nothing = ({ children }: { children: ReactNode }) => <p className="text-ink-2">{children}</p>;

/** "12.3 ms ± 0.4 ms", and below it how old it is and whence. */
function Estimate({ figure, write, how, atMs, absent }: { figure: TrackedFigure | null | undefined; write: Write; how: string; atMs: number; absent: string }) {
  if (!figure) return <span className="text-ink-3">{absent}</span>;
  return (
    <span className="block">
      <span className="whitespace-nowrap"><Figure figure={write(figure.mean)} /> <span className="text-ink-3">± </span><Figure figure={write(figure.sd)} label="standard deviation" /></span>
      <span className="block text-xs text-ink-3">{how}, <Time iso={new Date(atMs - figure.ageMs).toISOString()} /></span>
    </span>
  );
}

function Resources({ now, atMs }: { now: NodeNow; atMs: number }) {
  const { thermal } = now;
  const unread = "not readable";
  const estimate = (figure: TrackedFigure | null | undefined, write: Write, how = "read by its agent", absent = "not told yet") => <Estimate figure={figure} write={write} how={how} atMs={atMs} absent={absent} />;
  const rows: { name: string; value: ReactNode }[] = [
    { name: "Cores it may use", value: estimate(now.cores, coresText) },
    { name: "Cores in use", value: estimate(now.busyShare, percent) },
    { name: "Memory available", value: estimate(now.memoryAvailableBytes, bytes) },
    { name: "Memory plans count with", value: now.memoryUsableBytes === null ? <span className="text-ink-3">not told yet</span> : <Figure figure={bytes(now.memoryUsableBytes)} /> },
    { name: "Temperature", value: estimate(thermal?.celsius, celsius, thermal?.sensor ? `sensor ${thermal.sensor}` : undefined, unread) },
    { name: "Clock, of its highest", value: estimate(thermal?.clockRatio, percent, undefined, unread) },
    { name: "Clock it is allowed", value: thermal?.clockLimitRatio == null ? <span className="text-ink-3">{unread}</span> : <Figure figure={percent(thermal.clockLimitRatio)} /> },
    { name: "Slowed by heat", value: thermal?.throttled == null ? <span className="text-ink-3">{unread}</span> : thermal.throttled ? <State tone="warn">yes</State> : <State tone="ok">no</State> },
    { name: "Pace while idle", value: now.idleSlowdown === null ? <span className="text-ink-3">only of a node that serves nothing</span> : <><Figure figure={percent(1 / now.idleSlowdown)} /> <span className="text-ink-3">of its usual one</span></> },
  ];
  return <dl data-testid="capacity-node" className="grid grid-cols-[minmax(9rem,14rem)_minmax(0,1fr)] gap-y-2 max-sm:grid-cols-1">{rows.map(({ name, value }) => <div key={name} className="contents"><dt className="text-ink-3">{name}</dt><dd className="min-w-0 max-sm:mb-1">{value}</dd></div>)}</dl>;
}

function Stages({ stages, atMs }: { stages: NodeNow["stages"]; atMs: number }) {
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  return (
    <div className="relative overflow-x-auto">
      <table className="rowed w-full" data-testid="capacity-stages">
        <thead><tr><th>Deployment</th><th>Stage</th><th>Epoch</th><th>Compute, p50</th><th>Reports</th></tr></thead>
        <tbody>
          {stages.map((stage) => (
            <tr key={`${stage.deploymentId} ${stage.epoch} ${stage.stageIndex}`}>
              <td><Link className="underline underline-offset-4" href={`/deployments/${stage.deploymentId}`}>{deployments.find((row) => row.id === stage.deploymentId)?.name ?? stage.deploymentId}</Link></td>
              <td className="num">{stage.stageIndex + 1}</td>
              <td className="num">{stage.epoch}</td>
              <td><Estimate figure={stage.computeMs} write={ms} how="from traffic" atMs={atMs} absent="none lately" /></td>
              <td className="num">{stage.computeMs.samples}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Links({ own, links, nodes, atMs }: { own: string; links: readonly LinkNow[]; nodes: readonly NodeNow[]; atMs: number }) {
  const rows = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const nameOf = (id: string) => rows.find((one) => one.id === id)?.name ?? id;
  const lossOf = (from: string) => (nodes.find((one) => one.nodeId === from)?.lossReadable === true ? "too little sent" : "not readable");
  return (
    <div className="relative overflow-x-auto">
      <table className="rowed w-full" data-testid="capacity-links">
        <thead><tr><th>Direction</th><th>Round trip</th><th>Bandwidth</th><th>Loss</th><th>A frame's way</th></tr></thead>
        <tbody>
          {links.map(({ fromNodeId: from, toNodeId: to, roundTripMs, bytesPerSecond: rate, lossRatio, hopMs, probed }) => {
            const other = from === own ? to : from;
            return (
              <tr key={`${from}>${to}`}>
                <td className="whitespace-nowrap">{from === own ? "to" : "from"} <Link className="underline underline-offset-4" href={`/nodes/${other}`}>{nameOf(other)}</Link></td>
                <td><Estimate figure={roundTripMs ?? probed?.roundTripMs} write={ms} how={roundTripMs ? "from traffic" : "from probes"} atMs={atMs} absent="not measured yet" /></td>
                <td><Estimate figure={rate ?? probed?.bytesPerSecond} write={bytesPerSecond} how={rate ? "from traffic" : "from probes"} atMs={atMs} absent="not measured yet" /></td>
                <td><Estimate figure={lossRatio} write={percent} how="from traffic" atMs={atMs} absent={lossOf(from)} /></td>
                <td><Estimate figure={hopMs} write={ms} how="from traffic" atMs={atMs} absent="no requests lately" /></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
