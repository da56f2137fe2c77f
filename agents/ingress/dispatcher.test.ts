import { expect, test } from "vitest";
import type { Message } from "../protocol/frame.ts";
import { BufferPool } from "../stage/buffer-pool.ts";
import { Dispatcher, type InferRequest, MAX_RESENDS } from "./dispatcher.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import type { RequestFailed } from "./request-failed.ts";

type Sent = { requestId: number; attempt: number };
/** What a dispatcher uses of a pipeline, with nobody behind it. */
function pipeline(epoch: number, { rate = 1, replica }: { rate?: number; replica?: number } = {}) {
  const sent: Sent[] = [];
  const turns: number[] = [];
  const runtime = { pipeline: { epoch, replica, sends: [] }, linked: true, outstanding: 0, rate, counts: { answered: 0, failed: 0, lost: 0 }, answerRoundTripMs: null, problem: () => null, cancel: () => undefined, send: ({ requestId, attempt }: Sent, _leaving: () => void, turn: number) => { sent.push({ requestId, attempt }); turns.push(turn); } };
  return { runtime: runtime as unknown as PipelineRuntime & { linked: boolean }, sent, turns };
}
function create() {
  let id = 0;
  const dispatcher = new Dispatcher(1, () => ++id, new BufferPool(), { maxInFlight: 8, maxRequestBytes: 1, defaultDeadlineMs: 1, maxDeadlineMs: 1 }, () => undefined);
  const infer = (more: Partial<InferRequest> = {}) => dispatcher.infer({ inputs: [], deadlineAt: performance.now() + 60_000, stream: null, pipeline: null, ...more });
  const answer = ({ requestId, attempt }: Sent, from: PipelineRuntime) => dispatcher.onAnswer({ requestId, attempt, epoch: from.pipeline.epoch, traces: [], tensors: [], buffer: null } as unknown as Message, from);
  const breakDown = (one: PipelineRuntime & { linked: boolean }) => { one.linked = false; dispatcher.onBroken(one); };
  return { dispatcher, infer, answer, breakDown };
}

test("a broken pipeline's requests go to a spare; a late answer of the broken one is nobody's, and what waits comes back when there is no spare", async () => {
  const { dispatcher, infer, answer, breakDown } = create();
  const [current, spare] = [pipeline(2), pipeline(1)];
  dispatcher.current = [current.runtime];
  dispatcher.spares = [spare.runtime];
  const asked = infer();
  breakDown(current.runtime);
  expect(spare.sent).toEqual([{ requestId: current.sent[0]!.requestId, attempt: 2 }]);
  answer(current.sent[0]!, current.runtime);
  answer(spare.sent[0]!, spare.runtime);
  expect(await asked).toMatchObject({ epoch: 1, attempts: 2, trace: { tries: [{ epoch: 2, errorCode: "link_lost" }] } });
  const waits = infer();
  breakDown(spare.runtime);
  current.runtime.linked = true;
  dispatcher.flush();
  answer(current.sent[1]!, current.runtime);
  expect(await waits).toMatchObject({ epoch: 2, attempts: 2, trace: { tries: [{ epoch: 1 }] } });
});

test("what breaks every pipeline it meets is given up; a request of one version never meets another", async () => {
  const { dispatcher, infer, breakDown } = create();
  const [current, spare] = [pipeline(2), pipeline(1)];
  dispatcher.current = [current.runtime];
  const poison = infer().catch((error: RequestFailed) => error);
  for (let i = 0; i <= MAX_RESENDS; i++) {
    breakDown(current.runtime);
    current.runtime.linked = true;
    dispatcher.flush();
  }
  expect(await poison).toMatchObject({ code: "link_lost", trace: { attempts: MAX_RESENDS + 1 } });
  expect(current.sent).toHaveLength(MAX_RESENDS + 1);
  dispatcher.spares = [spare.runtime];
  const pinned = infer({ pipeline: current.runtime }).catch((error: RequestFailed) => error);
  breakDown(current.runtime);
  expect(spare.sent).toEqual([]);
  dispatcher.stop("the test ends");
  expect(await pinned).toMatchObject({ code: "going_away" });
});

