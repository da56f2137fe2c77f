// Writes what ingresses counted of keys with quotas since the last time, and tells once of each quota that is used up. What could not be written is written next time.
import { periodEndMs, periodOf, QUOTA_PERIODS } from "../../agents/protocol/quota-period.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { requestsOf, usedIn } from "../policy/share-quota.ts";
import { type Credential, findCredential, markExhausted } from "../store/credentials.ts";
import { addKeyUsage, readKeyUsage, type ToldCount } from "../store/key-usage.ts";
import type { Deps } from "./deps.ts";

export async function flushKeyCounts(deps: Deps): Promise<void> {
  const { keyCounts } = liveFleet(deps.db);
  if (keyCounts.size === 0) return;
  const told = [...keyCounts];
  await addKeyUsage(deps.db, told.map(([, count]) => count));
  // Newer ones may have come meanwhile.
  for (const [key, count] of told) if (keyCounts.get(key) === count) keyCounts.delete(key);
  for (const keyId of new Set(told.map(([, { keyId }]) => keyId))) await tellExhausted(deps, keyId);
  deps.wake("keys were used");
}

export const countKeyOf = ({ keyId, nodeId, day }: Pick<ToldCount, "keyId" | "nodeId" | "day">): string => `${keyId} ${nodeId} ${day}`;

/** Whoever writes it in the row first tells of it, so that it is told once by however many consoles. */
async function tellExhausted(deps: Deps, keyId: string): Promise<void> {
  const nowMs = deps.clock.now();
  const key = await findCredential(deps.db, keyId);
  if (!key || key.revokedAt !== null || key.quota === null) return;
  const usage = (await readKeyUsage(deps.db, [keyId], `${periodOf("month", nowMs)}-01`)).get(keyId) ?? [];
  const spent = QUOTA_PERIODS.filter((per) => usedIn(usage, periodOf(per, nowMs)) >= (requestsOf(key.quota, per) ?? Number.POSITIVE_INFINITY));
  if (spent.length === 0) return;
  await deps.publisher.transact(async (tx, append) => {
    if (!(await markExhausted(tx, keyId, spent.map((per) => periodOf(per, nowMs)).join(" ")))) return;
    await append({ name: "credential.exhausted", subjectId: keyId, actor: "control", message: exhaustedInWords(key, spent, nowMs), payload: { credentialId: keyId, kind: key.kind, deploymentId: key.deploymentId } });
  });
}

function exhaustedInWords(key: Credential, spent: readonly (typeof QUOTA_PERIODS)[number][], nowMs: number): string {
  const per = spent.includes("month") ? "month" : "day";
  return `The ingress key “${key.name}” has used its ${requestsOf(key.quota, per)} requests of the ${per}; more are refused until ${new Date(periodEndMs(per, nowMs)).toISOString()}.`;
}
