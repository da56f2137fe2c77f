// Owns the three-way merge of a drawing that changed here and elsewhere, field by field. Pure.
// Saved first wins: where both sides changed the same figure, the server's stays and ours is handed back as a conflict, so nothing is overwritten silently.
import type { TopologyDocument, TopologyLayout, TopologyLink, TopologyNode, Zone } from "../../server/topology/topology.ts";

type Kind = "node" | "link" | "zone";
/** `field` null: one side deleted what the other changed; `ours` or `theirs` is then null. `kept` says whose version the drawing holds now. `gone`: as it was when somebody deleted it, while `ours` was still being typed. */
export type Conflict = { kind: Kind | "drawing"; id: string; name: string; field: string | null; ours: unknown; theirs: unknown; kept: "ours" | "theirs"; gone?: TopologyNode | TopologyLink | Zone };
export type Merged = { document: TopologyDocument; conflicts: Conflict[] };

/**
 * "present": what either side changed outlives the other side's deletion, so that no work is lost.
 * "past" is for steps of the undo history: what was deleted elsewhere stays deleted in them too.
 */
type Mode = "present" | "past";

export function mergeDocuments(base: TopologyDocument, ours: TopologyDocument, theirs: TopologyDocument, mode: Mode = "present"): Merged {
  const conflicts: Conflict[] = [];
  const nameOf = namer([theirs, ours, base]);
  const merge = <T extends { id: string }>(kind: Kind, select: (document: TopologyDocument) => readonly T[]) => mergeItems(kind, select(base), select(ours), select(theirs), mode, conflicts, nameOf);
  const links = merge("link", (document) => document.links);
  const nodes = merge("node", (document) => document.nodes);
  const zones = merge("zone", (document) => document.zones);
  if (mode === "present") {
    // A deletion loses against a new reference: a node that was just linked, a zone that was just moved into.
    const [linkBefore, nodeBefore] = [byId(base.links), byId(base.nodes)];
    const touched = links.filter((link) => !sameJson(link, linkBefore.get(link.id)));
    bringBack("node", touched.flatMap((link) => [link.fromId, link.toId]), nodes, [theirs.nodes, ours.nodes], ours.nodes, conflicts);
    const moved = nodes.filter((node) => node.zoneId !== null && node.zoneId !== nodeBefore.get(node.id)?.zoneId);
    bringBack("zone", moved.flatMap((node) => node.zoneId ?? []), zones, [theirs.zones, ours.zones], ours.zones, conflicts);
  }
  // A node that outlives its deletion, changed or linked meanwhile, keeps the links that went with it.
  const outlived = new Map(conflicts.flatMap(({ kind, field, id, kept }) => (kind === "node" && field === null ? [[id, kept] as const] : [])));
  for (const [id, kept] of outlived) for (const link of (kept === "ours" ? ours : theirs).links) {
    if ((link.fromId === id || link.toId === id) && !links.some((one) => one.id === link.id)) links.push(link);
  }
  const nodeIds = new Set(nodes.map((node) => node.id));
  const zoneIds = new Set(zones.map((zone) => zone.id));
  const sourceId = mergeValue(base.sourceId, ours.sourceId, theirs.sourceId);
  if (sourceId.conflict && ours.sourceId !== null) conflicts.push({ kind: "drawing", id: "", name: "the topology", field: "sourceId", ours: ours.sourceId, theirs: theirs.sourceId, kept: "theirs" });
  const merged: TopologyDocument = {
    nodes: nodes.map((node) => (node.zoneId !== null && !zoneIds.has(node.zoneId) ? { ...node, zoneId: null } : node)),
    links: oncePerDirection(links.filter((link) => nodeIds.has(link.fromId) && nodeIds.has(link.toId)), theirs),
    zones,
    sourceId: sourceId.value !== null && nodeIds.has(sourceId.value) ? sourceId.value : null,
  };
  return { document: sameItems(merged, ours) ? ours : merged, conflicts };
}

const byId = <T extends { id: string }>(items: readonly T[]) => new Map(items.map((item) => [item.id, item]));
const sameItems = (a: TopologyDocument, b: TopologyDocument): boolean =>
  a.sourceId === b.sourceId && (["nodes", "links", "zones"] as const).every((kind) => a[kind].length === b[kind].length && a[kind].every((item, index) => item === b[kind][index]));

/** `fresh` with the very objects of `known` wherever they say the same: later comparisons are then by identity, and 200 steps of history merge in a moment. */
export function reuseItems(known: TopologyDocument, fresh: TopologyDocument): TopologyDocument {
  const reuse = <T extends { id: string }>(before: readonly T[], now: readonly T[]): T[] => {
    const old = byId(before);
    return now.map((item) => { const same = old.get(item.id); return same !== undefined && sameJson(same, item) ? same : item; });
  };
  return { ...fresh, nodes: reuse(known.nodes, fresh.nodes), links: reuse(known.links, fresh.links), zones: reuse(known.zones, fresh.zones) };
}

