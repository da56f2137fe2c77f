import type { Instance, SearchStage } from "../instance.ts";
import { latencySteps } from "./step-cost.ts";
import { defineBaseline, type Trial } from "./define-baseline.ts";
import { layerWalk, type Walk, type WalkNode } from "./layer-walk.ts";
import { type PlainNode, plainNodes } from "./plain-nodes.ts";

/**
 * HiDP with model-wise splits at both levels. Global: layers over nodes by a dynamic programme on *aggregated* rates (a node is as fast as its units together). Local: each node's share over its own units,
 * exactly. Each level is best for what it sees, the two together need not be. Memory is kept as the programme's states know it; the paper names no such constraint.
 * Its data-wise splits are no chain of stages: they are judged on group tables instead.
 */
export const hiDp = defineBaseline({
  name: "hi-dp/1",
  label: "HiDP (two levels, model-wise)",
  source: "Taufique et al., HiDP, DATE 2025 (arXiv 2411.16086); the recurrence is our reading, no code is published.",
  rule: (trial) => {
    const { instance } = trial.request;
    const nodes = plainNodes(instance);
    const segments = layerWalk(globalWalk(trial, nodes));
    if (!segments) return trial.stopped() ? null : "Its global programme finds no way that keeps within memory and trust.";
    const stages: SearchStage[] = [];
    for (const segment of segments) {
      const local = localStages(trial, nodes[segment.node]!, segment);
      if (!local) return trial.stopped() ? null : `The units of node ${nodes[segment.node]!.node} can't hold the share it gets.`;
      stages.push(...local);
    }
    trial.score(stages);
    return null;
  },
});

function globalWalk(trial: Trial, nodes: readonly PlainNode[]): Walk {
  const { instance } = trial.request;
  const { hop, hops } = latencySteps(instance);
  const { source } = instance;
  const sink = instance.sink < 0 ? source : instance.sink;
  return {
    instance, from: 0, to: instance.layerCount, hops, join: "sum",
    nodes: nodes.map((node) => aggregated(instance, node)),
    begin: (node) => (source < 0 ? 0 : hop(source, node.place, 0)),
    end: (node) => (sink < 0 ? 0 : hop(node.place, sink, instance.layerCount)),
    oncePerNode: instance.limits.oncePerNode,
    stopped: trial.stopped,
  };
}

/** Layer by layer the rates of the units add up; of several modes of one unit the fastest counts. */
function aggregated(instance: Instance, { node, place, processor, freeBytes }: PlainNode): WalkNode {
  const units = new Map<number, Float64Array>();
  for (const other of instance.processors) {
    if (other.place !== place) continue;
    const known = units.get(other.unit);
    if (!known || other.upToMs[instance.layerCount]! < known[instance.layerCount]!) units.set(other.unit, other.upToMs);
  }
  const upTo = new Float64Array(instance.layerCount + 1);
  for (let layer = 0; layer < instance.layerCount; layer++) {
    let rate = 0;
    for (const ms of units.values()) rate += 1 / Math.max(ms[layer + 1]! - ms[layer]!, 1e-9);
    upTo[layer + 1] = upTo[layer]! + 1 / rate;
  }
  return { node, place, unit: processor.unit, fixed: processor.stageMs, upTo, before: upTo, memory: processor, freeBytes };
}

/** The share over the node's own units: consecutive layers on one, then on another. One unit where a node may have one stage only. */
function localStages(trial: Trial, { place, node, freeBytes }: PlainNode, share: { from: number; to: number }): SearchStage[] | null {
  const { instance } = trial.request;
  const own = instance.processors.flatMap((processor, index) => (processor.place === place ? [{ processor, index }] : []));
  const units = own.map(({ processor }): WalkNode => ({ node, place, unit: processor.unit, fixed: processor.stageMs, upTo: processor.upToMs, before: processor.beforeMs, memory: processor, freeBytes }));
  const steps = latencySteps(instance);
  const segments = layerWalk({ instance, ...share, nodes: units, hops: steps.hops, join: "sum", begin: () => 0, end: () => 0, oncePerNode: instance.limits.oncePerNode, stopped: trial.stopped });
  return segments?.map((segment) => ({ processor: own[segment.node]!.index, from: segment.from, to: segment.to })) ?? null;
}
