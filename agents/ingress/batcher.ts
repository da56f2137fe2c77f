// Owns requests of one deployment that wait to run together: a bounded queue by priority, deadlines and cancellation while they wait and while they
// run, and the proof that running together answers what running alone does. What runs goes through the dispatcher as one request.
import type { Batching } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import { cutTensors, joinTensors, batchKeyOf } from "./batch-tensors.ts";
import type { InferAnswer } from "./dispatcher.ts";
import { ClientGone, type Gone } from "./gone.ts";
import { nextBatch, type Waiting } from "./next-batch.ts";
import { levelOf } from "./priority.ts";
import { relativeError } from "./verification.ts";

/** A batch is another order of the same sums: as far apart as that may bring float32. */
const TOLERANCE = 1e-4;

/** Where a request may be answered: through one epoch only, or (null) anywhere; `isTried`: as one of the share that a revision under trial is given. */
export type Destination = { epoch: number | null; isTried: boolean };
export const ANYWHERE: Destination = { epoch: null, isTried: false };
export type BatchRequest = { inputs: WireTensor[]; deadlineAt: number; signal?: Gone; priority: number; /** Requests of one destination run together; absent = anywhere. */ to?: Destination };
/** `waitedMs` for the batch; `size` = items of the whole batch; `executed` is true for one of its requests. */
export type BatchAnswer = InferAnswer & { waitedMs: number; size: number; executed: boolean };
type Member = Waiting & BatchRequest & { to: Destination; settle(outcome: BatchAnswer | WireError): void; settled: boolean };
export type BatcherHost = {
  infer(request: { inputs: WireTensor[]; deadlineAt: number; signal: Gone; priority: number; to: Destination }): Promise<InferAnswer>;
  limits(): { maxInFlight: number };
  /** Pipelines that batches are spread over. */
  replicas(): number;
  /** Requests are not joined any more, and why. */
  refused(why: string): void;
};

export class Batcher {
  batching: Batching;
  readonly #host: BatcherHost;
  readonly #waiting: Member[] = [];
  #running = 0;
  /** Requests in batches under way. */
  #inBatches = 0;
  /** Batches under way at most: one for each stage of each replica, and one on its way. Known from the first answer. */
  #lanes = 2;
  /** unproved ──► proved, or refused (then each runs alone) */
  #proof: "unproved" | "proving" | "proved" | "refused" = "unproved";
  #timer: NodeJS.Timeout | null = null;

  constructor(batching: Batching, host: BatcherHost) {
    this.batching = batching;
    this.#host = host;
  }

  /** Requests accepted and not answered. */
  get inFlight(): number {
    return this.#waiting.length + this.#inBatches;
  }

  /** Throws WireError `overloaded` where a request, whatever is in it, has no room now. */
  demandRoom(): void {
    const { maxInFlight } = this.#host.limits();
    if (this.inFlight >= maxInFlight) throw new WireError("overloaded", `${maxInFlight} requests are in flight`);
  }

