// The cost model on an instance: what a chain of stages takes, keeps busy, holds and costs. Every solver and baseline is judged by it, so none can flatter itself.
import { type Instance, isLoaded, processorStageBytes, processorStageMs, type SearchStage } from "./instance.ts";

export type Figures = {
  /** One request alone, milliseconds: constant + hops + stages. */
  latencyMs: number;
  /** Variance of it, ms², hops and stages independent. */
  varianceMs2: number;
  /** Busy time per request of the busiest node or link, milliseconds: throughput = 1000 / bottleneckMs. */
  bottleneckMs: number;
  joules: number;
  money: number;
  grams: number;
  /** By node, bytes of all its stages that are not loaded already. */
  nodeBytes: Float64Array;
  /** By node, busy milliseconds per request, scaled by what other deployments leave of it. */
  nodeBusyMs: Float64Array;
  /** By directed link that is used, busy milliseconds per request. */
  linkBusyMs: Map<number, number>;
};

/** Null where the stages are no chain over the whole model or there is no way between two of them. Constraints are the checker's. */
export function evaluate(instance: Instance, stages: readonly SearchStage[]): Figures | null {
  const first = stages[0];
  const last = stages.at(-1);
  if (!first || !last || !instance.processors[first.processor] || first.from !== 0 || last.to !== instance.layerCount) return null;
  const { nodes, processors, places } = instance;
  const figures: Figures = { latencyMs: instance.constantMs, varianceMs2: 0, bottleneckMs: 0, joules: 0, money: 0, grams: 0, nodeBytes: new Float64Array(nodes.length), nodeBusyMs: new Float64Array(nodes.length), linkBusyMs: new Map() };
  const source = instance.source < 0 ? processors[first.processor]!.place : instance.source;
  const sink = instance.sink < 0 ? source : instance.sink;
  let place = source;
  let at = 0;
  for (const stage of stages) {
    const processor = processors[stage.processor];
    if (!processor || stage.from !== at || stage.to <= stage.from) return null;
    if (!addHop(instance, figures, { from: place, to: processor.place, at })) return null;
    const stageMs = processorStageMs(processor, stage.from, stage.to);
    const stageBytes = isLoaded(instance, stage) ? 0 : processorStageBytes(processor, stage.from, stage.to);
    figures.latencyMs += stageMs;
    if (processor.varianceUpToMs2) figures.varianceMs2 += processor.varianceUpToMs2[stage.to]! - processor.varianceUpToMs2[stage.from]!;
    figures.joules += stageMs * processor.joulesPerMs;
    figures.money += stageMs * processor.moneyPerMs;
    figures.grams += stageMs * processor.gramsPerMs;
    const members = places[processor.place]!;
    for (const [index, node] of members.nodes.entries()) {
      figures.nodeBytes[node]! += stageBytes;
      figures.nodeBusyMs[node]! += (stageMs / processor.streams) * members.share[index]!;
    }
    place = processor.place;
    at = stage.to;
  }
  if (!addHop(instance, figures, { from: place, to: sink, at })) return null;
  for (const busyMs of figures.nodeBusyMs) figures.bottleneckMs = Math.max(figures.bottleneckMs, busyMs);
  for (const busyMs of figures.linkBusyMs.values()) figures.bottleneckMs = Math.max(figures.bottleneckMs, busyMs);
  return figures;
}

function addHop(instance: Instance, figures: Figures, hop: { from: number; to: number; at: number }): boolean {
  const { hops } = instance;
  const index = hop.from * instance.places.length + hop.to;
  if (hops.way[index] === 0) return false;
  const bytes = instance.crossingBytes[hop.at]!;
  figures.latencyMs += hops.fixedMs[index]! + bytes * hops.perByteMs[index]!;
  figures.varianceMs2 += hops.fixedVarianceMs2[index]! + bytes * bytes * hops.perByteVarianceMs2[index]!;
  figures.joules += bytes * hops.joulesPerByte[index]!;
  figures.money += bytes * hops.moneyPerByte[index]!;
  figures.grams += bytes * hops.gramsPerByte[index]!;
  for (const link of hops.links[index]!) figures.linkBusyMs.set(link, (figures.linkBusyMs.get(link) ?? 0) + bytes * hops.linkPerByteMs[link]!);
  return true;
}
