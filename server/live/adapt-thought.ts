// Owns what the adaptation loop thinks of a deployment now, as it is shown: it is in the memory of the console that leads, and another one asks it.
import type { Burn } from "../policy/adapt/slo-burn.ts";
import { slowdownOf, spreadOf } from "../policy/adapt/signal.ts";
import type { Db } from "../store/db.ts";
import { adaptStates } from "./adapt-state.ts";

type Named = { kind: "node" | "link"; /** Of the node, or of both ends of the link. */ name: string };
export type AdaptThought = {
  /** Null until it was looked at. */
  verdict: string | null;
  reason: string;
  drifts: (Named & { /** Times slower. */ factor: number; sinceMs: number })[];
  regret: number; needed: number | null; expectedDwellMs: number | null;
  /** Of the SLO's error budget; null = there is none. */
  burn: Burn | null;
  signals: (Named & { slowdown: number; spread: number; samples: number; ageMs: number })[];
};

export const NO_THOUGHT: AdaptThought = { verdict: null, reason: "Nothing has been looked at yet.", drifts: [], regret: 0, needed: null, expectedDwellMs: null, burn: null, signals: [] };

export function adaptThought(db: Db, deploymentId: string, nowMs: number): AdaptThought {
  const state = adaptStates(db).get(deploymentId);
  if (!state) return NO_THOUGHT;
  const names = new Map((state.watched?.problem.nodes ?? []).map((node) => [node.topologyNodeId, node.name]));
  const split = (key: string): Named => ({ kind: key.startsWith("node:") ? "node" : "link", name: key.slice(5).split(">").map((id) => names.get(id) ?? id).join(" → ") });
  const { decision } = state;
  return {
    verdict: decision?.verdict ?? null,
    reason: decision?.reason ?? NO_THOUGHT.reason,
    drifts: (decision?.drifts ?? []).map(({ key, factor, sinceMs }) => ({ ...split(key), factor, sinceMs })),
    regret: decision?.regret ?? 0, needed: decision?.needed ?? null, expectedDwellMs: decision?.expectedDwellMs ?? null,
    burn: state.burn,
    signals: Object.entries(state.controller.watched.signals).map(([key, signal]) => ({ ...split(key), slowdown: slowdownOf(signal), spread: spreadOf(signal), samples: signal.samples, ageMs: Math.max(0, nowMs - signal.lastAtMs) })),
  };
}
