// Owns the way from a draft to a running revision: plan → parity → diff → confirmed deploy.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Placement } from "../../server/planner/plan.ts";
import { api, type DeploymentFull } from "../api.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { useWorkbenchStore } from "../canvas/workbench-store.ts";
import { draftReplicas } from "./use-replicas.ts";

const PARITY_POLL_MS = 800;

export type DeployInput = { modelId: string; topologyId: string; placement: Placement; deployment: DeploymentFull | null };

export function useDeploy({ modelId, topologyId, placement, deployment }: DeployInput) {
  const store = useWorkbenchStore();
  const create = useMutation(api.plans.create.mutationOptions());
  const plan = useQuery({
    ...api.plans.get.queryOptions({ id: create.data?.id ?? "" }), enabled: create.data !== undefined,
    refetchInterval: (query) => (query.state.data === undefined || query.state.data.parity.status === "pending" ? PARITY_POLL_MS : false),
  });
  const diff = useQuery({ ...api.plans.diff.queryOptions({ id: create.data?.id ?? "", against: deployment?.id ?? "" }), enabled: create.data !== undefined && deployment !== null });
  // Its segments are made with the check: what must be shipped is exact from then on.
  const isChecked = plan.data !== undefined && plan.data.parity.status !== "pending";
  const { refetch } = diff;
  useEffect(() => { if (isChecked && deployment !== null) void refetch(); }, [isChecked, deployment, refetch]);
  const deployNew = useMutation(api.deployments.create.mutationOptions());
  const deployPlan = useMutation(api.deployments.deployPlan.mutationOptions());
  const { mutate } = create;
  // The dialog mounts once per draft; a plan is immutable, so making the same one twice gives the same one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the dialog opens
  useEffect(() => {
    const { planning, history } = store.getState();
    // A placement that was changed after it was found is the operator's own; what was asked of it still holds.
    const found = planning.found && samePlacement(planning.found.placement, placement) ? planning.found : null;
    const request = found?.request ?? history.present.request;
    const replicas = draftReplicas(store.getState()).known;
    mutate({ modelId, topologyId, placement, ...(replicas ? { replicas: replicas.map(({ placement: at, proof }) => ({ placement: at, ...(proof ? { proof } : {}) })) } : {}), ...(found ? { origin: found.origin } : {}), ...(request ? { request } : {}), ...(deployment ? { deploymentId: deployment.id } : {}) });
  }, []);
  return { create, plan: plan.data ?? create.data ?? null, diff: diff.data ?? null, diffError: diff.error, deployNew, deployPlan };
}
