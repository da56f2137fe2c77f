// Owns when a live figure speaks of the past, and for how long. Pure.
//
// Ages are differences on one clock: how long a node had been silent when the console last told us (the console's clock), and how long ago that
// was (the browser's).
import type { LiveState } from "./live-store.ts";

/** Nodes tell once a second: a few missed tellings are no news … */
export const NODE_STALE_AFTER_MS = 5_000;
/** … a link is probed every half minute, with some chance in it. */
export const LINK_STALE_AFTER_MS = 150_000;

type Fed = Pick<LiveState, "connection" | "lostAt" | "sampledAt">;

/** Milliseconds since a thing last told of itself; null while that is fresh, or when it never told. `nowMs` is the browser's clock. */
function staleFor(toldAt: string | null | undefined, limitMs: number, feed: Fed, nowMs: number): number | null {
  if (!toldAt || feed.sampledAt === null) return null;
  const silentMs = Math.max(0, Date.parse(feed.sampledAt) - Date.parse(toldAt));
  const lostMs = feed.connection === "lost" && feed.lostAt !== null ? Math.max(0, nowMs - Date.parse(feed.lostAt)) : 0;
  const ageMs = silentMs + lostMs;
  // Without the feed nothing can be fresh, however short that is.
  return feed.connection === "lost" || silentMs > limitMs ? ageMs : null;
}

export const nodeStaleMs = (state: Fed & Pick<LiveState, "nodes">, nodeId: string, nowMs: number): number | null => staleFor(state.nodes[nodeId]?.lastSeenAt, NODE_STALE_AFTER_MS, state, nowMs);
export const linkStaleMs = (state: Fed & Pick<LiveState, "links">, key: string, nowMs: number): number | null => staleFor(state.links[key]?.measuredAt, LINK_STALE_AFTER_MS, state, nowMs);
/** Of the ingress samples behind a deployment's figures. */
export const deploymentStaleMs = (state: Fed & Pick<LiveState, "deployments">, deploymentId: string, nowMs: number): number | null => staleFor(state.deployments[deploymentId]?.toldAt, NODE_STALE_AFTER_MS, state, nowMs);

/** "8 s old": in steps, so that hundreds of marks are not drawn anew each second. */
export function ageText(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000);
  if (seconds < 10) return `${seconds} s old`;
  if (seconds < 90) return `${Math.floor(seconds / 5) * 5} s old`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min old` : `${Math.round(seconds / 3600)} h old`;
}
