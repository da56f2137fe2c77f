import { expect, test } from "vitest";
import { LossSums } from "./loss-sums.ts";

const losses = (sentSegments: number, lostSegments: number) => ({ readable: true, links: [{ toNodeId: "b", sentSegments, lostSegments }] });

test("what was not told yet is added up, told once, and whether it can be read once per connection", () => {
  const sums = new LossSums();
  expect(sums.waiting()).toBeNull();
  sums.add(losses(100, 1));
  sums.add(losses(60, 2));
  expect(sums.waiting()).toEqual(losses(160, 3));
  sums.told();
  sums.add({ readable: true, links: [] });
  expect(sums.waiting()).toBeNull();
  sums.connected();
  expect(sums.waiting()).toEqual({ readable: true, links: [] });
});

test("a thousand peers are no reason to grow", () => {
  const sums = new LossSums();
  for (let peer = 0; peer < 1000; peer++) sums.add({ readable: true, links: [{ toNodeId: `n${peer}`, sentSegments: 50, lostSegments: 0 }] });
  expect(sums.waiting()?.links.length).toBe(64);
});
