import { expect, test } from "vitest";
import { chooseSegments } from "./choose-segments.ts";
import type { Cut, Layer } from "./model.ts";

function model(layers: number, legal: (index: number) => boolean) {
  const cut = (index: number): Cut => ({ index, legal: legal(index), reason: null, tensors: [], bytes: 1000 + ((index * 37) % 11) });
  return { layers: Array.from({ length: layers }, (_, index) => ({ index }) as Layer), cuts: Array.from({ length: layers - 1 }, (_, index) => cut(index)) };
}

test("ranges end at legal cuts, none is the whole model, what is in use comes first, and a seed repeats itself", () => {
  const facts = model(40, (index) => index % 3 !== 0);
  const choose = (seed: number) => chooseSegments({ facts, layerMs: facts.layers.map(() => 1), inUse: [{ from: 0, to: 40 }, { from: 5, to: 9 }], seed, limit: 16 });
  const chosen = choose(1);
  expect(chosen).toHaveLength(16);
  expect(chosen[0]).toEqual({ from: 5, to: 9 });
  for (const { from, to } of chosen) {
    expect(from).toBeLessThan(to);
    expect(to - from).toBeLessThan(40);
    for (const at of [from, to]) expect(at === 0 || at === 40 || facts.cuts[at - 1]?.legal || (at === 5 || at === 9)).toBe(true);
  }
  expect(new Set(chosen.map(({ from, to }) => `${from}-${to}`)).size).toBe(16);
  expect(choose(1)).toEqual(chosen);
  expect(choose(2)).not.toEqual(chosen);
  // Beginnings, ends and middles, all among the first.
  const first = chosen.slice(0, 9);
  expect(first.some(({ from }) => from === 0) && first.some(({ to }) => to === 40) && first.some(({ from, to }) => from > 0 && to < 40)).toBe(true);
});

test("a model that can't be cut has none", () => {
  const facts = model(5, () => false);
  expect(chooseSegments({ facts, layerMs: [1, 1, 1, 1, 1], inUse: [], seed: 1, limit: 10 })).toEqual([]);
});
