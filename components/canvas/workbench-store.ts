// Owns one open workbench: the drawing with its history, the draft placement, selection and what is being dragged. One store a page.
import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import type { LayerRange, ModelFacts } from "../../server/model/model.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";
import { commit, type Drawing, type History, rebase, redo, startHistory, undo } from "./canvas-edit.ts";
import { mergeDocuments } from "./merge-documents.ts";

export type Selection = { kind: "node" | "link" | "zone"; id: string } | null;
/** What is dragged over the canvas: always a range of layers, from the stack or from a chip. */
export type Drag = { range: LayerRange; fromNodeId: string | null };
export type SaveState = "saved" | "unsaved" | "saving" | "merged" | "failed";

export type Workbench = {
  topologyId: string;
  history: History;
  /** What the server has: the base of saves and merges. */
  server: { revision: number; document: TopologyDocument; layout: TopologyLayout };
  save: SaveState;
  selection: Selection;
  layers: LayerRange | null;
  drag: Drag | null;
  hoverNodeId: string | null;
  moveOpen: boolean;
  /** Placement that runs; null on a drawing without a deployment. */
  running: Placement | null;
  facts: ModelFacts | null;
  problem: Problem | null;
};
export type WorkbenchStore = StoreApi<Workbench>;

export function createWorkbench(topologyId: string, server: Workbench["server"], placement: Placement, running: Placement | null): WorkbenchStore {
  return createStore<Workbench>(() => ({
    topologyId, server, save: "saved", selection: null, layers: null, drag: null, hoverNodeId: null, moveOpen: false, running, facts: null, problem: null,
    history: startHistory({ document: server.document, layout: server.layout, placement }),
  }));
}

const Context = createContext<WorkbenchStore | null>(null);
export const WorkbenchProvider = Context.Provider;
export function useWorkbenchStore(): WorkbenchStore {
  const store = useContext(Context);
  if (store === null) throw new Error("A workbench part was used outside a workbench.");
  return store;
}
export const useWorkbench = <T>(select: (state: Workbench) => T): T => useStore(useWorkbenchStore(), select);
export const useDrawing = (): Drawing => useWorkbench((state) => state.history.present);

/** One undoable step. */
export function edit(store: WorkbenchStore, change: (drawing: Drawing) => Drawing): void {
  store.setState((state) => ({ history: commit(state.history, change(state.history.present)) }));
}
export const editDocument = (store: WorkbenchStore, change: (document: TopologyDocument) => TopologyDocument): void =>
  edit(store, (drawing) => { const document = change(drawing.document); return document === drawing.document ? drawing : { ...drawing, document }; });
export const editPlacement = (store: WorkbenchStore, change: (placement: Placement) => Placement): void =>
  edit(store, (drawing) => { const placement = change(drawing.placement); return placement === drawing.placement ? drawing : { ...drawing, placement }; });
export const stepBack = (store: WorkbenchStore): void => store.setState((state) => ({ history: undo(state.history) }));
export const stepForward = (store: WorkbenchStore): void => store.setState((state) => ({ history: redo(state.history) }));

/** The server's drawing changed elsewhere (an agent joined, somebody saved): merged into every step, so that no undo takes it away. */
export function takeServer(store: WorkbenchStore, server: Workbench["server"]): void {
  store.setState((state) => {
    if (server.revision <= state.server.revision) return {};
    const base = state.server.document;
    const history = rebase(state.history, (drawing) => ({ ...drawing, document: mergeDocuments(base, drawing.document, server.document), layout: { ...server.layout, ...drawing.layout } }));
    return { history, server, save: "merged" };
  });
}
