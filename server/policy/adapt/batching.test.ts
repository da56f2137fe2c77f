import { expect, test } from "vitest";
import { type Batched, type BatchLimit, type BatchLook, type BatchMemory, batchTimes, judgeBatching, LIFT_AFTER_MS, NEW_BATCHING, RAISE_AFTER_MS, TRY_MS } from "./batching.ts";

const ALONE: BatchLimit = { maxSize: 1, maxDelayMs: 0 };
/** A run of one stage: so long for itself and for each of its items. */
type Machine = { runMs: number; itemMs: number };
const GAINS: Machine = { runMs: 40, itemMs: 10 };
const GAINS_NOTHING: Machine = { runMs: 0, itemMs: 50 };
const KEEPS = 0.9;
type Part = { seconds: number; demand: number; machine?: Machine; joins?: boolean; told?: boolean; problem?: string; acts?: boolean; waits?: boolean; processorMs?: number } & Partial<Pick<BatchLook, "isBurning" | "isMoving" | "sloMs" | "of">>;

/** Second by second, requests as they come and batches as full as they can be while more come than are carried; what is decided comes into force a second later, unless a part does not act. */
function follow(parts: Part[], limits: BatchLimit = { maxSize: 8, maxDelayMs: 4 }) {
  let [memory, now, second]: [BatchMemory, BatchLimit, number] = [NEW_BATCHING, ALONE, 0];
  const changes: (Batched & { atSecond: number })[] = [];
  const held: number[] = [];
  for (const { seconds, demand, machine = GAINS, joins = true, told = true, problem, acts = true, waits = true, processorMs = 0, isBurning = false, isMoving = false, sloMs = null, of = "placement" } of parts) {
    const carries = (1_000 / (machine.runMs + machine.itemMs)) * KEEPS;
    for (let k = 0; k < seconds; k++) {
      second++;
      const perSecond = (size: number) => (1_000 / (machine.runMs + machine.itemMs * size)) * size;
      const perRun = joins && (demand > carries || isBurning) ? now.maxSize : 1;
      const answered = Math.min(demand, perSecond(perRun));
      const ms = machine.runMs + machine.itemMs * perRun;
      const count = answered / perRun;
      const isFull = demand > perSecond(perRun) * KEEPS;
      const view = { limits, now, problem: problem ?? null, runs: told ? { count, items: answered, slowestMs: count * ms, passMs: count * (ms + 2) } : null, latencyMs: processorMs + (isFull || (isBurning && waits) ? 10 * ms : ms + 2), ...(processorMs > 0 ? { processorMs } : {}) };
      const judged = judgeBatching(memory, { nowMs: second * 1_000, seconds: 1, view, of, demand, answered, carries, isBurning, isMoving, sloMs });
      memory = judged.memory;
      if (judged.holds) held.push(second);
      if (!judged.batched) continue;
      changes.push({ ...judged.batched, atSecond: second });
      if (acts) now = judged.batched.batch;
    }
  }
  return { changes, now, memory, held, sizes: changes.map((one) => one.batch.maxSize) };
}

test("more come than each alone carries: sizes are tried one after the other, kept because an item takes less, until what comes is carried; each alone again when few have come for long", () => {
  const { changes, sizes, memory, held } = follow([{ seconds: 20, demand: 10 }, { seconds: 90, demand: 40 }, { seconds: 60, demand: 9 }]);
  expect(sizes).toEqual([2, 4, 1]);
  expect(changes.map((one) => [one.isBack, one.predictedGain])).toEqual([[false, null], [false, null], [true, null]]);
  expect(changes[0]?.atSecond).toBeGreaterThanOrEqual(20 + RAISE_AFTER_MS / 1_000);
  expect((changes[1]?.atSecond ?? 0) - (changes[0]?.atSecond ?? 0)).toBeGreaterThanOrEqual(TRY_MS / 1_000);
  expect(changes[2]?.atSecond).toBeGreaterThanOrEqual(110 + LIFT_AFTER_MS / 1_000);
  expect(changes[0]?.reason).toContain("is not known: it is tried");
  expect(memory.measured.map((one) => [one.maxSize, Math.round(one.itemMs)])).toEqual([[1, 50], [2, 30], [4, 20]]);
  expect(memory.result).toMatchObject({ maxSize: 4, gain: expect.closeTo(1 - 20 / 30) });
  // Replicas wait while it is tried, and no longer.
  expect(held.filter((second) => second <= 20 || (second > 60 && second < 110))).toEqual([]);
  expect(held.length).toBeGreaterThan((2 * TRY_MS) / 1_000);
});

test("what was measured once is known: the next time it goes there at once, with the gain it promises", () => {
  const { changes, sizes } = follow([{ seconds: 20, demand: 10 }, { seconds: 60, demand: 40 }, { seconds: 60, demand: 9 }, { seconds: 30, demand: 40 }]);
  expect(sizes).toEqual([2, 4, 1, 4]);
  expect(changes[3]).toMatchObject({ predictedGain: expect.closeTo(1 - 20 / 50), reason: expect.stringContaining("20.0 ms of the slowest part instead of 50.0 ms") });
});

