// Owns what a merge begins from while the answer to an own save is not here: the server may hold what was sent already, or may never have got it. Pure.
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { sameJson } from "./merge-documents.ts";

/**
 * `base` with what was sent wherever `theirs` says the same as it. There the server has ours: what we changed since is our next edit of it, and no
 * conflict with somebody else. Where they differ, `base` stays: somebody else was first.
 */
export function acceptedBase(base: TopologyDocument, sent: TopologyDocument, theirs: TopologyDocument): TopologyDocument {
  return {
    nodes: acceptedItems(base.nodes, sent.nodes, theirs.nodes),
    links: acceptedItems(base.links, sent.links, theirs.links),
    zones: acceptedItems(base.zones, sent.zones, theirs.zones),
    sourceId: sent.sourceId === theirs.sourceId ? sent.sourceId : base.sourceId,
  };
}

function acceptedItems<T extends { id: string }>(base: readonly T[], sent: readonly T[], theirs: readonly T[]): T[] {
  const [before, there] = [new Map(base.map((item) => [item.id, item])), new Map(theirs.map((item) => [item.id, item]))];
  const sentIds = new Set(sent.map((item) => item.id));
  const kept = sent.flatMap((own) => {
    const [known, their] = [before.get(own.id), there.get(own.id)];
    if (their === undefined) return known ?? [];
    return known === undefined ? own : acceptedFields(known, own, their);
  });
  // Deleted by us: the deletion counts as arrived where it is gone there too.
  return [...kept, ...base.filter((item) => !sentIds.has(item.id) && there.has(item.id))];
}

function acceptedFields<T extends { id: string }>(base: T, sent: T, theirs: T): T {
  const fields = Object.keys(sent) as (keyof T)[];
  if (fields.every((field) => sameJson(sent[field], base[field]))) return base;
  if (sameJson(sent, theirs)) return sent;
  const accepted = { ...base };
  for (const field of fields) if (sameJson(theirs[field], sent[field])) accepted[field] = sent[field];
  return accepted;
}
