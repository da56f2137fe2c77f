// Owns the streams of one deployment at an ingress: each step goes where the stream's state is, and streams follow when the revision they are on is left.
// While a revision is tried, its share of the streams that begin is its own, each with all of its steps.
import type { ObservedPipeline } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WIRE_ERRORS, WireError } from "../protocol/wire-error.ts";
import type { Canary } from "./canary.ts";
import type { Dispatcher, InferAnswer } from "./dispatcher.ts";
import type { Gone } from "./gone.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import { Sequences } from "./sequences.ts";
import { StreamMover } from "./stream-mover.ts";

export type SequenceStep = { id: string; start: boolean; end: boolean };
/** `canary`: of a revision that is tried; null = none is. */
type Step = { inputs: WireTensor[]; sequence: SequenceStep; deadlineAt: number; signal?: Gone; canary: Canary | null };
/** `nextId`: of a stream that begins. */
export type RouteStreamsHost = { dispatcher: Dispatcher; nextId(): number; changed(): void };

export class RouteStreams {
  readonly #host: RouteStreamsHost;
  readonly #sequences = new Sequences();
  readonly #mover: StreamMover;

  constructor(host: RouteStreamsHost) {
    this.#host = host;
    this.#mover = new StreamMover({
      sequences: this.#sequences, changed: host.changed,
      infer: (request) => host.dispatcher.infer(request),
      current: () => {
        const { serving, current } = host.dispatcher;
        return serving?.linked && current.includes(serving) ? serving : null;
      },
    });
  }

  get size(): number {
    return this.#sequences.size;
  }

  /** Streams that were moved, and tries that failed, since this ingress has the deployment. */
  get moves(): { moved: number; failed: number } {
    return this.#mover.counts;
  }

  /** One step. Rejects with WireError. */
  async infer(step: Step): Promise<InferAnswer> {
    const { sequence: { id, start }, deadlineAt, canary } = step;
    await this.#sequences.free(id, deadlineAt);
    const { dispatcher } = this.#host;
    const tried = start && canary ? dispatcher.leastLoadedOf(canary.epoch) : null;
    return this.#run(step, tried && canary?.takesSequence() ? tried : dispatcher.serving);
  }

  /** `begins`: where, if it begins with this step. */
  async #run(asked: Step, begins: PipelineRuntime | null): Promise<InferAnswer> {
    const { inputs, sequence: { id, start, end }, deadlineAt, signal, canary } = asked;
    const { dispatcher, nextId } = this.#host;
    const { step, sequence: open } = this.#sequences.step(id, start, end, begins, nextId);
    const { pipeline } = open;
    const isTried = canary?.epoch === pipeline.pipeline.epoch;
    const run = () => dispatcher.infer({ inputs, deadlineAt, signal, stream: step, pipeline });
    try {
      return await (canary && isTried ? canary.counted(run) : run());
    } catch (error) {
      if (this.#sequences.has(open)) this.#sequences.forget(id, true);
      const { serving } = dispatcher;
      // No state is lost yet: it begins where the others are. Once another step was sent after this one, that would go missing between them.
      if (isTried && start && open.nextStep === 1 && isLoss(error) && !this.#sequences.isOpen(id) && serving?.linked && serving.pipeline.epoch !== pipeline.pipeline.epoch) return this.#run(asked, serving);
      throw error;
    } finally {
      this.#sequences.done(open);
    }
  }

  /** Moves what is to move. After each change of pipelines, and now and then. */
  look(): void {
    this.#mover.look(performance.now());
  }

  sweep(): void {
    this.#sequences.sweep(performance.now());
    this.look();
  }

  broken(pipeline: PipelineRuntime): void {
    this.#sequences.dropPipeline(pipeline, `the pipeline it ran on broke, and its state with it (${pipeline.problem() ?? "it is linked anew"})`);
  }

  /** Its revision is no longer wanted here. */
  retired(pipeline: PipelineRuntime): void {
    const problem = this.#mover.problemOf(pipeline);
    this.#sequences.dropPipeline(pipeline, `revision ${pipeline.pipeline.revisionNumber ?? `of epoch ${pipeline.pipeline.epoch}`}, on which it ran, was retired${problem === null ? "" : `, and its state could not be moved: ${problem}`}`);
  }

  /** What is on a pipeline, streams included. */
  counted(pipeline: PipelineRuntime): Pick<ObservedPipeline, "inFlight" | "streams" | "streamProblem"> {
    const streams = this.#sequences.countOn(pipeline);
    const problem = this.#mover.problemOf(pipeline);
    return { inFlight: pipeline.outstanding + streams, streams, ...(streams > 0 && problem !== null ? { streamProblem: problem.slice(0, 300) } : {}) };
  }
}

/** Another pipeline may do better; what a run fails for good, it would fail there too. */
const isLoss = (error: unknown): boolean => error instanceof WireError && (error.code === "stream_lost" || WIRE_ERRORS[error.code].retryable);