  /** Rejects with WireError. */
  infer(request: BatchRequest): Promise<BatchAnswer> {
    try {
      this.demandRoom();
    } catch (error) {
      return Promise.reject(error);
    }
    if (request.signal?.aborted) return Promise.reject(new WireError("cancelled", "the client went away"));
    const remainingMs = request.deadlineAt - performance.now();
    if (remainingMs <= 0) return Promise.reject(new WireError("deadline", "the deadline has passed"));
    return new Promise((resolve, reject) => {
      const gone = () => member.settle(new WireError("cancelled", "the client went away"));
      const timer = setTimeout(() => member.settle(new WireError("deadline", "no answer within the deadline")), remainingMs);
      const { items, key: alike } = batchKeyOf(request.inputs);
      const { to = ANYWHERE } = request;
      const key = to === ANYWHERE ? alike : `${to.epoch}${to.isTried ? "?" : ""} ${alike}`;
      const member: Member = {
        inputs: request.inputs, deadlineAt: request.deadlineAt, signal: request.signal, priority: request.priority, to, items, key, arrivedAt: performance.now(), settled: false,
        settle: (outcome) => {
          if (member.settled) { if (!(outcome instanceof WireError)) outcome.release(); return; }
          member.settled = true;
          clearTimeout(timer);
          request.signal?.removeEventListener("abort", gone);
          const at = this.#waiting.indexOf(member);
          if (at >= 0) this.#waiting.splice(at, 1);
          if (outcome instanceof WireError) reject(outcome);
          else resolve(outcome);
        },
      };
      request.signal?.addEventListener("abort", gone, { once: true });
      this.#waiting.push(member);
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#running < this.#lanes) {
      const batching = this.#proof === "refused" ? { ...this.batching, maxSize: 1 } : this.batching;
      const decision = nextBatch(this.#waiting, batching, performance.now());
      if (decision.take === null) {
        if (Number.isFinite(decision.untilMs)) this.#timer = setTimeout(() => this.#pump(), Math.max(0, decision.untilMs - performance.now()));
        return;
      }
      const members = decision.take.map((index) => this.#waiting[index]!);
      for (const member of members) this.#waiting.splice(this.#waiting.indexOf(member), 1);
      this.#running++;
      this.#inBatches += members.length;
      void this.#run(members).finally(() => {
        this.#running--;
        this.#inBatches -= members.length;
        this.#pump();
      });
    }
  }

  async #run(members: Member[]): Promise<void> {
    // Until joining is proved, one batch is tried; others run alone meanwhile.
    if (members.length === 1 || this.#proof === "proving" || this.#proof === "refused") return this.#alone(members);
    if (this.#proof === "unproved") return this.#prove(members);
    const leftAt = performance.now();
    try {
      const answer = await this.#together(members);
      const shares = cutTensors(answer.outputs, members.map((member) => member.items));
      if (!shares) { answer.release(); this.#refuse("an output's first dimension is not the batch's"); return this.#alone(members); }
      let holders = members.length;
      const release = () => { if (--holders === 0) answer.release(); };
      const size = members.reduce((sum, member) => sum + member.items, 0);
      members.forEach((member, index) => { member.settle({ outputs: shares[index]!, trace: answer.trace, epoch: answer.epoch, attempts: answer.attempts, release, waitedMs: leftAt - member.arrivedAt, size, executed: index === 0 }); });
    } catch (error) {
      // One request's mistake is not the others': each gets its own outcome.
      if (error instanceof WireError && error.code === "run_failed") return this.#alone(members);
      for (const member of members) member.settle(wireErrorOf(error));
    }
  }

  /** Cancelled when nobody waits for it any more. */
  #together(members: Member[]): Promise<InferAnswer> {
    const abort = new ClientGone();
    for (const { signal } of members) signal?.addEventListener("abort", () => { if (members.every((member) => member.settled)) abort.abort(); }, { once: true });
    return this.#host.infer({ inputs: joinTensors(members.map((member) => member.inputs)), deadlineAt: Math.max(...members.map((member) => member.deadlineAt)), signal: abort, priority: Math.min(...members.map((member) => levelOf(member.priority))), to: members[0]!.to }).then((answer) => {
      this.#lanes = answer.trace.stages.length * Math.max(1, this.#host.replicas()) + 1;
      return answer;
    });
  }

  async #alone(members: Member[]): Promise<void> {
    await Promise.all(members.filter((member) => !member.settled).map(async (member) => {
      const leftAt = performance.now();
      const abort = new ClientGone();
      member.signal?.addEventListener("abort", () => abort.abort(), { once: true });
      try {
        const answer = await this.#host.infer({ inputs: member.inputs, deadlineAt: member.deadlineAt, signal: abort, priority: member.priority, to: member.to });
        member.settle({ outputs: answer.outputs, trace: answer.trace, epoch: answer.epoch, attempts: answer.attempts, release: answer.release, waitedMs: leftAt - member.arrivedAt, size: member.items, executed: true });
      } catch (error) {
        member.settle(wireErrorOf(error));
      }
    }));
  }

  /** Runs the first batch both ways. Clients get what ran alone; a model whose answers differ (it looks across its batch) is never batched. */
  async #prove(members: Member[]): Promise<void> {
    this.#proof = "proving";
    const copies = members.map((member) => new Promise<WireTensor[] | null>((resolve) => {
      const { settle } = member;
      member.settle = (outcome) => { resolve(outcome instanceof WireError ? null : outcome.outputs.map((output) => ({ ...output, data: output.data.slice() }))); settle(outcome); };
    }));
    const together = this.#together(members).catch(() => null);
    await this.#alone(members);
    const [answer, ...alone] = await Promise.all([together, ...copies]);
    const shares = answer && cutTensors(answer.outputs, members.map((member) => member.items));
    const compared = alone.every((outputs) => outputs !== null) && shares;
    if (answer && !shares) this.#refuse("an output's first dimension is not the batch's");
    else if (!compared) this.#proof = "unproved";
    else {
      const error = Math.max(...shares.flatMap((share, index) => share.map((output) => relativeError(output, alone[index]!.find((one) => one.name === output.name)!))));
      if (error <= TOLERANCE) this.#proof = "proved";
      else this.#refuse(`answers of a batch differ from answers alone by ${error.toPrecision(3)}, at most ${TOLERANCE}`);
    }
    answer?.release();
  }

  #refuse(why: string): void {
    this.#proof = "refused";
    this.#host.refused(why);
  }

  stop(reason: string): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const member of [...this.#waiting]) member.settle(new WireError("going_away", reason));
  }
}

const wireErrorOf = (error: unknown): WireError => (error instanceof WireError ? error : new WireError("internal", (error as Error).message));
