// Owns who runs a model: its deployments with the plan each runs now.
import { useQueries, useQuery } from "@tanstack/react-query";
import type { Estimate, Parity, Placement } from "../../server/planner/plan.ts";
import { api, type DeploymentRow } from "../api.ts";

/** `nodeNames` go with `plan.placement`. Plan is null while none runs, or not yet read. */
export type ModelUse = { deployment: DeploymentRow; plan: { placement: Placement; estimate: Estimate; parity: Parity | null } | null; nodeNames: readonly string[] };

export function useModelUses(modelId: string): ModelUse[] {
  const deployments = (useQuery(api.deployments.list.queryOptions()).data ?? []).filter((one) => one.modelId === modelId);
  const plans = useQueries({ queries: deployments.map((one) => api.plans.get.queryOptions({ id: one.currentRevision?.planId ?? "" }, { enabled: one.currentRevision !== null })) });
  const topologies = useQueries({ queries: deployments.map((one) => api.topologies.get.queryOptions({ id: one.topologyId })) });
  return deployments.map((deployment, index) => {
    const found = plans[index]?.data;
    const nodes = topologies[index]?.data?.document.nodes ?? [];
    const plan = found ? { placement: found.plan.placement, estimate: found.plan.estimate, parity: found.parity } : null;
    return { deployment, plan, nodeNames: (plan?.placement ?? []).map((stage) => nodes.find((node) => node.id === stage.topologyNodeId)?.name ?? "a node that was deleted") };
  });
}

/** Where they cut it now, by cut index. */
export function usedCuts(uses: readonly Pick<ModelUse, "deployment" | "plan">[]): Map<number, DeploymentRow[]> {
  const used = new Map<number, DeploymentRow[]>();
  for (const { deployment, plan } of uses) for (const stage of plan?.placement.slice(1) ?? []) used.set(stage.from - 1, [...(used.get(stage.from - 1) ?? []), deployment]);
  return used;
}
