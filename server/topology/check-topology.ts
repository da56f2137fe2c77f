// Owns what is wrong with a drawing, in words its author can act on. Saving never refuses a drawing for these; planning may.
import type { TopologyDocument } from "./topology.ts";

export type TopologyIssue = { level: "error" | "warning"; code: "duplicate-name" | "dangling-link" | "self-link" | "duplicate-link" | "impossible-figure" | "unreachable" | "unknown-zone" | "duplicate-live-node" | "unknown-source"; message: string; fix: string; nodeId?: string; linkId?: string };

export const MAX_TOPOLOGY_NODES = 1000;
export const MAX_TOPOLOGY_LINKS = 10_000;

/** Every issue of the drawing, errors first. */
export function checkTopology(document: TopologyDocument): TopologyIssue[] {
  const issues = [...checkNodes(document), ...checkLinks(document), ...checkReach(document)];
  return issues.sort((a, b) => Number(a.level === "warning") - Number(b.level === "warning"));
}

function checkNodes(document: TopologyDocument): TopologyIssue[] {
  const issues: TopologyIssue[] = [];
  const names = new Set<string>();
  const liveIds = new Set<string>();
  const zones = new Set(document.zones.map((zone) => zone.id));
  for (const node of document.nodes) {
    if (names.has(node.name)) issues.push({ level: "warning", code: "duplicate-name", message: `Two nodes are called “${node.name}”.`, fix: "Rename one of them.", nodeId: node.id });
    names.add(node.name);
    if (node.nodeId !== null && liveIds.has(node.nodeId)) issues.push({ level: "error", code: "duplicate-live-node", message: `“${node.name}” stands for a live node that is already in the topology.`, fix: "Delete one of the two.", nodeId: node.id });
    if (node.nodeId !== null) liveIds.add(node.nodeId);
    if (node.zoneId !== null && !zones.has(node.zoneId)) issues.push({ level: "error", code: "unknown-zone", message: `“${node.name}” is in a zone that does not exist.`, fix: "Take it out of the zone, or draw the zone again.", nodeId: node.id });
    for (const [what, value, minimum] of [["memory", node.memoryBytes, 1], ["speed", node.speed, Number.MIN_VALUE], ["price", node.pricePerHour, 0], ["idle power", node.idleWatts, 0], ["active power", node.activeWatts, 0], ["carbon", node.gramsPerKilowattHour ?? null, 0]] as const) {
      if (value !== null && !(Number.isFinite(value) && value >= minimum)) issues.push({ level: "error", code: "impossible-figure", message: `The ${what} of “${node.name}” is ${value}.`, fix: minimum > 0 ? "Give a number above zero." : "Give zero or more.", nodeId: node.id });
    }
  }
  if (document.sourceId !== null && !document.nodes.some((node) => node.id === document.sourceId)) issues.push({ level: "error", code: "unknown-source", message: "The node where requests enter is not in the topology.", fix: "Choose another one." });
  return issues;
}

function checkLinks(document: TopologyDocument): TopologyIssue[] {
  const issues: TopologyIssue[] = [];
  const nameOf = new Map(document.nodes.map((node) => [node.id, node.name]));
  const seen = new Set<string>();
  for (const link of document.links) {
    const from = nameOf.get(link.fromId);
    const to = nameOf.get(link.toId);
    if (from === undefined || to === undefined) {
      issues.push({ level: "error", code: "dangling-link", message: "A link ends at a node that is not in the topology.", fix: "Delete the link.", linkId: link.id });
      continue;
    }
    if (link.fromId === link.toId) issues.push({ level: "error", code: "self-link", message: `“${from}” is linked to itself.`, fix: "Delete the link.", linkId: link.id });
    const directions = link.bidirectional ? [`${link.fromId}>${link.toId}`, `${link.toId}>${link.fromId}`] : [`${link.fromId}>${link.toId}`];
    if (directions.some((direction) => seen.has(direction))) issues.push({ level: "error", code: "duplicate-link", message: `“${from}” and “${to}” are linked twice in the same direction.`, fix: "Delete one of the links.", linkId: link.id });
    for (const direction of directions) seen.add(direction);
    if (link.latencyMs !== null && !(Number.isFinite(link.latencyMs) && link.latencyMs >= 0)) issues.push({ level: "error", code: "impossible-figure", message: `The latency from “${from}” to “${to}” is ${link.latencyMs} ms.`, fix: "Give zero or more.", linkId: link.id });
    if (link.bandwidthBytesPerSecond !== null && !(Number.isFinite(link.bandwidthBytesPerSecond) && link.bandwidthBytesPerSecond > 0)) issues.push({ level: "error", code: "impossible-figure", message: `The bandwidth from “${from}” to “${to}” is ${link.bandwidthBytesPerSecond} bytes/s.`, fix: "Give a number above zero.", linkId: link.id });
  }
  return issues;
}

function checkReach(document: TopologyDocument): TopologyIssue[] {
  if (document.nodes.length < 2) return [];
  const linked = new Set(document.links.flatMap((link) => [link.fromId, link.toId]));
  return document.nodes
    .filter((node) => !linked.has(node.id))
    .map((node) => ({ level: "warning" as const, code: "unreachable" as const, message: `“${node.name}” has no link.`, fix: "Draw a link to it, or a model can only run on it whole.", nodeId: node.id }));
}
