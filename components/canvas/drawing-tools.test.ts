import { expect, test } from "vitest";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { alignNodes } from "./align-nodes.ts";
import { autoLayout } from "./auto-layout.ts";
import { addLink, addNode, addZone, commit, type Drawing, editNode, startHistory } from "./canvas-edit.ts";
import { CARD } from "./canvas-layout.ts";
import { addPart, readPart, takePart } from "./drawing-part.ts";
import { KEPT_MAX_CHARACTERS, readHistory, writeHistory } from "./kept-history.ts";
import { dropIntoZones } from "./zone-drop.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const DOCUMENT = editNode(addZone(addLink(addNode(addNode(EMPTY, "tn_a", "a"), "tn_b", "b"), "lnk_1", "tn_a", "tn_b"), "zon_1", "dock"), "tn_a", { zoneId: "zon_1", nodeId: "nod_1" });
const DRAWING: Drawing = { document: DOCUMENT, layout: { tn_a: { x: 0, y: 0 }, tn_b: { x: 400, y: 0 } }, placement: [] };
const counter = () => { let next = 0; return (prefix: string) => `${prefix}_new${next++}`; };

test("a part travels as text and gets ids and names of its own", () => {
  const part = readPart(JSON.stringify(takePart("top_1", DRAWING, ["tn_a", "tn_b"])));
  if (part === null) throw new Error("not read back");
  const { drawing, ids } = addPart(DRAWING, part, counter());
  expect(ids).toHaveLength(2);
  expect(drawing.document.nodes.slice(2)).toMatchObject([{ name: "a 2", nodeId: null, zoneId: "zon_1" }, { name: "b 2" }]);
  expect(drawing.document.links[1]).toMatchObject({ fromId: ids[0], toId: ids[1] });
  const elsewhere = addPart({ document: EMPTY, layout: {}, placement: [] }, part, counter()).drawing;
  expect(elsewhere.document.nodes).toMatchObject([{ name: "a", nodeId: "nod_1", zoneId: null }, { name: "b" }]);
  expect(readPart("hello")).toBeNull();
  expect(takePart("top_1", DRAWING, ["lnk_1"])).toBeNull();
});
test("cards line up and are spread with equal gaps", () => {
  const boxes = [{ id: "a", x: 0, y: 0, width: 10, height: 10 }, { id: "b", x: 13, y: 50, width: 20, height: 30 }, { id: "c", x: 90, y: 7, width: 10, height: 10 }];
  expect(alignNodes(boxes, "right")).toEqual({ a: { x: 90, y: 0 }, b: { x: 80, y: 50 }, c: { x: 90, y: 7 } });
  expect(alignNodes(boxes, "middle")).toEqual({ a: { x: 0, y: 35 }, b: { x: 13, y: 25 }, c: { x: 90, y: 35 } });
  expect(alignNodes(boxes, "spread-across")).toEqual({ a: { x: 0, y: 0 }, b: { x: 40, y: 50 }, c: { x: 90, y: 7 } });
  expect(alignNodes(boxes.slice(0, 1), "left")).toEqual({});
});
test("the arrangement has whole numbers, no overlaps and reads along the links", () => {
  let document = addNode(DOCUMENT, "tn_c", "c");
  document = { ...addLink(document, "lnk_2", "tn_b", "tn_c"), sourceId: "tn_a" };
  const places = autoLayout(document, () => CARD.height);
  const all = Object.values(places);
  for (const [index, one] of all.entries()) for (const other of all.slice(index + 1)) expect(Math.abs(one.x - other.x) >= CARD.width || Math.abs(one.y - other.y) >= CARD.height).toBe(true);
  expect(all.every(({ x, y }) => Number.isInteger(x) && Number.isInteger(y))).toBe(true);
  expect((places.tn_a?.x ?? 0) < (places.tn_b?.x ?? 0) && (places.tn_b?.x ?? 0) < (places.tn_c?.x ?? 0)).toBe(true);
});
test("history survives a refresh, and is dropped when the drawing moved on without us", () => {
  const history = commit(startHistory({ ...DRAWING, document: EMPTY }), { ...DRAWING, placement: [{ from: 0, to: 2, topologyNodeId: "tn_a" }] });
  const text = writeHistory(history, { revision: 3, layout: {} });
  expect(readHistory(text, { revision: 3, document: EMPTY, layout: {} })).toEqual(history);
  expect(readHistory(text, { revision: 4, document: structuredClone(DOCUMENT), layout: {} })?.present.placement).toHaveLength(1);
  expect(readHistory(text, { revision: 4, document: EMPTY, layout: {} })).toBeNull();
  expect(readHistory("{", { revision: 3, document: EMPTY, layout: {} })).toBeNull();
});
test("a kept history is bounded", () => {
  let history = startHistory(DRAWING);
  for (let step = 0; step < 100; step++) history = commit(history, { ...DRAWING, document: editNode(DOCUMENT, "tn_a", { name: "x".repeat(50_000) + step }) });
  expect((writeHistory(history, { revision: 1, layout: {} }) ?? "").length).toBeLessThanOrEqual(KEPT_MAX_CHARACTERS);
});
test("a card joins the zone its middle is dropped in, and leaves the one it no longer touches", () => {
  const frames = [{ zoneId: "zon_1", x: 0, y: 0, width: 300, height: 200 }];
  const card = (id: string, x: number) => ({ id, x, y: 20, width: 100, height: 50 });
  expect(dropIntoZones(DOCUMENT, frames, [card("tn_b", 100)]).nodes[1]?.zoneId).toBe("zon_1");
  expect(dropIntoZones(DOCUMENT, frames, [card("tn_a", 280)])).toBe(DOCUMENT);
  expect(dropIntoZones(DOCUMENT, frames, [card("tn_a", 500)]).nodes[0]?.zoneId).toBeNull();
});
