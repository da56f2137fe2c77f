// Owns how adaptation is shown: its settings, what it thinks now, and what it decided.
import type { z } from "zod";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { type AdaptThought, adaptThought, NO_THOUGHT } from "../live/adapt-thought.ts";
import { liveFleet } from "../live/live-fleet.ts";
import type { LiveLinkSample } from "../events/catalogue.ts";
import type { Tracked } from "../policy/adapt/tracked.ts";
import { listDecisions, type StoredDecision } from "../store/adapt-decisions.ts";
import { findDeployment, findMigrations, type StoredMigration } from "../store/deployments.ts";
import type { adaptation, adaptDecision, capacity } from "./schemas/adapt-schemas.ts";

export async function readAdaptation(deps: Deps, deploymentId: string, limit: number): Promise<z.infer<typeof adaptation>> {
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const stored = await listDecisions(deps.db, deploymentId, limit);
  const moves = new Map((await findMigrations(deps.db, stored.flatMap((one) => one.migrationId ?? []))).map((move) => [move.id, move]));
  const decisions = stored.map((one) => toDecision(one, moves.get(one.migrationId ?? "") ?? null));
  return { settings: deployment.adaptation, ...(await readThought(deps, deploymentId)), admitPerSecond: deployment.settings.admitPerSecond ?? null, batchNow: deployment.settings.batchNow ?? null, suggestion: decisions.find((one) => one.outcome === "suggested") ?? null, decisions };
}

/** The loop's, where it runs. What this console learnt while it led, before another did, is of then. */
async function readThought({ db, peers, clock }: Deps, deploymentId: string): Promise<AdaptThought> {
  const leaderId = peers?.leaderId() ?? null;
  if (!peers || leaderId === peers.consoleId) return adaptThought(db, deploymentId, clock.now());
  if (leaderId === null) return { ...NO_THOUGHT, reason: "No console leads at this moment." };
  return peers.askThought(deploymentId).catch((error: Error) => ({ ...NO_THOUGHT, reason: `What is thought now is not known here: ${error.message}.` }));
}

export function toDecision({ deploymentId: _deploymentId, at, ...rest }: StoredDecision, move: StoredMigration | null): z.infer<typeof adaptDecision> {
  return { ...rest, at: at.toISOString(), move: move && { predictedBytes: move.predictedBytes, moved: move.moved } };
}

export function readCapacity(deps: Deps): z.infer<typeof capacity> {
  const { capacity: known, links: probedLinks } = liveFleet(deps.db);
  const nowMs = deps.clock.now();
  const figure = (tracked: Tracked) => ({ last: tracked.last, mean: tracked.mean, sd: Math.sqrt(tracked.variance), samples: tracked.samples, ageMs: Math.max(0, nowMs - tracked.atMs) });
  const orNull = (tracked: Tracked | null) => tracked && figure(tracked);
  return {
    nodes: [...known.nodes].map(([nodeId, node]) => ({
      nodeId, cores: orNull(node.cores), busyShare: orNull(node.busyShare),
      idleSlowdown: node.idlePace && node.idlePace.last > 0 ? node.usualPace / node.idlePace.last : null,
      memoryAvailableBytes: orNull(node.memory?.availableBytes ?? null), memoryUsableBytes: node.memory?.usableBytes ?? null,
      thermal: node.thermal && { ...node.thermal, celsius: orNull(node.thermal.celsius), clockRatio: orNull(node.thermal.clockRatio), ageMs: Math.max(0, nowMs - node.thermal.atMs) },
      lossReadable: known.losses.readable.get(nodeId) ?? null,
      stages: [...node.stages.values()].map(({ deploymentId, epoch, stageIndex, computeMs }) => ({ deploymentId, epoch, stageIndex, computeMs: figure(computeMs) })),
    })),
    links: [...new Set([...known.links.keys(), ...known.losses.ratios.keys(), ...probedLinks.keys()])].map((key) => {
      const link = known.links.get(key);
      const [fromNodeId = "", toNodeId = ""] = key.split(">");
      return { fromNodeId, toNodeId, probed: probedFigures(probedLinks.get(key), nowMs), hopMs: orNull(link?.hopMs ?? null), roundTripMs: orNull(link?.roundTripMs ?? null), bytesPerSecond: orNull(link?.bytesPerSecond ?? null), lossRatio: orNull(known.losses.ratios.get(key) ?? null) };
    }),
  };
}

/** A link that only carried traffic, or whose last probe failed, has none. */
function probedFigures(link: LiveLinkSample | undefined, nowMs: number) {
  if (!link || link.error !== null || link.measuredAt === "") return null;
  const { rttMs, rttSdMs, bandwidthBytesPerSecond: last, spread = {} } = link;
  const ageMs = (at: string) => Math.max(0, nowMs - Date.parse(at));
  const { bandwidthMeanBytesPerSecond: mean, bandwidthSdBytesPerSecond: sd = 0, bandwidthSamples: samples = 1, bandwidthAt } = spread;
  return {
    roundTripMs: { last: rttMs, mean: rttMs, sd: rttSdMs, samples: 1, ageMs: ageMs(link.measuredAt) },
    bytesPerSecond: last === null ? null : { last, mean: mean ?? last, sd, samples, ageMs: ageMs(bandwidthAt ?? link.measuredAt) },
  };
}
