import { expect, test } from "vitest";
import { LATENCY_WEIGHTS } from "../search/additive-costs.ts";
import type { SearchRequest } from "../search/solver.ts";
import { bruteForceSolver } from "../testdata/brute-force-solver.ts";
import { type LineOptions, lineInstance } from "../testdata/line-instance.ts";
import { explainOutcome } from "./explain-outcome.ts";
import { sayConflict, sayExplanation } from "./say-explanation.ts";
import type { Words } from "./words.ts";

const CONTEXT = { now: () => 0, deadlineMs: 1, cancelled: () => false, seed: 1 };
const solve = (request: SearchRequest) => bruteForceSolver.solve(request, CONTEXT);
const WORDS: Words = { node: (index) => `node-${index}`, place: (index) => `node-${index}`, link: (index) => `link-${index}`, layers: (from, to) => (to - from === 1 ? `layer ${from + 1}` : `layers ${from + 1}–${to}`) };

function explain(options: LineOptions, objective: SearchRequest["objective"] = { kind: "additive", weights: LATENCY_WEIGHTS }) {
  const request: SearchRequest = { instance: lineInstance(options), objective };
  const explanation = explainOutcome(request, solve(request), solve);
  const sentences = explanation.feasible ? sayExplanation(explanation, request, WORDS) : sayConflict(explanation.conflict, request, WORDS).map(({ code, message, fix }) => `${code}: ${message} ${fix}`);
  return { explanation, sentences };
}

test("one node alone is the plan, and it is said that no cut is better", () => {
  // Four layers of 2 ms on the source itself; the other node is twice as fast, but 5 ms away each way.
  const { sentences } = explain({ layers: 4, nodes: [{ ms: 2 }, { ms: 1 }], hop: () => ({ fixedMs: 5, perByteMs: 0 }) });
  expect(sentences[0]).toBe("node-0 alone is better than any cut: 8.0 ms, against 15.0 ms with the best cut.");
  expect(sentences[1]).toBe("node-0 bounds the throughput: 8.0 ms a request, so at most 125 requests/s.");
  expect(sentences[2]).toBe("No constraint binds: only faster nodes or links would make it better.");
});

test("memory binds: how much it costs, what helps, and the runner-up", () => {
  // The fast node holds two of four layers; the rest stays with the slow source.
  const { explanation, sentences } = explain({ layers: 4, nodes: [{ ms: 10 }, { ms: 1, freeBytes: 200e6 }] });
  expect(explanation).toMatchObject({
    feasible: true, cost: 24,
    bottleneck: { on: "node", index: 0, busyMs: 20, nextBusyMs: 2 },
    binding: [{ kind: "memory", each: [{ change: { kind: "memory", node: 1 }, cost: 6, saved: 18 }] }],
    alone: { alone: { place: 0, cost: 40 }, cut: { cost: 24 } },
  });
  expect(sentences).toContain("The cut is worth it: 24.0 ms, against 40.0 ms on node-0 alone (better by 40 %).");
  expect(sentences).toContain("What binds: only 200 MB are free on node-1. Without that, 6.0 ms: better by 75 %.");
  // 256 MB more hold the whole model; one more node like the fast one holds the other half, a hop further.
  expect(sentences.at(-1)).toBe("What would help most: give node-1 256 MB more memory (6.0 ms, better by 75 %); add one more node like node-1 (7.0 ms, better by 71 %).");
  // Two layers on the fast node are cut elsewhere at the same cost.
  expect(explanation).toMatchObject({ runnerUp: { cost: 24, share: 0, proved: true } });
});

test("a link binds the throughput: twice as fast, it helps by what it took", () => {
  const { explanation } = explain({ layers: 2, nodes: [{ ms: 4, freeBytes: 100e6 }, { ms: 4, freeBytes: 100e6 }], hop: () => ({ fixedMs: 0, perByteMs: 1e-5 }), apart: [{ first: { from: 0, to: 1 }, second: { from: 1, to: 2 }, within: "node" }] }, { kind: "bottleneck" });
  expect(explanation).toMatchObject({ feasible: true, cost: 10, bottleneck: { on: "link", busyMs: 10, nextBusyMs: 10 } });
});

test("a plan that was not the best is found out: the better one is explained, and it is said", () => {
  const request: SearchRequest = { instance: lineInstance({ layers: 4, nodes: [{ ms: 10 }, { ms: 1, freeBytes: 200e6 }] }), objective: { kind: "additive", weights: LATENCY_WEIGHTS } };
  const alone = solve({ ...request, instance: { ...request.instance, limits: { ...request.instance.limits, maxStages: 1 } } });
  const explanation = explainOutcome(request, { ...alone, proved: false, bound: 0 }, solve);
  expect(explanation).toMatchObject({ feasible: true, better: true, cost: 24, binding: [{ kind: "memory", saved: 18 }] });
  if (explanation.feasible) expect(sayExplanation(explanation, request, WORDS)[0]).toBe("With the figures of now, the searches for this explanation found a better plan: 24.0 ms. All that follows is about that one.");
});

