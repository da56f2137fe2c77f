import type { NodeProps } from "@xyflow/react";
import type { FrameNode } from "./canvas-graph.ts";

/** A zone: the frame around its nodes. */
export function ZoneFrame({ data, selected, width, height }: NodeProps<FrameNode>) {
  return (
    <div data-testid="zone-frame" data-zone-name={data.name} style={{ width, height }} className={`rounded-lg border bg-sunken/60 ${selected ? "border-accent" : "border-line-strong"}`}>
      <div className="px-3 py-1.5 text-xs text-ink-2"><span className="text-ink-3">zone </span>{data.name}</div>
      {data.empty && <p className="px-3 text-xs text-ink-3">Empty. Choose this zone in a node’s inspector.</p>}
    </div>
  );
}
