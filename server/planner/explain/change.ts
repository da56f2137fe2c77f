// Owns "what if this were different": one change of an instance at a time, small enough to be said in a sentence. Explanations solve again with it instead of guessing.
import type { HopTable, Instance, Processor } from "../instance.ts";
import type { SearchRequest } from "../search/solver.ts";
import { addNode } from "./add-node.ts";

export type Change =
  /** Infinity = as much as is wanted. */
  | { kind: "memory"; node: number; addBytes: number }
  /** Bytes take this many times less on a directed link. */
  | { kind: "bandwidth"; link: number; factor: number }
  /** One more machine of the same kind, linked as that one is. */
  | { kind: "another-node"; like: number }
  /** Layers [from, to) may (or may not) run on the place. */
  | { kind: "allow" | "forbid"; place: number; from: number; to: number }
  | { kind: "forbid-cut"; at: number }
  | { kind: "trust-way"; from: number; to: number }
  /** With the ways to it that lead over nothing else untrusted. */
  | { kind: "trust-node"; place: number }
  | { kind: "trust-all" }
  | { kind: "latency-limit" | "bottleneck-limit" | "slo"; limitMs: number }
  /** Fewer requests come at random; 0 = one at a time, and no node or link is too busy for them. */
  | { kind: "demand"; perSecond: number }
  | { kind: "max-stages" | "min-stages"; stages: number }
  | { kind: "several-per-node" }
  /** Index in `instance.apart`. */
  | { kind: "may-meet"; apart: number };

/** The request is left as it is; what does not change is shared with the answer. Chains to start from are kept where they still mean something. */
export function applyChange(request: SearchRequest, change: Change): SearchRequest {
  if (change.kind === "another-node") return addNode(request, change.like);
  return { ...request, instance: changeInstance(request.instance, change) };
}

function changeInstance(instance: Instance, change: Exclude<Change, { kind: "another-node" }>): Instance {
  const { limits } = instance;
  switch (change.kind) {
    case "memory": return { ...instance, nodes: instance.nodes.map((node, index) => (index === change.node ? { ...node, freeBytes: node.freeBytes + change.addBytes } : node)) };
    case "bandwidth": return { ...instance, hops: fasterLink(instance.hops, change.link, change.factor) };
    case "allow":
    case "forbid": return withWindows(instance, change);
    case "forbid-cut": return { ...instance, legal: instance.legal.map((legal, at) => (at === change.at ? 0 : legal)) };
    case "trust-way": return { ...instance, hops: { ...instance.hops, way: instance.hops.way.map((way, hop) => (hop === change.from * instance.places.length + change.to && way === 1 ? 2 : way)) } };
    case "trust-node": return trustPlace(instance, change.place);
    case "trust-all": return { ...instance, hops: { ...instance.hops, way: instance.hops.way.map((way) => (way === 1 ? 2 : way)) } };
    case "latency-limit": return { ...instance, limits: { ...limits, latencyMs: change.limitMs } };
    case "bottleneck-limit": return { ...instance, limits: { ...limits, bottleneckMs: change.limitMs } };
    case "slo": return { ...instance, limits: withSlo(limits, change.limitMs) };
    case "demand": return { ...instance, limits: withDemand(limits, change.perSecond) };
    case "max-stages": return { ...instance, limits: { ...limits, maxStages: change.stages } };
    case "min-stages": return { ...instance, limits: { ...limits, minStages: change.stages } };
    case "several-per-node": return { ...instance, limits: { ...limits, oncePerNode: false } };
    case "may-meet": return { ...instance, apart: instance.apart.filter((_, index) => index !== change.apart) };
  }
}

function withSlo({ slo, ...limits }: Instance["limits"], latencyMs: number): Instance["limits"] {
  return slo && Number.isFinite(latencyMs) ? { ...limits, slo: { ...slo, latencyMs } } : limits;
}

function withDemand({ perSecond: before = 0, ...limits }: Instance["limits"], perSecond: number): Instance["limits"] {
  if (perSecond === 0) return { ...limits, bottleneckMs: Number.POSITIVE_INFINITY };
  return { ...limits, perSecond, bottleneckMs: (limits.bottleneckMs * before) / perSecond };
}

function withWindows(instance: Instance, { kind, place, from, to }: Extract<Change, { kind: "allow" | "forbid" }>): Instance {
  const { trust, processors } = instance;
  const changed = (windows: Int32Array, processor: number) => (processors[processor]!.place === place ? withWindow(windows, { from, to }, kind === "allow") : windows);
  return {
    ...instance,
    processors: processors.map((processor, index): Processor => (processor.place === place ? { ...processor, allowedUntil: changed(processor.allowedUntil, index) } : processor)),
    ...(trust ? { trust: { ...trust, trustedUntil: trust.trustedUntil.map(changed) } } : {}),
  };
}

function trustPlace(instance: Instance, place: number): Instance {
  const { trust, hops, processors } = instance;
  if (!trust) return instance;
  const places = trust.places.map((trusted, index) => (index === place ? 1 : trusted));
  const isTrusted = (hop: number) => trust.between[hop] === 1 && places[Math.floor(hop / places.length)] === 1 && places[hop % places.length] === 1;
  return {
    ...instance,
    trust: { ...trust, places },
    processors: processors.map((processor, index) => (processor.place === place ? { ...processor, allowedUntil: trust.trustedUntil[index]! } : processor)),
    hops: { ...hops, way: hops.way.map((way, hop) => (way === 1 && isTrusted(hop) ? 2 : way)) },
  };
}

function withWindow(allowedUntil: Int32Array, range: { from: number; to: number }, allowed: boolean): Int32Array {
  const n = allowedUntil.length;
  const until = new Int32Array(n);
  for (let layer = n - 1; layer >= 0; layer--) {
    const may = layer >= range.from && layer < range.to ? allowed : allowedUntil[layer]! > layer;
    if (!may) until[layer] = layer;
    else until[layer] = layer + 1 < n && until[layer + 1]! > layer + 1 ? until[layer + 1]! : layer + 1;
  }
  return until;
}

/** Hops over the link get faster in the proportion in which its bytes now take less; a hop as fast as its slowest link stays bound by the next slowest. */
function fasterLink(hops: HopTable, link: number, factor: number): HopTable {
  const linkPerByteMs = hops.linkPerByteMs.map((ms, index) => (index === link ? ms / factor : ms));
  const perByteMs = hops.perByteMs.map((ms, hop) => {
    const own = hops.links[hop]!;
    if (!own.includes(link)) return ms;
    const before = own.map((index) => hops.linkPerByteMs[index]!);
    const after = own.map((index) => linkPerByteMs[index]!);
    const slowest = Math.max(...before);
    if (own.length > 1 && Math.abs(ms - slowest) <= slowest * 0.01) return (ms * Math.max(...after)) / slowest;
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    return sum(before) > 0 ? (ms * sum(after)) / sum(before) : ms;
  });
  return { ...hops, linkPerByteMs, perByteMs };
}
