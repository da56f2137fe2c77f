// Three times as many requests as a server carries, on a clock of the test's own: what is answered in time, and what the others are told.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import { Batcher, type BatcherHost } from "./batcher.ts";
import type { InferAnswer } from "./dispatcher.ts";

const MAX_SIZE = 4;
const DEADLINE_MS = 200;
/** 600 a second, of which 200 can be carried: four in 20 ms. */
const EVERY_MS = 10;
const COME = 6;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const one = (): WireTensor => ({ name: "x", dataType: "float32", shape: [1, 1], data: new Uint8Array(4) });
type Job = { done(): void };

/** A server that runs what it is sent in `server.batchMs`, one after the other, and drops what nobody waits for any more before it begins. */
function serverOf(server: { batchMs: number }): BatcherHost["infer"] {
  const queue: Job[] = [];
  let isBusy = false;
  const next = (): void => {
    const job = queue.shift();
    isBusy = job !== undefined;
    if (job) setTimeout(() => { job.done(); next(); }, server.batchMs);
  };
  return ({ inputs, deadlineAt }) => new Promise<InferAnswer>((resolve, reject) => {
    const late = setTimeout(() => {
      const at = queue.indexOf(job);
      if (at >= 0) queue.splice(at, 1);
      reject(new WireError("deadline", "no answer within the deadline"));
    }, deadlineAt - performance.now());
    const answer: InferAnswer = { outputs: inputs.map((input) => ({ ...input, name: "y" })), epoch: 1, attempts: 1, release: () => undefined, trace: { requestId: "r", startedAt: "", totalMs: 1, ok: true, errorCode: null, stages: [{ stageIndex: 0, nodeId: "a", queueMs: 0, computeMs: 1, receivedBytes: 4 }] } };
    const job: Job = { done: () => { clearTimeout(late); resolve(answer); } };
    queue.push(job);
    if (!isBusy) next();
  });
}

function batcherOf(server: { batchMs: number }): Batcher {
  return new Batcher({ maxSize: MAX_SIZE, maxDelayMs: 0, preferredSizes: [] }, null, { infer: serverOf(server), limits: () => ({ maxInFlight: 64 }), replicas: () => 1, refused: () => undefined, paddingRefused: () => undefined, changed: () => undefined });
}

/** Joining is proved before. */
async function prove(batcher: Batcher): Promise<void> {
  const asked = Array.from({ length: 10 }, () => batcher.infer({ inputs: [one()], deadlineAt: performance.now() + 60_000, priority: 0 }));
  await vi.advanceTimersByTimeAsync(2_000);
  await Promise.all(asked);
}

/** How many of the requests of so many seconds ended in which way; those with a priority apart. */
async function come(batcher: Batcher, seconds: number, priorityOf: (index: number) => number = () => 0): Promise<Record<string, number>> {
  const ended: Record<string, number> = {};
  let asked = 0;
  for (let atMs = 0; atMs < seconds * 1_000; atMs += EVERY_MS) {
    for (let index = 0; index < COME; index++) {
      const priority = priorityOf(asked++);
      void batcher.infer({ inputs: [one()], deadlineAt: performance.now() + DEADLINE_MS, priority }).then(() => "answered", (error: WireError) => error.code).then((code) => {
        const outcome = priority === 0 ? code : `${code} first`;
        ended[outcome] = (ended[outcome] ?? 0) + 1;
      });
    }
    await vi.advanceTimersByTimeAsync(EVERY_MS);
  }
  return ended;
}

test("nine tenths of what can be answered in time is, and hardly any of the rest is let in to be late", async () => {
  const batcher = batcherOf({ batchMs: 20 });
  await prove(batcher);
  await come(batcher, 1);
  const { answered = 0, deadline = 0, overloaded = 0 } = await come(batcher, 4);
  expect(answered).toBeGreaterThan(0.9 * 4 * 200);
  expect(deadline).toBeLessThan(0.1 * answered);
  expect(overloaded).toBeGreaterThan(answered);
});

test("a server that becomes slower and faster again is found out, each time", async () => {
  const server = { batchMs: 20 };
  const batcher = batcherOf(server);
  await prove(batcher);
  await come(batcher, 1);
  for (const [batchMs, perSecond] of [[60, 66], [20, 200]] as const) {
    server.batchMs = batchMs;
    await come(batcher, 3);
    const { answered = 0 } = await come(batcher, 2);
    expect(answered).toBeGreaterThan(0.8 * 2 * perSecond);
  }
});

test("one that goes before others is let in where others are refused", async () => {
  const batcher = batcherOf({ batchMs: 20 });
  await prove(batcher);
  const first = (index: number) => (index % 10 === 0 ? 1 : 0);
  await come(batcher, 1, first);
  const ended = await come(batcher, 4, first);
  expect(ended["overloaded first"] ?? 0).toBe(0);
  expect(ended["answered first"]).toBeGreaterThan(0.95 * 4 * 60);
  expect((ended.answered ?? 0) + (ended["answered first"] ?? 0)).toBeGreaterThan(0.9 * 4 * 200);
});
