// Owns what changes between two placements: what moves, what loads, what must be shipped, and the memory while both are loaded.
import { estimatePlacement } from "./estimate.ts";
import { fetchCounter } from "./fetch-bytes.ts";
import { layerMoves } from "./layer-moves.ts";
import { modeText } from "./mode-text.ts";
import { sameMode } from "./node-modes.ts";
import type { Placement, PlanDiff } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { stageMemoryBytes } from "./stage-memory.ts";

/** `before: null` = nothing runs yet. What already lies on a node is not shipped again; `resident`: whose, where more than `before` is loaded. */
export function diffPlacements(problem: Problem, before: Placement | null, after: Placement, resident: Placement = before ?? []): PlanDiff {
  const old = before ?? [];
  const bytesToFetch = fetchCounter(problem, resident);
  const stages: PlanDiff["stages"] = after.map((stage) => {
    const shipBytes = bytesToFetch(stage);
    const same = old.find((other) => other.from === stage.from && other.to === stage.to);
    const base = { from: stage.from, to: stage.to, toTopologyNodeId: stage.topologyNodeId, shipBytes };
    if (same?.topologyNodeId === stage.topologyNodeId) {
      if (sameMode(same.session, stage.session)) return { ...base, change: "keep", fromTopologyNodeId: stage.topologyNodeId };
      return { ...base, change: "mode", fromTopologyNodeId: stage.topologyNodeId, modes: { before: modeText(same.session), after: modeText(stage.session) } };
    }
    if (same) return { ...base, change: "move", fromTopologyNodeId: same.topologyNodeId };
    const overlapping = old.find((other) => other.from < stage.to && other.to > stage.from && other.topologyNodeId === stage.topologyNodeId) ?? old.find((other) => other.from < stage.to && other.to > stage.from);
    return { ...base, change: overlapping ? "recut" : "add", fromTopologyNodeId: overlapping?.topologyNodeId ?? null };
  });
  for (const stage of old) {
    if (!after.some((other) => other.from < stage.to && other.to > stage.from)) stages.push({ change: "remove", from: stage.from, to: stage.to, fromTopologyNodeId: stage.topologyNodeId, toTopologyNodeId: null, shipBytes: 0 });
  }
  const latencyMsBefore = before ? (estimatePlacement(problem, before)?.latencyMs ?? null) : null;
  return {
    same: stages.every((stage) => stage.change === "keep") && old.length === after.length,
    stages,
    moves: layerMoves(old, after, problem.layerWeightBytes),
    shipBytes: stages.reduce((sum, stage) => sum + stage.shipBytes, 0),
    memory: memoryChange(problem, old, after),
    latencyMsBefore,
    latencyMsAfter: estimatePlacement(problem, after)?.latencyMs ?? Number.NaN,
  };
}

/** Peak: both loaded side by side, an unchanged stage counted once. */
export function memoryChange(problem: Problem, old: Placement, after: Placement): PlanDiff["memory"] {
  const key = (stage: Placement[number]) => `${stage.topologyNodeId}:${stage.from}:${stage.to}:${modeText(stage.session)}`;
  const distinct = (stages: Placement) => [...new Map(stages.map((stage) => [key(stage), stage])).values()];
  const total = (stages: Placement, id: string) => distinct(stages).filter((stage) => stage.topologyNodeId === id).reduce((sum, stage) => sum + stageMemoryBytes(problem, stage.from, stage.to), 0);
  const all = [...old, ...after];
  return problem.nodes
    .map((node) => ({ topologyNodeId: node.topologyNodeId, beforeBytes: total(old, node.topologyNodeId), afterBytes: total(after, node.topologyNodeId), peakBytes: total(all, node.topologyNodeId), limitBytes: node.memoryLimitBytes }))
    .filter((entry) => entry.peakBytes > 0);
}
