"use client";
import { useReactFlow } from "@xyflow/react";
import { layersText } from "../format.ts";
import type { nodeState } from "../node/node-state.ts";
import { State } from "../ui/State.tsx";
import type { Chip } from "./canvas-graph.ts";

/** A card from so far away that its rows would run into each other: name, state and segments, as large on the screen at any zoom. Choosing it works as ever; a double click comes closer. */
export function SpeckCard({ id, name, state, stale, chips, replicaSegments = 0 }: { id: string; name: string; state: ReturnType<typeof nodeState>; stale: boolean; chips: readonly Chip[]; /** Of further replicas. */ replicaSegments?: number }) {
  const flow = useReactFlow();
  const held = chips.filter((chip) => chip.state !== "leaving");
  const leaves = chips.length - held.length;
  const holds = held.length + replicaSegments;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys for zoom do the same
    <div data-testid="speck" title={`${name}: ${state.word}${held.map((chip) => `; segment ${chip.stageIndex + 1}, ${layersText(chip.range)}`).join("")}. Double-click comes closer.`}
      onDoubleClick={(event) => { event.stopPropagation(); void flow.fitView({ nodes: [{ id }], maxZoom: 1, padding: 0.4 }); }}
      className="flex flex-col px-[4%] py-[3%] text-[calc(0.625rem*var(--unzoom,3))] leading-[1.12]">
      <span className="truncate text-[1.1em] font-medium">{name}</span>
      <span className="truncate [&_span]:text-[1em]"><State tone={stale ? "idle" : state.tone}>{state.word}</State></span>
      {(holds > 0 || leaves > 0) && <span className="truncate font-medium text-accent" data-testid="speck-segments">{holds > 0 && <><span className="num">{holds}</span> {holds === 1 ? "segment" : "segments"}</>}{leaves > 0 && <span className="text-ink-3"> <span className="num">{leaves}</span> {leaves === 1 ? "leaves" : "leave"}</span>}</span>}
    </div>
  );
}
