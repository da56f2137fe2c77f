import { expect, test } from "vitest";
import type { TopologyDocument, TopologyLink } from "../../server/topology/topology.ts";
import { addNode } from "./canvas-edit.ts";
import { otherTrust, paintTrust, problemTaint, seesSensitive, sensitiveHops } from "./trust-paint.ts";

const empty: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const link: TopologyLink = { id: "l", fromId: "a", toId: "b", bidirectional: true, latencyMs: 1, bandwidthBytesPerSecond: 1e6, trust: "trusted" };
const document = { ...addNode(addNode(empty, "a", "a"), "b", "b"), links: [link] };

test("a stroke paints nodes and links alike, and is no change where they are so already", () => {
  const painted = paintTrust(document, new Set(["a", "l", "gone"]), "untrusted");
  expect([...painted.nodes, ...painted.links].map((item) => item.trust)).toEqual(["untrusted", "trusted", "untrusted"]);
  expect(painted.nodes[1]).toBe(document.nodes[1]);
  expect(paintTrust(painted, new Set(["a", "l"]), "untrusted")).toBe(painted);
  expect(paintTrust(painted, new Set(["a", "l"]), "trusted")).toEqual(document);
});

test("one key makes several alike, and the other way when they are", () => {
  const some = paintTrust(document, new Set(["a"]), "untrusted");
  expect(otherTrust(some, new Set(["a", "b"]))).toBe("untrusted");
  expect(otherTrust(some, new Set(["a"]))).toBe("trusted");
  expect(otherTrust(some, new Set(["zone"]))).toBeNull();
});

test("only what is made from a sensitive input is sensitive, on stages and on the hops between them", () => {
  const flow = { inputs: ["picture", "mask"], layers: [["picture"], ["picture"], ["mask"]], positions: [["picture", "mask"], ["picture"], ["mask"], ["mask"]] };
  const taint = problemTaint({ flow, layerCount: 3 }, ["picture"]);
  expect([seesSensitive(taint, 0, 2), seesSensitive(taint, 2, 3)]).toEqual([true, false]);
  const hop = (toTopologyNodeId: string) => ({ fromTopologyNodeId: "x", toTopologyNodeId, bytes: 1, transferMs: 0, latencyMs: 0, kind: "local" as const });
  const stages = [{ from: 0, to: 2 }, { from: 2, to: 3 }].map((range) => ({ ...range, topologyNodeId: "x", computeMs: 1, kind: "measured" as const, weightBytes: 0, memoryBytes: 0 }));
  expect(sensitiveHops(taint, { stages, hops: [hop("in"), hop("between"), hop("out")] }).map((one) => one.toTopologyNodeId)).toEqual(["in"]);
  expect(seesSensitive(problemTaint({ flow, layerCount: 3 }, undefined), 2, 3)).toBe(true);
});
