// Owns comparing a model's current plans again after what they are compared on has changed. One operation for all of them; until a plan's
// turn has come its badge stays, and says what it was made on.
import { AppError } from "../errors.ts";
import { findModel } from "../store/models.ts";
import type { Operation } from "../store/operations.ts";
import { listCurrentPlans, type StoredPlan } from "../store/plans.ts";
import { checkInTurn } from "./check-plan-parity.ts";
import type { Actor, Deps } from "./deps.ts";
import { abortOperation, type OperationContext, runOperation } from "./run-operation.ts";

/** Each takes a run of the whole model and of its segments; more plans than this keep the badge they have until they are checked by hand. */
const MAX_PLANS = 16;

/** By model: what is asked for later makes what is still running pointless. */
const running = new Map<string, string>();

/** Null when no plan is current. The operation's subject is the model; one that still runs for it is cancelled. */
export async function recheckPlans(deps: Deps, modelId: string, actor: Actor): Promise<Operation | null> {
  const plans = await listCurrentPlans(deps.db, modelId, MAX_PLANS);
  if (plans.length === 0) return null;
  const before = running.get(modelId);
  if (before !== undefined) abortOperation(before);
  const { operation, done } = await runOperation(deps, { kind: "check-parity", subjectId: modelId, actor }, (context) => recheck(deps, modelId, plans, actor, context));
  running.set(modelId, operation.id);
  void done.finally(() => { if (running.get(modelId) === operation.id) running.delete(modelId); });
  return operation;
}

async function recheck(deps: Deps, modelId: string, plans: StoredPlan[], actor: Actor, context: OperationContext): Promise<{ plans: { planId: string; status: string }[] }> {
  const results: { planId: string; status: string }[] = [];
  for (const [index, plan] of plans.entries()) {
    context.signal.throwIfAborted();
    context.progress({ step: "comparing", done: index, total: plans.length, unit: "items", detail: `plan ${plan.revision}` });
    if ((await findModel(deps.db, modelId)) === null) break;
    // What keeps one plan from being compared is on its own badge.
    const checked = await checkInTurn(deps, plan, actor, { signal: context.signal, progress: () => {} }).catch((error: unknown) => {
      if (context.signal.aborted || !(error instanceof AppError)) throw error;
      return { status: "failed" };
    });
    results.push({ planId: plan.id, status: checked.status });
  }
  return { plans: results };
}
