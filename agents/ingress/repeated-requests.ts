// Owns requests that come again: one that comes while the first runs joins it, and one that comes after gets the answer that was kept. Bounded in
// answers and bytes; what falls out is run anew, which is harmless, because inference has no effects. (A step of a sequence has one: see below.)
//
//   running (waiters come and go) ──► kept, until the deadline of the first ──► forgotten
//        └── failed: its waiters are told, nothing is kept; who still has time of its own runs anew
//
// The same name with other tensors is another request: it runs by itself, and nobody gets an answer to what somebody else asked.
import { createHash } from "node:crypto";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { InferAnswer } from "./dispatcher.ts";
import { ClientGone, type Gone } from "./gone.ts";

/** Answers of one deployment kept at a time; at 400 requests a second those of ten seconds. */
const MAX_KEPT = 4096;
/** Their outputs together. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;
/** A larger answer would push out too many others. */
const MAX_ANSWER_BYTES = MAX_KEPT_BYTES / 8;

export type Asked = {
  /** Who asks, and by which name. */
  key: string;
  inputs: readonly WireTensor[];
  /** `performance.now()` clock. */
  deadlineAt: number;
  signal?: Gone;
  /** Has an effect, so that a client that goes away does not undo it: a step of a sequence. Then it runs to its end, and is there when it is asked for again. */
  once: boolean;
};
/** `repeated`: another request with the same name ran, not this one. */
export type RepeatableAnswer<A extends InferAnswer> = A & { repeated: boolean };

type Waiter<A> = { take(answer: A): void; fail(error: Error): void };
type Running<A> = { state: "running"; inputs: readonly WireTensor[]; waiters: Set<Waiter<A>>; abort: ClientGone };
type Kept<A> = { state: "kept"; answer: A; bytes: number; untilAt: number; /** Until `print` is made. */ inputs: readonly WireTensor[] | null; print: string };

export class RepeatedRequests<A extends InferAnswer> {
  readonly #entries = new Map<string, Running<A> | Kept<A>>();
  readonly #limits: { kept: number; bytes: number; answerBytes: number };
  #keptBytes = 0;
  #kept = 0;
  /** Requests answered by another's run so far. */
  count = 0;

  constructor(limits = { kept: MAX_KEPT, bytes: MAX_KEPT_BYTES, answerBytes: MAX_ANSWER_BYTES }) {
    this.#limits = limits;
  }

