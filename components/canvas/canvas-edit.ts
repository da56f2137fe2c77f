// Owns the edits of a drawing and their undo. Pure: ids come in as arguments, each edit returns a new document.
// Geometry is part of what is undone, and never part of what is planned.
import { withoutParts } from "../plan/request-edit.ts";
import type { TopologyDocument, TopologyLayout, TopologyLink, TopologyNode, Zone } from "../../server/topology/topology.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { PlanRequest } from "../../server/planner/plan-request.ts";

/** What undo brings back. */
export type Drawing = { document: TopologyDocument; layout: TopologyLayout; placement: Placement; /** What is asked of a plan; absent = the lowest latency. */ request?: PlanRequest };
export type History = { past: Drawing[]; present: Drawing; future: Drawing[] };
/** Older steps are forgotten: 200 is a long afternoon, and snapshots share what did not change. */
export const HISTORY_MAX = 200;

export const startHistory = (present: Drawing): History => ({ past: [], present, future: [] });

/** A new step; what was undone before is gone. The same drawing again is no step. */
export function commit(history: History, present: Drawing): History {
  if (present === history.present) return history;
  return { past: [...history.past, history.present].slice(-HISTORY_MAX), present, future: [] };
}
export function undo(history: History): History {
  const previous = history.past.at(-1);
  return previous === undefined ? history : { past: history.past.slice(0, -1), present: previous, future: [history.present, ...history.future] };
}
export function redo(history: History): History {
  const next = history.future[0];
  return next === undefined ? history : { past: [...history.past, history.present], present: next, future: history.future.slice(1) };
}
/** Changes every step alike: for what came from elsewhere and no undo may take away. */
export const rebase = (history: History, change: (drawing: Drawing) => Drawing): History => ({ past: history.past.map(change), present: change(history.present), future: history.future.map(change) });

/** A planned node: drawn, no machine yet. Defaults are those of a small edge box. */
export const PLANNED_DEFAULTS = { memoryBytes: 4_000_000_000, speed: 1 } as const;
export function addNode(document: TopologyDocument, id: string, name: string): TopologyDocument {
  const node: TopologyNode = { id, name: freeName(document.nodes, name), zoneId: null, nodeId: null, trust: "trusted", memoryBytes: PLANNED_DEFAULTS.memoryBytes, speed: PLANNED_DEFAULTS.speed, pricePerHour: null, idleWatts: null, activeWatts: null };
  return { ...document, nodes: [...document.nodes, node] };
}
export const editNode = (document: TopologyDocument, id: string, change: Partial<Omit<TopologyNode, "id">>): TopologyDocument => ({ ...document, nodes: document.nodes.map((node) => (node.id === id ? { ...node, ...change } : node)) });

/** A link between planned nodes starts as a 100 Mbit/s line of 5 ms; between live ones its figures are measured. */
export const LINK_DEFAULTS = { latencyMs: 5, bandwidthBytesPerSecond: 12_500_000 } as const;
/** Unchanged when the ends are the same, unknown, or already linked this way. */
export function addLink(document: TopologyDocument, id: string, fromId: string, toId: string): TopologyDocument {
  const from = document.nodes.find((node) => node.id === fromId);
  const to = document.nodes.find((node) => node.id === toId);
  if (!from || !to || fromId === toId || linkBetween(document, fromId, toId)) return document;
  const measured = from.nodeId !== null && to.nodeId !== null;
  const link: TopologyLink = { id, fromId, toId, bidirectional: true, latencyMs: measured ? null : LINK_DEFAULTS.latencyMs, bandwidthBytesPerSecond: measured ? null : LINK_DEFAULTS.bandwidthBytesPerSecond, trust: "trusted" };
  return { ...document, links: [...document.links, link] };
}
export const linkBetween = (document: TopologyDocument, fromId: string, toId: string): TopologyLink | undefined =>
  document.links.find((link) => (link.fromId === fromId && link.toId === toId) || (link.bidirectional && link.fromId === toId && link.toId === fromId));
export const editLink = (document: TopologyDocument, id: string, change: Partial<Omit<TopologyLink, "id">>): TopologyDocument => ({ ...document, links: document.links.map((link) => (link.id === id ? { ...link, ...change } : link)) });

export const addZone = (document: TopologyDocument, id: string, name: string): TopologyDocument => ({ ...document, zones: [...document.zones, { id, name: freeName(document.zones, name) }] });
/** A new zone around these nodes; without any it is empty. */
export function groupIntoZone(document: TopologyDocument, id: string, name: string, nodeIds: ReadonlySet<string>): TopologyDocument {
  const { nodes, ...rest } = addZone(document, id, name);
  return { ...rest, nodes: nodes.map((node) => (nodeIds.has(node.id) ? { ...node, zoneId: id } : node)) };
}
export const editZone = (document: TopologyDocument, id: string, change: Partial<Omit<Zone, "id">>): TopologyDocument => ({ ...document, zones: document.zones.map((zone) => (zone.id === id ? { ...zone, ...change } : zone)) });

/** Removes nodes, links and zones by id, and whatever hung on them. */
export function remove(drawing: Drawing, ids: ReadonlySet<string>): Drawing {
  const { document } = drawing;
  const nodes = document.nodes.filter((node) => !ids.has(node.id)).map((node) => (node.zoneId !== null && ids.has(node.zoneId) ? { ...node, zoneId: null } : node));
  const links = document.links.filter((link) => !ids.has(link.id) && !ids.has(link.fromId) && !ids.has(link.toId));
  const zones = document.zones.filter((zone) => !ids.has(zone.id));
  const sourceId = document.sourceId !== null && ids.has(document.sourceId) ? null : document.sourceId;
  const layout = Object.fromEntries(Object.entries(drawing.layout).filter(([id]) => !ids.has(id)));
  return { ...drawing, document: { nodes, links, zones, sourceId }, layout, ...(drawing.request ? { request: withoutParts(drawing.request, ids) } : {}), placement: drawing.placement.filter((stage) => !ids.has(stage.topologyNodeId)) };
}

/** "node", "node 2", "node 3": the first that nobody has. */
export function freeName(taken: readonly { name: string }[], wanted: string): string {
  const names = new Set(taken.map((one) => one.name));
  let name = wanted;
  for (let number = 2; names.has(name); number++) name = `${wanted} ${number}`;
  return name;
}
