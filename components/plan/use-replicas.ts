// Owns which further replicas belong to the draft: those found with it, else those that run while as many are asked for; else they are planned when the plan is made.
import { useShallow } from "zustand/react/shallow";
import type { Placement, PlanReplica } from "../../server/planner/plan.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { useWorkbench, type Workbench } from "../canvas/workbench-store.ts";

export type DraftReplicas = {
  /** Null = planned on the server when the plan is made. */
  known: { placement: Placement; proof?: PlanReplica["proof"] }[] | null;
  /** Another number than runs. */
  differs: boolean;
};

export function draftReplicas({ history: { present }, planning: { found }, runningReplicas, running }: Pick<Workbench, "history" | "planning" | "runningReplicas" | "running">): DraftReplicas {
  const asked = present.request?.replicas;
  const wanted = asked === "as-needed" ? null : (asked ?? runningReplicas.length + 1);
  const differs = running !== null && wanted !== null && wanted !== runningReplicas.length + 1;
  if (found?.replicas && found.request.replicas === asked && samePlacement(found.placement, present.placement)) return { known: found.replicas, differs: differs || found.replicas.length !== runningReplicas.length };
  if (wanted === 1) return { known: [], differs };
  return { known: wanted === runningReplicas.length + 1 ? runningReplicas.map((placement) => ({ placement })) : null, differs };
}

/** Stages of further replicas on a node, for its card; joined so that it changes only when they do. */
export function useReplicaStages(topologyNodeId: string): { replica: number; from: number; to: number }[] {
  const keys = useWorkbench(useShallow((state) => (draftReplicas(state).known ?? []).flatMap(({ placement }, index) => placement.filter((stage) => stage.topologyNodeId === topologyNodeId).map((stage) => `${index + 2} ${stage.from} ${stage.to}`))));
  return keys.map((key) => { const [replica = 0, from = 0, to = 0] = key.split(" ").map(Number); return { replica, from, to }; });
}
