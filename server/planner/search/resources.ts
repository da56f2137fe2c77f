// Owns what the exact search counts on its way once a constraint over several stages has turned out to bind: memory of a node, its busy time, one stage per node,
// a shared link, layers that may not meet. Until then the search does without (decremental state-space relaxation, Righini & Salani 2008).
import { type Instance, processorStageMs } from "../instance.ts";
import { apartBits, meetingPlace, SLACK, type Violation } from "./violations.ts";
import type { Tables } from "./tables.ts";

/** Counts of a label, one number each; `bits` are sets and may grow to anything but 3. */
export type Resource =
  | { kind: "memory" | "busy" | "once"; node: number; limit: number }
  | { kind: "link"; link: number; limit: number }
  | { kind: "apart"; apart: number; within: "node" | "zone"; at: number; limit: number };

/** The resource that would have shown the violation; null for those that labels always or never count. */
export function resourceOf(instance: Instance, violation: Violation): Resource | null {
  switch (violation.kind) {
    case "memory":
      return { kind: "memory", node: violation.node, limit: instance.nodes[violation.node]!.freeBytes * SLACK };
    case "busy":
      return { kind: "busy", node: violation.node, limit: instance.limits.bottleneckMs * SLACK };
    case "once":
      return { kind: "once", node: violation.node, limit: 1 };
    case "link":
      return { kind: "link", link: violation.link, limit: instance.limits.bottleneckMs * SLACK };
    case "apart":
      return { kind: "apart", apart: violation.apart, within: violation.within, at: violation.at, limit: 2 };
    default:
      return null;
  }
}

export function sameResource(a: Resource, b: Resource): boolean {
  if (a.kind === "apart" || b.kind === "apart") return a.kind === "apart" && b.kind === "apart" && a.apart === b.apart && a.at === b.at;
  if (a.kind === "link" || b.kind === "link") return a.kind === "link" && b.kind === "link" && a.link === b.link;
  return a.kind === b.kind && a.node === b.node;
}

/** Whether a stage on q can use the resource at all: only then is it looked at. Links depend on the hop, so they always are. */
export function touches(instance: Instance, q: number, resource: Resource): boolean {
  const nodes = instance.places[instance.processors[q]!.place]!.nodes;
  if (resource.kind === "link") return true;
  if (resource.kind === "apart") return nodes.some((node) => meetingPlace(instance, resource.within, node) === resource.at);
  return nodes.includes(resource.node);
}

/** What a stage on q over position indexes [from, to), reached from `fromPlace`, adds to the resource. `stageBytes` is the caller's, which has it at hand. */
export function increment(tables: Tables, resource: Resource, stage: { q: number; fromPlace: number; from: number; to: number; bytes: number }): number {
  const { instance, positions } = tables;
  const processor = instance.processors[stage.q]!;
  const place = instance.places[processor.place]!;
  switch (resource.kind) {
    case "memory":
      return stage.bytes;
    case "once":
      return 1;
    case "busy":
      return (processorStageMs(processor, positions[stage.from]!, positions[stage.to]!) / processor.streams) * place.share[place.nodes.indexOf(resource.node)]!;
    case "link":
      return hopOnLink(tables, resource.link, stage.fromPlace, processor.place, stage.from);
    case "apart":
      return apartBits(instance.apart[resource.apart]!, positions[stage.from]!, positions[stage.to]!);
  }
}

/** Milliseconds that the hop keeps the link busy. */
export function hopOnLink(tables: Tables, link: number, from: number, to: number, at: number): number {
  const { hops } = tables.instance;
  let busyMs = 0;
  for (const one of hops.links[from * tables.placeCount + to]!) if (one === link) busyMs += tables.bytes[at]! * hops.linkPerByteMs[link]!;
  return busyMs;
}
