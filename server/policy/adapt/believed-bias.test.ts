import { expect, test } from "vitest";
import { believedBiases, followPart } from "./believed-bias.ts";
import { NEW_SIGNAL } from "./signal.ts";

const node = (topologyNodeId: string, wholeMs = 100) => ({ topologyNodeId, cumulativeMs: [0, wholeMs / 2, wholeMs] });
const signal = (bias: number, over: Partial<typeof NEW_SIGNAL> = {}) => ({ ...NEW_SIGNAL, bias, samples: 40, ...over });

test("a node that ran a quarter of the model or more is believed, one that ran next to nothing is taken for the others", () => {
  const biases = believedBiases([node("a"), node("b")], { "node:a": signal(0.1), "node:b": signal(-0.7) }, ["a", "b"], { a: 30, b: 0.25 });
  expect(biases.get("a")).toBeCloseTo(0.1);
  expect(biases.get("b")).toBeCloseTo(0.01 * -0.7 + 0.99 * 0.1);
});

test("between the two it is believed by its share", () => {
  const biases = believedBiases([node("a"), node("b")], { "node:a": signal(0.1), "node:b": signal(0.5) }, ["a", "b"], { a: 100, b: 12.5 });
  expect(biases.get("b")).toBeCloseTo(0.3);
});

test("what never ran a part of it, and what is slow before its own is known, is taken for the others", () => {
  const biases = believedBiases([node("a"), node("b"), node("c")], { "node:a": signal(0.2), "node:b": signal(0.4, { samples: 0 }), "node:c": signal(9) }, ["a", "b"], { a: 100, b: 0 });
  expect(biases.get("b")).toBeCloseTo(0.2);
  expect(biases.get("c")).toBeCloseTo(0.2);
});

test("of a node that is slow now what was learnt before counts: the others look no faster for it, nor by what a tiny part shows", () => {
  const slow = signal(0.2, { alarm: { sinceMs: 0, level: 0.4 } });
  expect([...believedBiases([node("a"), node("b")], { "node:a": slow }, ["a"], { a: 100 }).values()]).toEqual([0.2, 0.2]);
  expect(believedBiases([node("a"), node("b"), node("c")], { "node:a": slow, "node:b": signal(-0.7) }, ["a", "b"], { a: 95, b: 0.25 }).get("c")).toBeCloseTo(0.2);
});

test("nothing known is no bias", () => {
  expect([...believedBiases([node("a")], {}, [], {}).values()]).toEqual([0]);
  expect([...believedBiases([node("a", 0)], { "node:a": signal(0.3) }, ["a"], {}).values()]).toEqual([0.3]);
});

test("three times as much or as little as what was learnt with is another part; what is nearer is followed slowly", () => {
  expect(followPart(undefined, 5)).toEqual({ ranMs: 5, isOther: false });
  expect(followPart(10, 31)).toEqual({ ranMs: 31, isOther: true });
  expect(followPart(10, 3)).toEqual({ ranMs: 3, isOther: true });
  expect(followPart(10, 22)).toEqual({ ranMs: 10.2, isOther: false });
  expect(followPart(10, 4)).toEqual({ ranMs: 9.9, isOther: false });
});
