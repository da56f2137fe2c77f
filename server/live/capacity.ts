// Owns what nodes and links can do right now, as reports tell: stage times, cores, an idle node's pace, and what requests met on their hops. In memory, bounded by
// what the fleet is: entries of what was not heard of for a while are dropped.
import type { IngressSample, NodeSample, RequestTrace } from "../../agents/protocol/control.ts";
import { type Tracked, track } from "../policy/adapt/tracked.ts";
import { createLosses, type KnownLosses } from "./link-losses.ts";
import { learnMemory, type MemoryCapacity } from "./memory-capacity.ts";
import { learnThermal, type ThermalCapacity } from "./thermal-capacity.ts";

export type NodeCapacity = { cores: Tracked | null; /** It may use less than the one core that a thread needs, and had it when it was profiled: how many times less, since when. Null = it does not. */ coreLoss: CoreLoss | null; busyShare: Tracked | null; /** Rounds per millisecond, and what it has when it is well. */ idlePace: Tracked | null; usualPace: number; /** Null = its agent has not told. */ memory: MemoryCapacity | null; thermal: ThermalCapacity | null; stages: Map<string, StageCapacity> };
export type CoreLoss = { factor: number; sinceMs: number };
export type StageCapacity = { deploymentId: string; epoch: number; stageIndex: number; computeMs: Tracked };
/** Of frames of real requests. `hopMs`: half a round trip and the time from first to last byte. */
export type LinkCapacity = { hopMs: Tracked; roundTripMs: Tracked | null; bytesPerSecond: Tracked | null };
export type FleetCapacity = { nodes: Map<string, NodeCapacity>; links: Map<string, LinkCapacity>; losses: KnownLosses; /** By `hopsKey`: milliseconds of a replica's hops in the last second it served, [into each stage, back]. */ hops: Map<string, { atMs: number; epoch: number | null; hopMs: (number | null)[] }> };

export const hopsKey = (deploymentId: string, replica: number): string => (replica === 1 ? deploymentId : `${deploymentId} r${replica}`);

export const createCapacity = (): FleetCapacity => ({ nodes: new Map(), links: new Map(), losses: createLosses(), hops: new Map() });

const FORGET_MS = 10 * 60_000;
/** How fast the pace taken for usual follows better and worse samples: one lucky one is no reference, and a machine that is slower for good is believed after some minutes. */
const PACE_UP = 0.3;
const PACE_DOWN = 0.003;
/** What is smaller passes at once, whatever the link. */
const LEAST_BANDWIDTH_BYTES = 64 * 1024;
/** A frame that took less says more of the clock than of the link. */
const LEAST_RECEIVE_MS = 0.2;

/** What the agent's process and its stages may still take, beside what they have. `totalBytes`: of the machine, or of its limit. */
export function learnNodeMemory(capacity: FleetCapacity, nodeId: string, { memoryAvailableBytes, agentRssBytes }: NodeSample, totalBytes: number | null, nowMs: number): void {
  const node = nodeOf(capacity, nodeId);
  if (memoryAvailableBytes !== undefined && totalBytes) node.memory = learnMemory(node.memory, { availableBytes: memoryAvailableBytes, ownBytes: agentRssBytes, totalBytes }, nowMs);
}

export function learnCapacity(capacity: FleetCapacity, nodeId: string, sample: NodeSample, linkKey: (from: string, to: string) => string | null, nowMs: number): void {
  const node = nodeOf(capacity, nodeId);
  node.busyShare = track(node.busyShare ?? undefined, sample.cpuRatio, nowMs);
  if (sample.idlePace !== undefined && sample.idlePace > 0) {
    node.idlePace = track(node.idlePace ?? undefined, sample.idlePace, nowMs);
    node.usualPace += (node.usualPace === 0 ? 1 : sample.idlePace > node.usualPace ? PACE_UP : PACE_DOWN) * (sample.idlePace - node.usualPace);
  }
  if (sample.thermal) node.thermal = learnThermal(node.thermal, sample.thermal, nowMs);
  for (const stage of sample.stages) {
    if (stage.computeMsP50 === null || stage.done === 0) continue;
    const key = `${stage.deploymentId} ${stage.epoch} ${stage.stageIndex}`;
    node.stages.set(key, { deploymentId: stage.deploymentId, epoch: stage.epoch, stageIndex: stage.stageIndex, computeMs: track(node.stages.get(key)?.computeMs, stage.computeMsP50, nowMs) });
  }
  for (const [key, stage] of node.stages) if (nowMs - stage.computeMs.atMs > FORGET_MS) node.stages.delete(key);
  for (const ingress of sample.ingress) learnHops(capacity, nodeId, ingress, linkKey, nowMs);
  for (const [key, told] of capacity.hops) if (nowMs - told.atMs > FORGET_MS) capacity.hops.delete(key);
  for (const [key, link] of capacity.links) if (nowMs - link.hopMs.atMs > FORGET_MS) capacity.links.delete(key);
}

function nodeOf(capacity: FleetCapacity, nodeId: string): NodeCapacity {
  const node = capacity.nodes.get(nodeId) ?? { cores: null, coreLoss: null, busyShare: null, idlePace: null, usualPace: 0, memory: null, thermal: null, stages: new Map<string, StageCapacity>() };
  capacity.nodes.set(nodeId, node);
  return node;
}

