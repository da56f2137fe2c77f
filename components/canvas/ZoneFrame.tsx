"use client";
import type { NodeProps } from "@xyflow/react";
import type { FrameNode } from "./canvas-graph.ts";
import { NameInPlace } from "./NameInPlace.tsx";
import { saveField } from "./save-field.ts";
import { useIsFar } from "./use-is-far.ts";
import { useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** A zone: the frame around its nodes. */
export function ZoneFrame({ id, data, selected, width, height }: NodeProps<FrameNode>) {
  const store = useWorkbenchStore();
  const far = useIsFar();
  const naming = useWorkbench((state) => state.namingId === id);
  return (
    <div data-testid="zone-frame" data-zone-name={data.name} style={{ width, height }} className={`rounded-lg border bg-sunken/60 ${selected ? "border-accent" : "border-line-strong"}`}>
      <div className={`flex gap-1 px-3 text-ink-2 ${far ? "h-10 items-center text-[min(34px,calc(0.625rem*var(--unzoom,1)))] leading-none" : "py-1.5 text-xs"}`}>
        {!far && <span className="text-ink-3">zone</span>}
        {naming ? <NameInPlace kind="zone" id={id} name={data.name} label={`New name of zone ${data.name}`} save={(name) => saveField(store, { kind: "zone", item: { id, name: data.name } }, data.name, { name })} />
          // biome-ignore lint/a11y/noStaticElementInteractions: F2 does the same
          : <span title="Double-click or F2 to rename" className="truncate" onDoubleClick={(event) => { event.stopPropagation(); store.setState({ namingId: id }); }}>{data.name}</span>}
      </div>
      {data.empty && <p className="px-3 text-xs text-ink-3">Empty. Drop nodes here.</p>}
    </div>
  );
}
