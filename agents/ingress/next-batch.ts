// Decides which waiting requests run together now, or until when to wait for more. Pure: a snapshot and the time in, what and why out.
import type { Batching } from "../protocol/control.ts";
import { turnOf } from "./priority.ts";

/** `key`: requests of equal keys may be joined (same inputs but for the batch dimension). Times: `performance.now()` clock. */
export type Waiting = { items: number; arrivedAt: number; key: string; /** 1 = first; 0 = nothing said: as the last level. */ priority: number };
export type BatchDecision =
  | { take: readonly number[]; why: "full" | "preferred" | "waited" | "alone" }
  | { take: null; /** Infinity: nothing waits. */ untilMs: number };

/** Indices into `waiting`, which is in order of arrival. The first by priority and arrival is always in; others join in that order. */
export function nextBatch(waiting: readonly Waiting[], { maxSize, maxDelayMs, preferredSizes }: Batching, nowMs: number): BatchDecision {
  if (waiting.length === 0) return { take: null, untilMs: Number.POSITIVE_INFINITY };
  const order = waiting.map((_, index) => index).sort((a, b) => turnOf(waiting[a]!) - turnOf(waiting[b]!) || a - b);
  const first = waiting[order[0]!]!;
  if (first.items >= maxSize) return { take: [order[0]!], why: "alone" };
  const alike = order.filter((index) => waiting[index]!.key === first.key);
  const full = fill(waiting, alike, maxSize);
  if (full.items === maxSize || full.taken.length < alike.length) return { take: full.taken, why: "full" };
  const preferred = preferredSizes.filter((size) => size <= full.items).sort((a, b) => b - a)[0];
  if (preferred !== undefined) {
    const exact = fill(waiting, alike, preferred);
    if (exact.items === preferred) return { take: exact.taken, why: "preferred" };
  }
  const oldestAt = Math.min(...alike.map((index) => waiting[index]!.arrivedAt));
  if (nowMs >= oldestAt + maxDelayMs) return { take: full.taken, why: "waited" };
  return { take: null, untilMs: oldestAt + maxDelayMs };
}

function fill(waiting: readonly Waiting[], alike: readonly number[], size: number): { taken: number[]; items: number } {
  const taken: number[] = [];
  let items = 0;
  for (const index of alike) {
    if (items + waiting[index]!.items > size) break;
    taken.push(index);
    items += waiting[index]!.items;
  }
  return { taken, items };
}
