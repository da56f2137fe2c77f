import { expect, test } from "vitest";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { addLink, addNode, addZone, commit, type Drawing, editNode, HISTORY_MAX, rebase, redo, remove, startHistory, undo } from "./canvas-edit.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const drawing = (document: TopologyDocument): Drawing => ({ document, layout: {}, placement: [] });
const two = () => addNode(addNode(EMPTY, "tn_a", "node"), "tn_b", "node");

test("names stay unique", () => expect(two().nodes.map((node) => node.name)).toEqual(["node", "node 2"]));
test("a link needs two different nodes and is drawn once", () => {
  const linked = addLink(two(), "lnk_1", "tn_a", "tn_b");
  expect(linked.links).toHaveLength(1);
  expect(addLink(linked, "lnk_2", "tn_b", "tn_a")).toBe(linked);
  expect(addLink(linked, "lnk_3", "tn_a", "tn_a")).toBe(linked);
});
test("a link between live nodes is measured", () => {
  const live = editNode(editNode(two(), "tn_a", { nodeId: "nod_1" }), "tn_b", { nodeId: "nod_2" });
  expect(addLink(live, "lnk_1", "tn_a", "tn_b").links[0]).toMatchObject({ latencyMs: null, bandwidthBytesPerSecond: null });
});
test("removing a node takes its links, stages, place and source with it", () => {
  const document = { ...addLink(two(), "lnk_1", "tn_a", "tn_b"), sourceId: "tn_a" };
  const after = remove({ document, layout: { tn_a: { x: 1, y: 1 } }, placement: [{ from: 0, to: 3, topologyNodeId: "tn_a" }] }, new Set(["tn_a"]));
  expect(after).toEqual({ document: { nodes: [document.nodes[1]], links: [], zones: [], sourceId: null }, layout: {}, placement: [] });
});
test("removing a zone keeps its nodes", () => {
  const document = editNode(addZone(two(), "zon_1", "dock"), "tn_a", { zoneId: "zon_1" });
  expect(remove(drawing(document), new Set(["zon_1"])).document.nodes.map((node) => node.zoneId)).toEqual([null, null]);
});
test("undo and redo walk the same steps, and a new step forgets the undone ones", () => {
  const [a, b, c] = [drawing(EMPTY), drawing(two()), drawing(addZone(EMPTY, "zon_1", "dock"))];
  let history = commit(commit(startHistory(a), b), b);
  expect(history.past).toHaveLength(1);
  history = undo(history);
  expect(history.present).toBe(a);
  expect(undo(history)).toBe(history);
  expect(redo(history).present).toBe(b);
  expect(redo(commit(history, c)).present).toBe(c);
});
test("history is bounded", () => {
  let history = startHistory(drawing(EMPTY));
  for (let step = 0; step < HISTORY_MAX + 20; step++) history = commit(history, drawing(EMPTY));
  expect(history.past).toHaveLength(HISTORY_MAX);
});
test("what came from elsewhere survives undo", () => {
  const history = rebase(commit(startHistory(drawing(EMPTY)), drawing(addZone(EMPTY, "zon_1", "dock"))), (one) => ({ ...one, document: addNode(one.document, "tn_live", "cam-1") }));
  expect(undo(history).present.document.nodes.map((node) => node.name)).toEqual(["cam-1"]);
});
