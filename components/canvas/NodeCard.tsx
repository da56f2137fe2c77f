"use client";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Ban, LogIn, ShieldOff } from "lucide-react";
import type { DragEvent } from "react";
import { useLive } from "../live/live-store.ts";
import { nodeState } from "../node/node-state.ts";
import { useReplicaStages } from "../plan/use-replicas.ts";
import { State } from "../ui/State.tsx";
import { ArrivingSegments } from "./ArrivingSegments.tsx";
import { CardChanges } from "./CardChanges.tsx";
import { type CardNode, cardHeight } from "./canvas-graph.ts";
import { CARD } from "./canvas-layout.ts";
import { CardFigures } from "./CardFigures.tsx";
import { ReplicaMarks } from "./ReplicaMarks.tsx";
import { NameInPlace } from "./NameInPlace.tsx";
import { saveField } from "./save-field.ts";
import { SegmentChip } from "./SegmentChip.tsx";
import { SegmentsFromAfar } from "./SegmentsFromAfar.tsx";
import { SpeckCard } from "./SpeckCard.tsx";
import { useDrop } from "./use-drop.ts";
import { useFleetNode } from "./use-fleet.ts";
import { useIsFar, useIsSpeck } from "./use-is-far.ts";
import { useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** A node on the canvas: solid when a machine stands behind it, dashed and hatched when it is only drawn. */
export function NodeCard({ data, selected }: NodeProps<CardNode>) {
  const { node, chips, isSource } = data;
  const fleet = useFleetNode(node.nodeId);
  const status = useLive((state) => (node.nodeId === null ? undefined : state.nodes[node.nodeId]?.status));
  const stale = useLive((state) => state.connection === "lost");
  const hovered = useWorkbench((state) => state.drag !== null && state.hoverNodeId === node.id);
  const dragging = useWorkbench((state) => state.drag !== null);
  const store = useWorkbenchStore();
  const naming = useWorkbench((state) => state.namingId === node.id);
  const { drop, refused } = useDrop(node.id);
  const replicaSegments = useReplicaStages(node.id).length;
  const holdsReplica = replicaSegments > 0;
  const avoided = useWorkbench((state) => state.history.present.request?.avoidNodeIds?.includes(node.id) ?? false);
  const planned = node.nodeId === null;
  const far = useIsFar();
  const speck = useIsSpeck() && !naming;
  const held = chips.filter((chip) => chip.state !== "leaving");
  const single = far && held.length > 1 ? chips.filter((chip) => chip.state === "leaving") : chips;
  const state = nodeState(planned ? null : { status: status ?? fleet?.status ?? "lost", cordoned: fleet?.cordoned ?? false, approvedAt: fleet ? fleet.approvedAt : "" });
  const edge = hovered ? (refused ? "border-bad" : "border-accent") : selected ? "border-accent" : planned ? "border-line-strong" : "border-ink-3";
  return (
    <div data-testid="node-card" data-node-name={node.name} data-planned={planned} data-far={far} {...drop} style={{ width: CARD.width, minHeight: cardHeight(chips.length) }}
      className={`rounded-lg border bg-panel text-sm ${speck ? "border-[calc(1px*var(--unzoom,3))]" : ""} ${planned ? "border-dashed" : ""} ${planned && speck ? "hatch" : ""} ${edge} ${hovered ? `outline-2 outline-offset-2 ${refused ? "outline-bad" : "outline-accent"}` : ""} ${dragging && !hovered ? "opacity-90" : ""}`}>
      <Handle type="target" position={Position.Left} />
      {speck ? <SpeckCard id={node.id} name={node.name} state={state} stale={stale && !planned} chips={chips} replicaSegments={replicaSegments} /> : <>
      <div className={`flex items-center gap-2 rounded-t-lg border-b border-line px-2.5 py-1.5 ${planned ? "hatch" : ""}`}>
        {naming ? <NameInPlace kind="node" id={node.id} name={node.name} label={`New name of ${node.name}`} save={(name) => saveField(store, { kind: "node", item: node }, node.name, { name })} />
          // biome-ignore lint/a11y/noStaticElementInteractions: F2 does the same
          : <span title="Double-click or F2 to rename" className={`min-w-0 flex-1 truncate font-medium ${far ? "text-[23px] leading-7" : ""}`} onDoubleClick={(event) => { event.stopPropagation(); store.setState({ namingId: node.id }); }}>{node.name}</span>}
        {node.trust === "untrusted" && <span title="Untrusted: nothing sensitive may go there" className="text-warn" data-testid="untrusted"><ShieldOff size={13} aria-label="untrusted" /></span>}
        {avoided && <span title="Plans put no layer here" className="text-ink-2"><Ban size={13} aria-label="avoided" /></span>}
        {isSource && <span title="Requests enter and answers leave here" className="text-ink-2"><LogIn size={13} aria-label="ingress" /></span>}
        {!far && <State tone={stale && !planned ? "idle" : state.tone}>{state.word}</State>}
      </div>
      <div className="space-y-1.5 px-2.5 py-2">
        {far && <div className="origin-left scale-[1.7] pb-1"><State tone={stale && !planned ? "idle" : state.tone}>{state.word}</State></div>}
        {!far && <CardFigures node={node} />}
        {!far && <CardChanges topologyNodeId={node.id} />}
        <div className="space-y-[3px] pt-0.5">
          {single !== chips && <SegmentsFromAfar chips={held} topologyNodeId={node.id} nodeName={node.name} />}
          {single.map((chip) => <SegmentChip key={`${chip.state}-${chip.range.from}-${chip.range.to}`} chip={chip} topologyNodeId={node.id} nodeId={node.nodeId} nodeName={node.name} far={far} />)}
          <ReplicaMarks topologyNodeId={node.id} far={far} />
          {!far && <ArrivingSegments nodeId={node.nodeId} nodeName={node.name} chips={chips} />}
          {chips.length === 0 && !far && (dragging || !holdsReplica) && <div className="grid h-6 place-items-center rounded-md border border-dashed border-line text-2xs text-ink-3">{dragging ? "drop layers here" : "holds no layers"}</div>}
        </div>
      </div>
      </>}
      <Handle type="source" position={Position.Right} />
    </div>
  );
}

export type DropHandlers = { onDragOver: (event: DragEvent) => void; onDragEnter: (event: DragEvent) => void; onDragLeave: (event: DragEvent) => void; onDrop: (event: DragEvent) => void };
