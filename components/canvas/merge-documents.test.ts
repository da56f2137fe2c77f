import { expect, test } from "vitest";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { addLink, addNode, addZone, editNode, remove } from "./canvas-edit.ts";
import { mergeDocuments, mergeLayouts, movedSince, sameJson } from "./merge-documents.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const BASE = addLink(addNode(addNode(EMPTY, "tn_a", "a"), "tn_b", "b"), "lnk_1", "tn_a", "tn_b");
const without = (document: TopologyDocument, id: string) => remove({ document, layout: {}, placement: [] }, new Set([id])).document;

test("both sides' changes are kept, also of the same node", () => {
  const merged = mergeDocuments(BASE, editNode(BASE, "tn_a", { name: "camera" }), addNode(editNode(BASE, "tn_a", { speed: 3 }), "tn_c", "c"));
  expect(merged.document.nodes.map(({ name, speed }) => [name, speed])).toEqual([["camera", 3], ["b", 1], ["c", 1]]);
  expect(merged.conflicts).toEqual([]);
});
test("where both changed the same figure the one saved first stays, and ours is handed back", () => {
  const { document, conflicts } = mergeDocuments(BASE, editNode(BASE, "tn_a", { name: "ours" }), editNode(BASE, "tn_a", { name: "theirs" }));
  expect(document.nodes[0]?.name).toBe("theirs");
  expect(conflicts).toEqual([{ kind: "node", id: "tn_a", name: "theirs", field: "name", ours: "ours", theirs: "theirs", kept: "theirs" }]);
});
test("a deletion on either side holds, with its links", () => {
  expect(mergeDocuments(BASE, without(BASE, "tn_a"), BASE).document).toMatchObject({ nodes: [{ id: "tn_b" }], links: [] });
  expect(mergeDocuments(BASE, addNode(BASE, "tn_c", "c"), without(BASE, "tn_a")).document).toMatchObject({ nodes: [{ id: "tn_b" }, { id: "tn_c" }], links: [] });
});
test("a deletion loses against a change or a new link, and says so", () => {
  const changed = mergeDocuments(BASE, editNode(BASE, "tn_a", { speed: 9 }), without(BASE, "tn_a"));
  expect(changed.document.nodes.map((node) => node.id)).toContain("tn_a");
  expect(changed.conflicts).toMatchObject([{ id: "tn_a", field: null, theirs: null, kept: "ours" }]);
  const linked = mergeDocuments(addNode(BASE, "tn_c", "c"), addLink(addNode(BASE, "tn_c", "c"), "lnk_2", "tn_c", "tn_a"), without(addNode(BASE, "tn_c", "c"), "tn_a"));
  expect(linked.document.nodes.map((node) => node.id).sort()).toEqual(["tn_a", "tn_b", "tn_c"]);
  const zoned = addZone(BASE, "zon_1", "dock");
  expect(mergeDocuments(zoned, without(zoned, "zon_1"), editNode(zoned, "tn_a", { zoneId: "zon_1" })).document).toMatchObject({ zones: [{ id: "zon_1" }] });
});
test("a node that outlives its deletion keeps its links, whoever deleted it", () => {
  const changed = editNode(BASE, "tn_a", { speed: 9 });
  for (const [ours, theirs] of [[without(BASE, "tn_a"), changed], [changed, without(BASE, "tn_a")]] as const) {
    const { document, conflicts } = mergeDocuments(BASE, ours, theirs);
    expect(document.nodes.map((node) => node.id).sort()).toEqual(["tn_a", "tn_b"]);
    expect(document.links.map((link) => link.id)).toEqual(["lnk_1"]);
    expect(conflicts).toMatchObject([{ id: "tn_a", field: null }]);
  }
});
test("a node that is brought back by a new link to it keeps its old links too, whoever deleted it", () => {
  const drawn = addNode(BASE, "tn_c", "c");
  const linked = addLink(drawn, "lnk_2", "tn_c", "tn_a");
  for (const [ours, theirs] of [[without(drawn, "tn_a"), linked], [linked, without(drawn, "tn_a")]] as const) {
    const { document, conflicts } = mergeDocuments(drawn, ours, theirs);
    expect([document.nodes.map((node) => node.id).sort(), document.links.map((link) => link.id).sort()]).toEqual([["tn_a", "tn_b", "tn_c"], ["lnk_1", "lnk_2"]]);
    expect(conflicts).toMatchObject([{ id: "tn_a", field: null }]);
  }
});
test("a step of the past follows a deletion from elsewhere", () => {
  expect(mergeDocuments(BASE, editNode(BASE, "tn_a", { speed: 9 }), without(BASE, "tn_a"), "past").document.nodes.map((node) => node.id)).toEqual(["tn_b"]);
});
test("the same link drawn on both sides is drawn once", () => {
  const base = without(BASE, "lnk_1");
  expect(mergeDocuments(base, addLink(base, "lnk_o", "tn_b", "tn_a"), addLink(base, "lnk_t", "tn_a", "tn_b")).document.links.map((link) => link.id)).toEqual(["lnk_t"]);
});
test("places merge one by one, and only what moved is sent", () => {
  const base = { a: { x: 0, y: 0 }, b: { x: 0, y: 0 } };
  expect(mergeLayouts(base, { ...base, a: { x: 1, y: 1 } }, { ...base, b: { x: 2, y: 2 } })).toEqual({ a: { x: 1, y: 1 }, b: { x: 2, y: 2 } });
  expect(movedSince(base, { a: { x: 1, y: 1 } })).toEqual({ a: { x: 1, y: 1 } });
});
test("the order of keys is no change", () => expect(sameJson({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBe(true));
