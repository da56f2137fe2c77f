// Owns opening a workbench: the drawing from the server, a kept draft from the browser, and following both.
import { useEffect, useState } from "react";
import type { Placement } from "../../server/planner/plan.ts";
import type { TopologyFull } from "../api.ts";
import { samePlacement } from "./placement-edit.ts";
import { useAutosave } from "./use-autosave.ts";
import { createWorkbench, edit, takeServer, type WorkbenchStore } from "./workbench-store.ts";

/** Drafts are the browser's: a plan becomes the server's when it is made. A refresh keeps them. */
const keyOf = (topologyId: string, modelId: string | null, deploymentId: string | null) => `cutplane-draft/${topologyId}/${modelId ?? ""}/${deploymentId ?? ""}`;

type Setup = { topology: TopologyFull; modelId: string | null; deploymentId: string | null; running: Placement | null };

export function useWorkbenchSetup({ topology, modelId, deploymentId, running }: Setup): WorkbenchStore {
  const key = keyOf(topology.id, modelId, deploymentId);
  const [store] = useState(() => createWorkbench(topology.id, topology, readDraft(key) ?? running ?? [], running));
  useAutosave(store);
  useEffect(() => takeServer(store, topology), [store, topology]);
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
  return store;
}

function readDraft(key: string): Placement | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return Array.isArray(kept) && kept.every((stage) => Number.isInteger(stage?.from) && Number.isInteger(stage?.to) && typeof stage?.topologyNodeId === "string") ? (kept as Placement) : null;
  } catch {
    return null;
  }
}
