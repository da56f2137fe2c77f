// Owns everything there is to say of a search's answer. Each part solves again; nothing is guessed. Run it off the event loop, with a solver that is given little time.
import { costOf } from "../check-claim.ts";
import { checkStages } from "../check-stages.ts";
import type { SearchStage } from "../instance.ts";
import type { Outcome, SearchRequest } from "../search/solver.ts";
import { tallyStages } from "../tally-stages.ts";
import { type Alone, findAlone } from "./find-alone.ts";
import { type Binding, findBinding } from "./find-binding.ts";
import { type Bottleneck, findBottleneck } from "./find-bottleneck.ts";
import { type Conflict, findConflict } from "./find-conflict.ts";
import { findImprovements } from "./find-improvements.ts";
import { findRunnerUp, type RunnerUp } from "./find-runner-up.ts";
import type { Gain, Solve } from "./rank-changes.ts";

export type Explanation =
  | {
      feasible: true;
      /** The plan that is explained, and what it costs. */
      stages: SearchStage[];
      cost: number;
      /** True: not the answer that was given, which was not proved, but a better plan that a search of the explanation came upon. */
      better: boolean;
      bottleneck: Bottleneck | null;
      binding: Binding[];
      runnerUp: RunnerUp | null;
      alone: Alone;
      improvements: Gain[];
    }
  | { feasible: false; conflict: Conflict };

/** A better plan than the given one makes every comparison with that one wrong, so it is explained instead. */
const MAX_ROUNDS = 3;
/** Found plans that later searches start from. */
const MAX_SEEDS = 24;

/** At most some 60 searches for a plan of ten stages; fewer where there is nothing to lift. */
export function explainOutcome(request: SearchRequest, outcome: Outcome, solve: Solve): Explanation {
  const found: SearchStage[][] = [];
  const remember: Solve = (changed) => {
    const answer = solve({ ...changed, seeds: [...(changed.seeds ?? []), ...found.slice(-MAX_SEEDS)] });
    if (answer.stages) found.push(answer.stages);
    return answer;
  };
  if (outcome.stages) return explainPlan({ ...outcome, stages: outcome.stages });
  const conflict = findConflict(request, remember);
  const plan = outcome.proved ? null : betterPlan(request, outcome.cost, found);
  return plan ? explainPlan({ ...outcome, ...plan }) : { feasible: false, conflict };

  function explainPlan(best: Outcome & { stages: SearchStage[] }, round = 1): Explanation {
    const { stages, cost } = best;
    const explanation: Explanation = {
      feasible: true, stages, cost, better: cost < outcome.cost,
      bottleneck: findBottleneck(request.instance, stages),
      binding: findBinding(request, best, remember),
      runnerUp: findRunnerUp(request, best, remember),
      alone: findAlone(request, best, remember),
      improvements: findImprovements(request, best, remember),
    };
    const better = outcome.proved || round === MAX_ROUNDS ? null : betterPlan(request, cost, found);
    return better ? explainPlan({ ...best, ...better }, round + 1) : explanation;
  }
}

/** Plans of changed requests may be plans of this one too. */
function betterPlan(request: SearchRequest, cost: number, found: readonly SearchStage[][]): { stages: SearchStage[]; cost: number } | null {
  let best: { stages: SearchStage[]; cost: number } | null = null;
  const below = Number.isFinite(cost) ? cost - Math.abs(cost) * 1e-9 : cost;
  for (const stages of found) {
    if (checkStages(request.instance, stages).length > 0) continue;
    const own = costOf(request, stages, tallyStages(request.instance, stages));
    if (own < (best?.cost ?? below)) best = { stages, cost: own };
  }
  return best;
}
