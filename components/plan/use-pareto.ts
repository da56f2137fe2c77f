// Owns one workbench's search for plans to choose from: start, follow while the front grows, stop with what was found.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FrontFigures } from "../../server/planner/plan.ts";
import { api, client, type ParetoPoint } from "../api.ts";
import { requestIn, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { useLive } from "../live/live-store.ts";
import type { PlanScope } from "./use-planning.ts";

/** The live feed tells the front as it grows; asking is for who has none. */
const ASK_SECONDS = 20;

export type Pareto = { runs: boolean; error: unknown; /** While it grows. */ front: readonly FrontFigures[]; /** null = not asked yet, or not there yet. */ points: readonly ParetoPoint[] | null; start(): void; stop(): void };

export function usePareto({ modelId, topologyId, deploymentId }: PlanScope): Pareto {
  const store = useWorkbenchStore();
  const [operationId, setOperationId] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: () => client.plans.startPareto.mutate({ modelId, topologyId, ...requestIn(store), ...(deploymentId ? { deploymentId } : {}) }),
    onSuccess: ({ operation }) => setOperationId(operation.id),
  });
  const stop = useMutation(api.operations.cancel.mutationOptions());
  const { data } = useQuery({ ...api.operations.get.queryOptions({ id: operationId ?? "", waitSeconds: ASK_SECONDS }), enabled: operationId !== null, staleTime: 0, refetchInterval: (query) => (query.state.data?.status === "running" ? 1 : false) });
  const own = data?.id === operationId ? data : undefined;
  const live = useLive((state) => (operationId === null ? undefined : state.progress[operationId]?.front));
  const ended = own !== undefined && own.status !== "running";
  return {
    runs: start.isPending || (operationId !== null && !ended),
    error: start.error ?? stop.error ?? (own?.status === "failed" ? new Error(own.error?.message ?? "The choices could not be found.") : null),
    front: ended ? [] : (live ?? own?.progress.front ?? []),
    points: own?.status === "succeeded" ? (own.result as ParetoPoint[]) : null,
    start: () => { setOperationId(null); start.mutate(); },
    stop: () => { if (operationId) stop.mutate({ id: operationId }); },
  };
}
