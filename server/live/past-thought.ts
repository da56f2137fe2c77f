// Owns what is kept of what the adaptation loop thinks, for the past to be looked at: its mind, and what it saw as slower. Of signals only those that drifted.
import type { Db } from "../store/db.ts";
import { type AdaptThought, adaptThought } from "./adapt-thought.ts";

export type PastThought = Pick<AdaptThought, "regret" | "needed" | "reason"> & { verdict: string; drifts: Pick<AdaptThought["drifts"][number], "kind" | "name" | "factor">[]; /** Whether its SLO's budget burnt; null = it had none. */ isBurning: boolean | null };

/** Null = it was not looked at yet. */
export function pastThought(db: Db, deploymentId: string): PastThought | null {
  const { verdict, reason, regret, needed, drifts, burn } = adaptThought(db, deploymentId, 0);
  return verdict === null ? null : { verdict, reason, regret, needed, drifts: drifts.map(({ kind, name, factor }) => ({ kind, name, factor })), isBurning: burn?.isBurning ?? null };
}
