"use client";
import { BaseEdge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { LockKeyhole } from "lucide-react";
import { useRef } from "react";
import { bytes, bytesPerSecond, ms } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { Figure } from "../ui/Figure.tsx";
import type { FlowEdge } from "./canvas-graph.ts";
import { labelPlace } from "./label-place.ts";
import { useIsFar } from "./use-is-far.ts";
import { useLinkRoute } from "./use-link-route.ts";
import { useLiveLink } from "./use-live-link.ts";
import { useSensitive } from "./use-sensitive.ts";

/** A link: its latency and bandwidth, and, where requests of the plan cross it, their bytes, their way and the traffic now. */
export function LinkEdge({ id, source, target, data, selected, markerEnd, markerStart }: EdgeProps<FlowEdge>) {
  const route = useLinkRoute(source, target);
  const live = useLiveLink(data?.fromNodeId ?? null, data?.toNodeId ?? null, data?.link.bidirectional ?? false);
  const marks = useSensitive();
  const far = useIsFar();
  const age = useStale({ link: live.key });
  const stale = age !== null;
  const lost = useLive((state) => state.connection === "lost");
  // A second without requests leaves a zero in place of the figure, so that nothing jumps.
  const hasMoved = useRef(false);
  if (!data || !route) return null;
  const { path, sides } = route;
  const { link } = data;
  // With "est." behind each figure they are wider than the gap between two cards beside each other.
  const isBeside = (sides.from === "left" || sides.from === "right") && sides.from !== sides.to;
  const isStacked = isBeside && link.latencyMs !== null && link.bandwidthBytesPerSecond !== null;
  const sensitive = marks?.links.has(`${link.fromId}>${link.toId}`) || (link.bidirectional && marks?.links.has(`${link.toId}>${link.fromId}`));
  const { measured } = live;
  const latency = link.latencyMs ?? (measured ? measured.rttMs / 2 : null);
  const bandwidth = link.bandwidthBytesPerSecond ?? measured?.bandwidthBytesPerSecond ?? null;
  const carries = data.bytes !== null;
  const moving = live.bytesPerSecond > 0 && !lost;
  hasMoved.current ||= moving;
  const stroke = selected ? "var(--accent)" : carries ? (moving ? "var(--accent)" : "var(--accent-mid)") : moving ? "var(--accent-mid)" : "var(--line-strong)";
  return (
    <>
      <BaseEdge id={id} path={path} interactionWidth={18} {...(markerEnd ? { markerEnd } : {})} {...(markerStart ? { markerStart } : {})} style={{ stroke, ...(far ? { vectorEffect: "non-scaling-stroke" as const } : {}), strokeWidth: carries || selected ? 2 : 1.25, ...(link.trust === "untrusted" ? { strokeDasharray: "3 4" } : {}) }} />
      {!far && <EdgeLabelRenderer>
        <div data-testid="link-label" className={`pointer-events-none absolute rounded-sm bg-ground/90 px-1 text-center text-2xs leading-[15px] text-ink-2 ${selected ? "outline outline-accent" : ""}`} style={labelPlace(route)}>
          {latency === null && bandwidth === null
            ? <div className="text-ink-3">{data.fromNodeId !== null && data.toNodeId !== null ? "not measured yet" : "speed not given"}</div>
            : <div className={`flex items-center justify-center ${isStacked ? "flex-col" : "gap-1.5"}`}><Figure figure={ms(latency)} kind={link.latencyMs === null ? "measured" : "estimated"} stale={stale && link.latencyMs === null} /><Figure figure={bytesPerSecond(bandwidth)} kind={link.bandwidthBytesPerSecond === null ? "measured" : "estimated"} stale={stale && link.bandwidthBytesPerSecond === null} /></div>}
          {sensitive && <div className="flex items-center justify-center gap-1" data-testid="link-sensitive"><LockKeyhole size={11} aria-hidden />sensitive</div>}
          {carries && <div className="text-accent"><Figure figure={bytes(data.bytes)} unitClass="text-current" /> a request</div>}
          {hasMoved.current && <div><span className="text-ink-3">now </span><Figure figure={bytesPerSecond(moving ? live.bytesPerSecond : 0)} stale={stale || lost} /></div>}
          {stale && measured && <StaleMark age={age} className="text-2xs" />}
          {link.trust === "untrusted" && <div className="text-warn">untrusted</div>}
          {measured?.error && <div className="max-w-44 text-bad">{measured.error}</div>}
        </div>
      </EdgeLabelRenderer>}
    </>
  );
}
