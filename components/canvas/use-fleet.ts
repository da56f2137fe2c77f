import { useQuery } from "@tanstack/react-query";
import { api, type NodeRow } from "../api.ts";

/** The enrolled node behind a drawn one. */
export function useFleetNode(nodeId: string | null): NodeRow | null {
  const nodes = useQuery(api.nodes.list.queryOptions()).data;
  return nodeId === null ? null : (nodes?.find((node) => node.id === nodeId) ?? null);
}
