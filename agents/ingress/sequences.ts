// Owns which streams (`sequence_id`) a deployment's clients have open, and which pipeline each is pinned to: its state lives there. Who moves one to another pipeline
// holds it between two steps (stream-mover.ts).
import { WireError } from "../protocol/wire-error.ts";
import type { StreamStep } from "./dispatcher.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";

const MAX_SEQUENCES = 1024;
/** Same as on the stages: a stream without a step for so long is forgotten. */
export const IDLE_MS = 120_000;
/** Steps of one stream that wait while it is held; its client sends them without waiting for answers. */
const MAX_WAITING_STEPS = 64;

/** A stream that takes no step for the moment. */
export type Hold = {
  /** None of its steps is under way. */
  quiet(): void;
  /** A step has come that can wait so long. */
  hurry(ms: number): void;
  /** It can go on without the pipeline that it is on. */
  outlives: boolean;
  waiting: number;
  ended: Promise<void>;
};
export type Sequence = { id: string; streamId: number; nextStep: number; pipeline: PipelineRuntime; usedAt: number; running: number; hold: Hold | null; /** Not before this, `performance.now()`. */ holdAt: number; failures: number };

export class Sequences {
  readonly #sequences = new Map<string, Sequence>();
  /** Ended by us, and why: their clients do not know yet. */
  readonly #ended = new Map<string, { why: string; atMs: number }>();

  get size(): number {
    return this.#sequences.size;
  }

  all(): Iterable<Sequence> {
    return this.#sequences.values();
  }

  countOn(pipeline: PipelineRuntime): number {
    let count = 0;
    for (const sequence of this.#sequences.values()) if (sequence.pipeline === pipeline) count++;
    return count;
  }

  isOpen(id: string): boolean {
    return this.#sequences.has(id);
  }

  has(sequence: Sequence): boolean {
    return this.#sequences.get(sequence.id) === sequence;
  }

  /** Waits while it is held. Half of the step's time at most: then it must go on where it was. Throws WireError `overloaded`. */
  async free(id: string, deadlineAt: number): Promise<void> {
    for (let hold = this.#sequences.get(id)?.hold; hold; hold = this.#sequences.get(id)?.hold) {
      if (hold.waiting >= MAX_WAITING_STEPS) {
        this.forget(id, true);
        throw new WireError("overloaded", `${MAX_WAITING_STEPS} steps of sequence "${saidAs(id)}" wait while it is moved: it has ended`);
      }
      hold.waiting++;
      hold.hurry((deadlineAt - performance.now()) / 2);
      await hold.ended;
    }
  }

  /** The next step of a sequence; one that begins does so on `current`. Throws WireError `stream_unknown`, `stream_lost`, `stream_limit`, `not_linked`. */
  step(id: string, start: boolean, end: boolean, current: PipelineRuntime | null, newStreamId: () => number): { step: StreamStep; sequence: Sequence } {
    let sequence = this.#sequences.get(id);
    if (start) {
      this.#ended.delete(id);
      if (sequence) this.forget(id, true);
      if (this.#sequences.size >= MAX_SEQUENCES) throw new WireError("stream_limit", `${MAX_SEQUENCES} sequences are open`);
      if (!current?.linked) throw new WireError("not_linked", current?.problem() ?? "no pipeline is current");
      sequence = { id, streamId: newStreamId(), nextStep: 0, pipeline: current, usedAt: 0, running: 0, hold: null, holdAt: 0, failures: 0 };
      this.#sequences.set(id, sequence);
    }
    if (!sequence) throw this.#missing(id);
    sequence.usedAt = performance.now();
    sequence.running++;
    if (end) this.#sequences.delete(id);
    return { step: { streamId: sequence.streamId, stepIndex: sequence.nextStep++, end }, sequence };
  }

  #missing(id: string): WireError {
    const ended = this.#ended.get(id);
    if (ended) return new WireError("stream_lost", `sequence "${saidAs(id)}" has ended: ${ended.why}. Begin it anew with sequence_start`);
    return new WireError("stream_unknown", `sequence "${saidAs(id)}" is not open here: send sequence_start with its first request`);
  }

  /** A step has its outcome. */
  done(sequence: Sequence): void {
    sequence.running--;
    if (sequence.running === 0) sequence.hold?.quiet();
  }

  /** After a failed step the state is not what the client thinks: the sequence ends. */
  forget(id: string, tellStages = false): void {
    const sequence = this.#sequences.get(id);
    this.#sequences.delete(id);
    if (sequence && tellStages) sequence.pipeline.endStream(sequence.streamId);
  }

  /** Its client hears why with its next step. */
  end(sequence: Sequence, why: string, nowMs = performance.now()): void {
    if (!this.has(sequence)) return;
    this.#sequences.delete(sequence.id);
    this.#ended.set(sequence.id, { why, atMs: nowMs });
    if (this.#ended.size > MAX_SEQUENCES) this.#ended.delete(this.#ended.keys().next().value!);
  }

  sweep(now: number): void {
    for (const [id, sequence] of this.#sequences) {
      if (sequence.running === 0 && !sequence.hold && now - sequence.usedAt > IDLE_MS) this.forget(id, true);
    }
    for (const [id, { atMs }] of this.#ended) if (now - atMs > IDLE_MS) this.#ended.delete(id);
  }

  /** Ends the sequences of a pipeline that goes away; those that can do without it are about to leave it. */
  dropPipeline(pipeline: PipelineRuntime, why: string): void {
    for (const sequence of this.#sequences.values()) if (sequence.pipeline === pipeline && !sequence.hold?.outlives) this.end(sequence, why);
  }
}

/** As its client chose it: what comes before the first colon tells whose it is. */
const saidAs = (id: string): string => id.slice(id.indexOf(":") + 1);
