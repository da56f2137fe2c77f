import { expect, test } from "vitest";
import type { PlanRequest } from "../../server/planner/plan-request.ts";
import { avoidNode, pinLayers, setRequest, withoutParts } from "./request-edit.ts";

const base: PlanRequest = { objective: "latency" };

test("an empty rule is no rule, but no sensitive input is a choice", () => {
  expect(setRequest({ ...base, maxStages: 3, zoneIds: ["z"] }, { maxStages: undefined, zoneIds: [], sensitiveInputs: [] })).toEqual({ ...base, sensitiveInputs: [] });
});

test("a pin makes room in others, joins its neighbours, and can be let go in part", () => {
  const one = pinLayers(base, { from: 0, to: 6 }, "tn_a");
  const two = pinLayers(one, { from: 2, to: 4 }, "tn_b");
  expect(two.pins).toEqual([{ from: 0, to: 2, topologyNodeId: "tn_a" }, { from: 2, to: 4, topologyNodeId: "tn_b" }, { from: 4, to: 6, topologyNodeId: "tn_a" }]);
  expect(pinLayers(two, { from: 2, to: 4 }, "tn_a").pins).toEqual([{ from: 0, to: 6, topologyNodeId: "tn_a" }]);
  expect(pinLayers(one, { from: 0, to: 6 }, null)).toEqual(base);
});

test("a node is avoided once and allowed again; what leaves the drawing is asked for no more", () => {
  const avoided = avoidNode(avoidNode(base, "tn_a", true), "tn_a", true);
  expect(avoided.avoidNodeIds).toEqual(["tn_a"]);
  expect(avoidNode(avoided, "tn_a", false)).toEqual(base);
  expect(withoutParts(pinLayers(avoided, { from: 0, to: 1 }, "tn_b"), new Set(["tn_a"]))).toEqual({ ...base, pins: [{ from: 0, to: 1, topologyNodeId: "tn_b" }] });
  expect(withoutParts(base, new Set(["tn_a"]))).toBe(base);
});
