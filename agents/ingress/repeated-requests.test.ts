import { expect, test } from "vitest";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { InferAnswer } from "./dispatcher.ts";
import type { Gone } from "./gone.ts";
import { RepeatedRequests } from "./repeated-requests.ts";

const tensor = (...values: number[]): WireTensor => ({ name: "x", dataType: "uint8", shape: [values.length], data: Uint8Array.from(values) });
const later = (ms: number) => performance.now() + ms;
type Run = { signal: Gone | undefined; released: number; answer(value: number): void; fail(error: Error): void };

function create(limits?: { kept: number; bytes: number; answerBytes: number }) {
  const repeated = new RepeatedRequests<InferAnswer>(limits);
  const runs: Run[] = [];
  const ask = (key: string, inputs: WireTensor[], deadlineAt = later(60_000), signal?: Gone, once = false) =>
    repeated.infer({ key, inputs, deadlineAt, once, ...(signal ? { signal } : {}) }, (until) => new Promise((resolve, reject) => {
      const run: Run = {
        signal: until, released: 0, fail: reject,
        answer: (value) => resolve({ outputs: [tensor(value)], epoch: 1, attempts: 1, release: () => { run.released++; }, trace: { requestId: `r${runs.length}`, startedAt: "", totalMs: 1, ok: true, errorCode: null, stages: [] } }),
      };
      runs.push(run);
      until?.addEventListener("abort", () => reject(new WireError("cancelled", "nobody waits")));
    }));
  return { repeated, runs, ask };
}
const firstOf = (answer: InferAnswer) => answer.outputs[0]!.data[0];

test("who comes while the first runs joins it; memory is given back once, by the last", async () => {
  const { runs, ask, repeated } = create();
  const both = [ask("k", [tensor(1)]), ask("k", [tensor(1)])];
  expect(runs).toHaveLength(1);
  runs[0]!.answer(7);
  const [first, second] = await Promise.all(both);
  expect([firstOf(first!), firstOf(second!), first!.repeated, second!.repeated]).toEqual([7, 7, false, true]);
  first!.release();
  expect(runs[0]!.released).toBe(0);
  second!.release();
  expect(runs[0]!.released).toBe(1);
  expect(repeated.count).toBe(1);
});

test("after the end the same answer is given until the deadline of the first, then it runs anew", async () => {
  const { runs, ask, repeated } = create();
  const until = later(60_000);
  const first = ask("k", [tensor(1)], until);
  runs[0]!.answer(7);
  (await first).release();
  for (const settle of [() => undefined, () => new Promise((resolve) => setImmediate(resolve))]) {
    await settle();
    const again = await ask("k", [tensor(1)], later(60_000));
    expect([firstOf(again), again.repeated, again.trace.requestId]).toEqual([7, true, (await first).trace.requestId]);
  }
  repeated.sweep(until);
  void ask("k", [tensor(1)]);
  expect(runs).toHaveLength(2);
});

test("the same name with other tensors is another request, while the first runs and after", async () => {
  const { runs, ask } = create();
  const [first, other] = [ask("k", [tensor(1)]), ask("k", [tensor(2)])];
  expect(runs).toHaveLength(2);
  runs[0]!.answer(10);
  runs[1]!.answer(20);
  expect([firstOf(await first), firstOf(await other)]).toEqual([10, 20]);
  await new Promise((resolve) => setImmediate(resolve));
  const third = ask("k", [tensor(3)]);
  runs[2]!.answer(30);
  expect(await third.then((answer) => [firstOf(answer), answer.repeated])).toEqual([30, false]);
});

test("a failure reaches all who wait and is not kept", async () => {
  const { runs, ask } = create();
  const both = [ask("k", [tensor(1)]), ask("k", [tensor(1)])];
  runs[0]!.fail(new WireError("run_failed", "no"));
  for (const one of both) await expect(one).rejects.toMatchObject({ code: "run_failed" });
  void ask("k", [tensor(1)]);
  expect(runs).toHaveLength(2);
});

test("the run ends when the last who waits has gone, not when the first has; a step of a sequence runs to its end", async () => {
  const { runs, ask } = create();
  const [a, b] = [new AbortController(), new AbortController()];
  const both = [ask("k", [tensor(1)], undefined, a.signal), ask("k", [tensor(1)], undefined, b.signal)];
  a.abort();
  await expect(both[0]).rejects.toMatchObject({ code: "cancelled" });
  expect(runs[0]!.signal!.aborted).toBe(false);
  b.abort();
  await expect(both[1]).rejects.toMatchObject({ code: "cancelled" });
  expect(runs[0]!.signal!.aborted).toBe(true);
  const c = new AbortController();
  const step = ask("step", [tensor(1)], undefined, c.signal, true);
  c.abort();
  await expect(step).rejects.toMatchObject({ code: "cancelled" });
  expect(runs[1]!.signal).toBeUndefined();
  const again = ask("step", [tensor(1)], undefined, undefined, true);
  runs[1]!.answer(5);
  expect([firstOf(await again), (await again).repeated, runs.length]).toEqual([5, true, 2]);
});

test("whoever has more time than the first runs anew when the first's time is up; whoever has less is told at its own", async () => {
  const { runs, ask } = create();
  const first = ask("k", [tensor(1)], later(30_000));
  const longer = ask("k", [tensor(1)], later(60_000));
  await expect(ask("k", [tensor(1)], later(1))).rejects.toMatchObject({ code: "deadline" });
  runs[0]!.fail(new WireError("deadline", "no answer within the deadline"));
  await expect(first).rejects.toMatchObject({ code: "deadline" });
  await expect.poll(() => runs.length).toBe(2);
  runs[1]!.answer(9);
  expect(firstOf(await longer)).toBe(9);
});

test("answers and bytes are bounded: the oldest go, an answer that is too large is not kept", async () => {
  const { runs, ask, repeated } = create({ kept: 3, bytes: 1000, answerBytes: 1000 });
  for (let i = 0; i < 5; i++) {
    const one = ask(`k${i}`, [tensor(i)]);
    runs[i]!.answer(i);
    (await one).release();
  }
  expect(repeated.keptBytes).toBe(3);
  expect((await ask("k4", [tensor(4)])).repeated).toBe(true);
  void ask("k0", [tensor(0)]);
  expect(runs).toHaveLength(6);
  const small = create({ kept: 3, bytes: 1, answerBytes: 0 });
  const one = small.ask("k", [tensor(1)]);
  small.runs[0]!.answer(1);
  (await one).release();
  expect(small.repeated.keptBytes).toBe(0);
});
