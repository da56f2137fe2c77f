// Owns one round of saving: places apart from the drawing, only what changed; a conflict is merged and saved again. Knows no browser, so that it can be tested against any server.
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";
import { movedSince, sameJson } from "./merge-documents.ts";
import { takeServer, type Workbench, type WorkbenchStore } from "./workbench-store.ts";

/** The server as a saver sees it. `save` answers "conflict" when `baseRevision` is old. */
export type DrawingServer = {
  get(): Promise<Workbench["server"]>;
  save(baseRevision: number, document: TopologyDocument): Promise<Workbench["server"] | "conflict">;
  saveLayout(layout: TopologyLayout): Promise<void>;
};

export function isSaved(store: WorkbenchStore): boolean {
  const { history: { present }, server } = store.getState();
  return (present.document === server.document || sameJson(present.document, server.document)) && Object.keys(movedSince(server.layout, present.layout)).length === 0;
}

/** "again": somebody else saved first, their drawing is merged into ours now. @throws what the server throws. */
export async function saveOnce(store: WorkbenchStore, server: DrawingServer): Promise<"done" | "again"> {
  // An answer was lost on its way: ask first what became of that save, or our own edit would meet us as somebody else's.
  if (store.getState().sent !== null) {
    takeServer(store, await server.get());
    store.setState({ sent: null });
  }
  const { server: { layout: known }, history: { present: { layout } } } = store.getState();
  const moved = movedSince(known, layout);
  if (Object.keys(moved).length > 0) {
    await server.saveLayout(moved);
    store.setState((state) => ({ server: { ...state.server, layout: { ...state.server.layout, ...moved } } }));
  }
  // Read now and not before the places were saved: what somebody else saved meanwhile may be in it.
  const { server: base, history: { present: { document } } } = store.getState();
  if (sameJson(document, base.document)) return "done";
  store.setState({ sent: document });
  const saved = await server.save(base.revision, document);
  store.setState({ sent: null });
  if (saved === "conflict") {
    takeServer(store, await server.get());
    return "again";
  }
  // What we sent is what is there: a later answer than this one may have come first.
  store.setState((state) => (saved.revision > state.server.revision ? { server: { ...state.server, revision: saved.revision, document } } : {}));
  return "done";
}
