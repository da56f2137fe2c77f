"use client";
import { BaseEdge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { labelPlace } from "../canvas/label-place.ts";
import { useIsFar } from "../canvas/use-is-far.ts";
import { useLinkRoute } from "../canvas/use-link-route.ts";
import { bytes, bytesPerSecond, ms } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import type { PastEdge } from "./replay-graph.ts";

/** A link as it was measured then; what the drawing assumed stands in where nothing was measured. */
export function ReplayEdge({ id, source, target, data, markerEnd, markerStart }: EdgeProps<PastEdge>) {
  const route = useLinkRoute(source, target);
  const far = useIsFar();
  if (!data || !route) return null;
  const { link, measured } = data;
  const carries = data.bytes !== null;
  const latency = measured ? measured.rttMs / 2 : link.latencyMs;
  const bandwidth = measured?.bandwidthBytesPerSecond ?? link.bandwidthBytesPerSecond;
  return (
    <>
      <BaseEdge id={id} path={route.path} {...(markerEnd ? { markerEnd } : {})} {...(markerStart ? { markerStart } : {})} style={{ stroke: carries ? "var(--accent)" : "var(--line-strong)", strokeWidth: carries ? 2 : 1.25, ...(link.trust === "untrusted" ? { strokeDasharray: "3 4" } : {}) }} />
      {!far && (
        <EdgeLabelRenderer>
          <div data-testid="past-link" className="pointer-events-none absolute rounded-sm bg-ground/90 px-1 text-center text-2xs leading-[15px] text-ink-2" style={labelPlace(route)}>
            <div className="flex justify-center gap-1.5"><Figure figure={ms(latency)} kind={measured ? "measured" : "estimated"} /><Figure figure={bytesPerSecond(bandwidth)} kind={measured?.bandwidthBytesPerSecond != null ? "measured" : "estimated"} /></div>
            {carries && <div className="text-accent"><Figure figure={bytes(data.bytes)} unitClass="text-current" /> a request</div>}
            {measured && measured.bytesPerSecond > 0 && <div><span className="text-ink-3">then </span><Figure figure={bytesPerSecond(measured.bytesPerSecond)} /></div>}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
