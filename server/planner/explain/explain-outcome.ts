// Owns everything there is to say of a search's answer. Each part solves again; nothing is guessed. Run it off the event loop, with a solver that is given little time.
import type { SearchStage } from "../instance.ts";
import type { Outcome, SearchRequest } from "../search/solver.ts";
import { type Alone, findAlone } from "./find-alone.ts";
import { type Binding, findBinding } from "./find-binding.ts";
import { type Bottleneck, findBottleneck } from "./find-bottleneck.ts";
import { type Conflict, findConflict } from "./find-conflict.ts";
import { findImprovements } from "./find-improvements.ts";
import { findRunnerUp, type RunnerUp } from "./find-runner-up.ts";
import type { Gain, Solve } from "./rank-changes.ts";

export type Explanation =
  | { feasible: true; cost: number; bottleneck: Bottleneck | null; binding: Binding[]; runnerUp: RunnerUp | null; alone: Alone; improvements: Gain[] }
  | { feasible: false; conflict: Conflict };

/** At most some 60 searches for a plan of ten stages; fewer where there is nothing to lift. */
export function explainOutcome(request: SearchRequest, outcome: Outcome, solve: Solve): Explanation {
  const { stages } = outcome;
  if (stages === null) return { feasible: false, conflict: findConflict(request, solve) };
  const best: Outcome & { stages: SearchStage[] } = { ...outcome, stages };
  return {
    feasible: true,
    cost: outcome.cost,
    bottleneck: findBottleneck(request.instance, stages),
    binding: findBinding(request, best, solve),
    runnerUp: findRunnerUp(request, best, solve),
    alone: findAlone(request, best, solve),
    improvements: findImprovements(request, best, solve),
  };
}
