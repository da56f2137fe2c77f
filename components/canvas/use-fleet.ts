// Owns the enrolled nodes as the canvas reads them: one observer of the list for all cards, each of which hears of its own node only.
import { hashKey, useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api, type NodeRow, queryClient } from "../api.ts";

const { queryKey } = api.nodes.list.queryOptions();
const KEY_HASH = hashKey(queryKey);
const indexes = new WeakMap<readonly NodeRow[], ReadonlyMap<string, NodeRow>>();
const listeners = new Set<() => void>();
let stopListening: (() => void) | null = null;

/** Fetches the list and keeps it fresh while a workbench is open. It draws nothing again. */
export function useFleetKept(): void {
  useQuery({ ...api.nodes.list.queryOptions(), notifyOnChangeProps: [] });
}

/** The enrolled node behind a drawn one; null until the list is there. Needs `useFleetKept` somewhere above. */
export function useFleetNode(nodeId: string | null): NodeRow | null {
  return useSyncExternalStore(subscribe, () => fleetNode(nodeId), () => null);
}

function fleetNode(nodeId: string | null): NodeRow | null {
  const list = nodeId === null ? undefined : queryClient.getQueryData(queryKey);
  if (!list || nodeId === null) return null;
  // Rows that did not change are the same objects from list to list, so their cards are left alone.
  const index = indexes.get(list) ?? new Map(list.map((node) => [node.id, node]));
  indexes.set(list, index);
  return index.get(nodeId) ?? null;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  stopListening ??= queryClient.getQueryCache().subscribe(({ type, query }) => {
    if (type === "updated" && query.queryHash === KEY_HASH) for (const heard of listeners) heard();
  });
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stopListening?.();
    stopListening = null;
  };
}
