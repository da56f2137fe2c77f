// Owns how many frames a link may have here at once: as many as fit a budget of bytes, so that what a stage holds of frames is bounded by their size and not
// only by their number. The planner counts a stage's memory by the same bound (server/planner/working-bytes.ts).

/** Frames of a link that came in, wait, run or are on their way out, as they came or as they leave, whichever is larger. */
export const WINDOW_BYTES = 4 * 1024 * 1024;
/** However large frames are: one comes in, one waits ready, one runs, one leaves. With fewer, links and processor would wait for each other. */
export const LEAST_WINDOW_FRAMES = 4;
/** Of the largest frame seen, after each smaller one: a window grows again some tens of frames after the last large one. */
const FORGET = 0.95;

export class FrameWindow {
  readonly #maxFrames: number;
  readonly #windowBytes: number;
  /** 0 = none was seen yet. */
  #largestBytes = 0;
  #held = 0;
  /** What the sender may still send. */
  #credits = 0;

  /** `links`: how many links share the budget. */
  constructor(maxFrames: number, links = 1) {
    this.#maxFrames = maxFrames;
    this.#windowBytes = WINDOW_BYTES / Math.max(1, links);
  }

  /** The least until the size of a frame is known. */
  get frames(): number {
    const fitting = this.#largestBytes === 0 ? 0 : Math.floor(this.#windowBytes / this.#largestBytes);
    return Math.max(1, Math.min(this.#maxFrames, Math.max(LEAST_WINDOW_FRAMES, fitting)));
  }

  /** Credits that a new connection begins with: what was granted on the one before is void. */
  open(): number {
    this.#credits = Math.max(1, this.frames - this.#held);
    return this.#credits;
  }

  received(bytes: number): void {
    this.#credits = Math.max(0, this.#credits - 1);
    this.#held++;
    this.#largestBytes = Math.max(1, bytes, this.#largestBytes * FORGET);
  }

  /** What a frame has become when it is about to leave. */
  leaves(bytes: number): void {
    this.#largestBytes = Math.max(this.#largestBytes, bytes);
  }

  /** A frame has been dealt with. */
  finished(): void {
    this.#held = Math.max(0, this.#held - 1);
  }

  /** How many more the sender may send from now on; they count as granted. */
  take(): number {
    const more = Math.max(0, this.frames - this.#held - this.#credits);
    this.#credits += more;
    return more;
  }
}
