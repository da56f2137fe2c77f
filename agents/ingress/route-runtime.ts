// Owns one deployment at an ingress: its pipelines by epoch, which is current, its streams, its numbers, its processor and its verification.
import { readFile } from "node:fs/promises";
import type { SecureContext } from "node:tls";
import type { IngressPipeline, IngressSample, ObservedIngress, ProcessorTimes, RequestTrace } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { BufferPool } from "../stage/buffer-pool.ts";
import type { LocalIngressRoute } from "../stage/messages.ts";
import { ANYWHERE, type BatchAnswer, type Destination } from "./batcher.ts";
import { Canary, type TriedAnswer } from "./canary.ts";
import { Dispatcher, type InferAnswer, traceOfRefused } from "./dispatcher.ts";
import type { Gone } from "./gone.ts";
import type { InferOptions } from "./infer-options.ts";
import type { KeyCounts } from "./key-counts.ts";
import { AdmitLimit } from "./admit-limit.ts";
import { KeyBuckets } from "./key-limits.ts";
import type { ModelStatistics } from "./model-statistics.ts";
import { PipelineRuntime, type PipelineHost } from "./pipeline-runtime.ts";
import { ProcessorRunner } from "./processor-runner.ts";
import { RecentRequests } from "./recent-requests.ts";
import { isSendersMistake, KeyRefusal, refusalOf } from "./refusal.ts";
import type { OtlpExporter } from "./otlp-exporter.ts";
import { requestSpans } from "./request-spans.ts";
import { type RepeatableAnswer, RepeatedRequests } from "./repeated-requests.ts";
import { RequestFailed } from "./request-failed.ts";
import { RequestTimes } from "./request-times.ts";
import { RouteBatching } from "./route-batching.ts";
import { RouteStreams } from "./route-streams.ts";
import { OfferedVersions, routeVersions, type RouteVersion } from "./route-version.ts";
import { beginTrace, type TraceContext } from "./trace-context.ts";
import { RunTimes } from "./run-times.ts";
import { spreadRequest } from "./spread-requests.ts";
import { Verification } from "./verification.ts";
import { VersionStatistics } from "./version-statistics.ts";
import { withProcessor } from "./with-processor.ts";

/** A peer's words in a trace. */
const MAX_ERROR_CHARS = 300;
/** An answer may be larger than a request (logits); above this it is a mistake or an attack. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export type RouteHost = {
  nodeId: string; originId: number; nextId(): number;
  pool: BufferPool; context(): SecureContext; dataProxy: string | null;
  changed(): void;
  /** Of all routes here. */
  keyCounts: KeyCounts;
  /** Where sampled requests' spans go; null = nowhere. */
  otlp: OtlpExporter | null;
};
type Waiting = { inputs: WireTensor[]; deadlineAt: number; signal?: Gone; priority: number };
/** Of what a processor made the last step of. `tell`: to be called once with what making its answer took (null = there is none): only then is its trace told. `handedOver`: to be called once when that
 * answer was handed to the socket: only then has the request its latency. */
export type RouteAnswer = InferAnswer & { tell?(post: ProcessorTimes | null): void; handedOver?(): void };
type StepAnswer = RouteAnswer & TriedAnswer & Partial<BatchAnswer>;
/** `refused`: for its sender's own mistake, and so in none of the others. `errors`: of both kinds, by code. */
export type Totals = { accepted: number; succeeded: number; failed: number; refused: number; errors: Record<string, number> };

