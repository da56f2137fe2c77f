// Owns React Flow's copies of the cards and frames: it moves them while a hand or an arrow key does; the drawing changes once, when they are let go.
import { applyNodeChanges, type EdgeChange, type NodeChange, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Drawing } from "./canvas-edit.ts";
import { type FlowNode, flowNodes } from "./canvas-graph.ts";
import { CARD } from "./canvas-layout.ts";
import { carriedIds, withCarried } from "./carried-nodes.ts";
import { extraRows, extraRowsText, readExtraRows } from "./extra-rows.ts";
import { amend, choose, chosenIds, edit, useDrawing, useWorkbench, useWorkbenchStore, type WorkbenchStore } from "./workbench-store.ts";
import { dropIntoZones, type Frame } from "./zone-drop.ts";

/** Presses of an arrow key within this of each other are one step to undo. */
const NUDGE_STEP_MS = 1000;

/** React Flow says what was chosen and what no longer is; the workbench keeps the sum. */
export function chooseChanged(store: WorkbenchStore, changes: readonly (NodeChange<FlowNode> | EdgeChange)[]): void {
  const selects = changes.filter((change) => change.type === "select");
  if (selects.length === 0) return;
  const ids = new Set(chosenIds(store.getState()));
  for (const change of selects) { if (change.selected) ids.add(change.id); else ids.delete(change.id); }
  choose(store, [...ids]);
}

export function useFlowNodes() {
  const store = useWorkbenchStore();
  const drawing = useDrawing();
  const running = useWorkbench((state) => state.running);
  const selection = useWorkbench((state) => state.selection);
  const several = useWorkbench((state) => state.several);
  const frames = useRef<Frame[]>([]);
  const extra = useWorkbench((state) => extraRowsText(extraRows(state)));
  const wanted = useMemo(() => flowNodes(drawing, running, readExtraRows(extra)), [drawing, running, extra]);
  const [nodes, setNodes] = useState<FlowNode[]>(wanted);
  useEffect(() => setNodes((old) => {
    const known = new Map(old.map((node) => [node.id, node]));
    const chosen = new Set(chosenIds({ selection, several }));
    return wanted.map((node) => {
      const before = known.get(node.id);
      // What is in the hand stays in the hand, whoever changes the drawing meanwhile.
      return { ...node, ...(before?.measured ? { measured: before.measured } : {}), ...(before?.dragging ? { position: before.position, dragging: true } : {}), selected: chosen.has(node.id) } as FlowNode;
    });
  }), [wanted, selection, several]);
  const flow = useReactFlow<FlowNode>();
  const inHand = useRef(false);
  const nudged = useRef({ ids: "", atMs: 0 });
  const onNodesChange = (changes: NodeChange<FlowNode>[]) => {
    setNodes((old) => applyNodeChanges(withCarried(changes.filter((change) => change.type !== "select"), old), old));
    chooseChanged(store, changes);
    // Without a hand it was an arrow key. A row of presses is one step to undo.
    const keyed = inHand.current ? [] : changes.flatMap((change) => (change.type === "position" && change.dragging === false && change.position ? [{ id: change.id, position: change.position }] : []));
    if (keyed.length === 0) return;
    const ids = keyed.map((one) => one.id).join();
    const atMs = performance.now();
    const goesOn = nudged.current.ids === ids && atMs - nudged.current.atMs < NUDGE_STEP_MS && store.getState().history.future.length === 0;
    nudged.current = { ids, atMs };
    const places = withCarried(keyed.map((one) => ({ ...one, type: "position" })), flow.getNodes()).flatMap((change) => (change.type === "position" && change.position ? [{ id: change.id, position: change.position }] : []));
    (goesOn ? amend : edit)(store, (now) => laidOut(now, places));
  };
  const startDrag = () => {
    inHand.current = true;
    frames.current = flowNodes(store.getState().history.present, running, extraRows(store.getState())).flatMap((node) => (node.type === "frame" ? [{ zoneId: node.id, x: node.position.x, y: node.position.y, width: node.width ?? 0, height: node.height ?? 0 }] : []));
  };
  const stopDrag = (moved: FlowNode[]) => {
    inHand.current = false;
    const carried = carriedIds(flow.getNodes(), new Set(moved.map((node) => node.id)));
    const all = [...moved, ...flow.getNodes().filter((node) => carried.has(node.id))];
    const cards = moved.filter((node) => node.type === "card").map((node) => ({ id: node.id, x: node.position.x, y: node.position.y, width: node.measured?.width ?? CARD.width, height: node.measured?.height ?? CARD.height }));
    edit(store, (now) => {
      const placed = laidOut(now, all);
      return placed === now ? now : { ...placed, document: dropIntoZones(now.document, frames.current, cards) };
    });
  };
  return { nodes, onNodesChange, startDrag, stopDrag };
}

/** The drawing with these places; the same drawing when nothing moved. A frame with nodes in it has no place of its own. */
function laidOut(drawing: Drawing, moved: readonly { id: string; position: { x: number; y: number } }[]): Drawing {
  const own = new Set([...drawing.document.nodes.map((node) => node.id), ...drawing.document.zones.filter((zone) => !drawing.document.nodes.some((node) => node.zoneId === zone.id)).map((zone) => zone.id)]);
  const places = moved.filter((one) => own.has(one.id)).map(({ id, position }) => [id, { x: Math.round(position.x), y: Math.round(position.y) }] as const);
  if (places.every(([id, place]) => drawing.layout[id]?.x === place.x && drawing.layout[id]?.y === place.y)) return drawing;
  return { ...drawing, layout: { ...drawing.layout, ...Object.fromEntries(places) } };
}
