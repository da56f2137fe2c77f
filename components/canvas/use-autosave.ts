// Owns saving as you go: the drawing with the revision it is based on, the layout apart from it. A conflict is merged and saved again.
import { useEffect } from "react";
import { client, problemOf, queryClient, api, type TopologyFull } from "../api.ts";
import { toldProblem } from "../ui/notices.ts";
import { sameJson } from "./merge-documents.ts";
import { takeServer, type WorkbenchStore } from "./workbench-store.ts";

/** Long enough to catch a burst of typing, short enough to lose nothing that matters. */
const SAVE_AFTER_MS = 500;
const RETRY_AFTER_MS = 4000;

export function useAutosave(store: WorkbenchStore): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let running = false;
    const plan = (afterMs: number) => {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => void run(), afterMs);
    };
    const run = async () => {
      timer = null;
      if (running) return plan(SAVE_AFTER_MS);
      running = true;
      const outcome = await saveOnce(store);
      running = false;
      if (outcome !== "done") plan(outcome === "again" ? 0 : RETRY_AFTER_MS);
      else if (!isSaved(store)) plan(SAVE_AFTER_MS);
    };
    const stop = store.subscribe((state, previous) => {
      if (state.history.present === previous.history.present || isSaved(store)) return;
      store.setState({ save: "unsaved" });
      plan(SAVE_AFTER_MS);
    });
    const leave = (event: BeforeUnloadEvent) => { if (!isSaved(store)) { void run(); event.preventDefault(); } };
    addEventListener("beforeunload", leave);
    return () => {
      stop();
      removeEventListener("beforeunload", leave);
      if (timer !== null) { clearTimeout(timer); void saveOnce(store); }
    };
  }, [store]);
}

function isSaved(store: WorkbenchStore): boolean {
  const { history, server } = store.getState();
  return sameJson(history.present.document, server.document) && sameJson(history.present.layout, server.layout);
}

async function saveOnce(store: WorkbenchStore): Promise<"done" | "again" | "later"> {
  const { topologyId, server, history: { present: { document, layout } } } = store.getState();
  store.setState({ save: "saving" });
  try {
    if (!sameJson(layout, server.layout)) {
      await client.topologies.saveLayout.mutate({ id: topologyId, layout });
      store.setState((state) => ({ server: { ...state.server, layout } }));
    }
    if (!sameJson(document, server.document)) {
      const saved = await client.topologies.save.mutate({ id: topologyId, baseRevision: server.revision, document });
      store.setState((state) => ({ server: { ...state.server, revision: saved.revision, document: saved.document } }));
    }
    store.setState({ save: isSaved(store) ? "saved" : "unsaved" });
    return "done";
  } catch (error) {
    if (problemOf(error).code === "conflict") {
      const current = await queryClient.fetchQuery({ ...api.topologies.get.queryOptions({ id: topologyId }), staleTime: 0 }).catch(() => null) as TopologyFull | null;
      if (current && current.revision > server.revision) { takeServer(store, current); return "again"; }
    }
    if (store.getState().save !== "failed") toldProblem("Saving the drawing", error);
    store.setState({ save: "failed" });
    return "later";
  }
}
