// Owns the requests of one deployment between "accepted" and "answered": which pipeline, which attempt, deadline, cancellation. Each request
// gets exactly one outcome. Knows nothing of HTTP.
//
//   waiting (no linked pipeline, or a pause before the next attempt) ──► sent ──► answered
//        ▲                                                                │
//        └── pipeline broke, or a retryable error: next attempt, ─────────┘     from anywhere: failed (deadline, cancelled, final error)
//            on a replica of the current revision that is whole, or on a spare while none is
import type { IngressRoute, RequestTrace } from "../protocol/control.ts";
import { FLAGS, type Message, type StageTrace } from "../protocol/frame.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WIRE_ERRORS, WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import type { BufferPool } from "../stage/buffer-pool.ts";
import { Admission } from "./admission.ts";
import { chooseReplica } from "./choose-replica.ts";
import { GivenUpRequests } from "./given-up.ts";
import type { Gone } from "./gone.ts";
import type { PipelineRuntime, ToldError } from "./pipeline-runtime.ts";
import { turnOf } from "./priority.ts";
import { RequestFailed } from "./request-failed.ts";

/** Between attempts after a retryable error; doubles up to the longest. */
const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 250;
/** Attempts are bounded by the deadline; this bounds a pipeline that refuses at once, forever. */
const MAX_ATTEMPTS = 1000;
/** Of a request that was under way when its pipeline broke. A request that itself breaks what it meets (a fault in native code) must not go on to break whatever comes up again. */
export const MAX_RESENDS = 5;
/** Attempts that ended without an answer, as a trace tells them: the first ones. */
const MAX_TOLD_TRIES = 8;

export type StreamStep = { streamId: number; stepIndex: number; end: boolean; /** Between two steps: state is taken from a pipeline, to go to `epoch`, or given to one. Absent = a step. */ moves?: { what: "take"; epoch: number } | { what: "give" } };
export type InferRequest = {
  inputs: WireTensor[];
  /** `performance.now()` clock. */
  deadlineAt: number;
  signal?: Gone;
  /** null = stateless: may be sent again. */
  stream: StreamStep | null;
  /** Through this pipeline only (streams, verification); null = a current one. */
  pipeline: PipelineRuntime | null;
  /** Where its first attempt goes while that is linked; the others go where all do. Absent = nowhere else. */
  first?: PipelineRuntime | null;
  /** The ingress's own check of a pipeline, one at a time: it has room beside what clients may have in flight, so that a busy hour turns no move back. */
  isCheck?: boolean;
  /** Through a pipeline of this epoch only; null or absent = the current one. */
  epoch?: number | null;
  /** 1 = first; 0 or absent = as the last level. Steps of streams keep their order whatever they say. */
  priority?: number;
};
export type InferAnswer = {
  outputs: WireTensor[]; trace: RequestTrace; epoch: number; attempts: number;
  /** Call when the outputs are no longer needed. */
  release(): void;
};

type Entry = Omit<InferRequest, "epoch" | "priority"> & {
  /** Lowest first, where several wait. */ turn: number;
  /** The epoch it keeps to. */ only: number | null;
  id: number; attempt: number; sentTo: PipelineRuntime | null; /** Refused it last. */ refusedBy: PipelineRuntime | null; startedAt: number; startedAtIso: string; /** When the present attempt left; null = it waits. */ leftAt: number | null;
  /** How often its pipeline broke. */ resends: number; tries: NonNullable<RequestTrace["tries"]>;
  /** How far the last attempt came that failed, and on which epoch and replica. */ came: StageTrace[]; epoch: number | null; replica: number | undefined;
  retryTimer: NodeJS.Timeout | null; deadlineTimer: NodeJS.Timeout; retryMs: number; ready: boolean;
  resolve(answer: InferAnswer): void; reject(error: WireError): void; /** Its signal's listener. */ gone(): void;
};

export class Dispatcher {
  readonly #originId: number;
  readonly #nextId: () => number;
  readonly #pool: BufferPool;
  readonly #entries = new Map<number, Entry>();
  readonly #givenUp = new GivenUpRequests<PipelineRuntime>();
  readonly #admission = new Admission();
  readonly #onCameTo: (trace: RequestTrace) => void;
  /** The pipelines new requests go to: the replicas of the current revision. */
  current: readonly PipelineRuntime[] = [];
  /** Serve as well, and take over while all current ones are broken; best first. */
  spares: readonly PipelineRuntime[] = [];
  /** Those of one epoch, for requests that keep to it. */
  readonly #ofEpoch: (epoch: number) => readonly PipelineRuntime[];
  limits: IngressRoute["limits"];

