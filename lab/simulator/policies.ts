// Owns the policies that are compared: the product's own controller, and the rules of others in the same fleet, each with the same knowledge. Rivals see smoothed
// measurements (weight 0.3 a second) and get the same solver's best placement of the moment.
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { solveNow } from "../../server/planner/solve-now.ts";
import type { AdaptSettings } from "../../server/policy/adapt/adapt-settings.ts";
import { costToday, samePlacement } from "../../server/policy/adapt/alternatives.ts";
import { NEW_CONTROLLER, type Observation, payForMove, stepController } from "../../server/policy/adapt/controller.ts";
import { ratiosOf } from "../../server/policy/adapt/observe-drift.ts";
import { todaysProblem } from "../../server/policy/adapt/todays-problem.ts";
import type { Policy } from "./simulate.ts";

export const OUR_SETTINGS: AdaptSettings = { mode: "automatic", coolDownSeconds: 10, movesPerHour: 120, protectedWindows: [], pauseSeconds: 0, repairLosses: "always" };

export function staticPolicy(): Policy {
  return { name: "static", step: () => null };
}

/** The product's controller, unchanged, behind the simulator's clock. */
export function ourPolicy(settings: AdaptSettings = OUR_SETTINGS): Policy {
  let memory = NEW_CONTROLLER;
  const look = (seen: Observation): Placement | null => {
    const { memory: next, decision } = stepController(memory, seen, settings);
    memory = decision.action === "move" ? payForMove(next, decision) : next;
    return decision.action === "move" ? (decision.target?.placement ?? null) : null;
  };
  return { name: "ours", step: look, watch: (seen) => void look(seen) };
}

/** Each five seconds the best placement for what was measured last, if it is any better. */
export function alwaysReplan(): Policy {
  const smooth = smoother();
  let tick = 0;
  return { name: "re-plan always", watch: (seen) => void smooth(seen), step(seen) {
    const today = smooth(seen);
    return ++tick % 5 === 0 ? betterOf(today, seen, 1) : null;
  } };
}

/** Replan once the latency is 20 % above what was predicted, at most every 30 seconds. */
export function thresholdPolicy(pauses: boolean): Policy {
  const smooth = smoother();
  let lastMs = Number.NEGATIVE_INFINITY;
  return { name: `threshold + cool-down, ${pauses ? "pausing" : "make-before-break"}`, pauses, watch: (seen) => void smooth(seen), step(seen) {
    const today = smooth(seen);
    const now = costToday(today, seen.request, seen.running) ?? 0;
    const predicted = costToday(seen.problem, seen.request, seen.running) ?? now;
    if (now < 1.2 * predicted || seen.nowMs - lastMs < 30_000) return null;
    const target = betterOf(today, seen, 1);
    if (target) lastMs = seen.nowMs;
    return target;
  } };
}

/** Petals (Borzunov et al. 2023) rebalances when quality now ÷ quality after is below 0.75. It looks once a minute on average; here each ten seconds, in its favour. */
export function petalsPolicy(): Policy {
  const smooth = smoother();
  let tick = 0;
  return { name: "Petals 0.75", watch: (seen) => void smooth(seen), step(seen) {
    const today = smooth(seen);
    return ++tick % 10 === 0 ? betterOf(today, seen, 0.75) : null;
  } };
}

function betterOf(today: Problem, seen: Observation, share: number): Placement | null {
  const now = costToday(today, seen.request, seen.running);
  const solved = solveNow(today, seen.request);
  if ("infeasible" in solved || now === null || samePlacement(solved.placement, seen.running)) return null;
  return solved.estimate.latencyMs < share * now ? solved.placement : null;
}

const WEIGHT = 0.3;
function smoother(): (seen: Observation) => Problem {
  const logs = new Map<string, number>();
  return (seen) => {
    const { used, idle } = ratiosOf(seen);
    for (const [key, ratio] of [...used, ...idle]) logs.set(key, (logs.get(key) ?? 0) + WEIGHT * (Math.log(ratio) - (logs.get(key) ?? 0)));
    const of = (kind: string) => new Map([...logs].filter(([key]) => key.startsWith(kind)).map(([key, log]) => [key.slice(kind.length), Math.exp(log)]));
    return todaysProblem(seen.problem, { nodes: of("node:"), links: of("link:") });
  };
}
