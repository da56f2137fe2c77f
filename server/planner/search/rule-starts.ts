// Owns the plans that a search starts from where it has no proof soon: what the quick rules of others propose, judged by the search's own cost model and constraints.
// None of them can then be better than the search, given the same time; a plan that stays theirs says so.
import type { Baseline } from "../baselines/define-baseline.ts";
import { seededRandom } from "../../model/seeded-random.ts";
import type { SearchStage } from "../instance.ts";
import type { SearchContext, SearchRequest } from "./solver.ts";

/** Each rule's share of the time that is left when its turn comes. */
const RULE_SHARE = 0.5;

export type RuleStarts = {
  request: SearchRequest;
  context: SearchContext;
  rules: readonly Baseline[];
  /** Cost of a chain, Infinity where it is no plan; the best is kept. */
  offer(stages: readonly SearchStage[], by: string): number;
  stop(): boolean;
};

export function offerRules({ request, context, rules, offer, stop }: RuleStarts): void {
  for (const { label, rule } of rules) {
    if (stop()) return;
    const now = context.now();
    const until = now + (context.deadlineMs - now) * RULE_SHARE;
    rule({ request, score: (stages) => offer(stages, label), stopped: () => stop() || context.now() >= until, random: seededRandom(context.seed) });
  }
}