test("a try that gains nothing is taken back, told what it measured, and not made again soon", () => {
  const { changes, sizes, memory } = follow([{ seconds: 10, demand: 10, machine: GAINS_NOTHING }, { seconds: 200, demand: 40, machine: GAINS_NOTHING }]);
  expect(sizes).toEqual([2, 1]);
  expect(changes[1]).toMatchObject({ isBack: true, reason: expect.stringContaining("not less by more than") });
  expect(memory.result?.gain).toBeCloseTo(0);
  expect(follow([{ seconds: 10, demand: 10, machine: GAINS_NOTHING }, { seconds: 700, demand: 40, machine: GAINS_NOTHING }]).sizes).toEqual([2, 1, 2, 1]);
  // Also where requests cannot be joined, being of different shapes.
  expect(follow([{ seconds: 10, demand: 10 }, { seconds: 200, demand: 40, joins: false }]).sizes).toEqual([2, 1]);
});

test("a try that fails is given back until that is done", () => {
  const failing: Part[] = [{ seconds: 10, demand: 10, machine: GAINS_NOTHING }, { seconds: 12, demand: 40, machine: GAINS_NOTHING }];
  const { changes } = follow([...failing, { seconds: 12, demand: 40, machine: GAINS_NOTHING, acts: false }]);
  expect(changes.filter((one) => one.isBack).length).toBeGreaterThan(1);
});

test("without a measurement nothing is done, nor without need, nor where the operator allows none", () => {
  expect(follow([{ seconds: 100, demand: 40, told: false }]).changes).toEqual([]);
  expect(follow([{ seconds: 100, demand: 17 }, { seconds: 3, demand: 40 }, { seconds: 100, demand: 17 }]).changes).toEqual([]);
  expect(judgeBatching(NEW_BATCHING, { nowMs: 1, seconds: 1, view: null, of: "", demand: 40, answered: 20, carries: 18, isBurning: true, isMoving: false, sloMs: null })).toEqual({ memory: NEW_BATCHING, batched: null, holds: false });
  expect(Math.max(...follow([{ seconds: 200, demand: 100 }], { maxSize: 3, maxDelayMs: 1 }).sizes)).toBe(3);
});

test("the SLO's latency is respected: what might break it is not tried, and waiting for others is shortened to what it leaves", () => {
  expect(follow([{ seconds: 100, demand: 40, sloMs: 80 }]).changes).toEqual([]);
  const { changes } = follow([{ seconds: 18, demand: 40, sloMs: 106 }]);
  expect(changes.map((one) => one.batch)).toEqual([{ maxSize: 2, maxDelayMs: expect.closeTo(2) }]);
  // Two together take 62 ms: four might take twice as long.
  expect(Math.max(...follow([{ seconds: 200, demand: 100, sloMs: 120 }]).sizes)).toBe(2);
});

test("an SLO whose budget burns because requests wait is a reason, though fewer come than should be carried; it stays until fewer come than brought it on", () => {
  const { sizes, changes } = follow([{ seconds: 20, demand: 10 }, { seconds: 40, demand: 17, isBurning: true, sloMs: 200 }, { seconds: 100, demand: 14 }, { seconds: 60, demand: 5 }]);
  expect(sizes[0]).toBe(2);
  expect(changes[0]?.reason).toContain("Requests wait");
  expect(changes.findIndex((one) => one.batch.maxSize === 1)).toBe(changes.length - 1);
  expect(changes.at(-1)?.atSecond).toBeGreaterThan(160);
});

test("the SLO bounds what clients wait: what their processor takes of it is no room for a batch, and no waiting that one would shorten", () => {
  const { changes } = follow([{ seconds: 18, demand: 40, sloMs: 106 }]);
  expect(follow([{ seconds: 18, demand: 40, sloMs: 136, processorMs: 30 }]).changes).toEqual(changes);
  expect(follow([{ seconds: 100, demand: 40, sloMs: 106, processorMs: 30 }]).changes).toEqual([]);
  const burning: Part = { seconds: 40, demand: 17, isBurning: true, sloMs: 700, processorMs: 500 };
  expect(follow([{ seconds: 20, demand: 10 }, { ...burning, waits: false }]).changes).toEqual([]);
  expect(follow([{ seconds: 20, demand: 10 }, burning]).changes[0]?.reason).toContain("Requests wait: without their processor they take");
});

test("what cannot run together is not tried, and runs alone again; a move in the middle of a try ends it", () => {
  expect(follow([{ seconds: 100, demand: 40, problem: "it looks across its batch" }]).changes).toEqual([]);
  expect(follow([{ seconds: 18, demand: 40 }, { seconds: 20, demand: 40, problem: "it looks across its batch" }]).changes.at(-1)).toMatchObject({ batch: ALONE, reason: expect.stringContaining("looks across") });
  const moved = follow([{ seconds: 10, demand: 40 }, { seconds: 5, demand: 40, isMoving: true }, { seconds: 3, demand: 40, of: "another" }]);
  expect(moved.changes.at(-1)).toMatchObject({ isBack: true, batch: ALONE, reason: expect.stringContaining("can't be compared") });
});

test("as many times as much is carried as an item takes less; after a restart, what is answered says it", () => {
  const { memory, now } = follow([{ seconds: 20, demand: 10 }, { seconds: 60, demand: 40 }]);
  const view = { limits: { maxSize: 8, maxDelayMs: 4 }, now, problem: null, runs: null, latencyMs: null };
  expect(batchTimes(memory, view, { carries: 18, answered: 40 })).toBeCloseTo(2.5);
  expect(batchTimes(NEW_BATCHING, view, { carries: 18, answered: 36 })).toBeCloseTo(2);
  expect(batchTimes(memory, { ...view, now: ALONE }, { carries: 18, answered: 36 })).toBe(1);
});
