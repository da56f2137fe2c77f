import { expect, test } from "vitest";
import { WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import { Canary } from "./canary.ts";
import type { Dispatcher, InferAnswer, InferRequest } from "./dispatcher.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import { RouteStreams } from "./route-streams.ts";

const FAR = 1e12;
/** Two revisions with nobody behind them; `answer` decides what a step meets. */
function create(share: number, answer: (request: InferRequest) => Promise<void> = async () => undefined) {
  const pipeline = (epoch: number) => ({ pipeline: { epoch }, linked: true, problem: () => null, endStream: () => undefined }) as unknown as PipelineRuntime;
  const [old, tried] = [pipeline(1), pipeline(2)];
  const asked: { epoch: number; stepIndex: number }[] = [];
  const infer = async (request: InferRequest): Promise<InferAnswer> => {
    const { epoch } = request.pipeline!.pipeline;
    asked.push({ epoch, stepIndex: request.stream!.stepIndex });
    await answer(request);
    return { epoch, outputs: [], release: () => undefined } as unknown as InferAnswer;
  };
  const dispatcher = { serving: old, current: [old], leastLoadedOf: (epoch: number) => (epoch === 2 ? tried : old), infer } as unknown as Dispatcher;
  const canary = new Canary({ epoch: 2, share, shadowShare: 0, tolerance: 1e-3 }, () => 0);
  let streamId = 0;
  const streams = new RouteStreams({ dispatcher, nextId: () => ++streamId, changed: () => undefined });
  const step = async (id: string, at: { start?: boolean; end?: boolean } = {}, beside: Canary | null = canary) => (await streams.infer({ inputs: [], sequence: { id, start: at.start ?? false, end: at.end ?? false }, deadlineAt: FAR, canary: beside })).epoch;
  return { streams, canary, asked, step };
}
const failsOnTried = (code: WireErrorCode, at = 0) => async ({ pipeline, stream }: InferRequest) => { if (pipeline!.pipeline.epoch === 2 && stream!.stepIndex === at) throw new WireError(code, "no"); };

test("of eight streams at a quarter two are the tried revision's, each with all of its steps, and every step of theirs counts", async () => {
  const { canary, step } = create(0.25);
  const epochs: number[][] = [];
  for (let i = 0; i < 8; i++) epochs.push([await step(`s${i}`, { start: true }), await step(`s${i}`), await step(`s${i}`, { end: true })]);
  expect(epochs.filter(([first]) => first === 2)).toEqual([[2, 2, 2], [2, 2, 2]]);
  expect(epochs.filter(([first]) => first === 1)).toHaveLength(6);
  expect(canary.observed()).toMatchObject({ requests: 6, failed: 0 });
});

test("streams stay where they began when the share changes, or nothing is tried any more", async () => {
  const { canary, step } = create(1);
  expect(await step("a", { start: true })).toBe(2);
  canary.change({ epoch: 2, share: 0, shadowShare: 0, tolerance: 1e-3 });
  expect([await step("a"), await step("b", { start: true }), await step("a", {}, null)]).toEqual([2, 1, 2]);
});

test.each(["link_lost", "stream_lost", "stream_limit", "draining"] as const)("a stream whose first step meets %s there begins where the others are, and it counts as a failure", async (code) => {
  const { canary, step, asked } = create(1, failsOnTried(code));
  expect([await step("a", { start: true }), await step("a"), await step("b", { start: true, end: true })]).toEqual([1, 1, 1]);
  expect(asked).toEqual([{ epoch: 2, stepIndex: 0 }, { epoch: 1, stepIndex: 0 }, { epoch: 1, stepIndex: 1 }, { epoch: 2, stepIndex: 0 }, { epoch: 1, stepIndex: 0 }]);
  expect(canary.observed()).toMatchObject({ requests: 2, failed: 2 });
});

test("what a run fails for good, a later step that is lost, and a first one with another behind it are told to the client", async () => {
  await expect(create(1, failsOnTried("run_failed")).step("a", { start: true })).rejects.toMatchObject({ code: "run_failed" });
  const later = create(1, failsOnTried("stream_lost", 1));
  await later.step("a", { start: true });
  await expect(later.step("a")).rejects.toMatchObject({ code: "stream_lost" });
  expect(later.canary.observed()).toMatchObject({ requests: 2, failed: 1 });
  const both = create(1, async () => { await new Promise((resolve) => setImmediate(resolve)); throw new WireError("stream_lost", "no"); });
  const outcomes = await Promise.allSettled([both.step("a", { start: true }), both.step("a")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(both.asked.map(({ epoch }) => epoch)).toEqual([2, 2]);
});
