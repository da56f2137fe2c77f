// Owns what hops take of the links they are carried over. Two hops over one link, in the same direction, share its time.
import type { HopEstimate } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { SERVING_COSTS } from "./serving-costs.ts";

/** `id` names a directed link of the drawing; a way that does not tell its links is one of its own. */
export type PathLink = { id: string; msPerByte: number; moneyPerByte: number };

/** Empty within a node; null = no way. */
export function pathLinks(problem: Problem, fromIndex: number, toIndex: number): PathLink[] | null {
  if (fromIndex === toIndex) return [];
  const path = problem.paths[fromIndex]?.[toIndex];
  if (!path) return null;
  const msPerByte = (bandwidthBytesPerSecond: number) => Math.max(1000 / bandwidthBytesPerSecond, SERVING_COSTS.handlingMsPerByte);
  if (path.hops === undefined) return [{ id: `${fromIndex}>${toIndex}`, msPerByte: msPerByte(path.bandwidthBytesPerSecond), moneyPerByte: 0 }];
  return path.hops.map((hop) => ({ id: hop.id, msPerByte: msPerByte(hop.bandwidthBytesPerSecond), moneyPerByte: hop.pricePerGigabyte / 1e9 }));
}

/** By hop: busy milliseconds per request of the busiest link it uses, with what the other hops take of it. */
export function linkBusyMs(problem: Problem, hops: readonly Pick<HopEstimate, "fromTopologyNodeId" | "toTopologyNodeId" | "bytes">[]): number[] {
  const indexOf = new Map(problem.nodes.map((node, index) => [node.topologyNodeId, index]));
  const linksOf = hops.map((hop) => pathLinks(problem, indexOf.get(hop.fromTopologyNodeId) ?? -1, indexOf.get(hop.toTopologyNodeId) ?? -1) ?? []);
  const busy = new Map<string, number>();
  for (const [index, links] of linksOf.entries()) for (const link of links) busy.set(link.id, (busy.get(link.id) ?? 0) + (hops[index]?.bytes ?? 0) * link.msPerByte);
  return linksOf.map((links) => Math.max(0, ...links.map((link) => busy.get(link.id) ?? 0)));
}
