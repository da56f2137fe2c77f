import { expect, test } from "vitest";
import { type PlanOnDrawing, plannedLink } from "./planned-link.ts";

const hop = (from: string, to: string, latencyMs: number, more = {}) => ({ fromTopologyNodeId: from, toTopologyNodeId: to, bytes: 1000, transferMs: 2, latencyMs, kind: "measured" as const, ...more });
const plan: PlanOnDrawing = { hops: [hop("a", "a", 0, { kind: "local", transferMs: 0 }), hop("a", "b", 5), hop("b", "a", 7, { bytes: 8, transferMs: 0 })], nodeIdOf: (id) => `nod_${id}` };

test("there and back as the plan counts with them", () => {
  expect(plannedLink([plan], "nod_a", "nod_b")).toEqual({ roundTripMs: 12, bandwidthBytesPerSecond: 500_000 });
  expect(plannedLink([plan], "nod_b", "nod_a")).toEqual({ roundTripMs: 12, bandwidthBytesPerSecond: null });
});

test("one direction alone speaks for both; a link that no plan takes has nothing planned", () => {
  expect(plannedLink([{ ...plan, hops: [hop("a", "b", 5)] }], "nod_b", "nod_a")?.roundTripMs).toBe(10);
  expect(plannedLink([{ ...plan, hops: [] }, plan], "nod_a", "nod_b")?.roundTripMs).toBe(12);
  expect(plannedLink([plan], "nod_a", "nod_c")).toBeNull();
  expect(plannedLink([plan], "nod_a", "nod_a")).toBeNull();
});
