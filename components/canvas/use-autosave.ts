// Owns saving as you go, and following what others save: drawings by the feed, places by asking now and then (they make no events) whether there is another version.
import { useEffect } from "react";
import { client, problemOf } from "../api.ts";
import { tellUnsaved } from "../consoles/unsaved.ts";
import { toldProblem } from "../ui/notices.ts";
import { type DrawingServer, isSaved, saveOnce } from "./sync-drawing.ts";
import { takeServer, type WorkbenchStore } from "./workbench-store.ts";

/** Long enough to catch a burst of typing, short enough to lose nothing that matters. */
const SAVE_AFTER_MS = 500;
const RETRY_AFTER_MS = 4000;
/** Others' cards move this late at most. Only while the page is in sight. */
const FOLLOW_EVERY_MS = 1500;

const serverOf = (id: string): DrawingServer & { version(): Promise<string> } => ({
  version: async () => (await client.topologies.version.query({ id })).version,
  get: () => client.topologies.drawing.query({ id }),
  saveLayout: async (layout) => { await client.topologies.saveLayout.mutate({ id, layout }); },
  save: async (baseRevision, document) => {
    try {
      return await client.topologies.save.mutate({ id, baseRevision, document });
    } catch (error) {
      if (problemOf(error).code === "conflict") return "conflict";
      throw error;
    }
  },
});

export function useAutosave(store: WorkbenchStore): void {
  useEffect(() => {
    const server = serverOf(store.getState().topologyId);
    let timer: ReturnType<typeof setTimeout> | null = null;
    let running = false;
    let following = false;
    let seen: string | null = null;
    const plan = (afterMs: number) => {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => void run(), afterMs);
    };
    const run = async () => {
      timer = null;
      if (running) return plan(SAVE_AFTER_MS);
      running = true;
      seen = null;
      const outcome = await savedOnce(store, server);
      running = false;
      if (outcome !== "done") plan(outcome === "again" ? 0 : RETRY_AFTER_MS);
      else if (!isSaved(store)) plan(SAVE_AFTER_MS);
    };
    const follow = async () => {
      // An answer asked for before our own save would look like somebody moving our cards back.
      if (following || running || document.visibilityState !== "visible") return;
      following = true;
      const before = store.getState().server;
      const version = await server.version().catch(() => null);
      const answer = version === null || version === seen ? null : await server.get().catch(() => null);
      following = false;
      if (answer === null || running || store.getState().server !== before) return;
      takeServer(store, answer);
      seen = version;
    };
    const stop = store.subscribe((state, previous) => {
      if (state.history.present === previous.history.present || isSaved(store)) return;
      store.setState({ save: "unsaved" });
      plan(SAVE_AFTER_MS);
    });
    if (!isSaved(store)) plan(0);
    const every = setInterval(() => void follow(), FOLLOW_EVERY_MS);
    const leave = (event: BeforeUnloadEvent) => { if (!isSaved(store)) { void run(); event.preventDefault(); } };
    addEventListener("beforeunload", leave);
    const stopTelling = tellUnsaved(() => (isSaved(store) ? null : "edits of the drawing that are not saved yet"));
    return () => {
      stop();
      stopTelling();
      clearInterval(every);
      removeEventListener("beforeunload", leave);
      if (timer !== null) { clearTimeout(timer); void savedOnce(store, server); }
    };
  }, [store]);
}

async function savedOnce(store: WorkbenchStore, server: DrawingServer): Promise<"done" | "again" | "later"> {
  const before = store.getState().save;
  store.setState({ save: "saving" });
  try {
    const outcome = await saveOnce(store, server);
    store.setState({ save: isSaved(store) ? "saved" : "unsaved" });
    return outcome;
  } catch (error) {
    if (before !== "failed") toldProblem("Saving the topology", error);
    store.setState({ save: "failed" });
    return "later";
  }
}
