// Owns how adaptation is shown: its settings, what it thinks now, and what it decided.
import type { z } from "zod";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { adaptStates } from "../live/adapt-state.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { slowdownOf, spreadOf } from "../policy/adapt/signal.ts";
import type { Tracked } from "../policy/adapt/tracked.ts";
import { listDecisions, type StoredDecision } from "../store/adapt-decisions.ts";
import { findDeployment, findMigrations, type StoredMigration } from "../store/deployments.ts";
import type { adaptation, adaptDecision, capacity } from "./schemas/adapt-schemas.ts";

export async function readAdaptation(deps: Deps, deploymentId: string, limit: number): Promise<z.infer<typeof adaptation>> {
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const stored = await listDecisions(deps.db, deploymentId, limit);
  const moves = new Map((await findMigrations(deps.db, stored.flatMap((one) => one.migrationId ?? []))).map((move) => [move.id, move]));
  const decisions = stored.map((one) => toDecision(one, moves.get(one.migrationId ?? "") ?? null));
  const state = adaptStates(deps.db).get(deploymentId);
  const names = new Map((state?.watched?.problem.nodes ?? []).map((node) => [node.topologyNodeId, node.name]));
  const split = (key: string) => ({ kind: key.startsWith("node:") ? ("node" as const) : ("link" as const), name: key.slice(5).split(">").map((id) => names.get(id) ?? id).join(" → ") });
  const { decision } = state ?? { decision: null };
  return {
    settings: deployment.adaptation,
    verdict: decision?.verdict ?? null,
    reason: decision?.reason ?? "Nothing has been looked at yet.",
    drifts: (decision?.drifts ?? []).map(({ key, factor, sinceMs }) => ({ ...split(key), factor, sinceMs })),
    regret: decision?.regret ?? 0, needed: decision?.needed ?? null, expectedDwellMs: decision?.expectedDwellMs ?? null,
    signals: Object.entries(state?.controller.watched.signals ?? {}).map(([key, signal]) => ({ ...split(key), slowdown: slowdownOf(signal), spread: spreadOf(signal), samples: signal.samples, ageMs: Math.max(0, deps.clock.now() - signal.lastAtMs) })),
    suggestion: decisions.find((one) => one.outcome === "suggested") ?? null,
    decisions,
  };
}

export function toDecision({ deploymentId: _deploymentId, at, ...rest }: StoredDecision, move: StoredMigration | null): z.infer<typeof adaptDecision> {
  return { ...rest, at: at.toISOString(), move: move && { predictedBytes: move.predictedBytes, moved: move.moved } };
}

export function readCapacity(deps: Deps): z.infer<typeof capacity> {
  const { capacity: known } = liveFleet(deps.db);
  const nowMs = deps.clock.now();
  const figure = (tracked: Tracked) => ({ last: tracked.last, mean: tracked.mean, sd: Math.sqrt(tracked.variance), samples: tracked.samples, ageMs: Math.max(0, nowMs - tracked.atMs) });
  const orNull = (tracked: Tracked | null) => tracked && figure(tracked);
  return {
    nodes: [...known.nodes].map(([nodeId, node]) => ({
      nodeId, cores: orNull(node.cores), busyShare: orNull(node.busyShare),
      idleSlowdown: node.idlePace && node.idlePace.last > 0 ? node.usualPace / node.idlePace.last : null,
      stages: [...node.stages.values()].map(({ deploymentId, epoch, stageIndex, computeMs }) => ({ deploymentId, epoch, stageIndex, computeMs: figure(computeMs) })),
    })),
    links: [...known.links].map(([key, link]) => {
      const [fromNodeId = "", toNodeId = ""] = key.split(">");
      return { fromNodeId, toNodeId, hopMs: figure(link.hopMs), roundTripMs: orNull(link.roundTripMs), bytesPerSecond: orNull(link.bytesPerSecond) };
    }),
  };
}
