import { useQuery } from "@tanstack/react-query";
import { api, type NodeRow } from "../api.ts";

/** The enrolled node behind a drawn one. */
export function useFleetNode(nodeId: string | null): NodeRow | null {
  // Picked out before it is handed on: a list in which only others changed draws nothing again.
  return useQuery({ ...api.nodes.list.queryOptions(), select: (nodes) => nodes.find((node) => node.id === nodeId) ?? null }).data ?? null;
}
