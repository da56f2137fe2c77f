// Owns what the live feed last told us: connection, samples, recent events, progress of operations. Written by the socket alone.
import { create } from "zustand";
import type { LiveDeploymentSample, LiveLinkSample, LiveNodeSample, LiveSamples, OperationProgress, StoredEvent } from "../../server/events/catalogue.ts";

/** Events kept in the browser; older ones are asked from the API. */
export const RECENT_EVENTS_MAX = 400;
/** Seconds of samples kept for the charts: 15 minutes at 1 Hz. */
export const HISTORY_MAX = 900;

/** Nodes and links that change in one frame. */
const SLICE_MAX = 24;

export type HistoryPoint = { atMs: number; requestsPerSecond: number; errorsPerSecond: number; latencyMsP50: number | null; latencyMsP99: number | null; pipelineMsP50: number | null; predictedLatencyMs: number | null };
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

/** Deployments change at once; nodes and links a slice per frame, so that a large fleet's second never becomes one long task. */
export function applySamples(samples: LiveSamples): void {
  useLive.setState((state) => {
    const deployments = { ...state.deployments, ...samples.deployments };
    const history = { ...state.history };
    for (const [id, sample] of Object.entries(samples.deployments)) {
      const { requestsPerSecond, errorsPerSecond, latencyMsP50, latencyMsP99, pipelineMsP50, predictedLatencyMs } = sample;
      const point = { atMs: Date.parse(samples.at), requestsPerSecond, errorsPerSecond, latencyMsP50, latencyMsP99, pipelineMsP50, predictedLatencyMs };
      history[id] = [...(history[id] ?? []), point].slice(-HISTORY_MAX);
    }
    return { sampledAt: samples.at, deployments, history };
  });
  waitingNodes = { ...waitingNodes, ...samples.nodes };
  waitingLinks = { ...waitingLinks, ...samples.links };
  applySlice();
}

let waitingNodes: LiveState["nodes"] = {};
let waitingLinks: LiveState["links"] = {};
let sliceDue = false;

function applySlice(): void {
  if (sliceDue) return;
  const [nodes, links] = [take(waitingNodes), take(waitingLinks)];
  if (nodes === null && links === null) return;
  useLive.setState((state) => ({ nodes: { ...state.nodes, ...nodes }, links: { ...state.links, ...links } }));
  if (Object.keys(waitingNodes).length + Object.keys(waitingLinks).length === 0) return;
  sliceDue = true;
  afterFrame(() => { sliceDue = false; applySlice(); });
}

/** The first few of what waits, removed from there. */
function take<T>(waiting: Record<string, T>): Record<string, T> | null {
  const keys = Object.keys(waiting).slice(0, SLICE_MAX);
  if (keys.length === 0) return null;
  const taken: Record<string, T> = {};
  for (const key of keys) {
    taken[key] = waiting[key] as T;
    delete waiting[key];
  }
  return taken;
}

/** A page in the background draws no frames; its values must not wait for one. */
const afterFrame = (act: () => void): void => {
  if (typeof requestAnimationFrame === "undefined" || document.visibilityState === "hidden") setTimeout(act, 0);
  else requestAnimationFrame(act);
};

/** Adds an event once; a replay after a reconnect may repeat what we hold. The first is shown at once, a burst's others together with the next frame. */
export function applyEvent(event: StoredEvent): boolean {
  const lastSeq = waitingEvents.at(-1)?.seq ?? useLive.getState().lastSeq;
  if (lastSeq !== null && event.seq <= lastSeq) return false;
  waitingEvents.push(event);
  if (!eventsDue) showEvents();
  return true;
}

let waitingEvents: StoredEvent[] = [];
let eventsDue = false;

function showEvents(): void {
  if (waitingEvents.length === 0) return;
  const shown = waitingEvents;
  waitingEvents = [];
  useLive.setState((state) => ({ lastSeq: shown.at(-1)?.seq ?? state.lastSeq, events: [...state.events, ...shown].slice(-RECENT_EVENTS_MAX) }));
  eventsDue = true;
  afterFrame(() => { eventsDue = false; showEvents(); });
}

export function applyProgress(progress: OperationProgress): void {
  useLive.setState((state) => ({ progress: { ...state.progress, [progress.operationId]: progress } }));
}
