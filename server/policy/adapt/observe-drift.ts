// Owns what a deployment's measurements say of its nodes and links: which have drifted, and how much slower each is today. Pure.
import { estimatePlacement } from "../../planner/estimate.ts";
import { enteredAtFirst } from "../../planner/replicas/entered-at-first.ts";
import { believedBiases, followPart } from "./believed-bias.ts";
import type { Observation } from "./controller.ts";
import { aboveGap, type IdleGap, learnGap, NEW_GAP } from "./idle-gap.ts";
import { placementsOf } from "./replica-views.ts";
import { addToSignal, NEW_SIGNAL, type Signal, slowdownOf, spreadOf } from "./signal.ts";
import { pairKey, type Slowdowns } from "./todays-problem.ts";

/** By "node:<drawn id>" and "link:<from>><to>". */
export type Watched = { signals: Record<string, Signal>; /** When each node lost the cores that its signal has been told of. */ losses?: Record<string, number>; /** Nodes that have run a part of it, and keys of links that it crossed, so that their bias is known. */ served: string[]; /** By key, of what is not used. */ gaps?: Record<string, IdleGap>; /** See `RanMs`. */ ran?: Record<string, number> };
export type Drift = { key: string; kind: "node" | "link"; /** Drawn node, or "from>to". */ subject: string; sinceMs: number; /** Times slower than when healthy. */ factor: number; spread: number };

/** Below it a hop is noise of clocks: both sides get it before they are compared. */
const HOP_FLOOR_MS = 1;
const STAGE_FLOOR_MS = 0.05;

export function observeDrift(before: Watched, seen: Observation): { watched: Watched; drifts: Drift[]; slowdowns: Slowdowns; cleared: number[] } {
  const signals = { ...before.signals };
  const gaps = { ...before.gaps };
  const { used, idle, predictedMs } = ratiosOf(seen);
  const ran = { ...before.ran };
  const served = [...new Set([...before.served, ...placementsOf(seen).flat().map((stage) => stage.topologyNodeId), ...[...used.keys()].filter((key) => key.startsWith("link:"))])];
  const cleared: number[] = [];
  const add = (key: string, ratio: number) => {
    const { signal, cleared: ended } = addToSignal(signals[key] ?? NEW_SIGNAL, ratio, seen.nowMs);
    signals[key] = signal;
    if (ended !== null) cleared.push(ended);
  };
  const addIdle = (key: string, slowdown: number) => {
    const known = signals[key] ?? NEW_SIGNAL;
    const gap = gaps[key] ?? NEW_GAP;
    const raw = Math.log(slowdown);
    const above = known.alarm ? raw - gap.log : aboveGap(gap, raw);
    if (above !== null) add(key, Math.exp(known.bias + above));
    const signal = signals[key] ?? known;
    // What it shows unused says nothing of what its prediction is off by. What climbs, or has alarmed, is not learnt as usual.
    signals[key] = { ...signal, bias: known.bias, ...(above === null ? { samples: known.samples + 1 } : {}) };
    if (above === null || signal.samples > known.samples) gaps[key] = learnGap(gap, raw);
  };
  // What was only watched unused begins anew when it is used, and so does what ran a part that is a fraction of what it runs now, or many times that: what its prediction is off
  // by is not known yet. A drift stays one, by what is believed until then.
  const believed = believedBiases(seen.problem.nodes, before.signals, before.served, before.ran ?? {});
  const beginAnew = (key: string) => {
    const signal = signals[key];
    if (signal) signals[key] = signal.alarm ? { ...signal, bias: believed.get(key.slice("node:".length)) ?? signal.bias } : { ...signal, samples: 0 };
  };
  for (const id of served) if (!before.served.includes(id)) beginAnew(id.startsWith("link:") ? id : `node:${id}`);
  for (const [id, nowMs] of predictedMs) {
    const { ranMs, isOther } = followPart(ran[id], nowMs);
    ran[id] = ranMs;
    if (isOther) beginAnew(`node:${id}`);
  }
  // While both revisions run, their own disturbance is no drift.
  if (!seen.isMoving) {
    for (const [key, ratio] of used) add(key, ratio);
    for (const [key, slowdown] of idle) addIdle(key, slowdown);
  }
  const losses = takeLosses(signals, before.losses ?? {}, seen);
  const entries = Object.entries(signals);
  const biases = believedBiases(seen.problem.nodes, signals, served, ran);
  const nodes = new Map<string, number>();
  const links = new Map<string, number>();
  for (const node of seen.problem.nodes) {
    nodes.set(node.topologyNodeId, Math.exp((biases.get(node.topologyNodeId) ?? 0) + (signals[`node:${node.topologyNodeId}`]?.alarm?.level ?? 0)));
  }
  for (const [key, signal] of entries) if (key.startsWith("link:")) links.set(key.slice("link:".length), slowdownOf(signal));
  const drifts = entries.flatMap(([key, signal]): Drift[] => {
    if (!signal.alarm) return [];
    const kind = key.startsWith("node:") ? "node" : "link";
    return [{ key, kind, subject: key.slice(key.indexOf(":") + 1), sinceMs: signal.alarm.sinceMs, factor: Math.exp(signal.alarm.level), spread: spreadOf(signal) }];
  });
  return { watched: { signals, served, losses, gaps, ran }, drifts, slowdowns: { nodes, links }, cleared };
}

