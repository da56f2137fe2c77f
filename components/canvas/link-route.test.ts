import { expect, test } from "vitest";
import { TEMPLATES } from "../../server/topology/templates.ts";
import { autoLayout } from "./auto-layout.ts";
import { type Box, CARD } from "./canvas-layout.ts";
import { isBlocked, type LinkRoute, routeLink } from "./link-route.ts";
import { nextIndex, routeIn } from "./route-index.ts";

const card = (x: number, y: number): Box => ({ x, y, width: CARD.width, height: 140 });
const [A, B, C] = [card(0, 0), card(400, 20), card(800, 0)];

/** Points of a path of one cubic curve, as a browser draws it. */
function pointsOf({ path }: LinkRoute): { x: number; y: number }[] {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0] = path.match(/-?[\d.]+(?:e-?\d+)?/g)?.map(Number) ?? [];
  return Array.from({ length: 201 }, (_, step) => { const t = step / 200; const u = 1 - t; const mix = (a: number, b: number, c: number, d: number) => u ** 3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t ** 3 * d; return { x: mix(x0, x1, x2, x3), y: mix(y0, y1, y2, y3) }; });
}
const crosses = (route: LinkRoute, box: Box) => pointsOf(route).some(({ x, y }) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height);

test("a line runs from side to side when nothing is between", () => {
  const route = routeLink(A, B, [C]);
  expect(route.sides).toEqual({ from: "right", to: "left" });
  expect(pointsOf(route)[0]).toEqual({ x: CARD.width, y: 70 });
});
test("a line goes around a card between its two, beside each other and above each other", () => {
  expect(isBlocked(A, C, [B])).toBe(true);
  expect([A, B, C].some((box) => crosses(routeLink(A, C, [B]), { x: box.x + 2, y: box.y + 2, width: box.width - 4, height: box.height - 4 }))).toBe(false);
  const [top, middle, bottom] = [card(0, 0), card(10, 240), card(0, 480)];
  expect(crosses(routeLink(top, bottom, [middle]), middle)).toBe(false);
});
test("the figures of a line around a card lie on the far side of it", () => {
  const route = routeLink(A, C, [B]);
  expect(route.labelSide === "top" ? route.labelY < B.y : route.labelSide === "bottom" && route.labelY > B.y + B.height).toBe(true);
});
test("after the arrangement of any template no link lies behind a card", () => {
  for (const { id, document } of TEMPLATES) {
    const places = autoLayout(document, () => 140);
    const boxOf = (nodeId: string) => card(places[nodeId]?.x ?? 0, places[nodeId]?.y ?? 0);
    for (const link of document.links) expect(isBlocked(boxOf(link.fromId), boxOf(link.toId), document.nodes.flatMap((node) => (node.id === link.fromId || node.id === link.toId ? [] : [boxOf(node.id)]))), `${id}: ${link.id}`).toBe(false);
  }
});
test("a line behind a crowd runs straight on", () => {
  const crowd = Array.from({ length: 8 }, (_, index) => card(400 * (index + 1), 0));
  expect(routeLink(A, card(400 * 9, 0), crowd).sides).toEqual({ from: "right", to: "left" });
});
test("only the ways a moved card comes near are found anew", () => {
  const boxes = new Map([["a", A], ["b", B], ["c", card(5000, 0)], ["d", card(5500, 0)]]);
  const before = nextIndex(null, boxes);
  const [near, far] = [routeIn(before, "a", "b"), routeIn(before, "c", "d")];
  const after = nextIndex(before, new Map([...boxes, ["b", card(420, 20)]]));
  expect(routeIn(after, "c", "d")).toBe(far);
  expect(routeIn(after, "a", "b")).not.toEqual(near);
  expect(nextIndex(after, new Map(after.boxes))).toBe(after);
  expect(routeIn(after, "a", "gone")).toBeNull();
});
