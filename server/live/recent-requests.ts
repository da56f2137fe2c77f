// Owns the finished requests of a deployment that can be looked at: newest, slowest and failed ones, in bounded memory. Nothing is stored: a request
// that matters for longer belongs to the tracing of whoever sent it.
import type { RequestTrace } from "../../agents/protocol/control.ts";

export const REQUEST_ORDERS = ["recent", "slowest", "failed"] as const;
export type RequestOrder = (typeof REQUEST_ORDERS)[number];
export type RecentRequest = RequestTrace & { ingressNodeId: string };

const MAX_NEWEST = 60;
const MAX_FAILED = 40;
const MAX_SLOWEST = 40;
/** Slowest of which time: older ones say little of now. */
export const SLOWEST_OF_MS = 15 * 60_000;

export type RequestLog = { newest: RecentRequest[]; failed: RecentRequest[]; slowest: RecentRequest[] };

export const createRequestLog = (): RequestLog => ({ newest: [], failed: [], slowest: [] });

/** `traces` are of one ingress, oldest first. One that was told before says more now and takes its place. */
export function keepRequests(log: RequestLog, ingressNodeId: string, traces: readonly RequestTrace[], nowMs: number): void {
  const told = new Map(traces.map((trace) => [trace.requestId, { ...trace, ingressNodeId }]));
  const anew = (kept: readonly RecentRequest[]) => kept.map((row) => (row.ingressNodeId === ingressNodeId && told.get(row.requestId)) || row);
  const [newest, failed, slowest] = [anew(log.newest), anew(log.failed), anew(log.slowest)];
  const rowsBeside = (kept: readonly RecentRequest[]) => [...told.values()].filter((row) => !kept.includes(row));
  log.newest = [...newest, ...rowsBeside(newest)].slice(-MAX_NEWEST);
  log.failed = [...failed, ...rowsBeside(failed).filter((row) => !row.ok)].slice(-MAX_FAILED);
  const young = [...slowest, ...rowsBeside(slowest)].filter((row) => !(nowMs - Date.parse(row.startedAt) > SLOWEST_OF_MS));
  log.slowest = young.sort((a, b) => b.totalMs - a.totalMs).slice(0, MAX_SLOWEST);
}

/** Those kept of one trace, in the order they came. */
export function listRequestsOfTrace(log: RequestLog | undefined, traceId: string, limit: number): RecentRequest[] {
  const kept = new Map([...(log?.slowest ?? []), ...(log?.failed ?? []), ...(log?.newest ?? [])].map((row) => [`${row.ingressNodeId} ${row.requestId}`, row]));
  return [...kept.values()].filter((row) => row.context?.traceId === traceId).sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)).slice(0, limit);
}

/** Newest first, but the slowest by their time. */
export function listRequests(log: RequestLog | undefined, order: RequestOrder, limit: number): RecentRequest[] {
  if (!log) return [];
  if (order === "slowest") return log.slowest.slice(0, limit);
  return [...(order === "failed" ? log.failed : log.newest)].reverse().slice(0, limit);
}
