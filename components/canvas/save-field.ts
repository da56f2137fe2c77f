// Owns one figure typed for a node, link or zone: saved as one undoable step, or, when that was deleted elsewhere while it was typed, shown as a
// conflict, so that nothing typed goes without a word.
import type { TopologyDocument, TopologyLink, TopologyNode, Zone } from "../../server/topology/topology.ts";
import { editLink, editNode, editZone } from "./canvas-edit.ts";
import { editDocument, showConflict, type WorkbenchStore } from "./workbench-store.ts";

export type FieldOf = { kind: "node"; item: TopologyNode } | { kind: "link"; item: TopologyLink } | { kind: "zone"; item: Zone };

/** `name`: what a person calls the thing. */
export function saveField(store: WorkbenchStore, { kind, item }: FieldOf, name: string, change: Record<string, unknown>): void {
  const { document } = store.getState().history.present;
  if (isDrawn(document, kind, item.id)) return editDocument(store, (now) => (kind === "node" ? editNode : kind === "link" ? editLink : editZone)(now, item.id, change));
  for (const [field, ours] of Object.entries(change)) showConflict(store, { kind, id: item.id, name, field, ours, theirs: null, kept: "theirs", gone: item });
}

function isDrawn(document: TopologyDocument, kind: FieldOf["kind"], id: string): boolean {
  return (kind === "node" ? document.nodes : kind === "link" ? document.links : document.zones).some((one) => one.id === id);
}
