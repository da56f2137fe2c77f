// Owns which further replicas belong to the draft: those found or taken over with it, else those that run while as many are asked for; else they are planned when the plan is made.
import { useShallow } from "zustand/react/shallow";
import { useMemo } from "react";
import type { Placement, PlanReplica, Together } from "../../server/planner/plan.ts";
import { assessPlan } from "../../server/planner/replicas/assess-plan.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { useWorkbench, type Workbench } from "../canvas/workbench-store.ts";

export type DraftReplicas = {
  /** Null = planned on the server when the plan is made. */
  known: { placement: Placement; proof?: PlanReplica["proof"] }[] | null;
  /** Another number than runs. */
  differs: boolean;
};

export function draftReplicas({ history: { present }, planning: { found, taken }, runningReplicas, running }: Pick<Workbench, "history" | "planning" | "runningReplicas" | "running">): DraftReplicas {
  const asked = present.request?.replicas;
  const wanted = asked === "as-needed" ? null : (asked ?? runningReplicas.length + 1);
  const differs = running !== null && wanted !== null && wanted !== runningReplicas.length + 1;
  if (found?.replicas && found.request.replicas === asked && samePlacement(found.placement, present.placement)) return { known: found.replicas, differs: differs || found.replicas.length !== runningReplicas.length };
  // One that was taken over alone says nothing of the others.
  if (taken && taken.replicas.length > 0 && taken.asked === asked && samePlacement(taken.placement, present.placement)) return { known: taken.replicas, differs: differs || taken.replicas.length !== runningReplicas.length };
  if (wanted === 1) return { known: [], differs };
  return { known: wanted === runningReplicas.length + 1 ? runningReplicas.map((placement) => ({ placement })) : null, differs };
}

/** Those of the draft; the list of before where they are the same. Null = planned when the plan is made. */
export function useDraftReplicas(): readonly Placement[] | null {
  const text = useWorkbench((state) => { const { known } = draftReplicas(state); return known === null ? null : JSON.stringify(known.map((one) => one.placement)); });
  return useMemo(() => (text === null ? null : (JSON.parse(text) as Placement[])), [text]);
}

/** How many further ones the draft has or is to get; 0 while it is not known. */
export function useOtherReplicas(): number {
  return useWorkbench((state) => draftReplicas(state).known?.length ?? (typeof state.history.present.request?.replicas === "number" ? state.history.present.request.replicas - 1 : 0));
}

/** What the draft does with these replicas; null where there are none, or a way is missing. */
export function useTogether(replicas: readonly Placement[] | null): Together | null {
  const problem = useWorkbench((state) => state.problem);
  const placement = useWorkbench((state) => state.history.present.placement);
  return useMemo(() => (problem === null || placement.length === 0 || !replicas || replicas.length === 0 ? null : (assessPlan(problem, { objective: "latency" }, [placement, ...replicas]).together ?? null)), [problem, placement, replicas]);
}

/** Stages of further replicas on a node, for its card; joined so that it changes only when they do. */
export function useReplicaStages(topologyNodeId: string): { replica: number; from: number; to: number }[] {
  const keys = useWorkbench(useShallow((state) => (draftReplicas(state).known ?? []).flatMap(({ placement }, index) => placement.filter((stage) => stage.topologyNodeId === topologyNodeId).map((stage) => `${index + 2} ${stage.from} ${stage.to}`))));
  return keys.map((key) => { const [replica = 0, from = 0, to = 0] = key.split(" ").map(Number); return { replica, from, to }; });
}
