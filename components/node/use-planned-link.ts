// Owns finding the plans that count with a link: those of the deployments that have a stage at one of its ends.
import { useQueries } from "@tanstack/react-query";
import { api } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { type PlannedLink, plannedLink } from "./planned-link.ts";

export function usePlannedLink(fromNodeId: string, toNodeId: string): PlannedLink | null {
  const ids = useLive((state) => [...new Set([fromNodeId, toNodeId].flatMap((id) => state.nodes[id]?.sample?.stages.map((stage) => stage.deploymentId) ?? []))].sort().join());
  const deployments = useQueries({ queries: (ids === "" ? [] : ids.split(",")).map((id) => api.deployments.get.queryOptions({ id })) }).flatMap((query) => (query.data?.plan ? [query.data] : []));
  const topologies = useQueries({ queries: deployments.map(({ topologyId }) => api.topologies.get.queryOptions({ id: topologyId })) }).map((query) => query.data);
  return plannedLink(deployments.map(({ plan }, index) => ({ hops: plan?.plan.estimate.hops ?? [], nodeIdOf: (id) => topologies[index]?.document.nodes.find((node) => node.id === id)?.nodeId })), fromNodeId, toNodeId);
}
