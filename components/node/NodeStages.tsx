"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { modeText } from "../../server/planner/mode-text.ts";
import { api, type NodeFull } from "../api.ts";
import { bytes, ms } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { useStale } from "../live/use-stale.ts";
import { Figure } from "../ui/Figure.tsx";
import { State, type Tone } from "../ui/State.tsx";

const TONES: Record<NodeFull["assignments"][number]["state"], Tone> = { pending: "idle", fetching: "busy", fetched: "idle", loading: "busy", warming: "busy", ready: "ok", draining: "warn", failed: "bad" };

/** What the node runs now, and how fast. */
export function NodeStages({ node }: { node: NodeFull }) {
  const live = useLive((state) => state.nodes[node.id]);
  const stale = useStale({ node: node.id }) !== null;
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const assignments = live?.assignments ?? node.assignments;
  if (assignments.length === 0 && node.ingress.length === 0) return <p className="text-ink-2">It runs nothing now. A deployment whose plan places layers on it starts its stages here.</p>;
  return (
    <>
      {assignments.length > 0 && (
        <div className="relative overflow-x-auto">
          <table className="rowed w-full">
            <thead><tr><th>Stage</th><th>Deployment</th><th>State</th><th>Fetched</th><th>Compute, p50</th><th>Queue, p50</th><th>Mode</th><th>Memory, most</th><th>Restarts</th></tr></thead>
            <tbody>
              {assignments.map((one) => {
                const sample = live?.sample?.stages.find((stage) => stage.assignmentId === one.assignmentId);
                const deployment = deployments.find((row) => row.id === sample?.deploymentId);
                return (
                  <tr key={one.assignmentId}>
                    <td className="whitespace-nowrap">{sample ? <>stage <span className="num">{sample.stageIndex + 1}</span></> : <span className="text-ink-3">–</span>}<div className="num text-xs text-ink-3">{one.segmentId}</div></td>
                    <td>{deployment ? <Link className="underline underline-offset-4" href={`/deployments/${deployment.id}`}>{deployment.name}</Link> : <span className="text-ink-3">–</span>}</td>
                    <td><State tone={TONES[one.state]}>{one.state}</State>{one.error && <div className="max-w-72 text-xs text-bad">{one.error.message}</div>}</td>
                    <td><Figure figure={bytes(one.bytesDone)} /></td>
                    <td><Figure figure={ms(sample?.computeMsP50)} stale={stale} /></td>
                    <td><Figure figure={ms(sample?.queueMsP50)} stale={stale} /></td>
                    <td className="whitespace-nowrap">{one.running ? modeText(one.running.session) : <span className="text-ink-3">–</span>}{one.running?.inline && <div className="text-xs text-ink-3">without a worker</div>}</td>
                    <td><Figure figure={bytes(one.processBytes ?? one.residentBytes)} stale={stale} /></td>
                    <td className="num">{one.restarts}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {node.ingress.map((one) => <p key={one.deploymentId} className="mt-2 text-ink-2">Requests of {deployments.find((row) => row.id === one.deploymentId)?.name ?? one.deploymentId} enter here: <span className="num text-xs break-all">{one.url}</span>{one.error && <span className="text-bad"> {one.error}</span>}</p>)}
    </>
  );
}