/** Ours where we moved something since `base`, theirs elsewhere. What neither moved keeps its place; the later hand on one card wins, as with a real table. */
export function mergeLayouts(base: TopologyLayout, ours: TopologyLayout, theirs: TopologyLayout): TopologyLayout {
  const merged = { ...theirs, ...movedSince(base, ours) };
  const same = Object.keys(merged).length === Object.keys(ours).length && Object.entries(merged).every(([id, place]) => samePlace(place, ours[id]));
  return same ? ours : merged;
}
/** Places that differ from `base`: what a save has to send. */
export function movedSince(base: TopologyLayout, ours: TopologyLayout): TopologyLayout {
  return Object.fromEntries(Object.entries(ours).filter(([id, place]) => !samePlace(place, base[id])));
}
type Place = TopologyLayout[string];
const samePlace = (a: Place, b: Place | undefined): boolean => a === b || (b !== undefined && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height);

/** Keys are sorted, because a database may give them back in another order. */
export const sameJson = (a: unknown, b: unknown): boolean => a === b || canonical(a) === canonical(b);
const canonical = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (part !== null && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part)) ?? "";

function mergeValue<T>(base: T, ours: T, theirs: T): { value: T; conflict: boolean } {
  if (sameJson(ours, base)) return { value: theirs, conflict: false };
  if (sameJson(theirs, base) || sameJson(theirs, ours)) return { value: ours, conflict: false };
  return { value: theirs, conflict: true };
}

function mergeItems<T extends { id: string }>(kind: Kind, base: readonly T[], ours: readonly T[], theirs: readonly T[], mode: Mode, conflicts: Conflict[], nameOf: (id: string) => string): T[] {
  const [baseById, oursById] = [byId(base), byId(ours)];
  const theirIds = new Set(theirs.map((item) => item.id));
  const merged: T[] = [];
  for (const item of theirs) {
    const before = baseById.get(item.id);
    const own = oursById.get(item.id);
    if (own === undefined) {
      // New there, or deleted here; a deletion loses only against a change made there.
      if (before !== undefined && sameJson(before, item)) continue;
      merged.push(item);
      if (before !== undefined) conflicts.push({ kind, id: item.id, name: nameOf(item.id), field: null, ours: null, theirs: item, kept: "theirs" });
    } else merged.push(mergeFields(kind, before ?? item, own, item, conflicts, nameOf));
  }
  for (const item of ours) {
    if (theirIds.has(item.id)) continue;
    const before = baseById.get(item.id);
    if (before !== undefined && (mode === "past" || sameJson(before, item))) continue;
    merged.push(item);
    if (before !== undefined) conflicts.push({ kind, id: item.id, name: nameOf(item.id), field: null, ours: item, theirs: null, kept: "ours" });
  }
  return merged;
}

function mergeFields<T extends { id: string }>(kind: Kind, base: T, ours: T, theirs: T, conflicts: Conflict[], nameOf: (id: string) => string): T {
  if (sameJson(ours, base) || sameJson(ours, theirs)) return sameJson(ours, theirs) ? ours : theirs;
  if (sameJson(theirs, base)) return ours;
  const merged = { ...theirs };
  for (const field of Object.keys(theirs) as (keyof T & string)[]) {
    const { value, conflict } = mergeValue(base[field], ours[field], theirs[field]);
    merged[field] = value;
    if (conflict) conflicts.push({ kind, id: ours.id, name: nameOf(ours.id), field, ours: ours[field], theirs: theirs[field], kept: "theirs" });
  }
  return merged;
}

function bringBack<T extends { id: string; name: string }>(kind: Kind, wanted: readonly string[], present: T[], sources: readonly (readonly T[])[], ours: readonly T[], conflicts: Conflict[]): void {
  for (const id of new Set(wanted)) {
    if (present.some((one) => one.id === id)) continue;
    const item = sources.flatMap((items) => items.find((one) => one.id === id) ?? [])[0];
    if (item === undefined) continue;
    present.push(item);
    const own = ours.some((one) => one.id === id);
    conflicts.push({ kind, id, name: item.name, field: null, ours: own ? item : null, theirs: own ? null : item, kept: own ? "ours" : "theirs" });
  }
}

/** Both drew the same link: one is enough, the server's. */
function oncePerDirection(links: TopologyDocument["links"], theirs: TopologyDocument): TopologyDocument["links"] {
  const known = new Set(theirs.links.map((link) => link.id));
  const taken = new Set<string>();
  const kept = new Set<string>();
  for (const link of [...links].sort((a, b) => Number(known.has(b.id)) - Number(known.has(a.id)))) {
    const ways = link.bidirectional ? [`${link.fromId}>${link.toId}`, `${link.toId}>${link.fromId}`] : [`${link.fromId}>${link.toId}`];
    if (!known.has(link.id) && ways.some((way) => taken.has(way))) continue;
    for (const way of ways) taken.add(way);
    kept.add(link.id);
  }
  return links.filter((link) => kept.has(link.id));
}

/** What a person calls the thing: a node's or zone's name, both ends of a link. */
function namer(documents: readonly TopologyDocument[]): (id: string) => string {
  const named = (id: string) => documents.flatMap((document) => [...document.nodes, ...document.zones]).find((one) => one.id === id)?.name;
  return (id) => {
    const link = documents.flatMap((document) => document.links).find((one) => one.id === id);
    return link ? `${named(link.fromId) ?? link.fromId} ${link.bidirectional ? "↔" : "→"} ${named(link.toId) ?? link.toId}` : (named(id) ?? id);
  };
}
