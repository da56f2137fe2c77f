// Owns the tables behind the canvas's predictions: rebuilt when the model, its profiles, the drawing or the live figures change.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useStore } from "zustand";
import { rulesOf } from "../../server/planner/plan-request.ts";
import { buildProblem } from "../../server/planner/problem.ts";
import { api, type TopologyFull } from "../api.ts";
import type { WorkbenchStore } from "./workbench-store.ts";

export function useProblem(store: WorkbenchStore, modelId: string | null, live: TopologyFull["live"], deploymentId: string | null): { error: unknown } {
  const model = useQuery({ ...api.models.get.queryOptions({ id: modelId ?? "" }), enabled: modelId !== null, staleTime: Number.POSITIVE_INFINITY });
  const profiles = useQuery({ ...api.models.profiles.queryOptions({ id: modelId ?? "" }), enabled: modelId !== null });
  const document = useStore(store, (state) => state.history.present.document);
  const request = useStore(store, (state) => state.history.present.request);
  useEffect(() => {
    const before = store.getState().problem;
    if (modelId === null || !model.data || !profiles.data) store.setState({ facts: model.data?.facts ?? null, problem: null });
    else store.setState({ facts: model.data.facts, problem: { ...buildProblem({ facts: model.data.facts, profiles: profiles.data, topology: document, live, beside: deploymentId }), rules: rulesOf(request ?? {}) } });
    // React keeps what the render before the last one saw. The ways between any two of 200 nodes are tens of megabytes, and nobody asks for the old ones.
    if (before !== null) before.paths = [];
  }, [store, modelId, model.data, profiles.data, document, live, deploymentId, request]);
  return { error: model.error ?? profiles.error };
}
