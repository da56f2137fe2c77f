// Owns opening a workbench: the drawing from the server, a kept draft from the browser, and following both.
import { useEffect, useState } from "react";
import type { Placement } from "../../server/planner/plan.ts";
import { PLAN_OBJECTIVES, type PlanRequest } from "../../server/planner/plan-request.ts";
import type { TopologyFull } from "../api.ts";
import { tellUnsaved } from "../consoles/unsaved.ts";
import { readHistory, writeHistory } from "./kept-history.ts";
import { sameJson } from "./merge-documents.ts";
import { samePlacement } from "./placement-edit.ts";
import { useAutosave } from "./use-autosave.ts";
import { useFleetKept } from "./use-fleet.ts";
import { useSelectionAddress } from "./use-selection-address.ts";
import { createWorkbench, edit, takeServer, type WorkbenchStore } from "./workbench-store.ts";

/** Drafts are the browser's: a plan becomes the server's when it is made. A refresh keeps them. */
const keyOf = (topologyId: string, modelId: string | null, deploymentId: string | null) => `cutplane-draft/${topologyId}/${modelId ?? ""}/${deploymentId ?? ""}`;

/** A burst of edits is written once; leaving the page writes at once. */
const KEEP_AFTER_MS = 250;

type Setup = { topology: TopologyFull; modelId: string | null; deploymentId: string | null; running: Placement | null; /** What the running plan was asked for. */ request?: PlanRequest | undefined };

export function useWorkbenchSetup({ topology, modelId, deploymentId, running, request }: Setup): WorkbenchStore {
  const key = keyOf(topology.id, modelId, deploymentId);
  const [store] = useState(() => createWorkbench(topology.id, topology, readDraft(key) ?? running ?? [], running, readHistory(sessionStorage.getItem(historyKey(key)), topology), readRequest(key) ?? request));
  useAutosave(store);
  useFleetKept();
  useSelectionAddress(store);
  // The answer may have been asked for before our own save of a place: others' moves are followed apart, only new cards take theirs from here.
  useEffect(() => takeServer(store, { ...topology, layout: { ...topology.layout, ...store.getState().server.layout } }), [store, topology]);
  useEffect(() => {
    const before = store.getState().running;
    if (before === running || (before !== null && running !== null && samePlacement(before, running))) return;
    // What was the running plan untouched, or is now running, follows it; a draft of its own stays.
    const { placement } = store.getState().history.present;
    store.setState({ running });
    if (running && (placement.length === 0 || (before !== null && samePlacement(placement, before)))) edit(store, (drawing) => ({ ...drawing, placement: running }));
  }, [store, running]);
  useEffect(() => store.subscribe((state, previous) => {
    const { placement } = state.history.present;
    if (placement === previous.history.present.placement && state.running === previous.running) return;
    if (placement.length === 0 || (state.running !== null && samePlacement(placement, state.running))) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(placement));
  }), [store, key]);
  useEffect(() => store.subscribe((state, previous) => {
    const asked = state.history.present.request;
    if (asked === previous.history.present.request) return;
    if (asked === undefined) localStorage.removeItem(requestKey(key));
    else localStorage.setItem(requestKey(key), JSON.stringify(asked));
  }), [store, key]);
  useEffect(() => keepHistory(store, historyKey(key)), [store, key]);
  useEffect(() => tellDraft(store), [store]);
  return store;
}

/** A draft lies in the browser under this console's address: another one does not find it. */
function tellDraft(store: WorkbenchStore): () => void {
  const { request: asked } = store.getState().history.present;
  return tellUnsaved(() => {
    const { history: { present: { placement, request } }, running } = store.getState();
    const isDraft = placement.length > 0 && (running === null || !samePlacement(placement, running));
    return isDraft || !sameJson(request ?? null, asked ?? null) ? "a draft in this browser" : null;
  });
}

/** The history is this page's own, so it lies where another page of the same browser cannot overwrite it. */
const historyKey = (key: string) => key.replace("cutplane-draft", "cutplane-history");

function keepHistory(store: WorkbenchStore, key: string): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const keep = () => {
    timer = null;
    const { history, server } = store.getState();
    const text = history.past.length + history.future.length === 0 ? null : writeHistory(history, server);
    try { if (text === null) sessionStorage.removeItem(key); else sessionStorage.setItem(key, text); } catch { sessionStorage.removeItem(key); }
  };
  const now = () => { if (timer !== null) { clearTimeout(timer); keep(); } };
  const stop = store.subscribe((state, previous) => { if ((state.history !== previous.history || state.server !== previous.server) && timer === null) timer = setTimeout(keep, KEEP_AFTER_MS); });
  addEventListener("pagehide", now);
  return () => { stop(); removeEventListener("pagehide", now); now(); };
}

const requestKey = (key: string) => key.replace("cutplane-draft", "cutplane-request");

function readRequest(key: string): PlanRequest | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(requestKey(key)) ?? "null");
    return typeof kept === "object" && kept !== null && PLAN_OBJECTIVES.includes((kept as PlanRequest).objective) ? (kept as PlanRequest) : undefined;
  } catch {
    return undefined;
  }
}

function readDraft(key: string): Placement | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return Array.isArray(kept) && kept.every((stage) => Number.isInteger(stage?.from) && Number.isInteger(stage?.to) && typeof stage?.topologyNodeId === "string") ? (kept as Placement) : null;
  } catch {
    return null;
  }
}
