import { expect, test } from "vitest";
import { nextBatch, type Waiting } from "./next-batch.ts";

const batching = { maxSize: 8, maxDelayMs: 5, preferredSizes: [4] };
const waiting = (...items: (number | Partial<Waiting>)[]): Waiting[] => items.map((one, index) => ({ items: 1, arrivedAt: index, key: "k", priority: 0, ...(typeof one === "number" ? { items: one } : one) }));

test.each<[what: string, queue: Waiting[], nowMs: number, decision: unknown]>([
  ["nothing waits", [], 0, { take: null, untilMs: Number.POSITIVE_INFINITY }],
  ["one waits for more until its delay is over", waiting(1), 2, { take: null, untilMs: 5 }],
  ["then it goes alone", waiting(1), 5, { take: [0], why: "waited" }],
  ["a preferred size goes at once", waiting(1, 2, 1), 2, { take: [0, 1, 2], why: "preferred" }],
  ["more than a preferred size: the preferred part", waiting(1, 2, 1, 1), 3, { take: [0, 1, 2], why: "preferred" }],
  ["a preferred size that the items do not make is waited for", waiting(3, 3), 1, { take: null, untilMs: 5 }],
  ["full", waiting(4, 4, 4), 2, { take: [0, 1], why: "full" }],
  ["the next would not fit: what fits", waiting(5, 4), 1, { take: [0], why: "full" }],
  ["larger than a batch: alone", waiting(9, 1), 1, { take: [0], why: "alone" }],
  ["only alike ones are joined, the oldest first", waiting({ key: "a" }, { key: "b" }, { key: "a" }), 5, { take: [0, 2], why: "waited" }],
  ["priority goes first, then arrival; none said comes last", waiting({}, { priority: 2, items: 4 }, { priority: 1, items: 4 }), 2, { take: [2, 1], why: "full" }],
  ["who waits long enough goes before later ones of any priority", waiting({ items: 8 }, { priority: 1, items: 8, arrivedAt: 1_749 }), 1_749, { take: [1], why: "alone" }],
  ["and a little longer", waiting({ items: 8 }, { priority: 1, items: 8, arrivedAt: 1_751 }), 1_751, { take: [0], why: "alone" }],
])("%s", (_what, queue, nowMs, decision) => {
  expect(nextBatch(queue, batching, nowMs)).toEqual(decision);
});

test("without a delay whatever waits goes", () => {
  expect(nextBatch(waiting(1, 1), { maxSize: 8, maxDelayMs: 0, preferredSizes: [] }, 1)).toEqual({ take: [0, 1], why: "waited" });
});

test.each<[what: string, queue: Waiting[], nowMs: number, decision: unknown]>([
  ["a shape that is full does not wait for the first one's delay", waiting({ key: "a" }, { key: "b", items: 8 }), 2, { take: [1], why: "alone" }],
  ["of two that may go, the one whose first came first", waiting({ key: "a" }, { key: "b" }), 9, { take: [0], why: "waited" }],
  ["or whose first has priority", waiting({ key: "a" }, { key: "b", priority: 1 }), 9, { take: [1], why: "waited" }],
  ["none may go: until the first of them may", waiting({ key: "a", arrivedAt: 3 }, { key: "b", arrivedAt: 1 }), 4, { take: null, untilMs: 6 }],
  ["shapes beyond the queues wait for each other in the last", waiting({ key: "a" }, { key: "b" }, { key: "c", items: 8 }), 4, { take: null, untilMs: 5 }],
  ["and go when their first has", waiting({ key: "a", arrivedAt: 3 }, { key: "b", arrivedAt: 0 }, { key: "c", items: 8 }), 5, { take: [1], why: "waited" }],
])("with two queues: %s", (_what, queue, nowMs, decision) => {
  expect(nextBatch(queue, { ...batching, maxQueues: 2 }, nowMs)).toEqual(decision);
});