/** What is less than this share of a core is a loss: quotas are rounded. */
const LOSS_SHARE = 0.8;
/** A quota that moves about by less is the same loss. */
const SAME_LOSS = 1.25;

/** `usualCores`: when its agent started, which is what it was profiled with. True when it lost cores, or got them back. */
export function learnCores(capacity: FleetCapacity, nodeId: string, { coresNow, usualCores }: { coresNow: number; usualCores: number }, nowMs: number): boolean {
  const node = nodeOf(capacity, nodeId);
  node.cores = track(node.cores ?? undefined, coresNow, nowMs);
  const had = Math.min(1, usualCores);
  const factor = coresNow > 0 && coresNow < LOSS_SHARE * had ? had / coresNow : null;
  const before = node.coreLoss;
  if (factor === null) node.coreLoss = null;
  else if (before === null || factor > before.factor * SAME_LOSS || factor < before.factor / SAME_LOSS) node.coreLoss = { factor, sinceMs: nowMs };
  return node.coreLoss !== before;
}

type Hop = { key: string | null; roundTripMs: number | null; receiveMs: number; bytes: number };

function learnHops(capacity: FleetCapacity, ingressNodeId: string, ingress: IngressSample, linkKey: (from: string, to: string) => string | null, nowMs: number): void {
  const traces = (ingress.recent ?? (ingress.trace ? [ingress.trace] : [])).filter((trace) => trace.ok && (trace.epoch ?? ingress.epoch) === ingress.epoch);
  for (const replica of new Set(traces.map((trace) => trace.replica ?? 1))) {
    const hopMs = hopsOfReplica(capacity, ingressNodeId, traces.filter((trace) => (trace.replica ?? 1) === replica), linkKey, nowMs);
    capacity.hops.set(hopsKey(ingress.deploymentId, replica), { atMs: nowMs, epoch: ingress.epoch, hopMs });
  }
}

/** Of the requests that one report tells, the newer ones say what is now: what changed a while before it shows with it and not with the next one. So many at least. */
const ENOUGH_TRACES = 3;
const newer = <T>(oldestFirst: readonly T[]): readonly T[] => oldestFirst.slice(-Math.max(ENOUGH_TRACES, Math.ceil((oldestFirst.length * 2) / 3)));

/**
 * What a hop takes from first to last byte is told by the quarter of its requests that took it fastest: a link that is slow is slow for all of them, what waited for
 * a core or behind another frame says nothing of it, and the slowest are among those that are told. Of rates the median.
 */
function hopsOfReplica(capacity: FleetCapacity, ingressNodeId: string, traces: readonly RequestTrace[], linkKey: (from: string, to: string) => string | null, nowMs: number): (number | null)[] {
  const length = traces[0]?.stages.length ?? 0;
  const rows = newer(traces.filter((trace) => trace.stages.length === length)).map((trace) => hopsOf(trace, ingressNodeId, linkKey));
  return Array.from({ length: length + 1 }, (_, index): number | null => {
    const told = rows.flatMap((row) => row[index] ?? []);
    const receiveMs = low(told.map((hop) => hop.receiveMs));
    // An agent keeps the shortest of a while: what it knew last is the path as it is now.
    const lastTripMs = told.findLast((hop) => hop.roundTripMs !== null)?.roundTripMs ?? 0;
    const hopMs = receiveMs === null ? null : receiveMs + lastTripMs / 2;
    const key = told[0]?.key ?? null;
    if (hopMs !== null && key !== null) {
      const known = capacity.links.get(key);
      const rates = told.filter((hop) => hop.bytes >= LEAST_BANDWIDTH_BYTES && hop.receiveMs >= LEAST_RECEIVE_MS).map((hop) => (hop.bytes / hop.receiveMs) * 1000);
      const [rate, roundTrip] = [middle(rates), middle(told.flatMap((hop) => hop.roundTripMs ?? []))];
      capacity.links.set(key, { hopMs: track(known?.hopMs, hopMs, nowMs), roundTripMs: roundTrip === null ? (known?.roundTripMs ?? null) : track(known?.roundTripMs ?? undefined, roundTrip, nowMs), bytesPerSecond: rate === null ? (known?.bytesPerSecond ?? null) : track(known?.bytesPerSecond ?? undefined, rate, nowMs) });
    }
    return hopMs;
  });
}

function hopsOf(trace: RequestTrace, ingressNodeId: string, linkKey: (from: string, to: string) => string | null): (Hop | null)[] {
  let from = ingressNodeId;
  const hop = (to: string, bytes: number, times: { receiveMs: number; roundTripMs: number | null } | undefined): Hop | null => {
    const key = from === to ? null : linkKey(from, to);
    from = to;
    return times ? { key, roundTripMs: times.roundTripMs, receiveMs: times.receiveMs, bytes } : null;
  };
  return [...trace.stages.map((stage) => hop(stage.nodeId, stage.receivedBytes, stage.times)), hop(ingressNodeId, trace.answer?.bytes ?? 0, trace.answer)];
}

function middle(values: readonly number[]): number | null {
  return quantileOf(values, 1);
}

const low = (values: readonly number[]): number | null => quantileOf(values, 2);

/** Halves once or twice: the median, the lower quartile. */
function quantileOf(values: readonly number[], halvings: number): number | null {
  return values.length === 0 ? null : ([...values].sort((a, b) => a - b)[(values.length - 1) >> halvings] as number);
}
