"use client";
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath, useInternalNode } from "@xyflow/react";
import { bytes, bytesPerSecond, ms, written } from "../format.ts";
import { type LiveState, useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { Figure } from "../ui/Figure.tsx";
import type { FlowEdge } from "./canvas-graph.ts";
import { nearestSides } from "./nearest-sides.ts";
import { useIsFar } from "./use-is-far.ts";

/** A link: its latency and bandwidth, the bytes a request sends over it, and live traffic. */
export function LinkEdge({ id, source, target, data, selected, markerEnd, markerStart }: EdgeProps<FlowEdge>) {
  const [from, to] = [useInternalNode(source), useInternalNode(target)];
  const live = useLiveLink(data?.fromNodeId ?? null, data?.toNodeId ?? null);
  const far = useIsFar();
  const age = useStale({ link: useLiveLinkKey(data?.fromNodeId ?? null, data?.toNodeId ?? null) });
  const stale = age !== null;
  const lost = useLive((state) => state.connection === "lost");
  if (!data || !from || !to) return null;
  const [path, labelX, labelY] = getBezierPath(nearestSides(from, to));
  const { link } = data;
  const latency = link.latencyMs ?? (live ? live.rttMs / 2 : null);
  const bandwidth = link.bandwidthBytesPerSecond ?? live?.bandwidthBytesPerSecond ?? null;
  const moving = (live?.bytesPerSecond ?? 0) > 0 && !lost;
  return (
    <>
      <BaseEdge id={id} path={path} interactionWidth={18} {...(markerEnd ? { markerEnd } : {})} {...(markerStart ? { markerStart } : {})} style={{ strokeWidth: data.bytes === null ? 1.25 : 2, ...(link.trust === "untrusted" ? { strokeDasharray: "3 4" } : {}), ...(moving && !selected ? { stroke: "var(--accent)" } : {}) }} />
      {!far && <EdgeLabelRenderer>
        <div data-testid="link-label" className={`pointer-events-none absolute rounded-sm bg-ground/90 px-1 text-center text-2xs leading-[0.9rem] text-ink-2 ${selected ? "outline outline-accent" : ""}`} style={{ transform: `translate(-50%, calc(-100% - 3px)) translate(${labelX}px, ${labelY}px)` }}>
          <div className="flex items-center justify-center gap-1.5"><Figure figure={ms(latency)} kind={link.latencyMs === null ? "measured" : "estimated"} stale={stale && link.latencyMs === null} /><Figure figure={bytesPerSecond(bandwidth)} kind={link.bandwidthBytesPerSecond === null ? "measured" : "estimated"} stale={stale && link.bandwidthBytesPerSecond === null} /></div>
          {data.bytes !== null && <div className="text-accent">{written(bytes(data.bytes))} a request</div>}
          {moving && <div>now {written(bytesPerSecond(live?.bytesPerSecond))}</div>}
          {stale && live && <StaleMark age={age} className="text-2xs" />}
          {link.trust === "untrusted" && <div className="text-warn">untrusted</div>}
          {live?.error && <div className="text-bad">{live.error}</div>}
        </div>
      </EdgeLabelRenderer>}
    </>
  );
}

/** Measured figures of a link, whichever end measured them. */
export function useLiveLink(fromNodeId: string | null, toNodeId: string | null): LiveState["links"][string] | undefined {
  return useLive((state) => (fromNodeId === null || toNodeId === null ? undefined : (state.links[`${fromNodeId}>${toNodeId}`] ?? state.links[`${toNodeId}>${fromNodeId}`])));
}

/** Under which key the figures of `useLiveLink` lie. */
export function useLiveLinkKey(fromNodeId: string | null, toNodeId: string | null): string {
  return useLive((state) => (state.links[`${fromNodeId}>${toNodeId}`] === undefined && state.links[`${toNodeId}>${fromNodeId}`] !== undefined ? `${toNodeId}>${fromNodeId}` : `${fromNodeId}>${toNodeId}`));
}
