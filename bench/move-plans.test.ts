import { expect, test } from "vitest";
import { makeSteps } from "./move-plans.ts";

const start = [{ from: 0, to: 10, topologyNodeId: "a" }, { from: 10, to: 20, topologyNodeId: "b" }, { from: 20, to: 30, topologyNodeId: "c" }];
const options = { seed: 1, layerCount: 30, nodeIds: ["a", "b", "c"], start, turns: 50 };

test("migrations keep every cut and move somebody, re-splits keep every node and move a cut; all layers are there, once", () => {
  let before = start;
  for (const [index, { kind, placement }] of makeSteps(options).entries()) {
    expect(kind).toBe(index % 2 === 0 ? "migration" : "re-split");
    const cuts = (stages: typeof start) => stages.map(({ from, to }) => `${from}-${to}`).join();
    const nodes = (stages: typeof start) => stages.map((stage) => stage.topologyNodeId).join();
    expect(cuts(placement) === cuts(before)).toBe(kind === "migration");
    expect(nodes(placement) === nodes(before)).toBe(kind === "re-split");
    expect(new Set(placement.map((stage) => stage.topologyNodeId)).size).toBe(3);
    expect(placement.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at))).toEqual(Array.from({ length: 30 }, (_, at) => at));
    before = placement;
  }
});

test("the same seed, the same steps", () => {
  expect(makeSteps(options)).toEqual(makeSteps(options));
  expect(makeSteps({ ...options, seed: 2 })).not.toEqual(makeSteps(options));
});
