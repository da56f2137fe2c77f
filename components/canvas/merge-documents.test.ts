import { expect, test } from "vitest";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { addLink, addNode, editNode, remove } from "./canvas-edit.ts";
import { mergeDocuments, sameJson } from "./merge-documents.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const BASE = addLink(addNode(addNode(EMPTY, "tn_a", "a"), "tn_b", "b"), "lnk_1", "tn_a", "tn_b");
const without = (document: TopologyDocument, id: string) => remove({ document, layout: {}, placement: [] }, new Set([id])).document;

test("both sides' changes are kept", () => {
  const merged = mergeDocuments(BASE, editNode(BASE, "tn_a", { name: "camera" }), addNode(BASE, "tn_c", "c"));
  expect(merged.nodes.map((node) => node.name)).toEqual(["camera", "b", "c"]);
});
test("ours wins where both changed the same", () => {
  expect(mergeDocuments(BASE, editNode(BASE, "tn_a", { name: "ours" }), editNode(BASE, "tn_a", { name: "theirs" })).nodes[0]?.name).toBe("ours");
});
test("a deletion on either side holds, with its links", () => {
  expect(mergeDocuments(BASE, without(BASE, "tn_a"), BASE)).toMatchObject({ nodes: [{ id: "tn_b" }], links: [] });
  expect(mergeDocuments(BASE, addNode(BASE, "tn_c", "c"), without(BASE, "tn_a"))).toMatchObject({ nodes: [{ id: "tn_b" }, { id: "tn_c" }], links: [] });
});
test("the order of keys is no change", () => expect(sameJson({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true));