test("a check of a new pipeline is let in while clients have as much in flight as they may", async () => {
  const { dispatcher, infer, answer } = create();
  const [current, next] = [pipeline(1), pipeline(2)];
  dispatcher.current = [current.runtime];
  const clients = Array.from({ length: 8 }, () => infer());
  await expect(infer()).rejects.toThrow("8 requests are in flight");
  const check = infer({ pipeline: next.runtime, isCheck: true });
  answer(next.sent[0]!, next.runtime);
  expect(await check).toMatchObject({ epoch: 2 });
  for (const sent of current.sent) answer(sent, current.runtime);
  expect(await Promise.all(clients)).toHaveLength(8);
});

test("replicas share the requests by what they are predicted to answer; one that breaks hands its requests to the other at once, and takes new ones when it is back", async () => {
  const { dispatcher, infer, answer, breakDown } = create();
  const [fast, slow] = [pipeline(1, { rate: 2, replica: 1 }), pipeline(1, { rate: 1, replica: 2 })];
  dispatcher.current = [fast.runtime, slow.runtime];
  const asked = Array.from({ length: 6 }, () => infer());
  expect([fast.sent.length, slow.sent.length]).toEqual([4, 2]);
  breakDown(fast.runtime);
  expect([slow.sent.length, fast.runtime.outstanding, slow.runtime.outstanding]).toEqual([6, 0, 6]);
  expect(fast.runtime.counts.lost).toBe(4);
  for (const sent of slow.sent) answer(sent, slow.runtime);
  expect(await asked[0]).toMatchObject({ epoch: 1, attempts: 2, trace: { replica: 2, tries: [{ epoch: 1, replica: 1, errorCode: "link_lost" }] } });
  await Promise.all(asked);
  expect([slow.runtime.outstanding, slow.runtime.counts.answered]).toEqual([0, 6]);
  fast.runtime.linked = true;
  dispatcher.flush();
  const later = infer();
  answer(fast.sent[4]!, fast.runtime);
  expect(await later).toMatchObject({ attempts: 1, trace: { replica: 1 } });
});

test("what one replica refuses is sent to another, whatever their load; a step of a stream stays where its state is", async () => {
  const { dispatcher, infer, answer, breakDown } = create();
  const [first, second] = [pipeline(1, { replica: 1 }), pipeline(1, { replica: 2 })];
  dispatcher.current = [first.runtime, second.runtime];
  const asked = infer();
  second.runtime.outstanding = 7;
  dispatcher.onError({ ...first.sent[0]!, code: "overloaded", text: "full", stages: [] }, first.runtime);
  await expect.poll(() => second.sent.length).toBe(1);
  answer(second.sent[0]!, second.runtime);
  expect(await asked).toMatchObject({ trace: { replica: 2, tries: [{ replica: 1, errorCode: "overloaded" }] } });
  const step = infer({ stream: { streamId: 1, stepIndex: 0, end: false }, pipeline: first.runtime }).catch((error: RequestFailed) => error);
  breakDown(first.runtime);
  expect(second.sent).toHaveLength(1);
  expect(await step).toMatchObject({ code: "stream_lost" });
  expect(first.runtime.outstanding).toBe(0);
});

test("of those that wait for a pipeline the higher priority goes first, also in what waits for credit; steps of a stream keep their order", async () => {
  const { dispatcher, infer, answer } = create();
  const one = pipeline(1);
  one.runtime.linked = false;
  dispatcher.current = [one.runtime];
  const asked = [0, 3, 1, 8, 99, 2].map((priority) => infer({ priority }));
  const steps = [5, 1].map((priority, stepIndex) => infer({ priority, pipeline: one.runtime, stream: { streamId: 1, stepIndex, end: false } }));
  one.runtime.linked = true;
  dispatcher.flush();
  expect(one.sent.map(({ requestId }) => requestId)).toEqual([3, 6, 2, 1, 4, 5, 7, 8]);
  expect(one.turns).toEqual([...one.turns].sort((a, b) => a - b));
  for (const sent of one.sent) answer(sent, one.runtime);
  expect(await Promise.all([...asked, ...steps])).toHaveLength(8);
});
