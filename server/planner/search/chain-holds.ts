// Whether a candidate keeps every constraint of the instance, as a solver must know before it calls a chain a plan.
import type { Figures } from "../evaluate.ts";
import { type Apart, type Instance, mayFollow, type SearchStage } from "../instance.ts";

/** Sums of floats in another order may differ in the last digits. */
const ROUNDING = 1e-12;

export function chainHolds(instance: Instance, stages: readonly SearchStage[], figures: Figures): boolean {
  const { limits, nodes, places, processors } = instance;
  if (stages.length < limits.minStages || stages.length > limits.maxStages) return false;
  if (figures.bottleneckMs > limits.bottleneckMs * (1 + ROUNDING) || figures.latencyMs > limits.latencyMs * (1 + ROUNDING)) return false;
  if (nodes.some((node, v) => figures.nodeBytes[v]! > 0 && figures.nodeBytes[v]! > node.freeBytes)) return false;
  const visited = new Set<number>();
  for (const [index, stage] of stages.entries()) {
    const processor = processors[stage.processor]!;
    if (stage.to < instance.layerCount && instance.legal[stage.to] !== 1) return false;
    if (processor.allowedUntil[stage.from]! < stage.to) return false;
    if (index > 0 && !mayFollow(instance, stages[index - 1]!.processor, stage.processor)) return false;
    for (const node of places[processor.place]!.nodes) {
      if (limits.oncePerNode && visited.has(node)) return false;
      visited.add(node);
    }
  }
  return hopsAreTrusted(instance, stages) && instance.apart.every((apart) => keepsApart(instance, stages, apart));
}

function hopsAreTrusted(instance: Instance, stages: readonly SearchStage[]): boolean {
  const { hops, places, processors, tainted } = instance;
  const source = instance.source < 0 ? processors[stages[0]!.processor]!.place : instance.source;
  let place = source;
  for (const stage of stages) {
    const next = processors[stage.processor]!.place;
    if (tainted[stage.from] === 1 && hops.way[place * places.length + next] !== 2) return false;
    place = next;
  }
  const sink = instance.sink < 0 ? source : instance.sink;
  return tainted[instance.layerCount] !== 1 || hops.way[place * places.length + sink] === 2;
}

function keepsApart(instance: Instance, stages: readonly SearchStage[], apart: Apart): boolean {
  const touching = (range: { from: number; to: number }) => stages.filter((stage) => stage.from < range.to && stage.to > range.from);
  const nodesOf = (stage: SearchStage) => instance.places[instance.processors[stage.processor]!.place]!.nodes;
  const meet = (a: number, b: number) => a === b || (apart.within === "zone" && instance.nodes[a]!.zone >= 0 && instance.nodes[a]!.zone === instance.nodes[b]!.zone);
  return !touching(apart.first).some((first) => touching(apart.second).some((second) => nodesOf(first).some((a) => nodesOf(second).some((b) => meet(a, b)))));
}
