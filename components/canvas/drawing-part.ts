// Owns parts of a drawing on their way: copied as text, pasted here or into another topology, duplicated. Pure.
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";
import { type Drawing, freeName, LINK_DEFAULTS, PLANNED_DEFAULTS } from "./canvas-edit.ts";
import { completeLayout } from "./canvas-layout.ts";

const KIND = "cutplane-drawing-part";
/** Longer text in the clipboard is somebody else's. */
const TEXT_MAX = 8_000_000;
/** A copy lies beside what it was made of. */
const BESIDE = 32;

export type DrawingPart = { kind: typeof KIND; topologyId: string; nodes: TopologyDocument["nodes"]; links: TopologyDocument["links"]; zones: TopologyDocument["zones"]; layout: TopologyLayout };

/** The chosen nodes with the links between them, the chosen zones with their nodes; null when neither is chosen. */
export function takePart(topologyId: string, { document, layout }: Drawing, ids: readonly string[]): DrawingPart | null {
  const wanted = new Set(ids);
  const zones = document.zones.filter((zone) => wanted.has(zone.id));
  const nodes = document.nodes.filter((node) => wanted.has(node.id) || (node.zoneId !== null && wanted.has(node.zoneId)));
  if (nodes.length + zones.length === 0) return null;
  const known = new Set([...nodes, ...zones].map((one) => one.id));
  const places = Object.entries(completeLayout(document, layout)).filter(([id]) => known.has(id));
  return { kind: KIND, topologyId, nodes, zones, links: document.links.filter((link) => known.has(link.fromId) && known.has(link.toId)), layout: Object.fromEntries(places) };
}

/** A part from the clipboard; null for any other text. */
export function readPart(text: string): DrawingPart | null {
  if (text.length > TEXT_MAX || !text.includes(KIND)) return null;
  try {
    const part = JSON.parse(text) as DrawingPart;
    const lists = [part.nodes, part.links, part.zones];
    return part.kind === KIND && lists.every((list) => Array.isArray(list) && list.every((one) => typeof one?.id === "string")) && typeof part.layout === "object" && part.layout !== null ? part : null;
  } catch {
    return null;
  }
}

/** Adds the part with ids and names of its own. A machine stands in a drawing once: its copy is a planned node. Returns the new ids of nodes and zones too. */
export function addPart(drawing: Drawing, part: DrawingPart, newId: (prefix: "tn" | "lnk" | "zon") => string): { drawing: Drawing; ids: string[] } {
  const ids = new Map<string, string>([...part.nodes.map((node) => [node.id, newId("tn")] as const), ...part.zones.map((zone) => [zone.id, newId("zon")] as const)]);
  const renamed = (id: string) => ids.get(id) ?? id;
  const document = { ...drawing.document, nodes: [...drawing.document.nodes], links: [...drawing.document.links], zones: [...drawing.document.zones] };
  for (const zone of part.zones) document.zones.push({ ...zone, id: renamed(zone.id), name: freeName(document.zones, zone.name) });
  for (const node of part.nodes) {
    const taken = node.nodeId !== null && document.nodes.some((one) => one.nodeId === node.nodeId);
    const zoneId = node.zoneId === null ? null : renamed(node.zoneId);
    document.nodes.push({ ...node, id: renamed(node.id), name: freeName(document.nodes, node.name), zoneId: document.zones.some((zone) => zone.id === zoneId) ? zoneId : null, ...(taken ? { nodeId: null, memoryBytes: node.memoryBytes ?? PLANNED_DEFAULTS.memoryBytes, speed: node.speed ?? PLANNED_DEFAULTS.speed } : {}) });
  }
  const live = new Set(document.nodes.filter((node) => node.nodeId !== null).map((node) => node.id));
  for (const link of part.links) {
    const ends = { fromId: renamed(link.fromId), toId: renamed(link.toId) };
    const measured = live.has(ends.fromId) && live.has(ends.toId);
    document.links.push({ ...link, ...ends, id: newId("lnk"), ...(measured ? {} : { latencyMs: link.latencyMs ?? LINK_DEFAULTS.latencyMs, bandwidthBytesPerSecond: link.bandwidthBytesPerSecond ?? LINK_DEFAULTS.bandwidthBytesPerSecond }) });
  }
  const places = completeLayout(drawing.document, drawing.layout);
  const taken = new Set(Object.values(places).map(({ x, y }) => `${x} ${y}`));
  let beside = BESIDE;
  while (Object.values(part.layout).some(({ x, y }) => taken.has(`${x + beside} ${y + beside}`))) beside += BESIDE;
  const layout = { ...places, ...Object.fromEntries(Object.entries(part.layout).map(([id, place]) => [renamed(id), { ...place, x: Math.round(place.x + beside), y: Math.round(place.y + beside) }])) };
  return { drawing: { ...drawing, document, layout }, ids: [...ids.values()] };
}
