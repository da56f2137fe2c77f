// Owns the snapshot that attention is decided from: rows of the API with what the live feed says of them now.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { type Attention, attentionOf } from "./attention.ts";

/** Null until it is known what is there; `error` says why it is not. */
export function useAttention(): { items: Attention[] | null; error: unknown; retry: () => void } {
  const deployments = useQuery(api.deployments.list.queryOptions());
  const nodes = useQuery(api.nodes.list.queryOptions());
  const models = useQuery(api.models.list.queryOptions());
  // Once a second: a large fleet's nodes come in slices, and deciding anew for each of them would cost more than it tells.
  const sampledAt = useLive((state) => state.sampledAt);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the feed is looked at whenever a second of it has come
  const items = useMemo(() => {
    const { nodes: liveNodes, deployments: samples, history, links } = useLive.getState();
    if (!deployments.data || !nodes.data) return null;
    return attentionOf({
      nowMs: Date.now(), links, models: models.data ?? null,
      deployments: deployments.data.map((one) => ({ ...one, sample: samples[one.id] ?? null, pipelineMs: (history[one.id] ?? []).map((point) => point.pipelineMsP50) })),
      nodes: nodes.data.map((one) => { const live = liveNodes[one.id]; return { ...one, status: live?.status ?? one.status, assignments: live?.assignments ?? one.assignments, sample: live?.sample ?? null, memoryBytes: one.hardware?.memoryBytes ?? null }; }),
    });
  }, [deployments.data, nodes.data, models.data, sampledAt]);
  return { items, error: deployments.error ?? nodes.error, retry: () => { void deployments.refetch(); void nodes.refetch(); } };
}
