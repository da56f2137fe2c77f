// Writes to a decision that joined requests what that gained, once its try has been measured.
import type { Deps } from "../commands/deps.ts";
import type { AdaptState } from "../live/adapt-state.ts";
import { type StoredDecision, updateDecision } from "../store/adapt-decisions.ts";

/** `state.controller`: after the look. */
export async function followBatch(deps: Deps, state: AdaptState, deploymentId: string): Promise<void> {
  const { result } = state.controller.batching ?? {};
  const { batch } = state;
  if (!batch || !result || result.maxSize !== batch.maxSize || result.atMs <= batch.atMs) return;
  state.batch = null;
  const percent = `${(Math.abs(result.gain) * 100).toFixed(0)} % ${result.gain >= 0 ? "less" : "more"}`;
  await deps.publisher.transact(async (tx, append) => {
    await updateDecision(tx, batch.decisionId, { realisedGain: result.gain });
    await append({ name: "deployment.decided", subjectId: deploymentId, actor: "control", message: `With up to ${result.maxSize} together an item took ${percent} of the slowest part's time.`, payload: { deploymentId, decisionId: batch.decisionId, verdict: "act", outcome: OUTCOME } });
  });
}

const OUTCOME: StoredDecision["outcome"] = "moved";
