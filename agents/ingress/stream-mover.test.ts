import { expect, test } from "vitest";
import { WireError } from "../protocol/wire-error.ts";
import type { InferAnswer, InferRequest } from "./dispatcher.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import { Sequences } from "./sequences.ts";
import { StreamMover } from "./stream-mover.ts";

type Asked = { request: InferRequest; answer(): void; refuse(message: string): void };
/** Two pipelines with nobody behind them, the first to be left, and what the mover asks of them. */
function create() {
  const ended: string[] = [];
  const pipeline = (epoch: number, more: object = {}) => ({ pipeline: { epoch, ...more }, linked: true, movesStreams: true, problem: () => null, endStream: (id: number) => void ended.push(`${epoch}/${id}`) }) as unknown as PipelineRuntime & { linked: boolean; movesStreams: boolean };
  const [old, next] = [pipeline(1, { streams: "move" }), pipeline(2)];
  const sequences = new Sequences();
  const asked: Asked[] = [];
  let id = 0;
  const infer = (request: InferRequest) => new Promise<InferAnswer>((resolve, reject) => {
    request.signal?.addEventListener("abort", () => reject(new WireError("cancelled", "given up")));
    asked.push({ request, answer: () => resolve({ outputs: [], release: () => undefined } as unknown as InferAnswer), refuse: (message) => reject(new WireError("stream_limit", message)) });
  });
  const mover = new StreamMover({ sequences, infer, current: () => next, changed: () => undefined });
  /** One step through the pipeline that is current for those who begin. */
  const step = (name: string, more: { start?: boolean; end?: boolean; on?: PipelineRuntime } = {}) => sequences.step(name, more.start ?? false, more.end ?? false, more.on ?? old, () => ++id);
  return { old, next, sequences, mover, asked, ended, step };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a stream between two steps goes: state is taken at its next step, given, and it is ended where it was", async () => {
  const { old, next, sequences, mover, asked, ended, step } = create();
  sequences.done(step("a", { start: true }).sequence);
  mover.look(0);
  await turn();
  expect(asked.map(({ request: { stream, pipeline } }) => [pipeline, stream])).toEqual([[old, { streamId: 1, stepIndex: 1, end: false, moves: { what: "take", epoch: 2 } }]]);
  asked[0]!.answer();
  await turn();
  expect(asked[1]!.request).toMatchObject({ pipeline: next, stream: { stepIndex: 1, moves: { what: "give" } } });
  asked[1]!.answer();
  await turn();
  expect([ended, mover.counts, step("a").sequence.pipeline]).toEqual([["1/1"], { moved: 1, failed: 0 }, next]);
});

test("it waits for the step that is under way, and steps that come meanwhile go after, in order, to the new pipeline", async () => {
  const { next, sequences, mover, asked, step } = create();
  const running = step("a", { start: true }).sequence;
  mover.look(0);
  const order: string[] = [];
  const later = ["one", "two", "three"].map(async (name) => {
    await sequences.free("a", performance.now() + 60_000);
    const { step: { stepIndex }, sequence } = step("a");
    order.push(`${name} ${stepIndex} ${sequence.pipeline === next}`);
  });
  await turn();
  expect(asked).toHaveLength(0);
  sequences.done(running);
  for (const index of [0, 1]) { await turn(); asked[index]!.answer(); }
  await Promise.all(later);
  expect(order).toEqual(["one 1 true", "two 2 true", "three 3 true"]);
});

test("refused or too slow for a step that waits, it goes on where it was, is ended at the other, and is tried again later with all of its state", async () => {
  const { old, sequences, mover, asked, ended, step } = create();
  sequences.done(step("a", { start: true }).sequence);
  mover.look(0);
  await turn();
  asked[0]!.answer();
  await turn();
  asked[1]!.refuse("no room");
  await turn();
  expect([mover.problemOf(old), ended, mover.counts]).toEqual(["no room", ["2/1"], { moved: 0, failed: 1 }]);
  mover.look(performance.now());
  expect(asked).toHaveLength(2);
  mover.look(performance.now() + 60_000);
  await turn();
  expect(asked[2]!.request.stream!.moves).toEqual({ what: "take", epoch: 0 });
  await sequences.free("a", performance.now() + 20);
  const { sequence, step: { stepIndex } } = step("a");
  expect([sequence.pipeline === old, stepIndex, sequences.has(sequence)]).toEqual([true, 1, true]);
});

test("its pipeline may go once the state was taken; before, the stream is told why it ended", async () => {
  for (const answers of [0, 1]) {
    const { old, next, sequences, mover, asked, step } = create();
    sequences.done(step("a", { start: true }).sequence);
    mover.look(0);
    await turn();
    if (answers === 1) { asked[0]!.answer(); await turn(); }
    old.linked = false;
    sequences.dropPipeline(old, "revision 1 was retired");
    if (answers === 0) asked[0]!.refuse("gone");
    else asked[1]!.answer();
    await turn();
    if (answers === 1) expect(step("a").sequence.pipeline).toBe(next);
    else expect(() => step("a")).toThrow(expect.objectContaining({ code: "stream_lost", message: expect.stringContaining("revision 1 was retired") }));
  }
  const { old, sequences, mover, asked, step } = create();
  sequences.done(step("a", { start: true }).sequence);
  mover.look(0);
  await turn();
  asked[0]!.answer();
  await turn();
  old.linked = false;
  sequences.dropPipeline(old, "revision 1 was retired");
  asked[1]!.refuse("no room");
  await turn();
  expect(() => step("a")).toThrow(expect.objectContaining({ code: "stream_lost", message: expect.stringContaining("no room") }));
  expect(() => step("b")).toThrow(expect.objectContaining({ code: "stream_unknown" }));
});

test("a stream that is begun anew while the old one moves is another stream, and the old one's state goes from both", async () => {
  const { old, sequences, mover, asked, ended, step } = create();
  sequences.done(step("a", { start: true }).sequence);
  mover.look(0);
  await turn();
  asked[0]!.answer();
  await turn();
  const anew = step("a", { start: true }).sequence;
  asked[1]!.answer();
  await turn();
  expect([ended.sort(), anew.pipeline, anew.streamId]).toEqual([["1/1", "2/1"], old, 2]);
});

test("few at a time; where an agent on the way does not know how, none, and that is said", async () => {
  const { old, next, sequences, mover, asked, step } = create();
  for (let i = 0; i < 20; i++) sequences.done(step(`s${i}`, { start: true }).sequence);
  next.movesStreams = false;
  mover.look(0);
  await turn();
  expect([asked.length, mover.problemOf(old)]).toEqual([0, expect.stringContaining("does not know")]);
  next.movesStreams = true;
  mover.look(0);
  await turn();
  const atOnce = asked.length;
  expect(atOnce).toBeLessThan(20);
  for (let answered = 0; answered < asked.length; answered++) { asked[answered]!.answer(); await turn(); }
  expect([sequences.countOn(old), mover.counts.moved, mover.problemOf(old)]).toEqual([0, 20, null]);
});
