// Owns moving open streams from a pipeline to the current one, each with its state and between two of its steps: the state leaves the old pipeline's stages as a copy, comes to this
// ingress, and goes to whichever stages of the new one keep it. Until all of it is there, the stream is the old pipeline's: whatever fails, it goes on there.
//
//   (pipeline wants its streams moved) ──► held: steps wait ──none under way──► state taken ──► state given ──► pinned to the new pipeline
//                                            │ a step cannot wait longer, no answer, refused, a link broke │
//                                            └────────────────► free on the old pipeline ◄────────────────┘   again after a pause that grows
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { InferAnswer, InferRequest } from "./dispatcher.ts";
import { ClientGone } from "./gone.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import type { Hold, Sequence, Sequences } from "./sequences.ts";

/** Each has its state in this process meanwhile. */
const MAX_AT_ONCE = 8;
/** Longest that one takes; a step that comes shortens it. */
const MOVE_LIMIT_MS = 10_000;
/** Between tries of one stream; doubles up to the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** All of the state travels: what a stage shared between its lanes may have gone to another replica's. */
const NO_EPOCH = 0;

export type StreamMoverHost = {
  sequences: Sequences;
  infer(request: InferRequest): Promise<InferAnswer>;
  /** Where streams go now; null = nowhere. */
  current(): PipelineRuntime | null;
  changed(): void;
};

export class StreamMover {
  readonly #host: StreamMoverHost;
  readonly #problems = new WeakMap<PipelineRuntime, string>();
  #moving = 0;
  readonly counts = { moved: 0, failed: 0 };

  constructor(host: StreamMoverHost) {
    this.#host = host;
  }

  /** Why the last stream of a pipeline that was to move did not; null = nothing is known against it. */
  problemOf(pipeline: PipelineRuntime): string | null {
    return this.#problems.get(pipeline) ?? null;
  }

  /** Begins what is due. */
  look(now: number): void {
    for (const sequence of this.#host.sequences.all()) {
      if (this.#moving >= MAX_AT_ONCE) return;
      if (sequence.pipeline.pipeline.streams !== "move" || sequence.hold || now < sequence.holdAt) continue;
      const to = this.#host.current();
      if (to === sequence.pipeline) continue;
      const problem = whyNot(sequence.pipeline, to);
      if (problem !== null) this.#problems.set(sequence.pipeline, problem);
      else void this.#move(sequence, to!);
    }
  }

  async #move(sequence: Sequence, to: PipelineRuntime): Promise<void> {
    const from = sequence.pipeline;
    const late = new ClientGone();
    const { hold, release } = holdOf(sequence, late);
    this.#moving++;
    sequence.hold = hold;
    try {
      await untilQuiet(sequence, late);
      // It ended with its last step.
      if (!this.#host.sequences.has(sequence)) return;
      const step = { streamId: sequence.streamId, stepIndex: sequence.nextStep, end: false };
      const send = (pipeline: PipelineRuntime, inputs: WireTensor[], moves: { what: "take"; epoch: number } | { what: "give" }) =>
        this.#host.infer({ inputs, deadlineAt: performance.now() + MOVE_LIMIT_MS, signal: late, stream: { ...step, moves }, pipeline, isCheck: true });
      const taken = await send(from, [], { what: "take", epoch: sequence.failures === 0 ? to.pipeline.epoch : NO_EPOCH });
      hold.outlives = true;
      try {
        (await send(to, taken.outputs, { what: "give" })).release();
      } finally {
        taken.release();
      }
      this.#arrived(sequence, to);
    } catch (error) {
      this.#stays(sequence, to, (error as Error).message);
    } finally {
      release();
      this.#moving--;
      this.look(performance.now());
      this.#host.changed();
    }
  }

  #arrived(sequence: Sequence, to: PipelineRuntime): void {
    const from = sequence.pipeline;
    // Its client may have ended it, or begun it anew.
    if (!this.#host.sequences.has(sequence)) return to.endStream(sequence.streamId);
    sequence.pipeline = to;
    sequence.failures = 0;
    from.endStream(sequence.streamId);
    this.counts.moved++;
    if (this.#host.sequences.countOn(from) === 0) this.#problems.delete(from);
  }

  #stays(sequence: Sequence, to: PipelineRuntime, problem: string): void {
    to.endStream(sequence.streamId);
    this.counts.failed++;
    this.#problems.set(sequence.pipeline, problem);
    sequence.holdAt = performance.now() + Math.min(FIRST_PAUSE_MS * 2 ** sequence.failures++, LONGEST_PAUSE_MS);
    // It was spared when its pipeline went, because it was about to leave.
    if (sequence.hold?.outlives && !sequence.pipeline.linked) this.#host.sequences.end(sequence, `the pipeline that held its state is gone, and it could not be moved: ${problem}`);
  }
}

function whyNot(from: PipelineRuntime, to: PipelineRuntime | null): string | null {
  if (!to) return "requests of the current revision do not enter here, or it is not linked";
  if (!from.linked) return from.problem() ?? "its pipeline is not linked";
  if (!from.movesStreams || !to.movesStreams) return "an agent on the way does not know how to move streams yet";
  return null;
}

/** `late` is told when it takes too long. */
function holdOf(sequence: Sequence, late: ClientGone): { hold: Hold; release(): void } {
  let release: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => { release = resolve; });
  let untilAt = performance.now() + MOVE_LIMIT_MS;
  let timer = setTimeout(() => late.abort(), MOVE_LIMIT_MS);
  const hurry = (ms: number) => {
    if (performance.now() + ms >= untilAt) return;
    untilAt = performance.now() + ms;
    clearTimeout(timer);
    timer = setTimeout(() => late.abort(), ms);
  };
  return { hold: { quiet: () => undefined, hurry, outlives: false, waiting: 0, ended }, release: () => { clearTimeout(timer); sequence.hold = null; release(); } };
}

function untilQuiet(sequence: Sequence, late: ClientGone): Promise<void> {
  if (sequence.running === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    sequence.hold!.quiet = resolve;
    late.addEventListener("abort", () => reject(new WireError("deadline", "its steps left no time between them")));
  });
}
