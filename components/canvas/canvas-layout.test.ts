import { expect, test } from "vitest";
import { addLink, addNode, addZone, editNode } from "./canvas-edit.ts";
import { arrange, CARD, completeLayout, zoneFrame } from "./canvas-layout.ts";

const CHAIN = addLink(addLink(addNode(addNode(addNode({ nodes: [], links: [], zones: [], sourceId: null }, "a", "a"), "b", "b"), "c", "c"), "l1", "a", "b"), "l2", "b", "c");

test("a chain is arranged from left to right", () => {
  const layout = arrange(CHAIN);
  expect((layout.a?.x ?? 0) < (layout.b?.x ?? 0) && (layout.b?.x ?? 0) < (layout.c?.x ?? 0)).toBe(true);
});
test("nodes without links do not lie on each other", () => {
  const layout = arrange({ ...CHAIN, links: [] });
  expect(new Set(Object.values(layout).map(({ x, y }) => `${x},${y}`)).size).toBe(3);
});
test("a new node gets a place and the others keep theirs", () => {
  const layout = completeLayout(CHAIN, { a: { x: 5, y: 6 }, b: { x: 400, y: 6 } });
  expect(layout.a).toEqual({ x: 5, y: 6 });
  expect(layout.c?.y).toBeGreaterThan(6 + CARD.height);
});
test("a zone frames its nodes", () => {
  const document = editNode(addZone(CHAIN, "z", "dock"), "a", { zoneId: "z" });
  const frame = zoneFrame(document, { a: { x: 100, y: 100 } }, "z", () => 150);
  expect(frame.x).toBeLessThan(100);
  expect(frame.x + frame.width).toBeGreaterThan(100 + CARD.width);
  expect(frame.y + frame.height).toBeGreaterThan(250);
});
