import { expect, test } from "vitest";
import { AVOID_FAILED_MS, type Holder } from "./choose-holder.ts";
import type { ByteRange } from "./sparse-file.ts";
import { type Held, MAX_PIECES, MIN_PEER_BYTES, splitRange } from "./split-range.ts";

const MB = 1_000_000;
const holder = (nodeId: string | null, more: Partial<Holder> = {}): Holder => ({ nodeId, via: null, bytesPerSecond: 10e6, roundTripMs: 1, transfers: 0, failedAtMs: null, ...more });
const CONSOLE = holder(null, { bytesPerSecond: 5e6 });
const has = (nodeId: string, ranges: ByteRange[], more: Partial<Holder> = {}): Held => ({ holder: holder(nodeId, more), ranges: ranges.map(([from, to]): ByteRange => [from * MB, to * MB]) });
const split = (range: ByteRange, held: Held[], nowMs = 0) => splitRange([range[0] * MB, range[1] * MB], held, CONSOLE, nowMs).map(([from, to]) => [from / MB, to / MB]);
const fast = { bytesPerSecond: 100e6 };

test.each<[string, Held[], number[][]]>([
  ["nobody holds it: one piece", [], [[0, 12]]],
  ["one holds all: one piece", [has("a", [[0, 20]])], [[0, 12]]],
  ["two halves: two pieces", [has("a", [[0, 6]]), has("b", [[6, 12]])], [[0, 6], [6, 12]]],
  ["what nobody holds is a piece of its own", [has("a", [[2, 5], [7, 9]])], [[0, 2], [2, 5], [5, 7], [7, 9], [9, 12]]],
  ["the nearer one gives all it has, the farther one the rest", [has("a", [[0, 12]]), has("b", [[4, 8]], fast)], [[0, 4], [4, 8], [8, 12]]],
  ["a farther one that has no more than the nearer one does not matter", [has("a", [[4, 8]]), has("b", [[0, 12]], fast)], [[0, 12]]],
  ["one that is slower than the console does not matter", [has("a", [[0, 6]], { bytesPerSecond: 1e6 })], [[0, 12]]],
  ["one that failed a moment ago does not matter", [has("a", [[0, 6]], { failedAtMs: 0 })], [[0, 12]]],
])("%s", (_name, held, wanted) => {
  expect(split([0, 12], held)).toEqual(wanted);
  expect(split([0, 12], [...held].reverse())).toEqual(wanted);
});

test("one that failed is counted again after a while", () => {
  expect(split([0, 12], [has("a", [[0, 6]], { failedAtMs: 0 })], AVOID_FAILED_MS)).toEqual([[0, 6], [6, 12]]);
});

test("whatever caches hold: no gap, nothing twice, never more pieces than the limit, and the largest finds are kept", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const end = 10 * MB + seed;
    // Holes of 1 to 97 KB, and one large find.
    const step = MIN_PEER_BYTES / 4 + ((seed * 7919) % 96_000);
    const holes: Held[] = ["a", "b", "c"].map((id, index) => ({
      holder: holder(id, { bytesPerSecond: 10e6 + seed * index }),
      ranges: Array.from({ length: Math.floor(5 * MB / (2 * step)) }, (_, i): ByteRange => [(2 * i * step) + index * 500, (2 * i + 1) * step + index * 500]),
    }));
    const pieces = splitRange([3, end], [...holes, has("large", [[6, 9]])], CONSOLE, 0);
    expect(pieces.length).toBeLessThanOrEqual(MAX_PIECES);
    expect(pieces.map(([from]) => from)).toEqual([3, ...pieces.slice(0, -1).map(([, to]) => to)]);
    expect(pieces.at(-1)?.[1]).toBe(end);
    expect(pieces).toContainEqual([6 * MB, 9 * MB]);
  }
});
