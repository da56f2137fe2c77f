import { expect, test } from "vitest";
import { checkTopology } from "./check-topology.ts";
import { findPaths, UNMEASURED_LATENCY_MS } from "./paths.ts";
import type { LiveLink, TopologyDocument, TopologyLink, TopologyNode } from "./topology.ts";

const node = (id: string, over: Partial<TopologyNode> = {}): TopologyNode => ({ id, name: id, zoneId: null, nodeId: null, trust: "trusted", memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null, ...over });
const link = (fromId: string, toId: string, over: Partial<TopologyLink> = {}): TopologyLink => ({ id: `${fromId}-${toId}`, fromId, toId, bidirectional: true, latencyMs: 1, bandwidthBytesPerSecond: 1e7, trust: "trusted", ...over });
const document = (nodes: TopologyNode[], links: TopologyLink[]): TopologyDocument => ({ nodes, links, zones: [], sourceId: null });

test("a direct link keeps its figures, in both directions when drawn so", () => {
  const paths = findPaths(document([node("a"), node("b")], [link("a", "b", { latencyMs: 3 })]), []);
  expect(paths.get("a")?.get("b")).toMatchObject({ latencyMs: 3, bandwidthBytesPerSecond: 1e7, kind: "estimated", linkIds: ["a-b"] });
  expect(paths.get("b")?.get("a")?.latencyMs).toBe(3);
});

test("a one-way link leads one way only", () => {
  const paths = findPaths(document([node("a"), node("b")], [link("a", "b", { bidirectional: false })]), []);
  expect(paths.get("a")?.has("b")).toBe(true);
  expect(paths.get("b")?.has("a")).toBe(false);
});

test("a wide detour beats a narrow direct link: latencies add up, the narrowest hop binds", () => {
  const paths = findPaths(document([node("a"), node("b"), node("c")], [link("a", "c", { bandwidthBytesPerSecond: 1e4 }), link("a", "b", { latencyMs: 2 }), link("b", "c", { latencyMs: 4, bandwidthBytesPerSecond: 5e6 })]), []);
  expect(paths.get("a")?.get("c")).toMatchObject({ latencyMs: 6, bandwidthBytesPerSecond: 5e6, via: ["a", "b", "c"] });
});

test("a live link without drawn figures takes the measured ones and says so", () => {
  const measured: LiveLink = { fromNodeId: "nod_a", toNodeId: "nod_b", rttMs: 8, rttSdMs: 0.1, bandwidthBytesPerSecond: 9e6, measuredAt: "2026-01-01T00:00:00Z" };
  const drawing = document([node("a", { nodeId: "nod_a" }), node("b", { nodeId: "nod_b" })], [link("a", "b", { latencyMs: null, bandwidthBytesPerSecond: null })]);
  expect(findPaths(drawing, [measured]).get("a")?.get("b")).toMatchObject({ latencyMs: 4, bandwidthBytesPerSecond: 9e6, kind: "measured" });
  expect(findPaths(drawing, [measured]).get("b")?.get("a")).toMatchObject({ latencyMs: 4, kind: "measured" });
  expect(findPaths(drawing, []).get("a")?.get("b")).toMatchObject({ latencyMs: UNMEASURED_LATENCY_MS, kind: "estimated" });
});

test("live nodes take their own measured link, however much better a detour looks: nothing relays", () => {
  const live = (from: string, to: string, rttMs: number, bandwidthBytesPerSecond: number): LiveLink => ({ fromNodeId: from, toNodeId: to, rttMs, rttSdMs: 0.1, bandwidthBytesPerSecond, measuredAt: "2026-01-01T00:00:00Z" });
  const open = { latencyMs: null, bandwidthBytesPerSecond: null };
  const nodes = ["a", "b", "c"].map((id) => node(id, { nodeId: `nod_${id}` }));
  const measured = [live("nod_a", "nod_b", 4, 20e6), live("nod_b", "nod_c", 2, 40e6), live("nod_a", "nod_c", 12, 10e6)];
  const paths = findPaths(document(nodes, [link("a", "b", open), link("b", "c", open), link("a", "c", open)]), measured);
  expect(paths.get("a")?.get("c")).toMatchObject({ latencyMs: 6, bandwidthBytesPerSecond: 10e6, via: ["a", "c"], linkIds: ["a-c"] });
  expect(findPaths(document(nodes, [link("a", "b", open), link("b", "c", open)]), measured).get("a")?.get("c")?.via).toEqual(["a", "b", "c"]);
});

test("an untrusted link or relay makes the way untrusted, an untrusted end does not", () => {
  expect(findPaths(document([node("a"), node("b")], [link("a", "b", { trust: "untrusted" })]), []).get("a")?.get("b")?.trusted).toBe(false);
  const relayed = findPaths(document([node("a"), node("b", { trust: "untrusted" }), node("c")], [link("a", "b"), link("b", "c")]), []);
  expect(relayed.get("a")?.get("c")?.trusted).toBe(false);
  expect(relayed.get("a")?.get("b")?.trusted).toBe(true);
});

test.each([
  ["duplicate-name", document([node("a", { name: "x" }), node("b", { name: "x" })], [link("a", "b")])],
  ["dangling-link", document([node("a")], [link("a", "gone")])],
  ["self-link", document([node("a")], [link("a", "a")])],
  ["duplicate-link", document([node("a"), node("b")], [link("a", "b"), link("b", "a", { id: "again" })])],
  ["impossible-figure", document([node("a", { memoryBytes: -1 }), node("b")], [link("a", "b")])],
  ["impossible-figure", document([node("a"), node("b")], [link("a", "b", { bandwidthBytesPerSecond: 0 })])],
  ["unreachable", document([node("a"), node("b"), node("c")], [link("a", "b")])],
  ["unknown-zone", document([node("a", { zoneId: "zon_gone" })], [])],
  ["duplicate-live-node", document([node("a", { nodeId: "nod_1" }), node("b", { nodeId: "nod_1" })], [link("a", "b")])],
  ["unknown-source", { ...document([node("a")], []), sourceId: "gone" }],
] as const)("names %s and what to do", (code, drawing) => {
  const issues = checkTopology(drawing as TopologyDocument);
  expect(issues.map((issue) => issue.code)).toContain(code);
  for (const issue of issues) expect(issue.fix).not.toBe("");
});

test("a sound drawing has no issue", () => {
  expect(checkTopology(document([node("a"), node("b")], [link("a", "b")]))).toEqual([]);
});
