// Owns which streams (`sequence_id`) a deployment's clients have open, and which pipeline each is pinned to: its state lives there.
import { WireError } from "../protocol/wire-error.ts";
import type { StreamStep } from "./dispatcher.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";

const MAX_SEQUENCES = 1024;
/** Same as on the stages: a stream without a step for so long is forgotten. */
export const IDLE_MS = 120_000;

type Sequence = { streamId: number; nextStep: number; pipeline: PipelineRuntime; usedAt: number; running: number };

export class Sequences {
  readonly #sequences = new Map<string, Sequence>();

  get size(): number {
    return this.#sequences.size;
  }

  countOn(pipeline: PipelineRuntime): number {
    let count = 0;
    for (const sequence of this.#sequences.values()) if (sequence.pipeline === pipeline) count++;
    return count;
  }

  /** The next step of a sequence. Throws WireError `stream_unknown`, `stream_limit`, `not_linked`. */
  step(id: string, start: boolean, end: boolean, current: PipelineRuntime | null, newStreamId: () => number): { step: StreamStep; pipeline: PipelineRuntime } {
    let sequence = this.#sequences.get(id);
    if (start) {
      if (sequence) this.forget(id, true);
      if (this.#sequences.size >= MAX_SEQUENCES) throw new WireError("stream_limit", `${MAX_SEQUENCES} sequences are open`);
      if (!current?.linked) throw new WireError("not_linked", current?.problem() ?? "no pipeline is current");
      sequence = { streamId: newStreamId(), nextStep: 0, pipeline: current, usedAt: 0, running: 0 };
      this.#sequences.set(id, sequence);
    }
    if (!sequence) throw new WireError("stream_unknown", `sequence "${id}" is not open here: send sequence_start with its first request`);
    sequence.usedAt = performance.now();
    sequence.running++;
    if (end) this.#sequences.delete(id);
    return { step: { streamId: sequence.streamId, stepIndex: sequence.nextStep++, end }, pipeline: sequence.pipeline };
  }

  done(id: string): void {
    const sequence = this.#sequences.get(id);
    if (sequence) sequence.running--;
  }

  /** After a failed step the state is not what the client thinks: the sequence ends. */
  forget(id: string, tellStages = false): void {
    const sequence = this.#sequences.get(id);
    this.#sequences.delete(id);
    if (sequence && tellStages) sequence.pipeline.endStream(sequence.streamId);
  }

  sweep(now: number): void {
    for (const [id, sequence] of this.#sequences) {
      if (sequence.running === 0 && now - sequence.usedAt > IDLE_MS) this.forget(id, true);
    }
  }

  /** Ends all sequences of a pipeline that goes away. */
  dropPipeline(pipeline: PipelineRuntime): void {
    for (const [id, sequence] of this.#sequences) if (sequence.pipeline === pipeline) this.#sequences.delete(id);
  }
}
