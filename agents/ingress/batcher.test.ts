import { expect, test } from "vitest";
import type { TensorSpec, WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import { unbatchableBecause } from "./batch-tensors.ts";
import { Batcher, type BatcherHost } from "./batcher.ts";
import type { InferAnswer } from "./dispatcher.ts";
import type { Gone } from "./gone.ts";

const tensor = (name: string, values: number[], width = 1): WireTensor => ({ name, dataType: "float32", shape: [values.length / width, width], data: new Uint8Array(new Float32Array(values).buffer) });
const valuesOf = ({ data }: WireTensor) => [...new Float32Array(new Uint8Array(data).buffer)];
const farAway = () => performance.now() + 60_000;

/** Answers when the test says so, with `f` of the input's values. */
function batcherOf(f: (values: number[]) => number[], batching = { maxSize: 4, maxDelayMs: 0, preferredSizes: [] as number[] }) {
  const runs: { values: number[]; signal: Gone; released: number; answer(): void; fail(error: WireError): void }[] = [];
  const refused: string[] = [];
  const host: BatcherHost = {
    infer: ({ inputs, signal }) => new Promise<InferAnswer>((resolve, reject) => {
      const values = valuesOf(inputs[0]!);
      const run = {
        values, signal, released: 0, fail: reject,
        answer: () => resolve({ outputs: [tensor("y", f(values))], epoch: 1, attempts: 1, release: () => { run.released++; }, trace: { requestId: "r", startedAt: "", totalMs: 1, ok: true, errorCode: null, stages: [{ stageIndex: 0, nodeId: "a", queueMs: 0, computeMs: 1, receivedBytes: 4 }] } }),
      };
      runs.push(run);
    }),
    limits: () => ({ maxInFlight: 10 }), replicas: () => 1, refused: (why) => refused.push(why), paddingRefused: (why) => refused.push(why), changed: () => undefined,
  };
  return { batcher: new Batcher(batching, null, host), runs, refused };
}
type Made = ReturnType<typeof batcherOf>;
const ask = ({ batcher }: Made, values: number[], over: { deadlineAt?: number; signal?: AbortSignal; priority?: number } = {}) => batcher.infer({ inputs: [tensor("x", values)], deadlineAt: farAway(), priority: 0, ...over });
const settle = async ({ runs }: Made) => { for (let i = 0; i < 50; i++) { for (const run of runs) run.answer(); await new Promise((resolve) => setImmediate(resolve)); } };
/** Two fill the pipeline, so that what follows waits together. */
async function prove(made: Made): Promise<void> {
  const all = [ask(made, [1]), ask(made, [2]), ask(made, [3]), ask(made, [4])];
  await settle(made);
  await Promise.all(all);
  made.runs.length = 0;
}
const double = (values: number[]) => values.map((value) => value * 2);

test("the first batch runs both ways; from then on requests that wait run together, each getting its share", async () => {
  const made = batcherOf(double);
  const first = [ask(made, [1]), ask(made, [2]), ask(made, [3]), ask(made, [4])];
  await settle(made);
  expect((await Promise.all(first)).map(({ outputs }) => valuesOf(outputs[0]!))).toEqual([[2], [4], [6], [8]]);
  expect(made.runs.map((run) => run.values)).toEqual(expect.arrayContaining([[3, 4], [3], [4]]));
  made.runs.length = 0;
  const [, , ...joined] = [ask(made, [1]), ask(made, [2]), ask(made, [5, 6]), ask(made, [7]), ask(made, [8, 9])];
  await settle(made);
  const answers = await Promise.all(joined);
  expect(made.runs.map((run) => run.values)).toEqual([[1], [2], [5, 6, 7], [8, 9]]);
  expect(answers.map(({ outputs, size, executed }) => [valuesOf(outputs[0]!), size, executed])).toEqual([[[10, 12], 3, true], [[14], 3, false], [[16, 18], 2, true]]);
  answers[0]!.release();
  expect(made.runs[2]!.released).toBe(0);
  answers[1]!.release();
  expect(made.runs[2]!.released).toBe(1);
});

test.each<[what: string, f: (values: number[]) => number[], why: RegExp]>([
  ["a model that looks across its batch", (values) => values.map((value) => value - Math.max(...values)), /differ from answers alone/],
  ["an output without the batch", () => [1], /first dimension is not the batch's/],
])("%s is never batched, and nobody gets a wrong answer", async (_what, f, why) => {
  const made = batcherOf(f);
  const all = [1, 2, 3, 4, 5, 6].map((value) => ask(made, [value]));
  await settle(made);
  for (const [index, answer] of (await Promise.all(all)).entries()) expect(valuesOf(answer.outputs[0]!)).toEqual(f([index + 1]));
  expect(made.refused).toEqual([expect.stringMatching(why)]);
  made.runs.length = 0;
  const later = [7, 8, 9, 10].map((value) => ask(made, [value]));
  await settle(made);
  await Promise.all(later);
  expect(made.runs.every((run) => run.values.length === 1)).toBe(true);
});

test("one request's mistake is not the others'", async () => {
  const made = batcherOf(double);
  await prove(made);
  const all = [ask(made, [1]), ask(made, [2]), ask(made, [3]), ask(made, [-1])].map((one) => one.then(({ outputs }) => valuesOf(outputs[0]!), (error: WireError) => error.code));
  for (let i = 0; i < 50; i++) {
    for (const run of made.runs) if (run.values.includes(-1)) run.fail(new WireError("run_failed", "negative")); else run.answer();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(all)).toEqual([[2], [4], [6], "run_failed"]);
});

test("deadlines and cancellation end a request that waits and one that runs; more than may be in flight is refused", async () => {
  const made = batcherOf(double, { maxSize: 4, maxDelayMs: 60_000, preferredSizes: [] });
  expect(await ask(made, [1], { deadlineAt: performance.now() - 1 }).catch((error: WireError) => error.code)).toBe("deadline");
  const abort = new AbortController();
  const [late, cancelled] = [ask(made, [1], { deadlineAt: performance.now() + 5 }), ask(made, [2], { signal: abort.signal })].map((one) => one.catch((error: WireError) => error.code));
  expect(await late).toBe("deadline");
  abort.abort();
  expect(await cancelled).toBe("cancelled");
  expect(made.batcher.inFlight).toBe(0);
  const full = Array.from({ length: 11 }, () => ask(made, [1, 1, 1]).then(() => "answered", (error: WireError) => error.code));
  expect(await full[10]).toBe("overloaded");
  made.batcher.stop("over");
  await settle(made);
  expect(new Set(await Promise.all(full))).toEqual(new Set(["overloaded", "going_away", "answered"]));
});

test("a batch that nobody waits for any more is cancelled", async () => {
  const made = batcherOf(double);
  await prove(made);
  const aborts = [new AbortController(), new AbortController()];
  const busy = [ask(made, [1]), ask(made, [2])];
  const two = aborts.map(({ signal }, index) => ask(made, [index], { signal }).catch((error: WireError) => error.code));
  for (const run of made.runs) run.answer();
  await Promise.all(busy);
  await expect.poll(() => made.runs.length).toBe(3);
  aborts[0]!.abort();
  expect(made.runs[2]!.signal.aborted).toBe(false);
  aborts[1]!.abort();
  expect(made.runs[2]!.signal.aborted).toBe(true);
  expect(await Promise.all(two)).toEqual(["cancelled", "cancelled"]);
});

const spec = (name: string, ...shape: (number | string)[]): TensorSpec => ({ name, dataType: "float32", shape });
test.each<[inputs: TensorSpec[], outputs: TensorSpec[], stateful: boolean, why: RegExp | null]>([
  [[spec("a", "n", 3), spec("b", "n")], [spec("y", "n", 2)], false, null],
  [[spec("a", "n")], [spec("y", "n")], true, /state/],
  [[spec("a", 1, 3)], [spec("y", 1)], false, /fixed size/],
  [[spec("a", "", 3)], [spec("y", "")], false, /no name/],
  [[spec("a", "n"), spec("b", "m")], [spec("y", "n")], false, /"b" does not have "n"/],
  [[spec("a", "n")], [spec("y", "n", "n")], false, /"y"/],
])("which models can be batched %#", (inputs, outputs, stateful, why) => {
  const because = unbatchableBecause(inputs, outputs, stateful);
  if (why === null) expect(because).toBeNull();
  else expect(because).toMatch(why);
});
