// Owns which constraints over several stages a candidate breaks, as the search sees them: each is a resource that the exact search can learn to count.
// Not the independent checker: it takes the candidate's figures for granted.
import { latencyUnder } from "../demand.ts";
import type { Figures } from "../evaluate.ts";
import type { Instance, SearchStage } from "../instance.ts";

export type Violation =
  | { kind: "memory" | "busy" | "once"; node: number }
  | { kind: "link"; link: number }
  | { kind: "apart"; apart: number; within: "node" | "zone"; at: number }
  | { kind: "window"; stage: number }
  | { kind: "latency" | "slo" | "min-stages" | "max-stages" };

/** Relative slack for sums of floating-point numbers. */
export const SLACK = 1 + 1e-9;

export function violations(instance: Instance, stages: readonly SearchStage[], figures: Figures): Violation[] {
  const { limits } = instance;
  const found: Violation[] = [];
  for (const [node, { freeBytes }] of instance.nodes.entries()) {
    if (figures.nodeBytes[node]! > freeBytes * SLACK) found.push({ kind: "memory", node });
    if (figures.nodeBusyMs[node]! > limits.bottleneckMs * SLACK) found.push({ kind: "busy", node });
  }
  for (const [link, busyMs] of figures.linkBusyMs) if (busyMs > limits.bottleneckMs * SLACK) found.push({ kind: "link", link });
  if (limits.oncePerNode) for (const node of repeatedNodes(instance, stages)) found.push({ kind: "once", node });
  found.push(...meetings(instance, stages));
  if (figures.latencyMs > limits.latencyMs * SLACK) found.push({ kind: "latency" });
  if (!meetsSlo(instance, figures)) found.push({ kind: "slo" });
  if (stages.length < limits.minStages) found.push({ kind: "min-stages" });
  if (stages.length > limits.maxStages) found.push({ kind: "max-stages" });
  return found;
}

/** At the plan's own bottleneck, unless the limit settles it. */
export function meetsSlo({ limits: { slo, perSecond = 0 } }: Pick<Instance, "limits">, figures: Pick<Figures, "latencyMs" | "varianceMs2" | "bottleneckMs">): boolean {
  return !slo || latencyUnder({ ...figures, bottleneckMs: slo.busyMs ?? figures.bottleneckMs }, perSecond, { share: slo.share }) <= slo.latencyMs * SLACK;
}

function repeatedNodes(instance: Instance, stages: readonly SearchStage[]): number[] {
  const seen = new Set<number>();
  const repeated: number[] = [];
  for (const stage of stages) {
    for (const node of instance.places[instance.processors[stage.processor]!.place]!.nodes) {
      if (seen.has(node)) repeated.push(node);
      seen.add(node);
    }
  }
  return repeated;
}

/** What of an `apart` a stage holds: bit 1 = a layer of the first range, bit 2 = of the second. */
export function apartBits(apart: Instance["apart"][number], from: number, to: number): number {
  const overlaps = (range: { from: number; to: number }) => from < range.to && to > range.from;
  return (overlaps(apart.first) ? 1 : 0) | (overlaps(apart.second) ? 2 : 0);
}

/** Where layers meet: the node, or its zone; a node without a zone is a zone of its own, numbered below −1. */
export function meetingPlace(instance: Instance, within: "node" | "zone", node: number): number {
  const zone = instance.nodes[node]!.zone;
  return within === "node" ? node : zone < 0 ? -2 - node : zone;
}

function meetings(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  const found: Violation[] = [];
  for (const [index, apart] of instance.apart.entries()) {
    const held = new Map<number, number>();
    for (const stage of stages) {
      const bits = apartBits(apart, stage.from, stage.to);
      if (bits === 0) continue;
      for (const node of instance.places[instance.processors[stage.processor]!.place]!.nodes) {
        const at = meetingPlace(instance, apart.within, node);
        held.set(at, (held.get(at) ?? 0) | bits);
      }
    }
    for (const [at, bits] of held) if (bits === 3) found.push({ kind: "apart", apart: index, within: apart.within, at });
  }
  return found;
}
