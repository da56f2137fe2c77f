// Owns what the live feed last told us: connection, samples, recent events, progress of operations. Written by the socket alone.
import { create } from "zustand";
import type { LiveDeploymentSample, LiveLinkSample, LiveNodeSample, LiveSamples, OperationProgress, StoredEvent } from "../../server/events/catalogue.ts";

/** Events kept in the browser; older ones are asked from the API. */
export const RECENT_EVENTS_MAX = 400;
/** Seconds of samples kept for the charts: 15 minutes at 1 Hz. */
export const HISTORY_MAX = 900;

export type HistoryPoint = { atMs: number; requestsPerSecond: number; errorsPerSecond: number; latencyMsP50: number | null; latencyMsP99: number | null; predictedLatencyMs: number | null };
export type Connection = "connecting" | "live" | "lost";
export type LiveState = {
  connection: Connection;
  /** When the feed went quiet; figures older than this are marked stale. */
  lostAt: string | null;
  sampledAt: string | null;
  lastSeq: number | null;
  nodes: Record<string, LiveNodeSample>;
  links: Record<string, LiveLinkSample>;
  deployments: Record<string, LiveDeploymentSample>;
  history: Record<string, HistoryPoint[]>;
  /** Newest last. */
  events: StoredEvent[];
  progress: Record<string, OperationProgress>;
};

export const useLive = create<LiveState>(() => ({
  connection: "connecting", lostAt: null, sampledAt: null, lastSeq: null,
  nodes: {}, links: {}, deployments: {}, history: {}, events: [], progress: {},
}));

export function applySamples(samples: LiveSamples): void {
  useLive.setState((state) => {
    const deployments = { ...state.deployments, ...samples.deployments };
    const history = { ...state.history };
    for (const [id, sample] of Object.entries(samples.deployments)) {
      const { requestsPerSecond, errorsPerSecond, latencyMsP50, latencyMsP99, predictedLatencyMs } = sample;
      const point = { atMs: Date.parse(samples.at), requestsPerSecond, errorsPerSecond, latencyMsP50, latencyMsP99, predictedLatencyMs };
      history[id] = [...(history[id] ?? []), point].slice(-HISTORY_MAX);
    }
    return { sampledAt: samples.at, nodes: { ...state.nodes, ...samples.nodes }, links: { ...state.links, ...samples.links }, deployments, history };
  });
}

/** Adds an event once; a replay after a reconnect may repeat what we hold. */
export function applyEvent(event: StoredEvent): boolean {
  const { lastSeq } = useLive.getState();
  if (lastSeq !== null && event.seq <= lastSeq) return false;
  useLive.setState((state) => ({ lastSeq: event.seq, events: [...state.events, event].slice(-RECENT_EVENTS_MAX) }));
  return true;
}

export function applyProgress(progress: OperationProgress): void {
  useLive.setState((state) => ({ progress: { ...state.progress, [progress.operationId]: progress } }));
}
