// Owns how many requests of each key with a quota this process has let in, by day, and whether one more may come in. Times are milliseconds since the epoch.
import { randomUUID } from "node:crypto";
import { type KeyCount, type KeyQuota, MAX_KEY_COUNTS } from "../protocol/own-key.ts";
import { periodEndMs, periodOf } from "../protocol/quota-period.ts";
import type { LimitReached } from "./key-limits.ts";

/** Keys remembered, those of removed ones too; the one that came first goes first. */
const MAX_KEYS = 4096;
const DAY_MS = 86_400_000;

export class KeyCounts {
  readonly lifeId: string = randomUUID();
  /** By key, then by day. */
  readonly #counts = new Map<string, Map<string, number>>();
  /** Where telling goes on when there are more than fit. */
  #next = 0;

  /** Why a quota allows no more; null = one more may come in. */
  reached(keyId: string, quotas: readonly KeyQuota[], nowMs: number): LimitReached | null {
    for (const quota of quotas) {
      const { per, requests, lifeId, upTo, share, first } = quota;
      const period = periodOf(per, nowMs);
      const isTold = period === quota.period;
      const allowed = !isTold ? first : lifeId === this.lifeId ? upTo : share;
      if (this.#used(keyId, period) < allowed) continue;
      const endMs = periodEndMs(per, nowMs);
      // Where it is the only ingress nobody can give it more.
      if ((isTold && share === 0) || first >= requests) return { kind: "quota", reason: `this key has used its quota of ${requests} requests a ${per}; the next ${per} begins at ${new Date(endMs).toISOString()}`, retryAfterSeconds: Math.ceil((endMs - nowMs) / 1000) };
      return { kind: "quota", reason: `this ingress has let in its share of this key's ${requests} requests a ${per}; what is left is shared out anew by the console`, retryAfterSeconds: 1 };
    }
    return null;
  }

  count(keyId: string, nowMs: number): void {
    const days = this.#counts.get(keyId) ?? new Map<string, number>();
    if (days.size === 0) {
      if (this.#counts.size >= MAX_KEYS) this.#counts.delete(this.#counts.keys().next().value as string);
      this.#counts.set(keyId, days);
    }
    const day = periodOf("day", nowMs);
    if (!days.has(day)) for (const old of days.keys()) if (!old.startsWith(periodOf("month", nowMs)) && old !== periodOf("day", nowMs - DAY_MS)) days.delete(old);
    days.set(day, (days.get(day) ?? 0) + 1);
  }

  /** Of today and yesterday. */
  told(nowMs: number): KeyCount[] {
    const days = [periodOf("day", nowMs - DAY_MS), periodOf("day", nowMs)];
    const all = [...this.#counts].flatMap(([keyId, counts]) => days.flatMap((day): KeyCount[] => (counts.has(day) ? [{ keyId, lifeId: this.lifeId, day, requests: counts.get(day)! }] : [])));
    if (all.length <= MAX_KEY_COUNTS) return all;
    const from = this.#next % all.length;
    this.#next = from + MAX_KEY_COUNTS;
    return [...all.slice(from), ...all.slice(0, from)].slice(0, MAX_KEY_COUNTS);
  }

  #used(keyId: string, period: string): number {
    let used = 0;
    for (const [day, requests] of this.#counts.get(keyId) ?? []) if (day.startsWith(period)) used += requests;
    return used;
  }
}
