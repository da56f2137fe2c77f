// Owns where things are drawn: places for what has none, tidy arrangement, frames of zones. Pure; never part of a plan.
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";

export const CARD = { width: 248, height: 112 } as const;
const GAP = { x: 150, y: 64 } as const;
const FRAME = { side: 22, top: 40, bottom: 22 } as const;
const EMPTY_FRAME = { width: 220, height: 120 } as const;

export type Box = { x: number; y: number; width: number; height: number };

/** Columns by distance along the links from the source (or the first node), rows in drawing order. */
export function arrange(document: TopologyDocument): TopologyLayout {
  const column = columns(document);
  const rowsUsed = new Map<number, number>();
  const layout: TopologyLayout = {};
  for (const node of [...document.nodes].sort((a, b) => zoneOrder(document, a.zoneId) - zoneOrder(document, b.zoneId))) {
    const at = column.get(node.id) ?? 0;
    const row = rowsUsed.get(at) ?? 0;
    rowsUsed.set(at, row + 1);
    layout[node.id] = { x: at * (CARD.width + GAP.x), y: row * (CARD.height + GAP.y) };
  }
  document.zones.filter((zone) => !document.nodes.some((node) => node.zoneId === zone.id)).forEach((zone, index) => {
    layout[zone.id] = { x: index * (EMPTY_FRAME.width + GAP.x), y: Math.max(0, ...rowsUsed.values()) * (CARD.height + GAP.y) + GAP.y };
  });
  return layout;
}

const zoneOrder = (document: TopologyDocument, zoneId: string | null) => (zoneId === null ? document.zones.length : document.zones.findIndex((zone) => zone.id === zoneId));

function columns(document: TopologyDocument): Map<string, number> {
  const column = new Map<string, number>();
  const starts = [document.sourceId, ...document.nodes.map((node) => node.id)].filter((id) => id !== null);
  for (const start of starts) {
    if (column.has(start) || !document.nodes.some((node) => node.id === start)) continue;
    column.set(start, 0);
    const queue = [start];
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      for (const link of document.links) {
        const next = link.fromId === id ? link.toId : link.bidirectional && link.toId === id ? link.fromId : null;
        if (next === null || column.has(next)) continue;
        column.set(next, (column.get(id) ?? 0) + 1);
        queue.push(next);
      }
    }
  }
  return column;
}

/** The layout with a place for everything: what has none goes beside what has, never on top of it. */
export function completeLayout(document: TopologyDocument, layout: TopologyLayout): TopologyLayout {
  const missing = document.nodes.filter((node) => layout[node.id] === undefined);
  if (missing.length === document.nodes.length) return { ...arrange(document), ...layout };
  if (missing.length === 0) return layout;
  const placed = document.nodes.flatMap((node) => layout[node.id] ?? []);
  const bottom = Math.max(...placed.map((place) => place.y)) + CARD.height + GAP.y;
  const left = Math.min(...placed.map((place) => place.x));
  const added = missing.map((node, index) => [node.id, { x: left + index * (CARD.width + GAP.y), y: bottom }] as const);
  return { ...layout, ...Object.fromEntries(added) };
}

/** The frame around a zone's nodes; an empty zone has a small one of its own. `height` of a card may differ as it holds chips. */
export function zoneFrame(document: TopologyDocument, layout: TopologyLayout, zoneId: string, heightOf: (nodeId: string) => number): Box {
  const members = document.nodes.filter((node) => node.zoneId === zoneId).map((node) => ({ ...(layout[node.id] ?? { x: 0, y: 0 }), height: heightOf(node.id) }));
  if (members.length === 0) return { ...EMPTY_FRAME, ...(layout[zoneId] ?? { x: 0, y: -EMPTY_FRAME.height - GAP.y }), ...EMPTY_FRAME };
  const x = Math.min(...members.map((one) => one.x)) - FRAME.side;
  const y = Math.min(...members.map((one) => one.y)) - FRAME.top;
  return { x, y, width: Math.max(...members.map((one) => one.x)) + CARD.width + FRAME.side - x, height: Math.max(...members.map((one) => one.y + one.height)) + FRAME.bottom - y };
}
