// Owns how long a running stage computes right now: its node's last telling, kept for some seconds so that a second without requests is no gap.
import { useRef } from "react";
import { useLive } from "../live/live-store.ts";
import { useWorkbench } from "./workbench-store.ts";

/** A stage without requests for longer has no time to show. */
const HELD_MS = 6_000;

/** Median of the last second in milliseconds; null when nothing of the open deployment runs there, or none was asked of it. */
export function useStageCompute(nodeId: string | null, topologyNodeId: string, range: { from: number; to: number }): number | null {
  const deploymentId = useWorkbench((state) => state.deploymentId);
  const index = useWorkbench((state) => state.running?.findIndex((one) => one.topologyNodeId === topologyNodeId && one.from === range.from && one.to === range.to) ?? -1);
  const held = useRef<{ ms: number; atMs: number } | null>(null);
  return useLive((state) => {
    if (nodeId === null || deploymentId === null || index < 0) return null;
    const ms = state.nodes[nodeId]?.sample?.stages.find((stage) => stage.deploymentId === deploymentId && stage.stageIndex === index)?.computeMsP50 ?? null;
    if (ms !== null) held.current = { ms, atMs: Date.now() };
    return held.current !== null && Date.now() - held.current.atMs < HELD_MS ? held.current.ms : null;
  });
}
