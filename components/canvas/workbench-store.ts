// Owns one open workbench: the drawing with its history, the draft placement, selection and what is being dragged. One store a page.
import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import type { LayerRange, ModelFacts } from "../../server/model/model.ts";
import type { Placement, PlanReplica, Refusal } from "../../server/planner/plan.ts";
import type { PlanRequest } from "../../server/planner/plan-request.ts";
import type { Problem } from "../../server/planner/problem.ts";
import type { TopologyDocument, TopologyLayout, Trust } from "../../server/topology/topology.ts";
import type { FoundPlan } from "../api.ts";
import { commit, type Drawing, type History, rebase, redo, startHistory, undo } from "./canvas-edit.ts";
import { acceptedBase } from "./accepted-base.ts";
import { type Conflict, mergeDocuments, mergeLayouts, movedSince, reuseItems } from "./merge-documents.ts";
import { settleDrawing, settlePlaces } from "./settle-places.ts";

export type Selection = { kind: "node" | "link" | "zone"; id: string } | null;
/** What is dragged over the canvas: always a range of layers, from the stack or from a chip. */
export type Drag = { range: LayerRange; fromNodeId: string | null };
export type SaveState = "saved" | "unsaved" | "saving" | "merged" | "failed";
/** Conflicts shown at once; older ones are forgotten. */
const CONFLICTS_MAX = 50;

export type Workbench = {
  topologyId: string;
  /** The open deployment; null on a drawing. */
  deploymentId: string | null;
  history: History;
  /** What the server has: the base of saves and merges. */
  server: { revision: number; document: TopologyDocument; layout: TopologyLayout };
  /** What was sent to be saved and has no answer yet, not even a refusal: the server may have it or not. */
  sent: TopologyDocument | null;
  save: SaveState;
  /** What was changed here and elsewhere at once, until the user has read it. */
  conflicts: Conflict[];
  /** The one thing chosen; null also when several are. */
  selection: Selection;
  /** Ids of several chosen things; empty while at most one is. */
  several: readonly string[];
  /** What is being named on the canvas. */
  namingId: string | null;
  finding: boolean;
  aligning: boolean;
  /** The brush while trust is painted; null = not painting. */
  painting: Trust | null;
  layers: LayerRange | null;
  drag: Drag | null;
  hoverNodeId: string | null;
  moveOpen: boolean;
  /** Placement that runs; null on a drawing without a deployment. */
  running: Placement | null;
  /** Further replicas that run beside it. */
  runningReplicas: readonly Placement[];
  /** What the draft would change is drawn on the canvas. */
  changesShown: boolean;
  /** The unfinished move of the open deployment, per segment and node; null = none. */
  moving: { nodes: readonly { nodeId: string; assignmentId: string; from: number; to: number; state: string; bytesDone: number; bytesTotal: number; bytesPerSecond: number }[] } | null;
  facts: ModelFacts | null;
  problem: Problem | null;
  /** The operation that plans for this workbench, and what came of the last one. */
  planning: Planning;
};
export type Planning = { operationId: string | null; /** The last plan found here: what a change is held against. */ found: FoundPlan | null; /** A choice, a compared plan or a file that was taken over with its replicas, and what was asked then. */ taken: TakenPlan | null; /** Why none was found. */ refusals: Refusal[] | null; error: unknown };
export type TakenPlan = { placement: Placement; replicas: { placement: Placement; proof?: PlanReplica["proof"] }[]; asked: PlanRequest["replicas"] };
const NOT_PLANNED: Planning = { operationId: null, found: null, taken: null, refusals: null, error: null };
const NO_REPLICAS: readonly Placement[] = [];
export type WorkbenchStore = StoreApi<Workbench>;

