// Owns what all baselines have in common: a rule proposes chains, the checker and the cost model judge them, the cheapest accepted one is the answer. No rule judges itself.
import { seededRandom } from "../../model/seeded-random.ts";
import { checkStages, type Violation } from "../check-stages.ts";
import { evaluate, type Figures } from "../evaluate.ts";
import type { SearchStage } from "../instance.ts";
import { objectiveCost } from "../search/objective-cost.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "../search/solver.ts";

export type Baseline = Solver & {
  /** Paper, equation or code that the rule is from. */
  source: string;
  /** Its proposals alone, for a search that judges them itself. */
  rule: Rule;
};

export type Trial = {
  request: SearchRequest;
  /** Cost of a proposed chain in the objective; Infinity where it is refused. The cheapest accepted one is kept. */
  score(stages: readonly SearchStage[]): number;
  /** Deadline passed or cancelled: come to an end. Reads the clock, so not to be asked in the innermost loop. */
  stopped(): boolean;
  /** Uniform in [0, 1), from the seed. */
  random(): number;
};

/** Proposes chains to `score`. What it returns is why it has nothing to propose, in its own words. */
export type Rule = (trial: Trial) => string | null;

export function defineBaseline(of: { name: string; label: string; source: string; rule: Rule }): Baseline {
  return { name: of.name, label: of.label, source: of.source, rule: of.rule, solve: (request, context) => follow(of, request, context) };
}

function follow(of: { name: string; rule: Rule }, request: SearchRequest, context: SearchContext): Outcome {
  const startedMs = context.now();
  const random = seededRandom(context.seed);
  let best: { stages: SearchStage[]; figures: Figures; cost: number; atMs: number } | null = null;
  let firstMs: number | null = null;
  let refusal: Violation | null = null;
  const trial: Trial = {
    request,
    stopped: () => context.cancelled() || context.now() >= context.deadlineMs,
    random,
    score(stages) {
      const [violation] = checkStages(request.instance, stages);
      const figures = violation ? null : evaluate(request.instance, stages);
      if (violation || !figures) {
        refusal = refusal ?? violation ?? null;
        return Number.POSITIVE_INFINITY;
      }
      const cost = objectiveCost(request, stages, figures);
      if (!best || cost < best.cost) {
        best = { stages: stages.map((stage) => ({ ...stage })), figures, cost, atMs: context.now() - startedMs };
        firstMs ??= best.atMs;
        context.onProgress?.({ stages: best.stages, cost, bound: Number.NEGATIVE_INFINITY, elapsedMs: best.atMs, by: of.name });
      }
      return cost;
    },
  };
  const reason = of.rule(trial);
  // Assigned in a closure: the compiler can't know.
  const found = best as { stages: SearchStage[]; figures: Figures; cost: number; atMs: number } | null;
  const elapsedMs = context.now() - startedMs;
  if (found) return { stages: found.stages, cost: found.cost, figures: found.figures, bound: Number.NEGATIVE_INFINITY, proved: false, elapsedMs, firstMs, bestMs: found.atMs, by: of.name };
  return { stages: null, cost: Number.POSITIVE_INFINITY, figures: null, bound: Number.NEGATIVE_INFINITY, proved: false, elapsedMs, firstMs: null, bestMs: null, by: of.name, reason: reason ?? whyRefused(refusal) };
}

const REFUSED: Record<Violation["code"], string> = {
  empty: "it places nothing",
  "unknown-processor": "it names a node that is not there",
  "bad-range": "a stage has no layers",
  gap: "layers are left out",
  overlap: "layers are placed twice",
  "illegal-cut": "it cuts where the model may not be cut",
  "not-allowed": "a layer is where it may not run",
  "same-unit": "two stages in a row are on one node",
  "no-way": "no link leads from one stage to the next",
  "untrusted-way": "sensitive values would cross an untrusted link",
  memory: "a node has too little memory for what it gets",
  "bottleneck-node": "a node is too slow for the demand",
  "bottleneck-link": "a link is too slow for the demand",
  latency: "it is later than the limit",
  slo: "too many requests would be later than promised",
  "too-few-stages": "it has fewer stages than asked for",
  "too-many-stages": "it has more stages than allowed",
  "node-twice": "a node gets two stages",
  apart: "layers meet that are to be apart",
};

function whyRefused(violation: Violation | null): string {
  return violation ? `Its rule makes no plan that is accepted: ${REFUSED[violation.code]}.` : "It came to no plan in the time given.";
}
