import { expect, test } from "vitest";
import { addNode, addZone, editNode } from "./canvas-edit.ts";
import { flowNodes } from "./canvas-graph.ts";
import { carriedIds, withCarried } from "./carried-nodes.ts";

const document = (() => {
  let made = addZone({ nodes: [], links: [], zones: [], sourceId: null }, "z", "dock");
  for (const id of ["in", "alike", "out"]) made = addNode(made, id, id);
  return editNode(editNode(made, "in", { zoneId: "z" }), "alike", { zoneId: "z" });
})();
const nodes = flowNodes({ document, layout: { in: { x: 10, y: 20 }, alike: { x: 400, y: 20 }, out: { x: 900, y: 0 } }, placement: [] }, null);

test("a frame takes its nodes along by as much as it moves, and nobody else", () => {
  const frame = nodes.find((node) => node.id === "z");
  const to = { x: (frame?.position.x ?? 0) + 30, y: (frame?.position.y ?? 0) - 5 };
  const changes = withCarried([{ id: "z", type: "position", position: to, dragging: true }], nodes);
  expect(changes.slice(1)).toEqual([
    { id: "in", type: "position", position: { x: 40, y: 15 }, dragging: true },
    { id: "alike", type: "position", position: { x: 430, y: 15 }, dragging: true },
  ]);
});

test("a node that is in the hand itself is not moved twice", () => {
  const changes = withCarried([{ id: "z", type: "position", position: { x: 0, y: 0 } }, { id: "in", type: "position", position: { x: 1, y: 1 } }], nodes);
  expect(changes.map((change) => ("id" in change ? change.id : ""))).toEqual(["z", "alike", "in"]);
  expect([...carriedIds(nodes, new Set(["z", "in"]))]).toEqual(["alike"]);
});

test("cards move alone", () => {
  expect(withCarried([{ id: "in", type: "position", position: { x: 1, y: 1 } }], nodes)).toHaveLength(1);
});