  /** Whether one that comes now may be one that has its answer already. */
  get holdsAny(): boolean {
    return this.#entries.size > 0;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** `run` with the signal that ends it when nobody waits any more. Rejects as it does, and with WireError `deadline` or `cancelled`. */
  async infer(asked: Asked, run: (signal: Gone | undefined) => Promise<A>): Promise<RepeatableAnswer<A>> {
    for (;;) {
      const entry = this.#entries.get(asked.key);
      if (entry?.state === "kept") {
        if (entry.untilAt > performance.now() && isSame(entry, asked.inputs)) {
          this.count++;
          return { ...entry.answer, repeated: true };
        }
        this.#forget(asked.key);
      } else if (entry) {
        if (!isSame(entry, asked.inputs)) return { ...(await run(asked.signal)), repeated: false };
        try {
          const answer = await this.#join(entry, asked);
          this.count++;
          return { ...answer, repeated: true };
        } catch (error) {
          // It ended for reasons of the first one's alone.
          const others = error instanceof WireError && (error.code === "deadline" || error.code === "cancelled");
          if (!others || asked.signal?.aborted || asked.deadlineAt <= performance.now()) throw error;
          continue;
        }
      }
      return { ...(await this.#lead(asked, run)), repeated: false };
    }
  }

  #lead(asked: Asked, run: (signal: Gone | undefined) => Promise<A>): Promise<A> {
    const entry: Running<A> = { state: "running", inputs: asked.inputs, waiters: new Set(), abort: new ClientGone() };
    this.#entries.set(asked.key, entry);
    const answered = this.#join(entry, asked);
    run(asked.once ? undefined : entry.abort).then((answer) => this.#answered(asked, entry, answer), (error: Error) => {
      if (this.#entries.get(asked.key) === entry) this.#entries.delete(asked.key);
      for (const waiter of entry.waiters) waiter.fail(error);
    });
    return answered;
  }

  #answered(asked: Asked, entry: Running<A>, answer: A): void {
    if (this.#entries.get(asked.key) === entry) {
      this.#entries.delete(asked.key);
      this.#keep(asked, answer);
    }
    let holders = entry.waiters.size;
    if (holders === 0) return answer.release();
    const release = () => { if (--holders === 0) answer.release(); };
    for (const waiter of [...entry.waiters]) waiter.take({ ...answer, release });
  }

  #keep({ key, inputs, deadlineAt }: Asked, answer: A): void {
    const bytes = answer.outputs.reduce((sum, output) => sum + output.data.length, 0);
    if (bytes > this.#limits.answerBytes || deadlineAt <= performance.now()) return;
    const outputs = answer.outputs.map((output) => ({ ...output, data: output.data.slice() }));
    const kept: Kept<A> = { state: "kept", answer: { ...answer, outputs, release: () => undefined }, bytes, untilAt: deadlineAt, inputs, print: "" };
    this.#entries.set(key, kept);
    this.#keptBytes += bytes;
    this.#kept++;
    // Once the answer is on its way: the tensors themselves are not kept.
    setImmediate(() => { kept.print = printOf(inputs); kept.inputs = null; });
    for (const [oldest, one] of this.#entries) {
      if (this.#kept <= this.#limits.kept && this.#keptBytes <= this.#limits.bytes) break;
      if (one.state === "kept") this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.state !== "kept") return;
    this.#entries.delete(key);
    this.#keptBytes -= entry.bytes;
    this.#kept--;
  }

  /** Forgets what is past its time, `nowMs` of `performance.now()`. */
  sweep(nowMs: number): void {
    for (const [key, entry] of this.#entries) if (entry.state === "kept" && entry.untilAt <= nowMs) this.#forget(key);
  }

  #join(entry: Running<A>, { deadlineAt, signal, once }: Asked): Promise<A> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", gone);
        entry.waiters.delete(waiter);
      };
      const waiter: Waiter<A> = { take: (answer) => { leave(); resolve(answer); }, fail: (error) => { leave(); reject(error); } };
      const giveUp = (error: WireError) => {
        waiter.fail(error);
        if (entry.waiters.size === 0 && !once) entry.abort.abort();
      };
      const gone = () => giveUp(new WireError("cancelled", "the client went away"));
      // The first one's deadline is also its run's; this is for those with less time of their own, and a moment late so that the run's own words come first.
      const timer = setTimeout(() => giveUp(new WireError("deadline", "no answer within the deadline")), Math.max(0, deadlineAt - performance.now()) + 20);
      entry.waiters.add(waiter);
      if (signal?.aborted) gone();
      else signal?.addEventListener("abort", gone, { once: true });
    });
  }
}

function isSame<A>(entry: Running<A> | Kept<A>, inputs: readonly WireTensor[]): boolean {
  if (entry.state === "kept" && entry.inputs === null) return entry.print === printOf(inputs);
  const first = entry.inputs!;
  return first.length === inputs.length && first.every((one, index) => {
    const other = inputs[index]!;
    return headOf(one) === headOf(other) && Buffer.compare(one.data, other.data) === 0;
  });
}

const headOf = ({ name, dataType, shape }: WireTensor): string => JSON.stringify([name, dataType, shape]);

function printOf(inputs: readonly WireTensor[]): string {
  const hash = createHash("sha256");
  for (const tensor of inputs) hash.update(headOf(tensor)).update(tensor.data);
  return hash.digest("base64");
}