export function createWorkbench(topologyId: string, server: Workbench["server"], placement: Placement, running: Placement | null, kept: History | null = null, request?: PlanRequest): WorkbenchStore {
  const { revision, document, layout } = server;
  return createStore<Workbench>(() => ({
    topologyId, deploymentId: null, server: { revision, document, layout }, sent: null, save: "saved", conflicts: [], selection: null, several: [], namingId: null, finding: false, aligning: false, painting: null, layers: null, drag: null, hoverNodeId: null, moveOpen: false, running, runningReplicas: NO_REPLICAS, changesShown: true, moving: null, facts: null, problem: null, planning: NOT_PLANNED,
    history: kept ?? startHistory({ document, layout, placement, ...(request ? { request } : {}) }),
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

/** One undoable step. What is drawn has a place of its own from then on. */
export function edit(store: WorkbenchStore, change: (drawing: Drawing) => Drawing): void {
  store.setState((state) => {
    const settled = settlePlaces(state.history);
    const changed = change(settled.present);
    return changed === settled.present ? {} : { history: commit(settled, settleDrawing(changed)) };
  });
}
/** Part of the step before it: a row of arrow keys is one step. */
export function amend(store: WorkbenchStore, change: (drawing: Drawing) => Drawing): void {
  store.setState((state) => ({ history: { ...state.history, present: change(state.history.present) } }));
}
export const editDocument = (store: WorkbenchStore, change: (document: TopologyDocument) => TopologyDocument): void =>
  edit(store, (drawing) => { const document = change(drawing.document); return document === drawing.document ? drawing : { ...drawing, document }; });
export const editPlacement = (store: WorkbenchStore, change: (placement: Placement) => Placement): void =>
  edit(store, (drawing) => { const placement = change(drawing.placement); return placement === drawing.placement ? drawing : { ...drawing, placement }; });
/** The draft is this plan with its further replicas, until the placement or how many are asked for is changed. */
export function takePlan(store: WorkbenchStore, { placement, replicas = [] }: { placement: Placement; replicas?: readonly { placement: Placement; proof?: PlanReplica["proof"] | undefined }[] | undefined }): void {
  editPlacement(store, () => placement);
  const kept = replicas.map(({ placement: at, proof }) => ({ placement: at, ...(proof ? { proof } : {}) }));
  store.setState((state) => ({ planning: { ...state.planning, taken: { placement, replicas: kept, asked: state.history.present.request?.replicas } } }));
}
const DEFAULT_REQUEST: PlanRequest = { objective: "latency" };
/** What is asked of a plan here. */
export const useRequest = (): PlanRequest => useWorkbench((state) => state.history.present.request ?? DEFAULT_REQUEST);
export const requestIn = (store: WorkbenchStore): PlanRequest => store.getState().history.present.request ?? DEFAULT_REQUEST;
export const editRequest = (store: WorkbenchStore, change: (request: PlanRequest) => PlanRequest): void =>
  edit(store, (drawing) => { const before = drawing.request ?? DEFAULT_REQUEST; const request = change(before); return request === before ? drawing : { ...drawing, request }; });
/** Shows the user that something changed elsewhere while they were at it. */
export const showConflict = (store: WorkbenchStore, conflict: Conflict): void => store.setState((state) => ({ conflicts: [...state.conflicts, conflict].slice(-CONFLICTS_MAX) }));
export const stepBack = (store: WorkbenchStore): void => store.setState((state) => ({ history: undo(state.history) }));
export const stepForward = (store: WorkbenchStore): void => store.setState((state) => ({ history: redo(state.history) }));

/** Ids of everything chosen. */
export const chosenIds = ({ selection, several }: Pick<Workbench, "selection" | "several">): readonly string[] => (selection !== null ? [selection.id] : several);
/** Chooses these, by id. Ids that are not in the drawing are left out. */
export function choose(store: WorkbenchStore, ids: readonly string[]): void {
  const { document } = store.getState().history.present;
  const found = ids.flatMap((id): NonNullable<Selection>[] => {
    const kind = document.nodes.some((one) => one.id === id) ? "node" : document.links.some((one) => one.id === id) ? "link" : document.zones.some((one) => one.id === id) ? "zone" : null;
    return kind === null ? [] : [{ kind, id }];
  });
  store.setState({ selection: found.length === 1 ? (found[0] ?? null) : null, several: found.length > 1 ? found.map((one) => one.id) : [] });
}

/**
 * The server's drawing changed elsewhere (an agent joined, somebody saved or moved a card): merged into every step, so that no undo takes it away.
 * An answer older than what we hold is ignored.
 */
export function takeServer(store: WorkbenchStore, { revision, document: fresh, layout }: Workbench["server"]): void {
  store.setState((state) => {
    if (revision < state.server.revision) return {};
    const document = revision > state.server.revision ? reuseItems(state.server.document, fresh) : state.server.document;
    const base = state.server;
    const newer = revision > base.revision;
    const places = { ...base.layout, ...layout };
    const begun = newer && state.sent !== null ? acceptedBase(base.document, state.sent, document) : base.document;
    const { conflicts } = newer ? mergeDocuments(begun, state.history.present.document, document) : { conflicts: [] };
    const present = state.history.present;
    const history = rebase(state.history, (drawing) => {
      const merged = newer ? mergeDocuments(begun, drawing.document, document, drawing === present ? "present" : "past").document : drawing.document;
      const placed = mergeLayouts(base.layout, drawing.layout, places);
      return merged === drawing.document && placed === drawing.layout ? drawing : { ...drawing, document: merged, layout: placed };
    });
    if (!newer && history.present === present && Object.keys(movedSince(base.layout, places)).length === 0) return {};
    // With a newer revision it is settled what became of what was sent: it was the next one after ours, or it will be refused.
    return { history, server: { revision, document: newer ? document : base.document, layout: places }, ...(newer ? { sent: null } : {}), ...(newer && history.present.document !== present.document ? { save: "merged" as const } : {}), conflicts: [...state.conflicts, ...conflicts].slice(-CONFLICTS_MAX) };
  });
}
