import { expect, test } from "vitest";
import { planPadding } from "../protocol/pad-plan.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import { Batcher } from "./batcher.ts";
import type { InferAnswer } from "./dispatcher.ts";

const tensor = (name: string, shape: number[], values: number[]): WireTensor => ({ name, dataType: "float32", shape, data: new Uint8Array(new Float32Array(values).buffer) });
const valuesOf = ({ data }: WireTensor) => [...new Float32Array(new Uint8Array(data).buffer)];
const ROWS = [{ name: "x", dataType: "float32" as const, shape: ["n", "t"] }];
const PLAN = planPadding({ dimensions: [{ name: "t", lengths: [4, 8] }], values: [{ input: "x", value: 0 }] }, ROWS, [{ ...ROWS[0]!, name: "y" }]).plan!;

/** Of each row as long as it is in the batch. */
function batcherOf(model: (row: number[]) => number[]) {
  const runs: { shape: number[]; answer(): void }[] = [];
  const refused: string[] = [];
  const batcher = new Batcher({ maxSize: 4, maxDelayMs: 0, preferredSizes: [], maxQueues: 4 }, PLAN, {
    infer: ({ inputs }) => new Promise<InferAnswer>((resolve, reject) => {
      const { shape } = inputs[0]!;
      const rows = Array.from({ length: shape[0]! }, (_, row) => valuesOf(inputs[0]!).slice(row * shape[1]!, (row + 1) * shape[1]!));
      runs.push({
        shape, answer: () => {
          try {
            resolve({ outputs: [tensor("y", shape, rows.flatMap(model))], epoch: 1, attempts: 1, release: () => undefined, trace: { requestId: "r", startedAt: "", totalMs: 1, ok: true, errorCode: null, stages: [{ stageIndex: 0, nodeId: "a", queueMs: 0, computeMs: 1, receivedBytes: 4 }] } });
          } catch (error) { reject(new WireError("run_failed", (error as Error).message)); }
        },
      });
    }),
    limits: () => ({ maxInFlight: 64 }), replicas: () => 1, refused: (why) => refused.push(why), paddingRefused: (why) => refused.push(`padding: ${why}`), changed: () => undefined,
  });
  const ask = (...values: number[]) => batcher.infer({ inputs: [tensor("x", [1, values.length], values)], deadlineAt: performance.now() + 60_000, priority: 0 }).then(({ outputs }) => valuesOf(outputs[0]!));
  const settle = async () => { for (let i = 0; i < 80; i++) { for (const run of runs) run.answer(); await new Promise((resolve) => setImmediate(resolve)); } };
  /** Two fill the pipeline, so that what follows waits together. */
  const together = async (...requests: number[][]) => {
    runs.length = 0;
    const all = [[1], [2], ...requests].map((values) => ask(...values));
    await settle();
    return (await Promise.all(all)).slice(2);
  };
  return { batcher, runs, refused, together };
}

test("of each bucket the first padded batch also runs one by one; then requests of different lengths run together, each answered at its own", async () => {
  const { batcher, runs, refused, together } = batcherOf((row) => row.map((value) => value * 2));
  expect(await together([1, 2], [3])).toEqual([[2, 4], [6]]);
  expect(runs.map(({ shape }) => shape)).toEqual([[1, 1], [1, 1], [2, 4], [1, 2], [1, 1]]);
  expect(await together([1, 2, 3], [4, 5])).toEqual([[2, 4, 6], [8, 10]]);
  expect(runs.map(({ shape }) => shape)).toEqual([[1, 1], [1, 1], [2, 4]]);
  expect(await together([1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11])).toEqual([[2, 4, 6, 8, 10], [12, 14, 16, 18, 20, 22]]);
  expect(runs).toHaveLength(5);
  expect([batcher.elements.padding, batcher.equalBuckets]).toEqual([5 + 3 + 5, 2]);
  expect(refused).toEqual([]);
});

test("a model that sees the padding is never given any, nobody gets a wrong answer, and equal shapes are joined still", async () => {
  const { runs, refused, together } = batcherOf((row) => row.map((value) => value * row.length));
  expect(await together([1, 2], [3])).toEqual([[2, 4], [3]]);
  expect(refused).toEqual([expect.stringMatching(/^padding: answers of a padded batch differ/)]);
  expect(await together([1, 2], [3, 4])).toEqual([[2, 4], [6, 8]]);
  expect(await together([1, 2], [3, 4], [5])).toEqual([[2, 4], [6, 8], [5]]);
  expect(runs.map(({ shape }) => shape)).toEqual([[1, 1], [1, 1], [2, 2], [1, 1]]);
  expect(refused).toHaveLength(1);
});

test("a bucket longer than the model can take is given up at the first try", async () => {
  const { refused, together } = batcherOf((row) => { if (row.length > 3) throw new Error("at most 3"); return row; });
  expect(await together([1, 2], [3])).toEqual([[1, 2], [3]]);
  expect(refused).toEqual([expect.stringMatching(/^padding: a padded batch fails .*at most 3/)]);
});
