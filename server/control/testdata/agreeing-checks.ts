// Owns how plans are checked where a test's model has no files: at once, and with the result of a check that agrees. A real one would fail at some moment of its own.
import type { Deps } from "../../commands/deps.ts";
import { updatePlanParity } from "../../store/plans.ts";

/** What the scripted fleet's plans lead to; its artifact is there. */
const PARITY_DIGEST = "e".repeat(64);

/** For `vi.mock` of `server/commands/check-plan-parity.ts`. */
export function agreeingChecks<Module extends object>(module: Module) {
  return {
    ...module,
    checkPlanParity: async (deps: Deps, planId: string) => {
      await updatePlanParity(deps.db, planId, { status: "equal", maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "fixed", checkedAt: new Date(deps.clock.now()).toISOString() }, PARITY_DIGEST);
    },
  };
}
