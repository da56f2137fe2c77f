// Owns the constraints of an instance as things that can be lifted one by one. What the model or the wires forbid (an illegal cut, a missing way) is no choice and not among them.
import type { Instance } from "../instance.ts";
import type { Change } from "./change.ts";

/** By kind, each as the change that lifts it; only those that forbid anything at all. Changes of one kind may be applied in the order they are in. */
export function constraintsOf(instance: Instance): Change[][] {
  const { limits, layerCount, nodes, places, processors } = instance;
  const when = (active: boolean, change: Change): Change[] => (active ? [change] : []);
  const isTrusted = (place: number) => instance.trust?.places[place] !== 0;
  // What only trust forbids is a matter of trust.
  const isLimited = (place: number) => processors.some((processor, index) => processor.place === place && (instance.trust?.trustedUntil[index] ?? processor.allowedUntil)[0]! < layerCount);
  return [
    nodes.flatMap(({ freeBytes }, node) => when(Number.isFinite(freeBytes), { kind: "memory", node, addBytes: Number.POSITIVE_INFINITY })),
    places.flatMap((_, place) => when(!isTrusted(place), { kind: "trust-node", place })),
    places.flatMap((_, place) => when(isLimited(place), { kind: "allow", place, from: 0, to: layerCount })),
    when(instance.hops.way.includes(1) && instance.tainted.includes(1), { kind: "trust-all" }),
    when(Number.isFinite(limits.latencyMs), { kind: "latency-limit", limitMs: Number.POSITIVE_INFINITY }),
    when(limits.slo !== undefined, { kind: "slo", limitMs: Number.POSITIVE_INFINITY }),
    when(limits.perSecond !== undefined, { kind: "demand", perSecond: 0 }),
    when(limits.perSecond === undefined && Number.isFinite(limits.bottleneckMs), { kind: "bottleneck-limit", limitMs: Number.POSITIVE_INFINITY }),
    when(limits.minStages > 1, { kind: "min-stages", stages: 1 }),
    when(limits.maxStages < layerCount, { kind: "max-stages", stages: layerCount }),
    when(limits.oncePerNode, { kind: "several-per-node" }),
    // Rules are known by their index: the last goes first.
    instance.apart.map((_, apart): Change => ({ kind: "may-meet", apart })).reverse(),
  ].filter((changes) => changes.length > 0);
}
