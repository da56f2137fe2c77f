import { expect, test } from "vitest";
import { enteredAt } from "./entered-at.ts";
import { estimatePlacement } from "./estimate.ts";
import { checkPlacement } from "./check-placement.ts";
import { randomProblem } from "./testdata/random-problem.ts";

const drawn = (id: string, nodeId: string | null) => ({ id, nodeId, name: id, zoneId: null, trust: "trusted" as const, memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null });
const document = { nodes: [drawn("tn_0", "nod_a"), drawn("tn_1", "nod_b"), drawn("tn_2", null)] };
const problem = { ...randomProblem(3, { layers: 4, nodes: 3 }), sourceIndex: null };

test("where the drawing says it, it is so", () => {
  const said = { ...problem, sourceIndex: 2 };
  expect(enteredAt(said, document, ["nod_a"])).toBe(said);
});

test("else where requests enter now: the first entry that is there", () => {
  expect(enteredAt(problem, document, ["nod_b", "nod_a"]).sourceIndex).toBe(1);
  const nodes = problem.nodes.map((node, index) => (index === 1 ? { ...node, online: false } : { ...node, online: true }));
  expect(enteredAt({ ...problem, nodes }, document, ["nod_b", "nod_a"]).sourceIndex).toBe(0);
  expect(enteredAt({ ...problem, nodes }, document, ["nod_b"]).sourceIndex).toBe(1);
});

test("entries that are not drawn say nothing", () => expect(enteredAt(problem, document, ["nod_elsewhere"])).toBe(problem));

test("a node without a way from the entry can't run all of it, though nothing crosses between its own stages", () => {
  const paths = problem.paths.map((row, from) => row.map((path, to) => (from === 0 && to === 1 ? null : path)));
  const whole = [{ from: 0, to: 4, topologyNodeId: "tn_1" }];
  const entered = enteredAt({ ...problem, paths }, document, ["nod_a"]);
  expect(estimatePlacement({ ...problem, paths }, whole)).not.toBeNull();
  expect(estimatePlacement(entered, whole)).toBeNull();
  expect(checkPlacement(entered, whole).map(({ code }) => code)).toContain("no-path");
});
