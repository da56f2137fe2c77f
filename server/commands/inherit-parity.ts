// Owns what is proved of a plan before it is checked: the same cuts are the same files, whichever nodes run them, so that a check that agreed holds for both. Right after a
// node's death the check would take the processor that loading needs.
import type { Placement, Plan } from "../planner/plan.ts";
import type { RevisionView } from "../policy/snapshot.ts";
import type { StoredPlan } from "../store/plans.ts";
import { saveParity } from "./check-plan-parity.ts";
import { allPlacements } from "./create-plan.ts";
import type { Actor, Deps } from "./deps.ts";

/** `running`: a plan of the same model, with what was found of it. False = nothing is proved of these cuts: they are to be checked. */
export async function inheritParity(deps: Deps, plan: StoredPlan, running: { plan: Plan; revision: Pick<RevisionView, "parity" | "parityFile"> | undefined }, actor: Actor): Promise<boolean> {
  const { revision } = running;
  if (revision?.parity.status !== "equal") return false;
  const proved = new Set(allPlacements(running.plan).map(cutsOf));
  if (!allPlacements(plan.plan).every((placement) => proved.has(cutsOf(placement)))) return false;
  await saveParity(deps, plan, revision.parity, revision.parityFile, actor);
  return true;
}

const cutsOf = (placement: Placement): string => placement.map(({ from, to }) => `${from}-${to}`).join();
