// Follows what adaptation began: what became of each move, how long it took, and, a while after cutover, what it gained.
import type { Deps } from "../commands/deps.ts";
import type { Acted, AdaptState } from "../live/adapt-state.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { meanPipelineMs } from "../live/mean-pipeline.ts";
import { type StoredDecision, updateDecision } from "../store/adapt-decisions.ts";
import { findLastMigrationOf, findMigration, type StoredMigration } from "../store/deployments.ts";

/** Of samples before it was acted on, and from a while after cutover on. */
const GAIN_WINDOW_MS = 15_000;
const SETTLE_MS = 5_000;
/** Planning and starting a move take seconds; what another console took so long ago it does not do any more. */
const ACCEPTED_LIMIT_MS = 10 * 60_000;
/** What could not be done is tried again by itself later each time: a lost node is no reason to try each ten seconds for ever. */
const RETRY_FIRST_MS = 15_000;
const RETRY_MAX_MS = 600_000;
/** Of what a move took longer than its bill said, so much is believed of the next one. */
const OVERHEAD_SHARE = 0.5;
const LEAST_OVERHEAD_SECONDS = 0.5;

/** `open`: decisions of the deployment that are suggested, accepted or moving. */
export async function followMoves(deps: Deps, state: AdaptState, open: readonly StoredDecision[]): Promise<void> {
  for (const id of state.acted.keys()) if (!open.some((one) => one.id === id)) state.acted.delete(id);
  for (const one of open) {
    if (one.outcome === "accepted") await giveUpOrphan(deps, state, one);
    if (one.outcome === "moving" && one.migrationId !== null) await followMove(deps, state, one, one.migrationId);
  }
}

/** What cannot be done now may be tried again later. */
export function putOff(state: AdaptState, nowMs: number): void {
  state.failures += 1;
  state.retryAtMs = nowMs + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (state.failures - 1));
}

/** One that this console does not act on was another console's. */
async function giveUpOrphan(deps: Deps, state: AdaptState, one: StoredDecision): Promise<void> {
  if (state.acted.has(one.id) || deps.clock.now() - one.at.getTime() <= ACCEPTED_LIMIT_MS) return;
  await deps.publisher.transact((tx) => updateDecision(tx, one.id, { outcome: "failed", reason: `${one.reason} The console ended before the move began.` }));
}

async function followMove(deps: Deps, state: AdaptState, one: StoredDecision, migrationId: string): Promise<void> {
  const begun = await findMigration(deps.db, migrationId);
  const migration = begun?.course?.handOver ? await findLastMigrationOf(deps.db, begun.operationId) : begun;
  if (!begun || !migration) return;
  const nowMs = deps.clock.now();
  const acted: Acted = state.acted.get(one.id) ?? { atMs: begun.startedAt.getTime(), isTimed: true };
  const cutover = acted.cutover?.migrationId === migration.id ? acted.cutover : cutoverOf(migration, acted.atMs, nowMs);
  const cutoverMs = cutover?.atMs ?? null;
  if (cutoverMs !== null && !acted.isTimed) learnOverhead(state, Math.max(0, cutoverMs - acted.atMs) / 1000, one.alternatives[one.chosen ?? -1]?.seconds ?? null);
  state.acted.set(one.id, { atMs: acted.atMs, isTimed: acted.isTimed || cutover !== null, cutover });
  if (migration.finishedAt === null) return;
  if (migration.state !== "done") {
    await deps.publisher.transact((tx) => updateDecision(tx, one.id, { outcome: "failed", reason: `${one.reason} The move did not end well: ${migration.error?.message ?? migration.state}` }));
    state.acted.delete(one.id);
    putOff(state, nowMs);
    return;
  }
  state.failures = 0;
  const fromMs = (cutoverMs ?? migration.finishedAt.getTime()) + SETTLE_MS;
  if (nowMs < fromMs + GAIN_WINDOW_MS) return;
  const ring = liveFleet(deps.db).deploymentRings.get(one.deploymentId);
  const before = meanPipelineMs(ring, acted.atMs - GAIN_WINDOW_MS, acted.atMs);
  const after = meanPipelineMs(ring, fromMs, fromMs + GAIN_WINDOW_MS);
  const gain = before !== null && after !== null && before > 0 ? 1 - after / before : null;
  const said = gain === null ? `What the move gained is not known: no answers were measured ${before === null ? "before" : "after"} it.` : gain >= 0 ? `The move gained ${(gain * 100).toFixed(0)} % of the pipeline's latency.` : `The move cost ${(-gain * 100).toFixed(0)} % of the pipeline's latency.`;
  await deps.publisher.transact(async (tx, append) => {
    await updateDecision(tx, one.id, { outcome: "moved", realisedGain: gain });
    await append({ name: "deployment.decided", subjectId: one.deploymentId, actor: "control", message: said, payload: { deploymentId: one.deploymentId, decisionId: one.id, verdict: one.verdict, outcome: "moved" } });
  });
  state.acted.delete(one.id);
}

/** Whatever the clock did since the row was written: it was after the move was begun, and is over. */
const cutoverOf = (migration: StoredMigration, begunMs: number, nowMs: number): { migrationId: string; atMs: number } | null => {
  const step = migration.decisions.find(({ action }) => action === "cutover");
  return step ? { migrationId: migration.id, atMs: Math.min(nowMs, Math.max(begunMs, Date.parse(step.at))) } : null;
};

/** `tookSeconds`: from when it was acted on to cutover. `billedSeconds`: as its bill said, with what was believed then; null = it has none. */
function learnOverhead(state: AdaptState, tookSeconds: number, billedSeconds: number | null): void {
  state.moveOverheadSeconds += OVERHEAD_SHARE * Math.max(LEAST_OVERHEAD_SECONDS - state.moveOverheadSeconds, tookSeconds - (billedSeconds ?? tookSeconds));
}
