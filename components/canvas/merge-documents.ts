// Owns the three-way merge of a drawing that changed here and elsewhere. Pure.
import type { TopologyDocument } from "../../server/topology/topology.ts";

/** Ours where we changed something since `base`, theirs elsewhere; what either side deleted and the other left alone is gone. */
export function mergeDocuments(base: TopologyDocument, ours: TopologyDocument, theirs: TopologyDocument): TopologyDocument {
  const nodes = mergeItems(base.nodes, ours.nodes, theirs.nodes);
  const known = new Set(nodes.map((node) => node.id));
  const zones = mergeItems(base.zones, ours.zones, theirs.zones);
  const zoneIds = new Set(zones.map((zone) => zone.id));
  return {
    nodes: nodes.map((node) => (node.zoneId !== null && !zoneIds.has(node.zoneId) ? { ...node, zoneId: null } : node)),
    links: mergeItems(base.links, ours.links, theirs.links).filter((link) => known.has(link.fromId) && known.has(link.toId)),
    zones,
    sourceId: keep(ours.sourceId !== base.sourceId ? ours.sourceId : theirs.sourceId, known),
  };
}

const keep = (id: string | null, known: ReadonlySet<string>) => (id !== null && known.has(id) ? id : null);
/** Keys are sorted, because a database may give them back in another order. */
export const sameJson = (a: unknown, b: unknown): boolean => a === b || canonical(a) === canonical(b);
const canonical = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (part !== null && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part));

function mergeItems<T extends { id: string }>(base: readonly T[], ours: readonly T[], theirs: readonly T[]): T[] {
  const baseById = new Map(base.map((item) => [item.id, item]));
  const oursById = new Map(ours.map((item) => [item.id, item]));
  const theirIds = new Set(theirs.map((item) => item.id));
  const changed = (item: T) => !sameJson(baseById.get(item.id), item);
  const merged: T[] = [];
  for (const item of theirs) {
    const own = oursById.get(item.id);
    if (own === undefined) {
      // New there, or deleted here; a deletion loses only against a change made there.
      if (changed(item)) merged.push(item);
    } else merged.push(changed(own) ? own : item);
  }
  for (const item of ours) if (!theirIds.has(item.id) && changed(item)) merged.push(item);
  return merged;
}