  /** `onCameTo`: of a request that was given up, a stage has told how far it had come; its trace again, with that. */
  constructor(originId: number, nextId: () => number, pool: BufferPool, limits: IngressRoute["limits"], onCameTo: (trace: RequestTrace) => void, ofEpoch: (epoch: number) => readonly PipelineRuntime[] = () => []) {
    this.#ofEpoch = ofEpoch;
    this.#onCameTo = onCameTo;
    this.#originId = originId;
    this.#nextId = nextId;
    this.#pool = pool;
    this.limits = limits;
  }

  get inFlight(): number {
    return this.#entries.size;
  }

  /** Where a request goes now: the least loaded replica, or a spare that is linked while none is. Null = there is no pipeline; it may not be linked. */
  get serving(): PipelineRuntime | null {
    return this.#among(this.current, null) ?? this.spares.find((spare) => spare.linked) ?? this.current[0] ?? null;
  }

  /** Of this epoch, whichever is current; null = none is linked. */
  leastLoadedOf(epoch: number): PipelineRuntime | null {
    return this.#among(this.#ofEpoch(epoch), null);
  }

  #among(replicas: readonly PipelineRuntime[], refusedBy: PipelineRuntime | null): PipelineRuntime | null {
    if (replicas.length === 1) return replicas[0]!.linked ? replicas[0]! : null;
    return replicas[chooseReplica(replicas, performance.now(), refusedBy ? replicas.indexOf(refusedBy) : -1)] ?? null;
  }

  #pipelineFor({ pipeline, first, attempt, only, refusedBy }: Entry): PipelineRuntime | null {
    if (pipeline) return pipeline;
    if (attempt === 0 && first?.linked) return first;
    if (only !== null) return this.#among(this.#ofEpoch(only), refusedBy);
    return (refusedBy && this.#among(this.current, refusedBy)) || this.serving;
  }

  /** Throws WireError `overloaded` where a request with so much time, whatever is in it, has no room now. `isStep`: of a sequence, which keeps its pace. */
  demandRoom(remainingMs: number, isStep: boolean): void {
    if (this.#entries.size >= this.limits.maxInFlight) throw new WireError("overloaded", `${this.limits.maxInFlight} requests are in flight`);
    const expectedMs = isStep ? null : this.#admission.expectedMs(this.#entries.size);
    if (expectedMs !== null && expectedMs > remainingMs) throw new WireError("overloaded", `${this.#entries.size} requests are in flight, behind which this one would take about ${Math.ceil(expectedMs)} ms; its deadline is in ${Math.floor(remainingMs)} ms`);
  }

  /** Rejects with WireError; resolves with the answer of exactly one attempt. */
  infer(request: InferRequest): Promise<InferAnswer> {
    if (request.signal?.aborted) return Promise.reject(new WireError("cancelled", "the client went away"));
    const remainingMs = request.deadlineAt - performance.now();
    if (remainingMs <= 0) return Promise.reject(new WireError("deadline", "the deadline has passed"));
    try {
      if (!request.isCheck) this.demandRoom(remainingMs, request.stream !== null);
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId();
      const startedAt = performance.now();
      const entry: Entry = {
        // Spelled out, here and below on a request's way: an object spread costs more than all the rest.
        inputs: request.inputs, deadlineAt: request.deadlineAt, signal: request.signal, stream: request.stream, pipeline: request.pipeline, first: request.first ?? null, only: request.epoch ?? null, id, attempt: 0, sentTo: null, refusedBy: null, startedAt, turn: turnOf({ arrivedAt: startedAt, priority: request.stream ? 0 : (request.priority ?? 0) }), startedAtIso: new Date().toISOString(), leftAt: null, came: [], epoch: null, replica: undefined, resends: 0, tries: [], retryTimer: null, retryMs: FIRST_RETRY_MS,
        ready: true, resolve, reject, gone: () => this.#abandon(entry, new WireError("cancelled", "the client went away")),
        deadlineTimer: setTimeout(() => this.#abandon(entry, new WireError("deadline", "no answer within the deadline")), remainingMs),
      };
      this.#entries.set(id, entry);
      request.signal?.addEventListener("abort", entry.gone, { once: true });
      this.#try(entry);
    });
  }

  #try(entry: Entry): void {
    if (!entry.ready || entry.sentTo) return;
    const pipeline = this.#pipelineFor(entry);
    if (!pipeline?.linked) return;
    entry.attempt++;
    entry.sentTo = pipeline;
    pipeline.outstanding++;
    pipeline.askedAtMs = performance.now();
    entry.leftAt = null;
    entry.came = [];
    entry.epoch = pipeline.pipeline.epoch;
    entry.replica = pipeline.pipeline.replica;
    const wanted = pipeline.pipeline.sends;
    const { stream } = entry;
    try {
      pipeline.send({
        requestId: entry.id, originId: this.#originId, attempt: entry.attempt & 0xffff, epoch: pipeline.pipeline.epoch,
        streamId: stream?.streamId ?? 0, stepIndex: stream?.stepIndex ?? 0, flags: stream ? flagsOf(stream) : 0, value: stream?.moves?.what === "take" ? stream.moves.epoch : 0,
        deadlineMs: Math.max(1, Math.ceil(entry.deadlineAt - performance.now())), traces: [],
        tensors: stream?.moves ? entry.inputs : entry.inputs.filter((tensor) => wanted.includes(tensor.name)),
      }, () => { entry.leftAt = performance.now(); }, entry.turn);
    } catch (error) {
      this.#failed(entry, error instanceof WireError ? error.code : "internal", (error as Error).message, []);
    }
  }

  onAnswer(message: Message, pipeline: PipelineRuntime): void {
    const entry = this.#entries.get(message.requestId);
    // An answer of an attempt given up, or of a request already answered: dropped, so that nobody is answered twice.
    if (!entry || entry.sentTo !== pipeline || (entry.attempt & 0xffff) !== message.attempt) {
      const given = this.#givenUp.take(message.requestId, message.attempt, pipeline);
      if (given) this.#onCameTo({ ...given, stages: message.traces, answer: answerOf(message, pipeline) });
      return this.#pool.release(message.buffer);
    }
    this.#close(entry);
    pipeline.counts.answered++;
    this.#admission.answered(performance.now(), this.#entries.size);
    const trace = wayOf(entry, message.traces, null);
    trace.answer = answerOf(message, pipeline);
    entry.resolve({
      outputs: message.tensors, trace, epoch: message.epoch, attempts: entry.attempt,
      release: () => this.#pool.release(message.buffer),
    });
  }

  onError({ requestId, attempt, code, text, stages }: ToldError, pipeline: PipelineRuntime): void {
    const entry = this.#entries.get(requestId);
    if (entry && entry.sentTo === pipeline && (entry.attempt & 0xffff) === attempt) return this.#failed(entry, code, text, stages);
    const given = this.#givenUp.take(requestId, attempt, pipeline);
    if (given && stages.length > 0) this.#onCameTo({ ...given, stages });
  }

  #failed(entry: Entry, code: WireErrorCode, text: string, stages: StageTrace[]): void {
    entry.refusedBy = entry.sentTo;
    if (entry.sentTo) entry.sentTo.counts.failed++;
    this.#leave(entry);
    entry.came = stages;
    tried(entry, code);
    if (entry.stream || !WIRE_ERRORS[code].retryable || entry.attempt >= MAX_ATTEMPTS) {
      this.#close(entry);
      return entry.reject(failureOf(entry, code, text));
    }
    entry.ready = false;
    entry.retryTimer = setTimeout(() => { entry.ready = true; this.#try(entry); }, entry.retryMs);
    entry.retryMs = Math.min(entry.retryMs * 2, LONGEST_RETRY_MS);
  }

  /** It is on no pipeline any more. */
  #leave(entry: Entry): void {
    if (entry.sentTo) entry.sentTo.outstanding--;
    entry.sentTo = null;
  }

  /** A pipeline broke: what was on it is sent again at once where another one is linked, else when one is; steps of streams cannot be. */
  onBroken(pipeline: PipelineRuntime): void {
    for (const entry of this.#inTurn()) {
      if (entry.sentTo !== pipeline) continue;
      this.#leave(entry);
      pipeline.counts.lost++;
      tried(entry, "link_lost");
      if (!entry.stream && entry.resends++ < MAX_RESENDS) this.#try(entry);
      else if (!entry.stream) {
        this.#close(entry);
        entry.reject(failureOf(entry, "link_lost", `the pipeline broke ${entry.resends} times while this request was under way`));
      } else {
        this.#close(entry);
        entry.reject(failureOf(entry, "stream_lost", "the pipeline broke and the stream's state with it"));
      }
    }
  }

  /** A pipeline was linked or became the current one. */
  flush(): void {
    for (const entry of this.#inTurn()) this.#try(entry);
  }

  #inTurn(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => a.turn - b.turn);
  }

  #problemOf({ pipeline, only }: Entry): string | null {
    return (pipeline ?? (only === null ? this.current : this.#ofEpoch(only))[0])?.problem() ?? null;
  }

  #abandon(entry: Entry, error: WireError): void {
    if (!this.#entries.has(entry.id)) return;
    const { sentTo } = entry;
    this.#close(entry);
    const problem = sentTo === null && error.code === "deadline" ? this.#problemOf(entry) : null;
    const failure = problem ? failureOf(entry, "not_linked", `the pipeline was not linked within the deadline: ${problem}`) : failureOf(entry, error.code, error.message);
    if (sentTo) {
      this.#givenUp.add(entry.id, { attempt: entry.attempt, pipeline: sentTo, trace: { ...failure.trace, errorMessage: failure.message } });
      sentTo.cancel(entry.id);
    }
    entry.reject(failure);
  }

  #close(entry: Entry): void {
    clearTimeout(entry.deadlineTimer);
    entry.signal?.removeEventListener("abort", entry.gone);
    if (entry.retryTimer) clearTimeout(entry.retryTimer);
    this.#leave(entry);
    this.#entries.delete(entry.id);
  }

  /** Ends everything at once. */
  stop(reason: string): void {
    for (const entry of [...this.#entries.values()]) this.#abandon(entry, new WireError("going_away", reason));
  }
}

const flagsOf = ({ end, moves }: StreamStep): number => FLAGS.stream | (end ? FLAGS.streamEnd : 0) | (moves ? (moves.what === "take" ? FLAGS.takeState : FLAGS.giveState) : 0);

/** Of a request that was not even tried. */
export const traceOfRefused = (id: number, startedAt: number, errorCode: string): RequestTrace => traceOf({ id, startedAt, startedAtIso: new Date(Date.now() - (performance.now() - startedAt)).toISOString() }, [], errorCode);

function traceOf(entry: { id: number; startedAt: number; startedAtIso: string }, stages: StageTrace[], errorCode: string | null): RequestTrace {
  return {
    requestId: `req_${entry.id.toString(36)}`, startedAt: entry.startedAtIso, totalMs: performance.now() - entry.startedAt, ok: errorCode === null, errorCode,
    stages,
  };
}

function tried(entry: Entry, errorCode: WireErrorCode): void {
  if (entry.tries.length < MAX_TOLD_TRIES) entry.tries.push({ epoch: entry.epoch ?? 0, ...(entry.replica === undefined ? {} : { replica: entry.replica }), endedMs: performance.now() - entry.startedAt, errorCode });
}

/** With what only the ingress knows of a request's way. */
function wayOf(entry: Entry, stages: StageTrace[], errorCode: WireErrorCode | null): RequestTrace {
  const trace = traceOf(entry, stages, errorCode);
  trace.attempts = entry.attempt;
  if (entry.tries.length > 0) trace.tries = entry.tries;
  if (entry.epoch !== null) trace.epoch = entry.epoch;
  if (entry.replica !== undefined) trace.replica = entry.replica;
  if (entry.leftAt !== null) trace.sendMs = entry.leftAt - entry.startedAt;
  return trace;
}

function answerOf(message: Message, pipeline: PipelineRuntime): NonNullable<RequestTrace["answer"]> {
  const bytes = message.tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
  return { receiveMs: message.receiveMs ?? 0, roundTripMs: pipeline.answerRoundTripMs, bytes };
}

const failureOf = (entry: Entry, code: WireErrorCode, text: string): RequestFailed => new RequestFailed(code, text, wayOf(entry, entry.came, code));
