// Owns the streams of one deployment at an ingress: each step goes where the stream's state is, and streams follow when the revision they are on is left.
import type { ObservedPipeline } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import type { Dispatcher, InferAnswer } from "./dispatcher.ts";
import type { Gone } from "./gone.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import { Sequences } from "./sequences.ts";
import { StreamMover } from "./stream-mover.ts";

export type SequenceStep = { id: string; start: boolean; end: boolean };
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
  async infer({ inputs, sequence, deadlineAt, signal }: { inputs: WireTensor[]; sequence: SequenceStep; deadlineAt: number; signal?: Gone }): Promise<InferAnswer> {
    const { id, start, end } = sequence;
    await this.#sequences.free(id, deadlineAt);
    const { dispatcher, nextId } = this.#host;
    const { step, sequence: open } = this.#sequences.step(id, start, end, dispatcher.serving, nextId);
    try {
      return await dispatcher.infer({ inputs, deadlineAt, signal, stream: step, pipeline: open.pipeline });
    } catch (error) {
      if (this.#sequences.has(open)) this.#sequences.forget(id, true);
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
    this.#sequences.dropPipeline(pipeline);
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