test("where no plan was found in time and the explanation comes upon one, there is no conflict to tell of", () => {
  const request: SearchRequest = { instance: lineInstance({ layers: 4, nodes: [{ ms: 10 }, { ms: 1, freeBytes: 200e6 }] }), objective: { kind: "additive", weights: LATENCY_WEIGHTS } };
  const none = { stages: null, cost: Number.POSITIVE_INFINITY, figures: null, bound: 0, proved: false, elapsedMs: 1, firstMs: null, bestMs: null, by: "" };
  // The first search is as unlucky as the one before; those with a change are not.
  let searches = 0;
  const unlucky = (changed: SearchRequest) => (searches++ < 3 && changed.instance === request.instance ? none : solve(changed));
  expect(explainOutcome(request, none, unlucky)).toMatchObject({ feasible: true, better: true });
  expect(explainOutcome({ ...request, instance: { ...request.instance, limits: { ...request.instance.limits, latencyMs: 1 } } }, none, solve)).toMatchObject({ feasible: false, conflict: { proved: true } });
});

test.each<[string, LineOptions, string[]]>([
  [
    "a node that is short of memory: the least that is enough, and the layers that would have to go",
    { layers: 4, nodes: [{ ms: 1, freeBytes: 250e6 }, { ms: 1, allowed: (layer) => layer > 2 }], hop: () => ({ fixedMs: 1, perByteMs: 0 }) },
    ["memory: Only 250 MB are free on node-0 (one of 2 constraints that can’t be met together). Give node-0 50 MB more memory: 6.0 ms then.", "pinned: Not every layer may run on node-1 (one of 2 constraints that can’t be met together). Let layer 3 run on node-1: 6.0 ms then."],
  ],
  [
    "a latency that no plan reaches: the least there is",
    { layers: 4, nodes: [{ ms: 10 }, { ms: 5 }], limits: { latencyMs: 20 } },
    ["slo: The latency must stay within 20.0 ms. Allow a latency of 22.0 ms (asked: 20.0 ms): 22.0 ms then."],
  ],
  [
    "sensitive values on a link that is not trusted: the one to trust",
    { layers: 2, nodes: [{ ms: 1, allowed: () => false }, { ms: 1 }], hop: (_, to) => ({ fixedMs: 1, perByteMs: 0, way: to === 1 ? 1 : 2 }), tainted: (position) => position === 0 },
    ["trust: Sensitive values keep to trusted nodes and links (one of 2 constraints that can’t be met together). Mark the way from node-0 to node-1 trusted: 4.0 ms then.", "pinned: Not every layer may run on node-0 (one of 2 constraints that can’t be met together). Let layer 1 run on node-0: 4.0 ms then."],
  ],
  [
    "too few stages for what each node holds",
    { layers: 3, nodes: [{ ms: 1, freeBytes: 100e6 }, { ms: 1, freeBytes: 100e6 }, { ms: 1, freeBytes: 100e6 }], limits: { maxStages: 2 } },
    ["too-many-stages: At most 2 stages are allowed (one of 4 constraints that can’t be met together). Allow 3 stages: 6.0 ms then."],
  ],
  [
    "two conflicts at once",
    { layers: 2, nodes: [{ ms: 1, allowed: () => false }, { ms: 1, allowed: () => false }], hop: () => ({ fixedMs: 1, perByteMs: 0, way: 0 }), source: 1, apart: [{ first: { from: 0, to: 1 }, second: { from: 1, to: 2 }, within: "node" }] },
    ["apart: Layer 1 and layer 2 may not share a node. This alone is not enough: there are 2 conflicts, and each forbids every plan.", "pinned: Not every layer may run on node-1. This alone is not enough: there are 2 conflicts, and each forbids every plan."],
  ],
  ["stages that no link can join", { layers: 2, nodes: [{ ms: 1 }, { ms: 1 }], hop: () => ({ fixedMs: 1, perByteMs: 0, way: 0 }), limits: { minStages: 2 } }, ["too-few-stages: At least 2 stages are asked for. Ask for no least number of stages: 2.0 ms then."]],
])("no plan: %s", (_, options, expected) => {
  const { explanation, sentences } = explain(options);
  expect(explanation.feasible).toBe(false);
  for (const sentence of expected) expect(sentences).toContain(sentence);
});

test("an SLO that the demand breaks: what can be promised, and what demand can", () => {
  // One node of 8 ms: at 80 requests/s it is busy for 64 % of the time.
  const { sentences, explanation } = explain({ layers: 4, nodes: [{ ms: 2 }], limits: { perSecond: 80, bottleneckMs: 8.75, slo: { share: 0.99, latencyMs: 20 } } }, { kind: "demand", figure: { share: 0.99 } });
  expect(explanation).toMatchObject({ feasible: false, conflict: { proved: true, pairs: [] } });
  expect(sentences).toEqual([
    expect.stringMatching(/^demand: 80 requests\/s come at random.* Ask for [0-9.]+ requests\/s instead of 80 requests\/s: .* for 99 % of the requests then\.$/),
    expect.stringMatching(/^slo: 99 % of the requests must be answered within 20\.0 ms at 80 requests\/s .* Promise [0-9.]+ ms instead of 20\.0 ms: [0-9.]+ ms for 99 % of the requests then\.$/),
  ]);
});

test("where no change of one constraint is enough, two together are named, each no larger than needed", () => {
  // The only node is too slow and holds too little.
  const { explanation, sentences } = explain({ layers: 4, nodes: [{ ms: 10, freeBytes: 250e6 }], limits: { latencyMs: 30 } });
  expect(explanation).toMatchObject({ feasible: false, conflict: { remedies: [], proved: true } });
  if (explanation.feasible) return;
  expect(explanation.conflict.pairs[0]?.changes.map((change) => change.kind).sort()).toEqual(["latency-limit", "memory"]);
  expect(sentences[0]).toContain("Both of these together: ");
  expect(sentences[0]).toMatch(/give node-0 150 MB more memory/);
  expect(sentences[0]).toMatch(/allow a latency of 40\.0 ms/);
});
