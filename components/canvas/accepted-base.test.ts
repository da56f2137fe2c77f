import { expect, test } from "vitest";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { acceptedBase } from "./accepted-base.ts";
import { addLink, addNode, editNode, remove } from "./canvas-edit.ts";
import { mergeDocuments } from "./merge-documents.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const BASE = addLink(addNode(addNode(EMPTY, "tn_a", "a"), "tn_b", "b"), "lnk_1", "tn_a", "tn_b");
const without = (document: TopologyDocument, id: string) => remove({ document, layout: {}, placement: [] }, new Set([id])).document;
const merged = (sent: TopologyDocument, ours: TopologyDocument, theirs: TopologyDocument) => mergeDocuments(acceptedBase(BASE, sent, theirs), ours, theirs);

test("what was edited again while its save was under way wins over that save", () => {
  const sent = editNode(BASE, "tn_a", { speed: 2 });
  const { document, conflicts } = merged(sent, editNode(BASE, "tn_a", { speed: 3 }), sent);
  expect([document.nodes[0]?.speed, conflicts]).toEqual([3, []]);
});
test("also when somebody else saved another thing after it", () => {
  const sent = editNode(BASE, "tn_a", { speed: 2 });
  const { document, conflicts } = merged(sent, editNode(sent, "tn_a", { speed: 3 }), editNode(sent, "tn_b", { name: "dock" }));
  expect([document.nodes.map(({ name, speed }) => [name, speed]), conflicts]).toEqual([[["a", 3], ["dock", 1]], []]);
});
test("somebody else's figure is a conflict as ever", () => {
  const { document, conflicts } = merged(editNode(BASE, "tn_a", { speed: 2 }), editNode(BASE, "tn_a", { speed: 3 }), editNode(BASE, "tn_a", { speed: 9 }));
  expect([document.nodes[0]?.speed, conflicts]).toMatchObject([9, [{ field: "speed", ours: 3, theirs: 9 }]]);
});
test("what was drawn, sent and deleted again stays deleted", () => {
  const sent = addNode(BASE, "tn_c", "c");
  expect(merged(sent, BASE, sent)).toMatchObject({ document: { nodes: [{ id: "tn_a" }, { id: "tn_b" }] }, conflicts: [] });
});
test("a deletion that was sent and undone again brings the node back", () => {
  const sent = without(BASE, "tn_a");
  const { document, conflicts } = merged(sent, BASE, sent);
  expect([document.nodes.map((node) => node.id).sort(), document.links.map((link) => link.id), conflicts]).toEqual([["tn_a", "tn_b"], ["lnk_1"], []]);
});
