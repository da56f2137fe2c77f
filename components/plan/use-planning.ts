// Owns one workbench's planning: start, follow, stop, and putting what was found on the canvas as a draft that undo takes back.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { SearchProgress } from "../../server/planner/plan.ts";
import { api, client, type FoundPlan, problemOf } from "../api.ts";
import { editPlacement, type Planning, requestIn, useWorkbench, useWorkbenchStore, type WorkbenchStore } from "../canvas/workbench-store.ts";
import { useLive } from "../live/live-store.ts";

/** The live feed tells progress; asking is for who has none. */
const ASK_SECONDS = 20;
const BUDGET_MS = 20_000;

export type PlanScope = { modelId: string; topologyId: string; deploymentId: string | null };
type Infeasible = { infeasible: true; refusals: NonNullable<Planning["refusals"]> };

export async function startPlanning(store: WorkbenchStore, { modelId, topologyId, deploymentId }: PlanScope): Promise<void> {
  const { placement } = store.getState().history.present;
  const whole = placement.length > 0 && store.getState().problem?.layerCount === placement.at(-1)?.to;
  store.setState((state) => ({ planning: { ...state.planning, refusals: null, error: null } }));
  try {
    const { operation } = await client.plans.start.mutate({ modelId, topologyId, ...requestIn(store), budgetMs: BUDGET_MS, ...(deploymentId ? { deploymentId } : {}), ...(whole ? { draft: placement } : {}) });
    store.setState((state) => ({ planning: { ...state.planning, operationId: operation.id } }));
  } catch (error) {
    store.setState((state) => ({ planning: { ...state.planning, error } }));
  }
}

/** Ends with the best so far, if there is one. */
export async function stopPlanning(store: WorkbenchStore): Promise<void> {
  const { operationId } = store.getState().planning;
  if (operationId) await client.operations.cancel.mutate({ id: operationId }).catch((error: unknown) => store.setState((state) => ({ planning: { ...state.planning, error } })));
}

/** Mounted once a workbench. */
export function useFollowPlanning(): void {
  const store = useWorkbenchStore();
  const operationId = useWorkbench((state) => state.planning.operationId);
  const operation = useQuery({ ...api.operations.get.queryOptions({ id: operationId ?? "", waitSeconds: ASK_SECONDS }), enabled: operationId !== null, staleTime: 0, refetchInterval: (query) => (query.state.data?.status === "running" ? 1 : false) });
  const { data } = operation;
  useEffect(() => {
    if (!data || data.id !== store.getState().planning.operationId || data.status === "running") return;
    if (data.status !== "succeeded") {
      store.setState((state) => ({ planning: { ...state.planning, operationId: null, error: data.status === "cancelled" ? null : new Error(data.error?.message ?? "Planning failed.") } }));
      return;
    }
    const answer = data.result as FoundPlan | Infeasible;
    if ("infeasible" in answer) store.setState((state) => ({ planning: { ...state.planning, operationId: null, found: null, refusals: answer.refusals } }));
    else applyFound(store, answer);
  }, [data, store]);
}

export function applyFound(store: WorkbenchStore, found: FoundPlan): void {
  editPlacement(store, () => found.placement);
  store.setState({ planning: { operationId: null, found, taken: null, refusals: null, error: null } });
}

/** Of the search that runs, else of the last one. */
export function useSearchProgress(): SearchProgress | null {
  const { operationId, found } = useWorkbench((state) => state.planning);
  const live = useLive((state) => (operationId === null ? undefined : state.progress[operationId]?.search));
  if (operationId !== null) return live ?? null;
  return found?.search ?? null;
}

export const planningProblem = (error: unknown): string => problemOf(error).message;
