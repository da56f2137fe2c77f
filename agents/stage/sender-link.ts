// Owns the sending side of a lane's link: the connection a receiver dialled, its credits, and what waits for credit.
import type { Message } from "../protocol/frame.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { FrameConnection } from "./frame-connection.ts";

/** More waiting than this means credits are broken: senders upstream are bounded by credits of their own. */
const MAX_WAITING = 4096;

type Waiting = { message: Omit<Message, "buffer">; sent: (whole: boolean) => void; leaving: (() => void) | undefined; turn: number };

/** One accepted, opened connection. */
export class SenderLink {
  readonly connection: FrameConnection;
  /** What the receiver said of its own way to the end of the pipeline. */
  linked = false;
  /** Every stage on that way can hand streams over. */
  movesStreams = false;
  #credits: number;
  readonly #hopTimes: boolean;
  readonly #waiting: Waiting[] = [];

  /** `hopTimes`: the receiver reads times in traces; to another they are not sent. */
  constructor(connection: FrameConnection, credits: number, hopTimes: boolean) {
    this.connection = connection;
    this.#credits = credits;
    this.#hopTimes = hopTimes;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** `sent` is called when the bytes are out of our hands (or the link closed), `leaving` right before the message is encoded. `turn`: of those that wait the lowest goes first; absent = after all others. Throws WireError. */
  send(message: Omit<Message, "buffer">, sent: (whole: boolean) => void, leaving?: () => void, turn?: number): void {
    if (this.#credits > 0 && this.#waiting.length === 0) {
      this.#credits--;
      return this.#hand({ message, sent, leaving });
    }
    if (this.#waiting.length >= MAX_WAITING) throw new WireError("overloaded", "too many frames wait for credit");
    const last = this.#waiting.at(-1)?.turn ?? Number.NEGATIVE_INFINITY;
    const frame: Waiting = { message, sent, leaving, turn: turn ?? last };
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.turn > frame.turn) at--;
    this.#waiting.splice(at, 0, frame);
  }

  grant(credits: number): void {
    this.#credits += credits;
    while (this.#credits > 0 && this.#waiting.length > 0) {
      this.#credits--;
      this.#hand(this.#waiting.shift()!);
    }
  }

  #hand({ message, sent, leaving }: Omit<Waiting, "turn">): void {
    leaving?.();
    const known = this.#hopTimes || !message.traces.some((trace) => trace.times);
    this.connection.sendMessage(known ? message : { ...message, traces: message.traces.map(({ times: _times, ...trace }) => trace) }, sent);
  }

  /** Takes a request back that has not been sent yet. */
  withdraw(requestId: number, origin: number): boolean {
    const at = this.#waiting.findIndex(({ message }) => message.requestId === requestId && message.originId === origin);
    if (at < 0) return false;
    this.#waiting.splice(at, 1)[0]!.sent(true);
    return true;
  }

  close(): void {
    for (const { sent } of this.#waiting.splice(0)) sent(true);
  }
}
