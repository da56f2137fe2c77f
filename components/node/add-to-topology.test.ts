import { expect, test } from "vitest";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { addToTopology } from "./add-to-topology.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
let count = 0;
const newId = () => `${count++}`;

test("a node is linked with the live nodes of the drawing, and comes in once", () => {
  const one = addToTopology(EMPTY, { nodeId: "nod_a", name: "a" }, newId);
  const planned = { ...one, nodes: [...one.nodes, { ...one.nodes[0], id: "tn_planned", name: "later", nodeId: null } as (typeof one.nodes)[number]] };
  const two = addToTopology(planned, { nodeId: "nod_b", name: "b" }, newId);
  expect(two.nodes.map((node) => node.name)).toEqual(["a", "later", "b"]);
  expect(two.links.map((link) => [link.fromId, link.toId])).toEqual([[two.nodes[0]?.id, two.nodes[2]?.id]]);
  expect(addToTopology(two, { nodeId: "nod_b", name: "b" }, newId)).toBe(two);
});
