import { expect, test } from "vitest";
import { buildSearch } from "../planner/build-search.ts";
import { checkClaim } from "../planner/check-claim.ts";
import type { Progress } from "../planner/search/solver.ts";
import { randomProblem } from "../planner/testdata/random-problem.ts";
import { explainSearch, MAX_THREADS, MAX_WAITING, runSearch, SearchesFull, warmSearches } from "./run-search.ts";

const TIMEOUT_MS = 60_000;
const small = buildSearch(randomProblem(3, { layers: 8, nodes: 4 }), { objective: "latency" });
/** Takes any solver a while. */
const large = buildSearch(randomProblem(5, { layers: 300, nodes: 12, tightMemory: true }), { objective: "latency", minStages: 6 });

test("a thread that warms up answers a search that comes meanwhile, as any other does", async () => {
  warmSearches();
  warmSearches();
  const warm = await runSearch(small, { budgetMs: 10_000, seed: 1 });
  const next = await runSearch(small, { budgetMs: 10_000, seed: 1 });
  expect(checkClaim(small, warm.outcome)).toEqual([]);
  expect(warm.outcome.stages).toEqual(next.outcome.stages);
}, TIMEOUT_MS);

test.each([["latency", small], ["throughput", buildSearch(randomProblem(3, { layers: 8, nodes: 4 }), { objective: "throughput", minStages: 3 })]] as const)("a search off the event loop is the same each time, and what it claims is true (%s)", async (_objective, small) => {
  const seen: Progress[] = [];
  const first = await runSearch(small, { budgetMs: 10_000, seed: 1, onProgress: (progress) => seen.push(progress) });
  const again = await runSearch(small, { budgetMs: 10_000, seed: 1 });
  expect(first.outcome.stages).not.toBeNull();
  expect(checkClaim(small, first.outcome)).toEqual([]);
  expect({ ...again.outcome, elapsedMs: 0, firstMs: 0, bestMs: 0 }).toEqual({ ...first.outcome, elapsedMs: 0, firstMs: 0, bestMs: 0 });
  expect(seen.length).toBeGreaterThan(0);
}, TIMEOUT_MS);

test("an outcome is explained by solving again", async () => {
  const { outcome } = await runSearch(small, { budgetMs: 10_000, seed: 1 });
  const explanation = await explainSearch(small, outcome, { budgetMs: 10_000, seed: 1 });
  expect(explanation).toMatchObject({ feasible: true, bottleneck: { busyMs: expect.any(Number) }, alone: expect.anything() });
}, TIMEOUT_MS);

test("a cancel answers with the best so far; who waits hears it at once; more than may wait are refused", async () => {
  const cancels = Array.from({ length: MAX_THREADS + MAX_WAITING }, () => new AbortController());
  const all = cancels.map((cancel) => runSearch(large, { budgetMs: TIMEOUT_MS, seed: 1, signal: cancel.signal }).catch((error: Error) => error));
  await expect(runSearch(large, { budgetMs: 1000, seed: 1 })).rejects.toBeInstanceOf(SearchesFull);
  for (const cancel of [...cancels].reverse()) cancel.abort(new Error("stopped"));
  const answers = await Promise.all(all);
  expect(answers.filter((answer) => answer instanceof Error).length).toBeGreaterThanOrEqual(MAX_WAITING);
  for (const answer of answers) if (!(answer instanceof Error)) expect(checkClaim(large, answer.outcome)).toEqual([]);
  // The threads serve on.
  expect((await runSearch(small, { budgetMs: 10_000, seed: 1 })).outcome.stages).not.toBeNull();
}, TIMEOUT_MS);

test("at its deadline the best so far is the answer", async () => {
  const { outcome, stopped } = await runSearch(large, { budgetMs: 50, seed: 1 });
  expect(stopped).toBe(false);
  expect(checkClaim(large, outcome)).toEqual([]);
}, TIMEOUT_MS);
