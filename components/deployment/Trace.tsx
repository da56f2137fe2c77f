"use client";
import { useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useEffect, useState } from "react";
import type { RequestTrace } from "../../agents/protocol/control.ts";
import { api, type DeploymentFull } from "../api.ts";
import { bytes, ms } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { Figure } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

/** A recent request across its stages: waiting, computing, and what is left for the way. */
export function Trace({ deployment }: { deployment: DeploymentFull }) {
  const latest = useLive((state) => state.deployments[deployment.id]?.trace ?? null);
  const [last, setLast] = useState<RequestTrace | null>(latest);
  const [held, setHeld] = useState(false);
  useEffect(() => { if (latest !== null && !held) setLast(latest); }, [latest, held]);
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  if (last === null) return <p className="text-ink-2">No request has passed since this page was opened. Send one in <b>Try it</b>.</p>;
  const inside = last.stages.reduce((sum, stage) => sum + stage.queueMs + stage.computeMs, 0);
  const wayMs = Math.max(0, last.totalMs - inside);
  const share = (value: number) => `${(value / Math.max(last.totalMs, 1e-6)) * 100}%`;
  // The way's share is spread evenly over the hops: single hops are not timed across unsynchronised clocks.
  const hopMs = wayMs / (last.stages.length + 1);
  let at = 0;
  return (
    <div data-testid="trace">
      <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs">
        <span className="num text-ink-3">{last.requestId}</span><Time iso={last.startedAt} both /><span>total <Figure figure={ms(last.totalMs)} /></span><State tone={last.ok ? "ok" : "bad"}>{last.ok ? "answered" : (last.errorCode ?? "failed")}</State>
        <Button look="quiet" onClick={() => setHeld(!held)} aria-pressed={held}>{held ? <Play size={13} /> : <Pause size={13} />}{held ? "Follow" : "Hold"}</Button>
      </div>
      {last.stages.map((stage) => {
        const start = at + hopMs;
        at = start + stage.queueMs + stage.computeMs;
        return (
          <div key={stage.stageIndex} className="grid grid-cols-[9rem_1fr_8rem] items-center gap-3 border-b border-line py-1 text-xs">
            <span className="truncate">{stage.stageIndex + 1} · {nodes.find((node) => node.id === stage.nodeId)?.name ?? stage.nodeId}</span>
            <span className="relative h-3.5 bg-sunken" role="img" aria-label={`waited ${ms(stage.queueMs).text} ${ms(stage.queueMs).unit}, computed ${ms(stage.computeMs).text} ${ms(stage.computeMs).unit}`}>
              <span className="hatch absolute inset-y-0 bg-line" style={{ left: share(start), width: share(stage.queueMs) }} /><span className="absolute inset-y-0 bg-accent-mid" style={{ left: share(start + stage.queueMs), width: share(stage.computeMs) }} />
            </span>
            <span className="text-right"><Figure figure={ms(stage.computeMs)} /> <span className="text-ink-3">{bytes(stage.receivedBytes).text} {bytes(stage.receivedBytes).unit} in</span></span>
          </div>
        );
      })}
      <p className="mt-1.5 text-xs text-ink-2">On the way: <Figure figure={ms(wayMs)} /> in {last.stages.length + 1} hops, drawn as equal parts. Solid = computing, hatched = waiting.</p>
    </div>
  );
}
