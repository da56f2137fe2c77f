// Owns requests of one deployment that wait to run together: a bounded queue by priority, deadlines and cancellation while they wait and while they
// run, and the proof that running together answers what running alone does. What runs goes through the dispatcher as one request. What could not be
// answered in time is refused as it comes, or let go while it waits, so that the time it would have taken goes to those that can be.
import type { Batching } from "../protocol/control.ts";
import type { PadPlan } from "../protocol/pad-plan.ts";
import { elementCount, type WireTensor } from "../protocol/tensor.ts";
import { WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import { BatchPace } from "./batch-pace.ts";
import { cutTensors, joinTensors, batchKeyOf } from "./batch-tensors.ts";
import type { InferAnswer } from "./dispatcher.ts";
import { ClientGone, type Gone } from "./gone.ts";
import { nextBatch, type Waiting } from "./next-batch.ts";
import { cutPadded, joinPadded, padKeyOf } from "./pad-tensors.ts";
import { levelOf, turnOf } from "./priority.ts";
import { relativeError } from "./verification.ts";

/** A batch is another order of the same sums: as far apart as that may bring float32. */
const TOLERANCE = 1e-4;
/** Buckets that padding is proved for; those of more shapes run alone. Lengths and the model's other shapes make few. */
const MAX_PROVED = 1024;

/** Where a request may be answered: through one epoch only, or (null) anywhere; `isTried`: as one of the share that a revision under trial is given. */
export type Destination = { epoch: number | null; isTried: boolean };
export const ANYWHERE: Destination = { epoch: null, isTried: false };
export type BatchRequest = { inputs: WireTensor[]; deadlineAt: number; signal?: Gone; priority: number; /** Requests of one destination run together; absent = anywhere. */ to?: Destination };
/** `waitedMs` for the batch; `size` = items of the whole batch; `executed` is true for one of its requests. */
export type BatchAnswer = InferAnswer & { waitedMs: number; size: number; executed: boolean };
type Member = Waiting & BatchRequest & { to: Destination; settle(outcome: BatchAnswer | WireError): void; settled: boolean; /** How its run ended, also where it had been told before. */ ended: "answered" | WireErrorCode | null };
export type BatcherHost = {
  infer(request: { inputs: WireTensor[]; deadlineAt: number; signal: Gone; priority: number; to: Destination }): Promise<InferAnswer>;
  limits(): { maxInFlight: number };
  /** Pipelines that batches are spread over. */
  replicas(): number;
  /** Requests are not joined any more, and why. */
  refused(why: string): void;
  /** Requests are not padded any more, and why; those of equal shapes are joined still. */
  paddingRefused(why: string): void;
  /** One bucket more is proved. */
  changed(): void;
};
/** Requests as one: `inputs`, and each one's share of the outputs; null where they are not of the shapes they were declared with. `padding`: elements filled in. */
type Joined = { inputs: WireTensor[]; padding: number; cut(outputs: readonly WireTensor[]): WireTensor[][] | null };

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
  /** What is padded; null = nothing, or it was tried and refused. */
  #plan: PadPlan | null;
  /** Buckets whose first padded batch was compared. */
  readonly #padProved = new Set<string>();
  /** Those where that is under way. */
  readonly #padProving = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  readonly #pace = new BatchPace();
  /** Elements of inputs that ran, what was asked and what was filled in beside it. */
  readonly elements = { asked: 0, padding: 0 };

  constructor(batching: Batching, plan: PadPlan | null, host: BatcherHost) {
    this.batching = batching;
    this.#plan = plan;
    this.#host = host;
  }

  /** Those that wait are sorted anew; whether padding leaves answers as they are is to be proved anew. */
  setPadding(plan: PadPlan | null): void {
    this.#plan = plan;
    this.#padProved.clear();
    for (const member of this.#waiting) member.key = this.#keyOf(member);
    this.#pump();
  }

  #keyOf({ inputs, to }: Pick<Member, "inputs" | "to">): string {
    const alike = this.#plan ? padKeyOf(inputs, this.#plan) : batchKeyOf(inputs).key;
    return to === ANYWHERE ? alike : `${to.epoch}${to.isTried ? "?" : ""} ${alike}`;
  }

  /** Requests accepted and not answered. */
  get inFlight(): number {
    return this.#waiting.length + this.#inBatches;
  }

  /** Whose first padded batch was compared and is as its requests alone. */
  get equalBuckets(): number {
    return this.#padProved.size;
  }

  /** Throws WireError `overloaded` where a request with so much time has no room now. `priority`: the first one's, where it is not known yet, so that none is refused that would go before others. */
  demandRoom(remainingMs: number, priority = 1): void {
    const { maxInFlight } = this.#host.limits();
    if (this.inFlight >= maxInFlight) throw new WireError("overloaded", `${maxInFlight} requests are in flight`);
    const turn = turnOf({ arrivedAt: performance.now(), priority });
    const ahead = this.#waiting.reduce((count, member) => count + Number(turnOf(member) <= turn), this.#inBatches);
    const expectedMs = this.#pace.expectedMs(ahead);
    if (expectedMs !== null && expectedMs > remainingMs) throw new WireError("overloaded", `${this.inFlight} requests are in flight, ${ahead} of them before this one, which would take about ${Math.ceil(expectedMs)} ms; its deadline is in ${Math.floor(remainingMs)} ms`);
  }

  /** Rejects with WireError. */
  infer(request: BatchRequest): Promise<BatchAnswer> {
    if (request.signal?.aborted) return Promise.reject(new WireError("cancelled", "the client went away"));
    const remainingMs = request.deadlineAt - performance.now();
    if (remainingMs <= 0) return Promise.reject(new WireError("deadline", "the deadline has passed"));
    try {
      this.demandRoom(remainingMs, request.priority);
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const gone = () => member.settle(new WireError("cancelled", "the client went away"));
      const timer = setTimeout(() => member.settle(new WireError("deadline", "no answer within the deadline")), remainingMs);
      const { items } = batchKeyOf(request.inputs);
      const { to = ANYWHERE } = request;
      const key = this.#keyOf({ inputs: request.inputs, to });
      const member: Member = {
        inputs: request.inputs, deadlineAt: request.deadlineAt, signal: request.signal, priority: request.priority, to, items, key, arrivedAt: performance.now(), settled: false, ended: null,
        settle: (outcome) => {
          if (!(outcome instanceof WireError)) member.ended = "answered";
          else if (member.ended !== "answered") member.ended = outcome.code;
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
      this.#letGo();
      const batching = this.#proof === "refused" ? { ...this.batching, maxSize: 1 } : this.batching;
      const decision = nextBatch(this.#waiting, batching, performance.now());
      if (decision.take === null) {
        if (Number.isFinite(decision.untilMs)) this.#timer = setTimeout(() => this.#pump(), Math.max(0, decision.untilMs - performance.now()));
        return;
      }
      const members = decision.take.map((index) => this.#waiting[index]!);
      for (const member of members) this.#waiting.splice(this.#waiting.indexOf(member), 1);
      // What had waited its time had room for more, unless as many as fit wait beside it and are not alike.
      const isFull = decision.why !== "waited" || this.#waiting.length >= batching.maxSize;
      const leftAtMs = performance.now();
      this.#running++;
      this.#inBatches += members.length;
      void this.#run(members).finally(() => {
        this.#running--;
        this.#inBatches -= members.length;
        const isAnswered = members.some(({ ended }) => ended === "answered");
        if (isAnswered || members.some(({ ended }) => ended === "deadline")) this.#pace.ended({ leftAtMs, endedAtMs: performance.now(), requests: members.length, isFull, isLate: !isAnswered });
        this.#pump();
      });
    }
  }

  /** Of those that wait, who could not be answered in time if it left now, as long as somebody waits who could be. */
  #letGo(): void {
    const needed = this.#pace.neededMs;
    if (needed === null || this.#waiting.length < 2) return;
    const until = performance.now() + needed;
    const late = this.#waiting.filter(({ deadlineAt }) => deadlineAt < until);
    if (late.length === this.#waiting.length) return;
    for (const member of late) member.settle(new WireError("deadline", `no answer within the deadline: it waited for its turn, and one takes about ${Math.ceil(needed)} ms from there`));
  }

  async #run(members: Member[]): Promise<void> {
    const { key } = members[0]!;
    // Until it is proved that answers stay the same, one batch is tried; others run alone meanwhile.
    if (members.length === 1 || this.#proof === "refused" || this.#proof === "proving" || this.#padProving.has(key)) return this.#alone(members);
    const joined = this.#join(members);
    if (joined === null) return this.#alone(members);
    const isPadProved = joined.padding === 0 || this.#padProved.has(key);
    if (!isPadProved && this.#padProved.size >= MAX_PROVED) return this.#alone(members);
    if (this.#proof === "unproved" || !isPadProved) return this.#prove(members, joined);
    const leftAt = performance.now();
    try {
      const answer = await this.#together(members, joined);
      const shares = joined.cut(answer.outputs);
      if (!shares) { answer.release(); this.#refuse(joined, notAsDeclared(joined)); return this.#alone(members); }
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

  /** Null where it would be too much to hold. */
  #join(members: Member[]): Joined | null {
    const plan = this.#plan;
    const requests = members.map((member) => member.inputs);
    const items = members.map((member) => member.items);
    if (!plan) return { inputs: joinTensors(requests), padding: 0, cut: (outputs) => cutTensors(outputs, items) };
    const padded = joinPadded(requests, plan);
    return padded && { inputs: padded.inputs, padding: padded.padding, cut: (outputs) => cutPadded(outputs, items, padded, plan) };
  }

  #count(inputs: readonly WireTensor[], padding: number): void {
    this.elements.asked += inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0) - padding;
    this.elements.padding += padding;
  }

  /** Cancelled when nobody waits for it any more. */
  #together(members: Member[], { inputs, padding }: Joined): Promise<InferAnswer> {
    this.#count(inputs, padding);
    const abort = new ClientGone();
    for (const { signal } of members) signal?.addEventListener("abort", () => { if (members.every((member) => member.settled)) abort.abort(); }, { once: true });
    return this.#host.infer({ inputs, deadlineAt: Math.max(...members.map((member) => member.deadlineAt)), signal: abort, priority: Math.min(...members.map((member) => levelOf(member.priority))), to: members[0]!.to }).then((answer) => {
      this.#lanes = answer.trace.stages.length * Math.max(1, this.#host.replicas()) + 1;
      return answer;
    });
  }

  async #alone(members: Member[]): Promise<void> {
    await Promise.all(members.filter((member) => !member.settled).map(async (member) => {
      const leftAt = performance.now();
      const abort = new ClientGone();
      this.#count(member.inputs, 0);
      member.signal?.addEventListener("abort", () => abort.abort(), { once: true });
      try {
        const answer = await this.#host.infer({ inputs: member.inputs, deadlineAt: member.deadlineAt, signal: abort, priority: member.priority, to: member.to });
        member.settle({ outputs: answer.outputs, trace: answer.trace, epoch: answer.epoch, attempts: answer.attempts, release: answer.release, waitedMs: leftAt - member.arrivedAt, size: member.items, executed: true });
      } catch (error) {
        member.settle(wireErrorOf(error));
      }
    }));
  }

  /** Runs the first batch both ways, padded or not, and the first padded one of each bucket. Clients get what ran alone; a model whose answers differ (it looks across its batch, or at the padding) is never given such a batch. */
  async #prove(members: Member[], joined: Joined): Promise<void> {
    const plan = this.#plan;
    const { key } = members[0]!;
    const isFirst = this.#proof === "unproved";
    if (isFirst) this.#proof = "proving";
    if (joined.padding > 0) this.#padProving.add(key);
    const copies = members.map((member) => new Promise<WireTensor[] | null>((resolve) => {
      const { settle } = member;
      member.settle = (outcome) => { resolve(outcome instanceof WireError ? null : outcome.outputs.map((output) => ({ ...output, data: output.data.slice() }))); settle(outcome); };
    }));
    const together = this.#together(members, joined).catch((error: unknown) => wireErrorOf(error));
    await this.#alone(members);
    const [answer, ...alone] = await Promise.all([together, ...copies]);
    if (isFirst) this.#proof = "unproved";
    this.#padProving.delete(key);
    const areAnswered = alone.every((outputs) => outputs !== null);
    if (answer instanceof WireError) {
      if (joined.padding > 0 && areAnswered && answer.code === "run_failed" && plan === this.#plan) this.#refuse(joined, `a padded batch fails where each request alone is answered: ${answer.message}`);
      return;
    }
    const shares = joined.cut(answer.outputs);
    if (!shares) this.#refuse(joined, notAsDeclared(joined));
    else if (areAnswered) {
      const error = Math.max(...shares.flatMap((share, index) => share.map((output) => relativeError(output, alone[index]!.find((one) => one.name === output.name)!))));
      if (error > TOLERANCE) this.#refuse(joined, `answers of a ${joined.padding > 0 ? "padded " : ""}batch differ from answers alone by ${error.toPrecision(3)}, at most ${TOLERANCE}`);
      else {
        if (isFirst) this.#proof = "proved";
        if (joined.padding > 0 && plan === this.#plan) { this.#padProved.add(key); this.#host.changed(); }
      }
    }
    answer.release();
  }

  /** Of a padded batch it is the padding that is given up: whether joining alone would do is yet to be seen. */
  #refuse({ padding }: Joined, why: string): void {
    if (padding > 0) {
      this.setPadding(null);
      this.#host.paddingRefused(why);
      return;
    }
    this.#proof = "refused";
    this.#host.refused(why);
  }

  stop(reason: string): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const member of [...this.#waiting]) member.settle(new WireError("going_away", reason));
  }
}

const notAsDeclared = ({ padding }: Joined): string => (padding > 0 ? "an output does not have the padded length where its declared shape says so" : "an output's first dimension is not the batch's");
const wireErrorOf = (error: unknown): WireError => (error instanceof WireError ? error : new WireError("internal", (error as Error).message));
