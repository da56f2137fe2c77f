import { expect, test } from "vitest";
import { type BoundaryFit, fitBoundary, type MeasuredSegment } from "./fit-boundary.ts";
import { seededRandom } from "./seeded-random.ts";
import { solveLinear } from "./solve-linear.ts";

const LAYERS = 30;
/** A model whose true times are known: layers, what a cut costs, and a profile that puts some layers' time into their neighbours. */
function truth(seed: number, noise: number) {
  const random = seededRandom(seed);
  const layerMs = Array.from({ length: LAYERS }, () => 0.5 + random() * 2);
  const cuts = Array.from({ length: LAYERS - 1 }, () => ({ legal: random() > 0.2, bytes: Math.floor(random() * 1e6) }));
  const cutMs = (at: number) => (at === 0 || at === LAYERS ? 0 : 0.4 + (cuts[at - 1]?.bytes ?? 0) / 1e6);
  const told = [...layerMs];
  for (let index = 0; index + 1 < LAYERS; index += 3) {
    const moved = (told[index] ?? 0) * 0.6;
    told[index] = (told[index] ?? 0) - moved;
    told[index + 1] = (told[index + 1] ?? 0) + moved;
  }
  const timeOf = (from: number, to: number) => layerMs.slice(from, to).reduce((sum, ms) => sum + ms, 0) + cutMs(from) / 2 + cutMs(to) / 2;
  const positions = cuts.flatMap((cut, index) => (cut.legal ? [index + 1] : [])).filter((_, index) => index % 2 === 0);
  const segments: MeasuredSegment[] = [];
  for (const [index, at] of positions.entries()) {
    segments.push({ from: 0, to: at, ms: 0 }, { from: at, to: LAYERS, ms: 0 });
    const next = positions[index + 2];
    if (next !== undefined) segments.push({ from: at, to: next, ms: 0 });
  }
  for (const segment of segments) segment.ms = timeOf(segment.from, segment.to) * (1 + (random() - 0.5) * 2 * noise);
  return { told, cuts, segments, timeOf, positions };
}
const predict = (fit: BoundaryFit, from: number, to: number) => fit.layerMs.slice(from, to).reduce((sum, ms) => sum + ms, 0) + (fit.entryMs[from] ?? 0) + (fit.exitMs[to] ?? 0);

test.each([1, 2, 3, 4, 5])("times of segments come out right although layers' sums lie: seed %i", (seed) => {
  const { told, cuts, segments, timeOf, positions } = truth(seed, 0.02);
  const fit = fitBoundary({ layerMs: told, cuts, segments, seed: 1 });
  if (!fit) throw new Error("no fit");
  expect(fit.layerMs.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(told.reduce((sum, ms) => sum + ms, 0), 6);
  expect(Math.min(...fit.layerMs, ...fit.entryMs, ...fit.exitMs)).toBeGreaterThanOrEqual(0);
  expect([fit.entryMs[0], fit.exitMs[LAYERS]]).toEqual([0, 0]);
  expect(fit.holdOutErrorPercent).toBeLessThan(6);
  expect(fit.holdOutErrorPercent).toBeLessThan(fit.sumErrorPercent);
  const errors = positions.slice(2).map((to, index) => Math.abs(predict(fit, positions[index] ?? 0, to) / timeOf(positions[index] ?? 0, to) - 1));
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.05);
});

test("cuts that nobody measured get what their bytes suggest, those that are not legal nothing", () => {
  const { told, cuts, segments, timeOf } = truth(7, 0.01);
  const fit = fitBoundary({ layerMs: told, cuts, segments, seed: 1 });
  if (!fit) throw new Error("no fit");
  const seen = new Set(segments.flatMap(({ from, to }) => [from, to]));
  for (const [index, cut] of cuts.entries()) {
    if (!cut.legal) expect(fit.entryMs[index + 1]).toBe(0);
    else if (!seen.has(index + 1)) expect(Math.abs(predict(fit, 0, index + 1) / timeOf(0, index + 1) - 1)).toBeLessThan(0.2);
  }
});

test("one wild measurement does not bend the others", () => {
  const { told, cuts, segments, timeOf, positions } = truth(9, 0.01);
  const wild = segments.map((segment, index) => (index === 4 ? { ...segment, ms: segment.ms * 5 } : segment));
  const fit = fitBoundary({ layerMs: told, cuts, segments: wild, seed: 1 });
  if (!fit) throw new Error("no fit");
  const middle = positions[Math.floor(positions.length / 2)] ?? 1;
  expect(Math.abs(predict(fit, 0, middle) / timeOf(0, middle) - 1)).toBeLessThan(0.06);
});

test("a fit that predicts unseen segments worse than sums do is not used", () => {
  const { told, cuts, segments } = truth(4, 0.01);
  const random = seededRandom(11);
  const sums = (from: number, to: number) => told.slice(from, to).reduce((sum, ms) => sum + ms, 0);
  const noise = segments.slice(0, 8).map(({ from, to }) => ({ from, to, ms: sums(from, to) * (0.6 + random() * 0.8) }));
  const fit = fitBoundary({ layerMs: told, cuts, segments: noise, seed: 1 });
  expect(fit?.holdOutErrorPercent).toBeGreaterThan(fit?.sumErrorPercent ?? 0);
  expect(fit?.layerMs).toEqual(told);
  expect(Math.max(...(fit?.entryMs ?? [1]))).toBe(0);
});

test("too few segments teach nothing", () => {
  const { told, cuts, segments } = truth(3, 0.01);
  expect(fitBoundary({ layerMs: told, cuts, segments: segments.slice(0, 4), seed: 1 })).toBeNull();
});

test("a linear system is solved, a column without a pivot left at 0", () => {
  expect(solveLinear([[0, 2], [4, 1]], [4, 6]).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 2]);
  expect(solveLinear([[1, 0], [0, 0]], [3, 0])).toEqual([3, 0]);
});
