// Owns how much of a key's quota each ingress may let in: what is left, in equal shares. Pure.
// Shares are told in steps of a part of what is left, so that a document changes some hundred times a period and not with each request. The
// sum of what is told at one moment is never more than the quota; why it can be exceeded all the same is in docs/decisions/0020.
import type { KeyQuota } from "../../agents/protocol/own-key.ts";
import { periodOf, QUOTA_PERIODS, type QuotaPer } from "../../agents/protocol/quota-period.ts";

/** Requests over all ingresses; null = no such quota. */
export type KeyQuotaWanted = { perDay: number | null; perMonth: number | null };
/** What a node's ingress let in on a day of UTC; of these `lifeRequests` by its last process, `lifeId`. */
export type DayUsage = { nodeId: string; day: string; requests: number; lifeId: string; lifeRequests: number };

/** An ingress keeps at least seven eighths of its share before the next step. */
const STEPS = 8;

export const requestsOf = (quota: KeyQuotaWanted | null, per: QuotaPer): number | null => (per === "day" ? quota?.perDay : quota?.perMonth) ?? null;

/** Let in over all ingresses in a period. */
export const usedIn = (usage: readonly DayUsage[], period: string): number => usage.filter(({ day }) => day.startsWith(period)).reduce((sum, { requests }) => sum + requests, 0);

/** What `nodeId` is told. `entered`: the nodes that share; `usage` of this month at least, days in order. */
export function shareQuota(quota: KeyQuotaWanted, usage: readonly DayUsage[], { nodeId, entered, nowMs }: { nodeId: string; entered: readonly string[]; nowMs: number }): KeyQuota[] {
  return QUOTA_PERIODS.flatMap((per): KeyQuota[] => {
    const requests = requestsOf(quota, per);
    return requests === null ? [] : [shareOf({ per, requests, period: periodOf(per, nowMs) }, usage, nodeId, entered)];
  });
}

function shareOf({ per, requests, period }: Pick<KeyQuota, "per" | "requests" | "period">, usage: readonly DayUsage[], nodeId: string, entered: readonly string[]): KeyQuota {
  const count = Math.max(1, entered.length);
  const usedBy = (id: string) => usedIn(usage.filter((one) => one.nodeId === id), period);
  const left = Math.max(0, requests - usedIn(usage, period));
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, left / (STEPS * count)))));
  const stepped = new Map(entered.map((id) => [id, Math.floor(usedBy(id) / step) * step]));
  const elsewhere = usedIn(usage.filter((one) => !stepped.has(one.nodeId)), period);
  const leftInSteps = left === 0 ? 0 : requests - elsewhere - [...stepped.values()].reduce((sum, used) => sum + used, 0);
  // The last few go where most are asked for.
  const byUse = [...entered].sort((a, b) => usedBy(b) - usedBy(a) || (a < b ? -1 : 1));
  const share = Math.floor(leftInSteps / count) + (byUse.indexOf(nodeId) < leftInSteps % count ? 1 : 0);
  const own = usage.filter((one) => one.nodeId === nodeId);
  const lifeId = own.at(-1)?.lifeId ?? null;
  const lifeUsed = own.filter((one) => one.lifeId === lifeId && one.day.startsWith(period)).reduce((sum, { lifeRequests }) => sum + lifeRequests, 0);
  const before = usedBy(nodeId) - lifeUsed;
  // Told in what its process has let in by itself.
  return { per, requests, period, lifeId, upTo: Math.max(0, (stepped.get(nodeId) ?? 0) + share - before), share, first: Math.max(1, Math.floor(requests / count)) };
}
