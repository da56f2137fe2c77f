// Owns which streams have state on this stage, which step each must send next, and how many bytes they hold together. The bytes themselves live with the session.
import { WireError } from "../protocol/wire-error.ts";

/** Streams with state at once per stage: what is kept of each beside its bytes is bounded too. */
const MAX_STREAMS = 1024;
/** A stream without a step for so long is forgotten: its client is gone. */
const IDLE_MS = 120_000;

type Stream = { nextStep: number; usedAt: number; bytes: number };

export class Streams {
  readonly #streams = new Map<string, Stream>();
  /** State of a stream that begins, before a step has told what it really is. */
  readonly #firstBytes: number;
  #bytes = 0;
  /** Of all together. What is open stays when it is lowered. */
  maxBytes: number;

  constructor({ firstBytes, maxBytes }: { firstBytes: number; maxBytes: number }) {
    this.#firstBytes = firstBytes;
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** State held, bytes; what two lanes share counts twice. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Checks and counts a step. Throws WireError `stream_unknown`, `stream_out_of_order`, `stream_limit`. */
  step(key: string, stepIndex: number, last: boolean, now: number): void {
    const stream = this.#streams.get(key);
    if (stepIndex === 0) {
      if (!stream && !last) this.#demandRoom(this.#firstBytes);
    } else if (!stream) {
      throw unknown();
    } else if (stream.nextStep !== stepIndex) {
      this.end(key);
      throw outOfOrder(stepIndex, stream.nextStep);
    }
    if (last) this.end(key);
    else this.#set(key, { nextStep: stepIndex + 1, usedAt: now, bytes: stream?.bytes ?? this.#firstBytes });
  }

  /** A step's run has left so many bytes. Throws WireError `stream_limit` where they have grown past the limit: the stream is over then. */
  kept(key: string, bytes: number): void {
    const stream = this.#streams.get(key);
    if (!stream) return;
    const grew = bytes > stream.bytes;
    this.#set(key, { ...stream, bytes });
    if (!grew || this.#bytes <= this.maxBytes) return;
    this.end(key);
    throw new WireError("stream_limit", `the stream's state grew to ${bytes} bytes, and all streams here may hold ${this.maxBytes} together`);
  }

  /** That a stream is between two steps, `nextStep` to come. Throws WireError `stream_unknown`, `stream_out_of_order`; the stream stays. */
  expect(key: string, nextStep: number): void {
    const stream = this.#streams.get(key);
    if (!stream) throw unknown();
    if (stream.nextStep !== nextStep) throw outOfOrder(nextStep, stream.nextStep);
  }

  /** A stream begun elsewhere, with its state. Throws WireError `stream_limit`. */
  give(key: string, nextStep: number, bytes: number, now: number): void {
    this.end(key);
    this.#demandRoom(bytes);
    this.#set(key, { nextStep, usedAt: now, bytes });
  }

  /** The same under another key as well: the state is shared, so that no limit is asked. */
  share(key: string, as: string, now: number): void {
    const stream = this.#streams.get(key);
    if (stream) this.#set(as, { ...stream, usedAt: now });
  }

  end(key: string): boolean {
    const stream = this.#streams.get(key);
    this.#bytes -= stream?.bytes ?? 0;
    return this.#streams.delete(key);
  }

  /** Forgets idle streams and gives their keys. */
  sweep(now: number): string[] {
    const idle = [...this.#streams].filter(([, stream]) => now - stream.usedAt > IDLE_MS).map(([key]) => key);
    for (const key of idle) this.end(key);
    return idle;
  }

  /** Forgets a lane's streams and gives their keys. */
  endLane(laneId: string): string[] {
    const keys = [...this.#streams.keys()].filter((key) => key.startsWith(`${laneId}/`));
    for (const key of keys) this.end(key);
    return keys;
  }

  count(laneId: string): number {
    let count = 0;
    for (const key of this.#streams.keys()) if (key.startsWith(`${laneId}/`)) count++;
    return count;
  }

  #set(key: string, stream: Stream): void {
    this.#bytes += stream.bytes - (this.#streams.get(key)?.bytes ?? 0);
    this.#streams.set(key, stream);
  }

  #demandRoom(bytes: number): void {
    if (this.#streams.size >= MAX_STREAMS) throw new WireError("stream_limit", `${MAX_STREAMS} streams have state here`);
    if (this.#bytes + bytes > this.maxBytes) throw new WireError("stream_limit", `${this.#streams.size} streams hold ${this.#bytes} bytes of state here, one more needs ${bytes}, and ${this.maxBytes} are allowed`);
  }
}

const unknown = () => new WireError("stream_unknown", "the stream's state is not here: it ended, was idle too long, or the stage restarted");
const outOfOrder = (came: number, due: number) => new WireError("stream_out_of_order", `step ${came} came when ${due} was due`);