/**
 * A quota is no measurement that could be noise: a node that lost its cores has drifted at once, and by as much as a thread is slower then. What is measured
 * afterwards moves the level and may end it: a stage that computes in short bursts may fit into what is left.
 */
function takeLosses(signals: Record<string, Signal>, before: Readonly<Record<string, number>>, seen: Observation): Record<string, number> {
  const losses: Record<string, number> = {};
  for (const [id, { factor, sinceMs }] of seen.coreLosses ?? []) {
    losses[id] = sinceMs;
    const key = `node:${id}`;
    const signal = signals[key] ?? NEW_SIGNAL;
    if (before[id] === sinceMs || signal.alarm) continue;
    signals[key] = { ...signal, up: 0, upSinceMs: null, upSum: 0, upCount: 0, down: 0, alarm: { sinceMs, level: Math.log(factor) } };
  }
  // What had it and has it back is not slow any more; measurements say so too, but of a node that serves nothing none come.
  for (const id of Object.keys(before)) {
    const signal = signals[`node:${id}`];
    if (id in losses || !signal?.alarm || placementsOf(seen).flat().some((stage) => stage.topologyNodeId === id)) continue;
    signals[`node:${id}`] = { ...signal, alarm: null, down: 0 };
  }
  return losses;
}

/**
 * `used`: measured ÷ predicted of everything that was measured, nodes once however many stages they run; of several replicas on one node or link their geometric mean.
 * `idle`: of what is not used, times slower than its own best. `predictedMs`: of what was measured on a node, by drawn node; of several replicas the largest.
 */
export function ratiosOf(seen: Observation): { used: Map<string, number>; idle: Map<string, number>; predictedMs: Map<string, number> } {
  const { further = [] } = seen;
  const problem = further.length > 0 ? enteredAtFirst(seen.problem, seen.running) : seen.problem;
  const found = new Map<string, number[]>();
  const predictedMs = new Map<string, number>();
  for (const one of [seen, ...further]) {
    const { ratios, predicted } = ratiosOfOne(problem, one);
    for (const [key, ratio] of ratios) found.set(key, [...(found.get(key) ?? []), ratio]);
    for (const [id, ms] of predicted) predictedMs.set(id, Math.max(ms, predictedMs.get(id) ?? 0));
  }
  const used = new Map([...found].map(([key, list]) => [key, Math.exp(list.reduce((sum, ratio) => sum + Math.log(ratio), 0) / list.length)]));
  const nodes = new Set(placementsOf(seen).flat().map((stage) => stage.topologyNodeId));
  return { used, predictedMs, idle: new Map([...seen.idleSlowdowns].filter(([key]) => !used.has(key) && !nodes.has(key.slice("node:".length)))) };
}

function ratiosOfOne(problem: Observation["problem"], { running, stageMs, hopMs }: Pick<Observation, "running" | "stageMs" | "hopMs">): { ratios: Map<string, number>; predicted: Map<string, number> } {
  const ratios = new Map<string, number>();
  const predicted = new Map<string, number>();
  const estimate = estimatePlacement(problem, running);
  if (!estimate) return { ratios, predicted };
  const sums = new Map<string, { measured: number; predicted: number; whole: boolean }>();
  for (const [k, stage] of estimate.stages.entries()) {
    const sum = sums.get(stage.topologyNodeId) ?? { measured: 0, predicted: 0, whole: true };
    const measured = stageMs[k] ?? null;
    sums.set(stage.topologyNodeId, { measured: sum.measured + (measured ?? 0), predicted: sum.predicted + stage.computeMs, whole: sum.whole && measured !== null });
  }
  for (const [id, sum] of sums) {
    if (!sum.whole) continue;
    ratios.set(`node:${id}`, (sum.measured + STAGE_FLOOR_MS) / (sum.predicted + STAGE_FLOOR_MS));
    predicted.set(id, sum.predicted);
  }
  for (const [k, hop] of estimate.hops.entries()) {
    const measured = hopMs[k] ?? null;
    if (measured !== null && hop.kind !== "local") ratios.set(`link:${pairKey(hop.fromTopologyNodeId, hop.toTopologyNodeId)}`, (measured + HOP_FLOOR_MS) / (hop.latencyMs + hop.transferMs + HOP_FLOOR_MS));
  }
  return { ratios, predicted };
}
