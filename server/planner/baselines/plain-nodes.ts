import type { Instance, Processor } from "../instance.ts";

/** A node as rules see it that know one mode per node: the mode in which the whole model is fastest. */
export type PlainNode = { node: number; place: number; index: number; processor: Processor; wholeMs: number; freeBytes: number };

/** In order of the nodes; nodes without a mode of their own are left out, and so are places of several nodes. */
export function plainNodes(instance: Instance): PlainNode[] {
  const best = new Map<number, PlainNode>();
  for (const [index, processor] of instance.processors.entries()) {
    const nodes = instance.places[processor.place]!.nodes;
    if (nodes.length !== 1) continue;
    const node = nodes[0]!;
    const wholeMs = processor.stageMs + processor.upToMs[instance.layerCount]! - processor.beforeMs[0]!;
    if (wholeMs < (best.get(node)?.wholeMs ?? Number.POSITIVE_INFINITY)) best.set(node, { node, place: processor.place, index, processor, wholeMs, freeBytes: instance.nodes[node]!.freeBytes });
  }
  return [...best.values()].sort((a, b) => a.node - b.node);
}

/** The source first, if it is among them, then as they come. */
export function sourceFirst(instance: Instance, nodes: readonly PlainNode[]): PlainNode[] {
  return [...nodes.filter((node) => node.place === instance.source), ...nodes.filter((node) => node.place !== instance.source)];
}
