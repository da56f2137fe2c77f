import { expect, test } from "vitest";
import { buildInstance } from "../build-instance.ts";
import { LATENCY_WEIGHTS } from "../search/additive-costs.ts";
import type { SearchRequest } from "../search/solver.ts";
import { bruteForceSolver } from "../testdata/brute-force-solver.ts";
import { randomProblem } from "../testdata/random-problem.ts";
import type { Problem } from "../problem.ts";
import { applyChange } from "./change.ts";
import { explainOutcome } from "./explain-outcome.ts";
import { sayConflict } from "./say-explanation.ts";
import type { Words } from "./words.ts";

const ADDITIVE = { kind: "additive", weights: LATENCY_WEIGHTS } as const;
const solve = (request: SearchRequest) => bruteForceSolver.solve(request, { now: () => 0, deadlineMs: 1, cancelled: () => false, seed: 1 });
const WORDS: Words = { node: (index) => `node-${index}`, place: (index) => `node-${index}`, link: (index) => `link-${index}`, layers: (from, to) => `layers ${from + 1}–${to}` };

/** The problem with these nodes marked untrusted. */
function withUntrusted(problem: Problem, untrusted: readonly number[]): Problem {
  return { ...problem, nodes: problem.nodes.map((node, index) => ({ ...node, trusted: !untrusted.includes(index) })) };
}

test("a node that is trusted after all is as one that always was", () => {
  for (let seed = 0; seed < 40; seed++) {
    const problem = randomProblem(seed, { layers: 5, nodes: 4, source: seed % 2 === 0 });
    const untrusted = [1, 2].slice(0, 1 + (seed % 2));
    const request = { objective: "latency", ...(seed % 3 === 0 ? { pins: [{ from: 1, to: 3, topologyNodeId: "tn_1" }] } : {}) } as const;
    const changed = untrusted.reduce((asked, place) => applyChange(asked, { kind: "trust-node", place }), { instance: buildInstance(withUntrusted(problem, untrusted), request), objective: ADDITIVE } as SearchRequest);
    const { trust, ...rest } = changed.instance;
    expect(trust?.places.includes(0)).toBe(false);
    expect(rest).toEqual(buildInstance(problem, request));
  }
});

test("where only an untrusted node has room, that is what is said, with what trusting it would give", () => {
  const whole = randomProblem(3, { layers: 4, nodes: 2 });
  const problem = withUntrusted({ ...whole, paths: whole.paths.map((row) => row.map((path) => path ?? { latencyMs: 1, bandwidthBytesPerSecond: 1e8, kind: "measured", via: [], linkIds: [], trusted: true })), nodes: whole.nodes.map((node, index) => ({ ...node, memoryLimitBytes: index === 0 ? 110e6 : null })) }, [1]);
  const request: SearchRequest = { instance: buildInstance(problem, { objective: "latency" }), objective: ADDITIVE };
  const explanation = explainOutcome(request, solve(request), solve);
  if (explanation.feasible) throw new Error("there is a plan");
  expect(explanation.conflict.sets.map((set) => set.map(({ kind }) => kind).sort())).toEqual([["memory", "trust-node"]]);
  const trusted = solve({ ...request, instance: buildInstance(withUntrusted(problem, []), { objective: "latency" }) });
  expect(explanation.conflict.remedies).toContainEqual({ change: { kind: "trust-node", place: 1 }, cost: trusted.cost });
  expect(sayConflict(explanation.conflict, request, WORDS)).toContainEqual(expect.objectContaining({ code: "trust", message: "Node-1 is marked untrusted, and nothing made from a sensitive input may go there (one of 2 constraints that can’t be met together).", fix: expect.stringMatching(/^Mark node-1 trusted: /) }));
});
