// Owns how a recorded decision is made again from what it was made of, for whoever doubts it.
import type { z } from "zod";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { AppError } from "../errors.ts";
import { type DecisionSnapshot, decideAgain, differenceOf } from "../policy/adapt/decision-snapshot.ts";
import { findDecision } from "../store/adapt-decisions.ts";
import { digestOf, findSnapshot, unpackSnapshot } from "../store/decision-snapshots.ts";
import type { decisionCheck } from "./schemas/adapt-schemas.ts";

/** @throws AppError not-found, also where what it was made of is not kept any more */
export async function checkDecision(deps: Deps, { deploymentId, decisionId }: { deploymentId: string; decisionId: string }): Promise<z.infer<typeof decisionCheck>> {
  const decision = await findOrThrow(findDecision(deps.db, decisionId).then((one) => (one?.deploymentId === deploymentId ? one : null)), "decision", decisionId);
  const packed = await findSnapshot(deps.db, decisionId);
  if (!packed) throw new AppError("not-found", "What this decision was made of is not kept: the newest hundred of a deployment are.", { place: "decisionId", fix: "Check a newer decision." });
  const isIntact = digestOf(packed) === decision.snapshotDigest;
  const snapshot = await unpackSnapshot(packed);
  const again = decideAgain(snapshot);
  return { digest: decision.snapshotDigest, isIntact, verdict: again.verdict, reason: again.reason, difference: differenceOf(again, decision), snapshot: plainOf(snapshot) };
}

/** Maps as lists of pairs, what no JSON number is as text: nothing is lost to whoever reads it. */
function plainOf(snapshot: DecisionSnapshot): Record<string, unknown> {
  return JSON.parse(JSON.stringify(snapshot, (_key, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (value instanceof Set) return [...value];
    if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  })) as Record<string, unknown>;
}
