// Owns which streams have state on this stage and which step each must send next. The state's bytes live with the session.
import { WireError } from "../protocol/wire-error.ts";

/** Streams with state at once per stage: recurrent state is a few KB each, so this bounds memory to a few MB. */
const MAX_STREAMS = 1024;
/** A stream without a step for so long is forgotten: its client is gone. */
const IDLE_MS = 120_000;

type Stream = { nextStep: number; usedAt: number };

export class Streams {
  readonly #streams = new Map<string, Stream>();

  get size(): number {
    return this.#streams.size;
  }

  /** Checks and counts a step. Throws WireError `stream_unknown`, `stream_out_of_order`, `stream_limit`. */
  step(key: string, stepIndex: number, last: boolean, now: number): void {
    const stream = this.#streams.get(key);
    if (stepIndex === 0) {
      if (!stream && this.#streams.size >= MAX_STREAMS) throw new WireError("stream_limit", `${MAX_STREAMS} streams have state here`);
    } else if (!stream) {
      throw new WireError("stream_unknown", "the stream's state is not here: it ended, was idle too long, or the stage restarted");
    } else if (stream.nextStep !== stepIndex) {
      this.#streams.delete(key);
      throw new WireError("stream_out_of_order", `step ${stepIndex} came when ${stream.nextStep} was due`);
    }
    if (last) this.#streams.delete(key);
    else this.#streams.set(key, { nextStep: stepIndex + 1, usedAt: now });
  }

  end(key: string): boolean {
    return this.#streams.delete(key);
  }

  /** Forgets idle streams and gives their keys. */
  sweep(now: number): string[] {
    const idle = [...this.#streams].filter(([, stream]) => now - stream.usedAt > IDLE_MS).map(([key]) => key);
    for (const key of idle) this.#streams.delete(key);
    return idle;
  }

  /** Forgets a lane's streams and gives their keys. */
  endLane(laneId: string): string[] {
    const keys = [...this.#streams.keys()].filter((key) => key.startsWith(`${laneId}/`));
    for (const key of keys) this.#streams.delete(key);
    return keys;
  }

  count(laneId: string): number {
    let count = 0;
    for (const key of this.#streams.keys()) if (key.startsWith(`${laneId}/`)) count++;
    return count;
  }
}
