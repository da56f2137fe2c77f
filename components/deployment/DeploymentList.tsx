"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { api, type DeploymentRow } from "../api.ts";
import { ms, perSecond } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { shownError } from "../shown-error.ts";
import { buttonClass } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Sparkline } from "../ui/Sparkline.tsx";
import { State } from "../ui/State.tsx";
import { DEPLOYMENT_TONES } from "./deployment-state.ts";
import { PipelineTime } from "./PipelineTime.tsx";

export function DeploymentList() {
  return <Page title="Deployments" lead="Models that are served, cut over the nodes of a topology."><DeploymentTable /></Page>;
}

export function DeploymentTable() {
  const list = useQuery(api.deployments.list.queryOptions());
  if (list.isPending) return <Skeleton label="Loading deployments" />;
  if (shownError(list)) return <Problem title="The deployments could not be listed" error={list.error} retry={() => void list.refetch()} />;
  if (!list.data || list.data.length === 0) return <Empty title="Nothing is served yet" action={<Link href="/topologies" className={buttonClass("primary")}>Open a topology</Link>}>Place a model on the nodes of a topology, then deploy it. Requests enter at one of the nodes; this console is never on their path.</Empty>;
  return (
    <div className="overflow-x-auto">
      <table className="rowed w-full">
        <thead><tr><th>Name</th><th>State</th><th className="max-sm:hidden">Model on topology</th><th>Requests</th><th>p50</th><th className="max-sm:hidden">Predicted</th><th className="max-sm:hidden">p99</th><th className="w-32 max-lg:hidden">Last minutes</th><th className="max-sm:hidden">Enters at</th></tr></thead>
        <tbody>{list.data.map((one) => <Row key={one.id} deployment={one} />)}</tbody>
      </table>
    </div>
  );
}

const NO_POINTS: never[] = [];
function Row({ deployment }: { deployment: DeploymentRow }) {
  const sample = useLive((state) => state.deployments[deployment.id]);
  const points = useLive((state) => state.history[deployment.id] ?? NO_POINTS);
  const age = useStale({ deployment: deployment.id });
  const stale = age !== null;
  return (
    <tr data-testid="deployment-row">
      <td><Link className="font-medium underline decoration-line-strong underline-offset-4 hover:decoration-accent" href={`/deployments/${deployment.id}`}>{deployment.name}</Link>{deployment.currentRevision && <span className="num ml-2 text-xs text-ink-3">r{deployment.currentRevision.number}</span>}</td>
      <td><State tone={DEPLOYMENT_TONES[deployment.status]}>{deployment.status}</State>{deployment.statusReason && deployment.status !== "live" && <div className="max-w-60 text-xs text-ink-2">{deployment.statusReason}</div>}</td>
      <td className="text-ink-2 max-sm:hidden">{deployment.modelName} on {deployment.topologyName}</td>
      <td><Figure figure={perSecond(sample?.requestsPerSecond)} stale={stale} /><div><StaleMark age={age} /></div>{sample && sample.errorsPerSecond > 0 && <div className="text-xs text-bad">{sample.errorsPerSecond.toFixed(1)} errors/s</div>}</td>
      <td><Figure figure={ms(sample?.latencyMsP50)} stale={stale} /><div className="text-xs"><PipelineTime of={sample} stale={stale} /></div></td>
      <td className="max-sm:hidden"><Figure figure={ms(sample?.predictedLatencyMs ?? deployment.predictedLatencyMs)} kind={predicted(deployment.predictedFrom ?? "mixed")} /></td>
      <td className="max-sm:hidden"><Figure figure={ms(sample?.latencyMsP99)} stale={stale} /></td>
      <td className="max-lg:hidden"><Sparkline values={points.map((point) => point.latencyMsP50)} label="Median latency, last minutes" /></td>
      <td className="num text-xs text-ink-2 max-sm:hidden">{deployment.ingress.map((one) => <div key={one.nodeId} className="break-all">{one.url}{one.ready ? "" : " (not ready)"}</div>)}</td>
    </tr>
  );
}
