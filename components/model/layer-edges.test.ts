import { expect, test } from "vitest";
import type { Cut, Layer } from "../../server/model/model.ts";
import { laneOf, layerEdges } from "./layer-edges.ts";

const layer = (index: number, outputs: string[]) => ({ index, outputs: outputs.map((name) => ({ name })) }) as unknown as Layer;
const cut = (index: number, names: string[]) => ({ index, tensors: names.map((name) => ({ name, bytes: 10 })) }) as unknown as Cut;

/** a → b → c → d with a skip from a to d; `in` is the model's input, read by b too. */
const facts = { layers: [layer(0, ["a"]), layer(1, ["b"]), layer(2, ["c"]), layer(3, ["d"])], cuts: [cut(0, ["a", "in"]), cut(1, ["a", "b"]), cut(2, ["a", "c"])] };

test("an edge goes from a tensor's layer to the last one that reads it; inputs have none", () => {
  expect(layerEdges(facts).map(({ from, to, tensors }) => [from, to, tensors.join()])).toEqual([[0, 3, "a"], [1, 2, "b"], [2, 3, "c"]]);
});

test("edges in one lane never overlap", () => {
  const edges = layerEdges(facts);
  const lanes = laneOf(edges);
  const lane = (index: number) => lanes.get(edges[index] as (typeof edges)[number]);
  expect([lane(0), lane(1), lane(2)]).toEqual([1, 0, 0]);
});