export class RouteRuntime {
  local: LocalIngressRoute;
  readonly processor = new ProcessorRunner();
  readonly keys = new KeyBuckets();
  readonly #admit = new AdmitLimit();
  readonly keyCounts: KeyCounts;
  readonly totals: Totals = { accepted: 0, succeeded: 0, failed: 0, refused: 0, errors: {} };
  readonly times = new RequestTimes();
  readonly repeated = new RepeatedRequests<StepAnswer>();
  readonly #host: RouteHost;
  readonly #pipelines = new Map<string, PipelineRuntime>();
  readonly #dispatcher: Dispatcher;
  readonly streams: RouteStreams;
  readonly batching = new RouteBatching({ infer: (request) => this.#send(request, request.to), limits: () => this.route.limits, replicas: () => this.#dispatcher.current.length, changed: () => this.#host.changed() });
  #verification: Verification | null = null;
  /** Of a revision that is tried. */
  canary: Canary | null = null;
  #taken = { accepted: 0, succeeded: 0, failed: 0, errors: {} as Record<string, number> };
  #trace: RequestTrace | null = null;
  readonly #statistics = new VersionStatistics();
  readonly offeredBefore = new OfferedVersions();
  readonly #recent = new RecentRequests();
  readonly #runs = new RunTimes();
  readonly #counted = new WeakSet<Error>();

  constructor(local: LocalIngressRoute, host: RouteHost) {
    this.local = local;
    this.#host = host;
    this.keyCounts = host.keyCounts;
    this.#dispatcher = new Dispatcher(host.originId, host.nextId, host.pool, local.route.limits, (trace) => this.#recent.add(trace), (epoch) => this.pipelinesOf(epoch));
    this.streams = new RouteStreams({ dispatcher: this.#dispatcher, nextId: host.nextId, changed: host.changed });
    this.update(local);
  }

  get route(): LocalIngressRoute["route"] {
    return this.local.route;
  }

  /** Whether a new request can be sent right now. */
  get ready(): boolean {
    return this.#dispatcher.serving?.linked === true;
  }

  notReadyBecause(): string {
    if (this.route.currentEpoch === null) return "no revision is current yet";
    return this.#dispatcher.current[0]?.problem() ?? `epoch ${this.route.currentEpoch} has no pipeline here`;
  }

  get inFlight(): number {
    return Math.max(this.#dispatcher.inFlight, this.batching.batcher?.inFlight ?? 0);
  }

  update(local: LocalIngressRoute): void {
    this.local = local;
    const { route } = local;
    this.#dispatcher.limits = route.limits;
    const wanted = new Map(route.pipelines.map((pipeline) => [keyOf(pipeline), pipeline]));
    for (const [key, pipeline] of this.#pipelines) {
      const next = wanted.get(key);
      if (next) { pipeline.pipeline = next; continue; }
      this.#pipelines.delete(key);
      this.streams.retired(pipeline);
      this.#dispatcher.current = this.#dispatcher.current.filter((one) => one !== pipeline);
      pipeline.stop("the pipeline was removed");
    }
    for (const [key, pipeline] of wanted) if (!this.#pipelines.has(key)) this.#pipelines.set(key, new PipelineRuntime(pipeline, this.#pipelineHost()));
    // While the current epoch's pipelines drain and no other is current, requests wait: they would be refused there.
    this.#dispatcher.current = route.currentEpoch === null ? [] : this.pipelinesOf(route.currentEpoch).filter(({ pipeline }) => pipeline.mode === "open");
    this.#dispatcher.spares = route.currentEpoch === null ? [] : [...this.#pipelines.values()].filter(({ pipeline }) => pipeline.spare && pipeline.mode === "open").sort((a, b) => b.pipeline.epoch - a.pipeline.epoch);
    this.#statistics.keep(this.versions().map((one) => one.version));
    if (route.currentEpoch !== null) this.offeredBefore.add(this.offered());
    this.#setCanary();
    this.batching.update(route);
    this.#dispatcher.flush();
    this.streams.look();
    void this.processor.update(local);
    this.#verify();
    this.#host.changed();
  }

  #pipelineHost(): PipelineHost {
    return {
      originId: this.#host.originId, context: this.#host.context, dataProxy: this.#host.dataProxy, pool: this.#host.pool, maxAnswerBytes: MAX_ANSWER_BYTES,
      onAnswer: (message, pipeline) => this.#dispatcher.onAnswer(message, pipeline),
      onError: (told, pipeline) => this.#dispatcher.onError(told, pipeline),
      onBroken: (pipeline) => {
        this.streams.broken(pipeline);
        this.#dispatcher.onBroken(pipeline);
        this.#host.changed();
      },
      onLinked: () => { this.#dispatcher.flush(); this.streams.look(); this.#verify(); this.#host.changed(); },
    };
  }

  /** All that are here; the current one first. */
  versions(): RouteVersion[] {
    return routeVersions(this.route, { ofEpoch: (epoch) => this.pipelinesOf(epoch), versionOf: (epoch) => this.versionOf(epoch) });
  }

  offered(): RouteVersion[] {
    return this.versions().filter(({ isOffered }) => isOffered);
  }

  /** A console that does not tell revisions' numbers has clients that know of one version. */
  versionOf(epoch: number): string {
    return String(this.pipelineOf(epoch)?.pipeline.revisionNumber ?? 1);
  }

  statisticsOf(version: string): ModelStatistics {
    return this.#statistics.of(version);
  }

  /** As the protocol tells them, of one version or all that are offered. */
  statistics(version: RouteVersion | null) {
    return (version ? [version] : this.offered()).map((one) => this.statisticsOf(one.version).told(this.route.modelName, one.version));
  }

  pipelineOf(epoch: number): PipelineRuntime | null {
    return this.pipelinesOf(epoch)[0] ?? null;
  }

  /** The replicas of one revision, in their order. */
  pipelinesOf(epoch: number): PipelineRuntime[] {
    return [...this.#pipelines.values()].filter(({ pipeline }) => pipeline.epoch === epoch).sort((a, b) => (a.pipeline.replica ?? 1) - (b.pipeline.replica ?? 1));
  }

  pipelineFor(revisionId: string, epoch: number): PipelineRuntime | null {
    return [...this.#pipelines.values()].find(({ pipeline }) => pipeline.epoch === epoch && pipeline.revisionId === revisionId) ?? null;
  }

  /**
   * Throws WireError `overloaded` where a request has no room now, whatever its body says: told before that is read, and counted as any that is refused.
   * `deadlineMs`: where it is known without the body; null = it may yet ask for the most.
   */
  demandRoom({ deadlineMs, version, trace }: Pick<InferOptions, "deadlineMs" | "version" | "trace">): void {
    const startedAt = performance.now();
    try {
      this.#demandRoom(deadlineMs);
    } catch (error) {
      this.countRefused(error as Error, { receivedAt: startedAt, version, trace });
      throw error;
    }
  }

  /** As above; asks only. */
  hasRoom(deadlineMs: number | null): boolean {
    try { this.#demandRoom(deadlineMs); } catch { return false; }
    return true;
  }

  #demandRoom(deadlineMs: number | null): void {
    const { limits: { maxDeadlineMs }, states } = this.route;
    const mostMs = Math.min(deadlineMs ?? maxDeadlineMs, maxDeadlineMs);
    if (this.batching.joining) this.batching.joining.demandRoom(mostMs);
    else this.#dispatcher.demandRoom(mostMs, states.length > 0);
  }

  /** A request ended with `error` before its tensors came to `infer`, or beside it. Counted once, whoever tells it; what a key's limits refuse is counted with them alone. */
  countRefused(error: Error, { receivedAt, version, trace }: Pick<InferOptions, "version" | "trace"> & { receivedAt: number }): void {
    if (this.#counted.has(error) || error instanceof KeyRefusal) return;
    if (!isSendersMistake(error)) this.totals.accepted++;
    this.#countFailed(error, beginTrace(trace ?? null, this.#host.otlp?.ratio ?? 0, Math.random), { startedAt: receivedAt, beganAt: receivedAt, pre: null, version });
  }

  /** One request, or one step of a sequence. Rejects with WireError. Counted. */
  async infer(inputs: WireTensor[], options: InferOptions): Promise<RouteAnswer> {
    const startedAt = performance.now();
    const receivedAt = options.receivedAt ?? startedAt;
    const { processor } = options;
    const pre = processor?.pre ?? null;
    const beganAt = processor && pre ? processor.receivedAt : receivedAt;
    const { limits } = this.route;
    const deadlineMs = Math.min(options.deadlineMs ?? limits.defaultDeadlineMs, limits.maxDeadlineMs);
    this.totals.accepted++;
    const context = beginTrace(options.trace ?? null, this.#host.otlp?.ratio ?? 0, Math.random);
    try {
      const answer = await this.#inferNamed(inputs, startedAt + deadlineMs, options);
      this.totals.succeeded++;
      const ranMs = performance.now() - startedAt;
      if (processor) this.times.ran(ranMs);
      else this.times.answered(ranMs);
      const version = this.versionOf(answer.epoch);
      const tell = (post: ProcessorTimes | null) => {
        const whole = withProcessor(answer.trace, pre, post);
        const trace = context === null ? whole : this.#traced(whole, context, { beganAt, version, waitedMs: answer.waitedMs ?? 0, repeated: answer.repeated });
        if (!answer.repeated) this.#keep(trace);
      };
      if (processor?.isLast) {
        answer.tell = tell;
        answer.handedOver = () => {
          const ms = performance.now() - processor.receivedAt;
          this.times.handedOver(ms);
          if (!answer.repeated) answer.took?.(ms);
        };
      } else tell(null);
      // Nothing ran for it: where time went was counted with the first.
      if (answer.repeated) return answer;
      const statistics = this.statisticsOf(version);
      const items = this.batching.batcher ? (inputs[0]?.shape[0] ?? 1) : 1;
      const { waitedMs = 0, size = items, executed = true } = answer;
      statistics.succeeded(answer.trace, { totalMs: performance.now() - receivedAt, waitedMs, items, nowMs: Date.now() });
      if (executed) { statistics.executed(answer.trace, size, this.#host.nodeId); this.#runs.add(answer.trace, size); }
      return answer;
    } catch (error) {
      this.#countFailed(error as Error, context, { startedAt, beganAt, pre, version: options.version });
      throw error;
    }
  }

  /** `beganAt`: with what its processor took before. */
  #countFailed(error: Error, context: TraceContext | null, { startedAt, beganAt, pre, version }: { startedAt: number; beganAt: number; pre: ProcessorTimes | null; version: InferOptions["version"] }): void {
    this.#counted.add(error);
    const epoch = version?.epoch ?? this.route.currentEpoch ?? this.versions()[0]?.epoch ?? 0;
    this.statisticsOf(this.versionOf(epoch)).failed(performance.now() - beganAt);
    const code = error instanceof WireError ? error.code : refusalOf(error).code;
    this.totals[isSendersMistake(error) ? "refused" : "failed"]++;
    this.totals.errors[code] = (this.totals.errors[code] ?? 0) + 1;
    const known = error instanceof RequestFailed ? error.trace : traceOfRefused(this.#host.nextId(), startedAt, code);
    const trace = { ...withProcessor(known, pre, null), errorMessage: error.message.slice(0, MAX_ERROR_CHARS) };
    this.#keep(context === null ? trace : this.#traced(trace, context, { beganAt, version: this.versionOf(version?.epoch ?? trace.epoch ?? epoch), waitedMs: 0, repeated: false }));
  }

  async #inferNamed(inputs: WireTensor[], deadlineAt: number, options: InferOptions): Promise<RepeatableAnswer<StepAnswer>> {
    const { name = null, sequence, version, signal } = options;
    if (name === null) return Object.assign(await this.#inferStep(inputs, deadlineAt, options), { repeated: false });
    const key = JSON.stringify([name, sequence, version?.version ?? null]);
    return this.repeated.infer({ key, inputs, deadlineAt, once: sequence !== null, ...(signal ? { signal } : {}) }, (until) => {
      const { signal: _own, ...rest } = options;
      return this.#inferStep(inputs, deadlineAt, until ? { ...rest, signal: until } : rest);
    });
  }

  async #inferStep(inputs: WireTensor[], deadlineAt: number, { sequence, signal, version, priority = 0, processor }: InferOptions): Promise<StepAnswer> {
    // What has begun goes on.
    if (!sequence || sequence.start) this.#admit.demand(this.route.admitPerSecond, priority, performance.now());
    if (!sequence) {
      if (this.route.currentEpoch === null) throw new WireError("not_linked", this.notReadyBecause());
      const request = { inputs, deadlineAt, signal, priority };
      return this.#spread(request, version ? { epoch: version.epoch, isTried: false } : ANYWHERE, processor !== undefined);
    }
    return this.streams.infer({ inputs, sequence, deadlineAt, signal, canary: this.canary });
  }

  /** `goesOn`: a processor is yet to make its answer. */
  #spread(request: Waiting, wanted: Destination, goesOn: boolean): Promise<StepAnswer> {
    const { canary, route: { currentEpoch, limits: { maxInFlight, defaultDeadlineMs } } } = this;
    if (!canary) return this.#run(request, wanted);
    return spreadRequest<StepAnswer>({
      canary, wanted, goesOn, serves: canary.epoch === currentEpoch, tried: this.#dispatcher.leastLoadedOf(canary.epoch), hasRoom: () => this.inFlight * 2 < maxInFlight, run: (to) => this.#run(request, to),
      copy: (pipeline) => this.#dispatcher.infer({ inputs: request.inputs, deadlineAt: performance.now() + defaultDeadlineMs, stream: null, pipeline }),
    });
  }

  #run(request: Waiting, to: Destination): Promise<StepAnswer> {
    return this.batching.joining ? this.batching.joining.infer({ ...request, to }) : this.#send(request, to);
  }

  #send({ inputs, deadlineAt, signal, priority }: Waiting, { epoch, isTried }: Destination): Promise<InferAnswer> {
    return this.#dispatcher.infer({ inputs, deadlineAt, signal, priority, stream: null, pipeline: null, epoch, first: isTried && this.canary ? this.#dispatcher.leastLoadedOf(this.canary.epoch) : null });
  }

  #setCanary(): void {
    const { canary } = this.route;
    if (!canary) this.canary = null;
    else if (this.canary?.epoch === canary.epoch) this.canary.change(canary);
    else this.canary = new Canary(canary, () => performance.now());
  }

  /** With the trace it belongs to; told to the collector when that is sampled. Of one that another's run answered, the run is the other's. */
  #traced(trace: RequestTrace, { state, ...context }: TraceContext, { beganAt, version, waitedMs, repeated }: { beganAt: number; version: string; waitedMs: number; repeated: boolean }): RequestTrace {
    const { otlp, nodeId } = this.#host;
    if (otlp && context.sampled) {
      const totalMs = performance.now() - beganAt;
      const { sendMs: _sendMs, answer: _answer, ...alone } = trace;
      otlp.add(requestSpans(repeated ? { ...alone, stages: [] } : trace, { ...context, state }, { modelName: this.route.modelName, deploymentId: this.route.deploymentId, version, ingressNodeId: nodeId, startedAtMs: Date.now() - totalMs, totalMs, waitedMs }));
    }
    return { ...trace, context };
  }

  #keep(trace: RequestTrace): void {
    this.#trace = trace;
    this.#recent.add(trace);
  }

  /** Starts the wanted verification once its file is here and its replicas are linked; a task runs once, through each of them. */
  #verify(): void {
    const task = this.route.verify;
    if (!task) { this.#verification = null; return; }
    if (this.#verification?.task.taskId !== task.taskId) this.#verification = new Verification(task, () => this.#host.changed());
    const { parityPath } = this.local;
    const pipelines = this.pipelinesOf(task.epoch);
    if (!parityPath || pipelines.length === 0 || pipelines.some((pipeline) => !pipeline.linked)) return;
    const deadlineMs = this.route.limits.maxDeadlineMs;
    this.#verification.start(() => readFile(parityPath), pipelines.map((pipeline) => (inputs) => this.#dispatcher.infer({ inputs, deadlineAt: performance.now() + deadlineMs, stream: null, pipeline, isCheck: true })));
  }

  observed(url: string): ObservedIngress {
    const batching = this.batching.observed(this.route);
    return {
      deploymentId: this.route.deploymentId, currentEpoch: this.route.currentEpoch, url,
      pipelines: [...this.#pipelines.values()].map((pipeline) => ({
        epoch: pipeline.pipeline.epoch, linked: pipeline.linked, ...this.streams.counted(pipeline),
        ...(pipeline.refusedBy === null ? {} : { refusedBy: [pipeline.refusedBy] }),
        ...(pipeline.pipeline.replica === undefined ? {} : { replica: pipeline.pipeline.replica, counts: { ...pipeline.counts } }),
      })),
      verify: this.#verification?.observed() ?? null,
      ...(this.canary ? { canary: this.canary.observed() } : {}),
      ...(batching ? { batching } : {}),
      error: this.processor.problem ?? (this.route.currentEpoch === null || this.ready ? null : this.notReadyBecause()),
    };
  }

  /** Of the interval since the last call. */
  sample(): IngressSample {
    this.streams.sweep();
    this.repeated.sweep(performance.now());
    const { accepted, succeeded, failed, errors } = this.totals;
    const before = this.#taken;
    const sample: IngressSample = {
      deploymentId: this.route.deploymentId, epoch: this.route.currentEpoch,
      accepted: accepted - before.accepted, succeeded: succeeded - before.succeeded, failed: failed - before.failed, inFlight: this.inFlight,
      ...this.times.take(),
      errors: Object.fromEntries(Object.entries(errors).map(([code, count]) => [code, count - (before.errors[code] ?? 0)]).filter(([, count]) => (count as number) > 0)),
      trace: this.#trace, recent: this.#recent.take(), ...(this.route.batching ? { runs: this.#runs.take(this.batching.problem) } : {}),
    };
    this.#taken = { accepted, succeeded, failed, errors: { ...errors } };
    this.#trace = null;
    return sample;
  }

  stop(reason: string): void {
    this.batching.batcher?.stop(reason);
    this.#dispatcher.stop(reason);
    for (const pipeline of this.#pipelines.values()) pipeline.stop(reason);
    this.processor.stop();
  }
}

const keyOf = ({ epoch, revisionId, last }: IngressPipeline): string => JSON.stringify([epoch, revisionId, last]);
