import { expect, test } from "vitest";
import { seededRandom } from "../server/model/seeded-random.ts";
import { memoryTrend } from "./memory-trend.ts";

function samples(growth: number, noise: number): { atMs: number; bytes: number }[] {
  const random = seededRandom(3);
  return Array.from({ length: 400 }, (_, index) => ({ atMs: index * 1000, bytes: 1e8 + (growth * index) / 400 + noise * (random() - 0.5) }));
}

test("what grows is told from what trembles", () => {
  const still = memoryTrend(samples(0, 2e7));
  expect(Math.abs(still.growthBytes)).toBeLessThan(still.noiseBytes);
  const leaking = memoryTrend(samples(1e8, 2e7));
  expect(leaking.growthBytes).toBeGreaterThan(leaking.noiseBytes);
  expect(leaking.growthBytes).toBeGreaterThan(0.9e8);
  expect(leaking.growthBytes).toBeLessThan(1.1e8);
});

test("restarts in between, each back at the beginning, are no growth", () => {
  const sawtooth = Array.from({ length: 400 }, (_, index) => ({ atMs: index * 1000, bytes: 1e8 + 1e5 * (index % 50) }));
  const trend = memoryTrend(sawtooth);
  expect(Math.abs(trend.growthBytes)).toBeLessThan(trend.noiseBytes);
});
