"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { wantAction } from "../act/act-store.ts";
import { api, type NodeFull } from "../api.ts";
import { bytes, digits, percent } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { shownError } from "../shown-error.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { Figure } from "../ui/Figure.tsx";
import { Page, Section } from "../ui/Page.tsx";
import { ReadProblem } from "../ui/ReadProblem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Sparkline } from "../ui/Sparkline.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { NodeLog } from "./NodeLog.tsx";
import { NodeCapacity } from "./NodeCapacity.tsx";
import { NodeChartsTab } from "./NodeChartsTab.tsx";
import { ApproveNode } from "./ApproveNode.tsx";
import { NodeLinks } from "./NodeLinks.tsx";
import { NodeStages } from "./NodeStages.tsx";
import { NodeTabs } from "./NodeTabs.tsx";
import { nodeState } from "./node-state.ts";
import { Preflight } from "./Preflight.tsx";
import { RemovedNode } from "./RemovedNode.tsx";
import { RemoveNode } from "./RemoveNode.tsx";

const CHECKS_POLL_MS = 5000;

export function NodePage({ nodeId }: { nodeId: string }) {
  const query = useQuery(api.nodes.get.queryOptions({ id: nodeId }, { refetchInterval: CHECKS_POLL_MS }));
  // Once it is gone nothing can be asked of it; the last step is on the machine itself.
  const [removedName, setRemoved] = useState<string | null>(null);
  if (removedName !== null) return <Page title={removedName}><RemovedNode name={removedName} /></Page>;
  const error = shownError(query);
  if (error) return <ReadProblem what="node" wasCalled={query.data?.name} list={{ href: "/nodes", name: "All nodes" }} error={error} retry={() => void query.refetch()} />;
  if (!query.data) return <Page title="Node"><Skeleton rows={9} label="Loading the node" /></Page>;
  const node = query.data;
  return (
    <Page title={node.name} lead={<span className="flex flex-wrap gap-x-4"><Presence node={node} /><span className="num text-xs break-all">{node.id}</span></span>} actions={<Actions node={node} />}>
      <NodeTabs tabs={[["overview", "Overview", <Facts key="o" node={node} onRemoved={() => setRemoved(node.name)} />], ["capacity", "Capacity", <NodeCapacity key="p" node={node} />], ["charts", "Charts", <NodeChartsTab key="c" node={node} />], ["log", "Logs", <NodeLog key="l" nodeId={node.id} nodeName={node.name} />]]} />
    </Page>
  );
}

function Facts({ node, onRemoved }: { node: NodeFull; onRemoved: () => void }) {
  return (
    <>
      {node.approvedAt === null && <Section title="Approval"><ApproveNode nodeId={node.id} failing={node.checks.filter((check) => check.status === "bad").length} /></Section>}
      <Figures node={node} />
      <Section title="Checks"><Preflight checks={node.checks} /></Section>
      <Section title="Stages" aside={<><Figure figure={bytes(node.reservedBytes)} /> reserved for them</>}><NodeStages node={node} /></Section>
      <Section title="Links" aside="measured by probe frames over mutual TLS"><NodeLinks node={node} /></Section>
      <Section title="Hardware"><Hardware node={node} /></Section>
      <Section title="Remove"><RemoveNode node={node} onRemoved={onRemoved} /></Section>
    </>
  );
}

function Presence({ node }: { node: NodeFull }) {
  const live = useLive((state) => state.nodes[node.id]);
  const state = nodeState({ status: live?.status ?? node.status, cordoned: node.cordoned, approvedAt: node.approvedAt });
  const age = useStale({ node: node.id });
  return <span className="flex gap-3"><State tone={state.tone}>{state.word}</State><StaleMark age={age} /><span>last seen <Time iso={live?.lastSeenAt ?? node.lastSeenAt} /></span></span>;
}

function Actions({ node }: { node: NodeFull }) {
  const want = (action: "cordon" | "uncordon" | "drain") => wantAction({ on: "node", id: node.id, name: node.name, action });
  return (
    <>
      <Button onClick={() => want(node.cordoned ? "uncordon" : "cordon")} title={node.cordoned ? "It may take new stages again" : "It keeps what it runs and takes no new stages"}>{node.cordoned ? "Uncordon…" : "Cordon…"}</Button>
      <Button onClick={() => want("drain")} title="Everything on it moves elsewhere" data-testid="drain">Drain…</Button>
      <Link href={`/nodes/add?node=${node.id}`} className={buttonClass()}>Measure and use</Link>
    </>
  );
}

function Figures({ node }: { node: NodeFull }) {
  const sample = useLive((state) => state.nodes[node.id]?.sample) ?? null;
  const age = useStale({ node: node.id });
  const stale = age !== null;
  const metrics = useQuery(api.nodes.metrics.queryOptions({ id: node.id })).data ?? [];
  const charts = [
    ["CPU", <Figure key="c" figure={percent(sample?.cpuRatio)} stale={stale} />, metrics.map((one) => one.cpuRatio)],
    ["Memory used", <Figure key="m" figure={bytes(sample?.memoryUsedBytes)} stale={stale} />, metrics.map((one) => one.memoryUsedBytes)],
    ["Agent's memory", <Figure key="a" figure={bytes(sample?.agentRssBytes)} stale={stale} />, metrics.map((one) => one.agentRssBytes)],
    ["Stages", <span key="s" className="num">{node.assignments.length}</span>, null],
  ] as const;
  return <dl className="mb-8 grid grid-cols-2 gap-x-8 gap-y-4 sm:grid-cols-4">{charts.map(([name, value, values]) => <div key={name} className="min-w-0"><dt className="eyebrow">{name}</dt><dd><span className="text-lg">{value}</span>{values && <Sparkline values={values} label={`${name}, last 15 minutes`} />}</dd></div>)}</dl>;
}

function Hardware({ node }: { node: NodeFull }) {
  const { hardware } = node;
  if (!hardware) return <p className="text-ink-2">Told when it connects for the first time.</p>;
  const rows = [
    ["Processor", <>{hardware.cpuModel}, <span className="num">{digits(hardware.cores)}</span> core{hardware.cores === 1 ? "" : "s"} usable</>],
    ["Memory", <><Figure figure={bytes(hardware.memoryBytes)} />, <Figure figure={bytes(hardware.memoryAvailableBytes)} /> free when it connected</>],
    ["Disk", <><Figure figure={bytes(hardware.diskFreeBytes)} /> free when it connected</>],
    ["Providers", hardware.providers.join(", ") || "none"],
    ["System", `${hardware.platform} ${hardware.arch}, host ${hardware.hostname}`],
    ["Software", `agent ${hardware.agentVersion}, Node ${hardware.nodeVersion}, ONNX Runtime ${hardware.ortVersion}`],
    ["Joined", <Time key="j" iso={node.enrolledAt} both />],
    ["Certificate ends", <Time key="c" iso={node.certificateExpiresAt} />],
  ] as const;
  return <dl className="grid grid-cols-[8rem_minmax(0,1fr)] gap-y-1.5 max-sm:grid-cols-1">{rows.map(([name, value]) => <div key={name} className="contents"><dt className="text-ink-3">{name}</dt><dd className="break-words max-sm:mb-1">{value}</dd></div>)}</dl>;
}
