// Owns asking whether a live figure is old; the answer is a text, so that a fresh figure draws nothing anew.
import { useEffect, useState } from "react";
import { type LiveState, useLive } from "./live-store.ts";
import { ageText, deploymentStaleMs, linkStaleMs, nodeStaleMs } from "./staleness.ts";

/** While the feed is lost nothing else makes an age grow. */
const TICK_MS = 5_000;

export type StaleOf = { node: string } | { link: string } | { deployment: string };

/** "12 s old", or null while the figure is fresh. */
export function useStale(of: StaleOf): string | null {
  const lost = useLive((state) => state.connection === "lost");
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!lost) return;
    const timer = setInterval(() => setTick((tick) => tick + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [lost]);
  return useLive((state) => textOf(state, of));
}

function textOf(state: LiveState, of: StaleOf): string | null {
  const nowMs = Date.now();
  const ageMs = "node" in of ? nodeStaleMs(state, of.node, nowMs) : "link" in of ? linkStaleMs(state, of.link, nowMs) : deploymentStaleMs(state, of.deployment, nowMs);
  return ageMs === null ? null : ageText(ageMs);
}
