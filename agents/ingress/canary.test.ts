import { expect, test } from "vitest";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import { Canary, type TriedAnswer } from "./canary.ts";
import type { InferAnswer } from "./dispatcher.ts";

const SETTING = { epoch: 2, share: 0.1, shadowShare: 0.5, tolerance: 1e-3 };
const tensor = (...values: number[]): WireTensor => ({ name: "y", dataType: "float32", shape: [values.length], data: new Uint8Array(new Float32Array(values).buffer) });
const answer = (epoch: number, outputs: WireTensor[] = []): InferAnswer => ({ outputs, epoch, attempts: 1, trace: { requestId: "r", startedAt: "", totalMs: 1, ok: true, errorCode: null, stages: [] }, release: () => undefined });
const failing = (code: "run_failed" | "cancelled" | "bad_tensors") => Promise.reject(new WireError(code, "no"));

test.each([[0, 0], [0.1, 100], [0.25, 250], [1 / 3, 333], [0.9, 900], [1, 1000]])("a share of %d takes %d of 1,000 requests, spread evenly", (share, expected) => {
  const canary = new Canary({ ...SETTING, share }, () => 0);
  const taken = Array.from({ length: 1000 }, () => canary.takes());
  expect(taken.filter(Boolean).length).toBe(expected);
  for (let from = 0; from + 100 <= 1000; from += 100) expect(Math.abs(taken.slice(from, from + 100).filter(Boolean).length - share * 100)).toBeLessThanOrEqual(1);
});

test("what it answered and what it failed are counted; what another had to answer it failed; what is the client's own does not count", async () => {
  const canary = new Canary(SETTING, () => 0);
  await canary.counted(() => Promise.resolve(answer(2)));
  await canary.counted(() => Promise.resolve(answer(1)));
  for (const code of ["run_failed", "cancelled", "bad_tensors"] as const) await expect(canary.counted(() => failing(code))).rejects.toMatchObject({ code });
  expect(canary.observed()).toMatchObject({ epoch: 2, requests: 3, failed: 2, windows: [] });
  canary.change({ ...SETTING, share: 0.5 });
  expect(canary.observed().requests).toBe(3);
});

test("a window closes when it is long enough and has enough requests; three are told", async () => {
  let nowMs = 0;
  const canary = new Canary(SETTING, () => nowMs);
  const run = async (count: number, ms: number) => { for (let i = 0; i < count; i++) await canary.counted(async () => { nowMs += ms; return answer(2); }); };
  await run(9, 1000);
  expect(canary.observed().windows).toEqual([]);
  await run(1, 1000);
  expect(canary.observed().windows).toEqual([{ requests: 10, failed: 0, latencyMsP99: 1000 }]);
  for (const [count, ms] of [[50, 100], [34, 150], [25, 200], [20, 250]] as const) await run(count, ms);
  expect(canary.observed().windows).toEqual([{ requests: 34, failed: 0, latencyMsP99: 150 }, { requests: 25, failed: 0, latencyMsP99: 200 }, { requests: 20, failed: 0, latencyMsP99: 250 }]);
});

test("of a request that goes on after its run it counts at once, and how long all of it took when that is told; of one that another answered nothing is told", async () => {
  let nowMs = 0;
  const canary = new Canary(SETTING, () => nowMs);
  const answers: TriedAnswer[] = [];
  for (let i = 0; i < 9; i++) answers.push(await canary.counted<TriedAnswer>(async () => { nowMs += 1000; return answer(2); }, true));
  expect((await canary.counted<TriedAnswer>(async () => answer(1), true)).took).toBeUndefined();
  expect(canary.observed().windows).toEqual([{ requests: 10, failed: 1, latencyMsP99: null }]);
  for (const [index, one] of answers.entries()) one.took!(1200 + index);
  for (let i = 0; i < 10; i++) await canary.counted(async () => { nowMs += 500; return answer(2); });
  expect(canary.observed().windows.at(-1)).toEqual({ requests: 10, failed: 0, latencyMsP99: 1208 });
});

test("copies are compared and given to nobody; they have an end, and leave out what is no room for", async () => {
  const canary = new Canary(SETTING, () => 0);
  const reference = tensor(1, 2);
  const shadow = (run: () => Promise<InferAnswer>) => canary.shadow([reference], run);
  const first = shadow(() => Promise.resolve(answer(2, [tensor(1, 2.0001)])));
  // What it is compared with may be gone at once.
  reference.data.fill(0);
  await first;
  reference.data.set(tensor(1, 2).data);
  await shadow(() => Promise.resolve(answer(2, [tensor(1, 2.5)])));
  await shadow(() => Promise.resolve(answer(2, [])));
  await shadow(() => failing("run_failed"));
  expect(canary.observed().shadows).toEqual({ equal: 1, different: 2, failed: 1, skipped: 0 });
  expect(Array.from({ length: 4 }, () => canary.shadows(true))).toEqual([false, true, false, true]);
  expect([canary.shadows(false), canary.shadows(false)]).toEqual([false, false]);
  const held = Array.from({ length: 4 }, () => { let end = () => {}; const done = shadow(() => new Promise((resolve) => { end = () => resolve(answer(2, [tensor(1, 2)])); })); return { end, done }; });
  expect([canary.shadows(true), canary.shadows(true)]).toEqual([false, false]);
  for (const { end, done } of held) { end(); await done; }
  expect(canary.observed().shadows).toMatchObject({ equal: 5, skipped: 2 });
});

test("copies have windows of their own, by how they compared; what there was no room for is left out, and what the revision would not read is not", async () => {
  let nowMs = 0;
  const canary = new Canary(SETTING, () => nowMs);
  const shadow = (run: () => Promise<InferAnswer>) => canary.shadow([tensor(1)], () => { nowMs += 1000; return run(); });
  const equal = () => Promise.resolve(answer(2, [tensor(1)]));
  const other = () => Promise.resolve(answer(2, [tensor(2)]));
  for (let i = 0; i < 9; i++) await shadow(i < 4 ? equal : other);
  for (const code of ["overloaded", "cancelled", "going_away"] as const) await shadow(() => Promise.reject(new WireError(code, "no")));
  expect(canary.observed()).toMatchObject({ windows: [], shadowWindows: [], shadows: { equal: 4, different: 5, failed: 0, skipped: 3 } });
  await shadow(() => failing("bad_tensors"));
  expect(canary.observed().shadowWindows).toEqual([{ equal: 4, different: 5, failed: 1 }]);
  for (let i = 0; i < 40; i++) await shadow(i < 30 ? equal : other);
  expect(canary.observed().shadowWindows).toEqual([{ equal: 10, different: 0, failed: 0 }, { equal: 10, different: 0, failed: 0 }, { equal: 0, different: 10, failed: 0 }]);
});
