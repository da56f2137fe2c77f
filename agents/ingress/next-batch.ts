// Decides which waiting requests run together now, or until when to wait for more. Pure: a snapshot and the time in, what and why out.
import type { Batching } from "../protocol/control.ts";
import { turnOf } from "./priority.ts";

/** `key`: requests of equal keys may be joined (same inputs but for the batch dimension, and for what is padded). Times: `performance.now()` clock. */
export type Waiting = { items: number; arrivedAt: number; key: string; /** 1 = first; 0 = nothing said: as the last level. */ priority: number };
export type BatchDecision =
  | { take: readonly number[]; why: "full" | "preferred" | "waited" | "alone" }
  | { take: null; /** Infinity: nothing waits. */ untilMs: number };

/**
 * Indices into `waiting`, which is in order of arrival. Of the queues that have a batch to send, the one whose first has its turn first sends it; so with one
 * queue the first by priority and arrival is always in, and others join in that order.
 */
export function nextBatch(waiting: readonly Waiting[], batching: Batching, nowMs: number): BatchDecision {
  let next: { batch: Extract<BatchDecision, { why: string }>; first: number } | null = null;
  let untilMs = Number.POSITIVE_INFINITY;
  for (const queue of queuesOf(waiting, batching.maxQueues ?? 1)) {
    const order = queue.sort((a, b) => turnOf(waiting[a]!) - turnOf(waiting[b]!) || a - b);
    const first = order[0]!;
    const decision = nextOfQueue(waiting, order, batching, nowMs);
    if (decision.take === null) untilMs = Math.min(untilMs, decision.untilMs);
    else if (next === null || turnOf(waiting[first]!) < turnOf(waiting[next.first]!) || (turnOf(waiting[first]!) === turnOf(waiting[next.first]!) && first < next.first)) next = { batch: decision, first };
  }
  return next?.batch ?? { take: null, untilMs };
}

/** Those of one key each, in order of their first's arrival; beyond `most` queues the rest wait in the last one together. */
function queuesOf(waiting: readonly Waiting[], most: number): number[][] {
  const byKey = new Map<string, number[]>();
  for (const [index, { key }] of waiting.entries()) {
    const queue = byKey.get(key);
    if (queue) queue.push(index);
    else byKey.set(key, [index]);
  }
  const queues = [...byKey.values()];
  return queues.length <= most ? queues : [...queues.slice(0, most - 1), queues.slice(most - 1).flat().sort((a, b) => a - b)];
}

/** `order`: indices of one queue, first to last, at least one. Only those alike to the first join it. */
function nextOfQueue(waiting: readonly Waiting[], order: readonly number[], { maxSize, maxDelayMs, preferredSizes }: Batching, nowMs: number): BatchDecision {
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
