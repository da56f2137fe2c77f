// Owns dropping layers on a node: what hovers is predicted, a refused drop says why and changes nothing.
import type { DragEvent } from "react";
import { useNotices } from "../ui/notices.ts";
import { assign } from "./placement-edit.ts";
import { usePrediction } from "./use-prediction.ts";
import { whatIfDropped } from "./what-if.ts";
import { editPlacement, useWorkbench, useWorkbenchStore, type WorkbenchStore } from "./workbench-store.ts";
import type { LayerRange } from "../../server/model/model.ts";

/** Puts the layers there, or says why not. Returns whether it did. */
export function place(store: WorkbenchStore, range: LayerRange, topologyNodeId: string): boolean {
  const { problem, history } = store.getState();
  const refusal = problem === null ? undefined : whatIfDropped(problem, history.present.placement, range, topologyNodeId).blocking[0];
  if (refusal) {
    useNotices.setState((state) => ({ notices: [...state.notices.filter((one) => one.id !== -1), { id: -1, tone: "bad", text: `Not placed. ${refusal.message}`, fix: refusal.fix }] }));
    return false;
  }
  useNotices.setState((state) => ({ notices: state.notices.filter((one) => one.id !== -1) }));
  editPlacement(store, (placement) => assign(placement, range, topologyNodeId));
  return true;
}

export function useDrop(topologyNodeId: string) {
  const store = useWorkbenchStore();
  const hovered = useWorkbench((state) => state.hoverNodeId === topologyNodeId && state.drag !== null);
  const { dropped } = usePrediction();
  const over = (event: DragEvent) => {
    if (store.getState().drag === null) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (store.getState().hoverNodeId !== topologyNodeId) store.setState({ hoverNodeId: topologyNodeId });
  };
  const leave = (event: DragEvent) => {
    if (event.currentTarget.contains(event.relatedTarget as Node | null)) return;
    if (store.getState().hoverNodeId === topologyNodeId) store.setState({ hoverNodeId: null });
  };
  const onDrop = (event: DragEvent) => {
    const { drag } = store.getState();
    if (drag === null) return;
    event.preventDefault();
    event.stopPropagation();
    store.setState({ drag: null, hoverNodeId: null });
    place(store, drag.range, topologyNodeId);
  };
  return { drop: { onDragOver: over, onDragEnter: over, onDragLeave: leave, onDrop }, refused: hovered && (dropped?.blocking.length ?? 0) > 0 };
}
