// Owns a plan's parity check: its segments, composed, against the whole model. Runs as an operation; the plan's badge is its result.
import { AppError } from "../errors.ts";
import { differenceText } from "../planner/difference-text.ts";
import type { Parity, Placement } from "../planner/plan.ts";
import { type Artifact, storeArtifactBytes } from "../store/artifacts.ts";
import { addPredictedBytes } from "../store/deployments.ts";
import { findModel } from "../store/models.ts";
import { listOperations, type Operation } from "../store/operations.ts";
import { findCheckDigest, findPlan, listPlansToCheck, type StoredPlan, updatePlanParity } from "../store/plans.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { compareSegments } from "./compare-segments.ts";
import { allPlacements } from "./create-plan.ts";
import { prepareSegments } from "./prepare-segments.ts";
import { type OperationContext, runOperation } from "./run-operation.ts";

type CheckContext = Pick<OperationContext, "signal" | "progress">;

const MAX_RUNNING = 10_000;
/** Each check holds a whole model and its segments in memory: one after the other. */
let queue: Promise<unknown> = Promise.resolve();

/** Starts the check and returns at once. @throws AppError not-found */
export async function checkPlanParity(deps: Deps, planId: string, actor: Actor, idempotencyKey?: string): Promise<Operation> {
  const plan = await findOrThrow(findPlan(deps.db, planId), "plan", planId);
  const { operation } = await runOperation(deps, { kind: "check-parity", subjectId: planId, actor, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }, (context) => {
    context.progress({ step: "waiting" });
    return checkInTurn(deps, plan, actor, context);
  });
  return operation;
}

/** Runs when the checks asked for before have ended. @throws AppError cancelled, and what kept it from running */
export function checkInTurn(deps: Deps, plan: StoredPlan, actor: Actor, context: CheckContext): Promise<Parity> {
  const run = queue.then(() => check(deps, plan, actor, context));
  queue = run.catch(() => {});
  return run;
}

/** Checks that a crash left without an end begin again: at start, and when another console is gone. What runs elsewhere goes on there. */
export async function resumeParityChecks(deps: Deps): Promise<void> {
  const running = new Set((await listOperations(deps.db, { status: "running", kind: "check-parity", limit: MAX_RUNNING })).map((operation) => operation.subjectId));
  for (const plan of await listPlansToCheck(deps.db)) if (!running.has(plan.id)) await checkPlanParity(deps, plan.id, "control");
}

async function check(deps: Deps, plan: StoredPlan, actor: Actor, context: CheckContext): Promise<Parity> {
  try {
    context.signal.throwIfAborted();
    const model = await findOrThrow(findModel(deps.db, plan.modelId), "model", plan.modelId);
    const checks: Awaited<ReturnType<typeof compareSegments>>[] = [];
    for (const ranges of differentCuts(allPlacements(plan.plan))) {
      context.progress({ step: "cutting", done: 0, total: ranges.length, unit: "items" });
      const segments = await prepareSegments(deps, model.id, ranges, context.signal);
      context.progress({ step: "comparing", done: 0, total: ranges.length, unit: "items" });
      checks.push(await compareSegments(deps, model, segments, context.signal));
    }
    const { parity } = checks.reduce((worst, one) => (isWorse(one.parity, worst.parity) ? one : worst));
    const parityFile = checks[0]?.parityFile ?? null;
    const file = parityFile === null ? null : await storeArtifactBytes(deps.db, deps.dataFolder, "parity", parityFile);
    await saveParity(deps, plan, parity, file, actor);
    return parity;
  } catch (error) {
    // A figure that is there was not made wrong by a check that did not end.
    if (context.signal.aborted && plan.parity.status !== "pending") throw error;
    const message = context.signal.aborted ? "The check was cancelled." : error instanceof AppError ? error.message : "The check could not be run.";
    await saveParity(deps, plan, { status: "failed", message, checkedAt: new Date(deps.clock.now()).toISOString() }, null, actor);
    throw error;
  }
}

/** Replicas that are cut alike compute alike. */
function differentCuts(placements: readonly Placement[]): { from: number; to: number }[][] {
  const cuts = placements.map((placement) => placement.map(({ from, to }) => ({ from, to })));
  return [...new Map(cuts.map((ranges) => [JSON.stringify(ranges), ranges])).values()];
}

/** A plan is as equal as its least equal replica. */
function isWorse(one: Parity, other: Parity): boolean {
  const rank: Record<Parity["status"], number> = { pending: 0, equal: 1, "structure-only": 2, different: 3, failed: 4 };
  if (one.status !== other.status) return rank[one.status] > rank[other.status];
  return "maxRelError" in one && "maxRelError" in other && one.maxRelError > other.maxRelError;
}

/** `file`: the check file that ingresses fetch. The first one of a model is not in the bill of a move that began before it was made. */
export async function saveParity(deps: Deps, plan: Pick<StoredPlan, "id" | "revision">, parity: Parity, file: Artifact | null, actor: Actor): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    if (file && (await findCheckDigest(tx, plan.id)) === null) await addPredictedBytes(tx, plan.id, file.bytes);
    await updatePlanParity(tx, plan.id, parity, file?.digest ?? null);
    await append({ name: "plan.checked", subjectId: plan.id, actor, message: describe(plan, parity), payload: { planId: plan.id, status: parity.status, maxRelError: "maxRelError" in parity ? parity.maxRelError : null } });
  });
  deps.wake("a plan was checked");
}

function describe(plan: Pick<StoredPlan, "revision">, parity: Parity): string {
  const name = `Plan ${plan.revision}`;
  switch (parity.status) {
    case "equal":
      return `${name} gives the whole model's answers (largest difference ${differenceText(parity.maxRelError)}, on ${parity.inputs}).`;
    case "different":
      return `${name} gives other answers than the whole model (largest difference ${differenceText(parity.maxRelError)}, on ${parity.inputs}).`;
    case "structure-only":
      return `${name}: only the structure was checked. ${parity.reason}`;
    case "failed":
      return `${name} could not be checked. ${parity.message}`;
    case "pending":
      return `${name} waits for its check.`;
  }
}
