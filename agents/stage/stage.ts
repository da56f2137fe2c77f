// Owns a segment at work: bounded queue, deadlines, cancellation, order of runs, state of streams, what is passed on. One per stage process.
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Family } from "../exposition.ts";
import { type Assignment, DEFAULT_MAX_STATE_BYTES, type ObservedLane, type RunningSession, type StageSample } from "../protocol/control.ts";
import { FLAGS, NO_DEADLINE, type ControlFrame, type Message } from "../protocol/frame.ts";
import { tensorBytes, type WireTensor } from "../protocol/tensor.ts";
import { WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import { BufferPool } from "./buffer-pool.ts";
import { DataAcceptor, dataContext } from "./data-tls.ts";
import type { DialLink } from "./dial-link.ts";
import { FrameConnection } from "./frame-connection.ts";
import { giveBack } from "./give-back.ts";
import { LaneRuntime, type LaneHost } from "./lane-runtime.ts";
import type { TlsMaterial } from "./messages.ts";
import { openedBody, parseOpen } from "./open-body.ts";
import { packState, unpackState } from "./pack-state.ts";
import { RunFailed, startRunner, type Runner } from "./run-session.ts";
import type { SenderLink } from "./sender-link.ts";
import type { RunJob, TensorAt } from "./session.ts";
import { StageMetrics } from "./stage-metrics.ts";
import { countDone, newCounts, takeSample, type LaneCounts } from "./stage-samples.ts";
import { Streams } from "./streams.ts";

/** Jobs given to the session's thread at once: one runs, one is ready behind it, so that it never waits for the event loop. */
const RUN_AHEAD = 2;
/** Under this a run goes inline: the hop to a thread would cost as much. As long are runs given to the event loop at once. */
const INLINE_BELOW_MS = 1;
/** However short they are. */
const MAX_INLINE_AHEAD = 16;
/** What a dialler may send us: credits and small control frames only. */
const NO_PAYLOAD = 0;

type Job = { message: Message; lane: LaneRuntime; link: DialLink; arrivedAt: number; deadlineAt: number; cancelled: boolean };

export type StageOptions = { tls: TlsMaterial; assignment: Assignment; skeletonPath: string; dataProxy: string | null; inline: boolean | null; changed(): void };

// loading ──► warming ──► serving (lanes come and go) ──► stopped
export class Stage {
  readonly #options: StageOptions;
  readonly #pool = new BufferPool();
  readonly #lanes = new Map<string, LaneRuntime>();
  readonly #counts = new Map<string, LaneCounts>();
  readonly #metrics = new StageMetrics();
  readonly #queue: Job[] = [];
  readonly #streams: Streams;
  readonly #acceptor: DataAcceptor;
  readonly #host: LaneHost;
  #tls: TlsMaterial;
  #context: SecureContext;
  #runner: Runner | null = null;
  #running = 0;
  /** How long the longest of the last runs took. */
  #runMs = INLINE_BELOW_MS;

  constructor(options: StageOptions) {
    this.#options = options;
    const { segment, limits } = options.assignment;
    this.#streams = new Streams({ firstBytes: segment.states.reduce((sum, { dataType, shape }) => sum + tensorBytes(dataType, shape), 0), maxBytes: limits.maxStateBytes ?? DEFAULT_MAX_STATE_BYTES });
    this.#tls = options.tls;
    this.#context = dataContext(options.tls);
    this.#host = {
      context: () => this.#context,
      nodeId: options.tls.nodeId, dataProxy: options.dataProxy, pool: this.#pool,
      ready: () => this.#runner !== null,
      take: (message, lane, link) => this.#take(message, lane, link),
      cancel: (requestId, origin, lane) => this.#cancel(requestId, origin, lane),
      endStream: (origin, streamId, lane) => this.#endStream(`${lane.lane.laneId}/${origin}/${streamId}`),
      changed: options.changed,
    };
    this.#acceptor = new DataAcceptor(options.tls, (socket, peerNodeId) => this.#accept(socket, peerNodeId));
  }

  /** Loads and runs once with zeros. Rejects with what ONNX Runtime says. */
  async load(onState: (state: "loading" | "warming") => void): Promise<{ loadMs: number; warmMs: number }> {
    const { assignment, skeletonPath } = this.#options;
    const { segment, session } = assignment;
    onState("loading");
    let runner = await startRunner(this.#options.inline === true, skeletonPath, session, segment.states);
    const loadMs = runner.loadMs;
    onState("warming");
    const wants = segment.outputs.map((output) => output.name);
    await runner.run(warmJob(assignment, wants));
    // The first run pays for allocation; the second tells the pace.
    const { computeMs } = await runner.run(warmJob(assignment, wants));
    if (this.#options.inline === null && computeMs < INLINE_BELOW_MS) {
      await runner.end();
      runner = await startRunner(true, skeletonPath, session, segment.states);
      await runner.run(warmJob(assignment, wants));
    }
    this.#runner = runner;
    for (const lane of this.#lanes.values()) lane.tellUpstream();
    return { loadMs, warmMs: computeMs };
  }

  /** How its session runs; null before it is loaded. */
  running(): RunningSession | null {
    return this.#runner && { session: this.#runner.session, inline: this.#runner.inline };
  }

  setLanes(lanes: Assignment["lanes"], limits: Assignment["limits"]): void {
    this.#streams.maxBytes = limits.maxStateBytes ?? DEFAULT_MAX_STATE_BYTES;
    const wanted = new Map(lanes.map((lane) => [lane.laneId, lane]));
    for (const [laneId, runtime] of this.#lanes) {
      const lane = wanted.get(laneId);
      if (lane && sameWay(lane, runtime.lane)) { runtime.lane = lane; continue; }
      runtime.stop(lane ? "the lane's links changed" : "the lane was removed");
      for (const key of this.#streams.endLane(laneId)) this.#runner?.forget(key);
      this.#lanes.delete(laneId);
      this.#counts.delete(laneId);
    }
    for (const lane of lanes) {
      if (this.#lanes.has(lane.laneId)) continue;
      this.#counts.set(lane.laneId, newCounts());
      this.#lanes.set(lane.laneId, new LaneRuntime(lane, limits, this.#host));
    }
    this.#options.changed();
  }

  renew(tls: TlsMaterial): void {
    this.#tls = tls;
    this.#context = dataContext(tls);
    this.#acceptor.renew(tls);
  }

  /** A raw socket handed over by the agent's main process. */
  handOver(socket: Socket): void {
    this.#acceptor.accept(socket);
  }

  #accept(socket: TLSSocket, peerNodeId: string): void {
    let opened: { lane: LaneRuntime; link: SenderLink } | null = null;
    const open = (frame: ControlFrame, connection: FrameConnection) => {
      const body = parseOpen(frame.body);
      const lane = body && [...this.#lanes.values()].find(({ lane: { revisionId, epoch, stageIndex } }) =>
        revisionId === body.revisionId && epoch === body.epoch && (body.role === "ingress" || stageIndex === body.stageIndex - 1));
      if (!body || !lane) return connection.close(body ? "unknown_lane" : "bad_frame", "no such lane here");
      const link = lane.attach(connection, body, frame.value);
      if (typeof link === "string") return connection.close(link, `this lane does not take ${body.role} ${connection.peerNodeId}`);
      opened = { lane, link };
      connection.sendControl("opened", { epoch: body.epoch }, openedBody());
    };
    new FrameConnection(socket, peerNodeId, {
      maxPayloadBytes: NO_PAYLOAD, pool: this.#pool,
      onMessage: (_message, connection) => connection.close("bad_frame", "tensors from downstream"),
      onControl: (frame, connection) => {
        if (opened) opened.lane.fromDownstream(frame, opened.link);
        else if (frame.type === "open") open(frame, connection);
        else connection.close("bad_frame", `${frame.type} frame before open`);
      },
      onClose: () => opened?.lane.detach(opened.link),
    });
  }

  #take(message: Message, lane: LaneRuntime, link: DialLink): void {
    const now = performance.now();
    const { mode, laneId, stageIndex } = lane.lane;
    const fail = (code: WireErrorCode, text: string) => { this.#countFailed(lane); lane.fail(message, link, code, text); };
    if (!this.#runner) return fail("not_linked", "the stage is still loading");
    if (mode === "drain" && stageIndex === 0 && message.stepIndex === 0) return fail("draining", "the pipeline is being drained");
    if ((message.flags & (FLAGS.takeState | FLAGS.giveState)) !== 0) return void this.#moveStream(message, lane, link, this.#runner);
    const stream = (message.flags & FLAGS.stream) !== 0;
    if (stream && this.#options.assignment.segment.states.length > 0) {
      try {
        this.#streams.step(streamKey(laneId, message), message.stepIndex, (message.flags & FLAGS.streamEnd) !== 0, now);
      } catch (error) {
        return fail((error as WireError).code, (error as Error).message);
      }
    }
    const deadlineAt = message.deadlineMs === NO_DEADLINE ? Infinity : now + message.deadlineMs;
    this.#queue.push({ message, lane, link, arrivedAt: now, deadlineAt, cancelled: false });
    this.#next();
  }

  #next(): void {
    const ahead = this.#runner?.inline ? Math.min(MAX_INLINE_AHEAD, Math.max(1, Math.floor(INLINE_BELOW_MS / this.#runMs))) : RUN_AHEAD;
    while (this.#runner && this.#running < ahead && this.#queue.length > 0) {
      const job = this.#queue.shift()!;
      const queueMs = performance.now() - job.arrivedAt;
      const waited = { queueMs, computeMs: 0, holdMs: queueMs };
      if (job.cancelled) { job.lane.fail(job.message, job.link, "cancelled", "cancelled while it waited", waited); continue; }
      if (performance.now() >= job.deadlineAt) { this.#countFailed(job.lane); this.#dropStep(job); job.lane.fail(job.message, job.link, "deadline", "waited past its deadline", waited); continue; }
      this.#running++;
      void this.#run(job, this.#runner).finally(() => { this.#running--; this.#next(); });
    }
  }

  async #run(job: Job, runner: Runner): Promise<void> {
    const { message, lane, link } = job;
    const buffer = message.buffer;
    const startedAt = performance.now();
    let computeMs: number | null = null;
    let receivedBytes: number | undefined;
    let released = false;
    try {
      const made = makeJob(this.#options.assignment, lane.lane.sends, message, streamKey(lane.lane.laneId, message));
      receivedBytes = made.receivedBytes;
      const result = await runner.run(made.job);
      // What was only run here is free; what travels through is needed until it has left.
      const held = made.passengers.size > 0 ? result.buffer : null;
      if (!held) this.#pool.release(result.buffer);
      message.buffer = held;
      released = true;
      computeMs = result.computeMs;
      if (made.job.stream) this.#streams.kept(made.job.stream.key, result.stateBytes);
      this.#runMs = Math.max(computeMs, this.#runMs * 0.9);
      countDone(this.#counts.get(lane.lane.laneId) ?? newCounts(), result.computeMs, 0);
      const queueMs = Math.max(0, performance.now() - job.arrivedAt - result.computeMs);
      this.#counts.get(lane.lane.laneId)?.queueMs.splice(-1, 1, queueMs);
      const free = () => { for (const output of result.outputs) giveBack(output.data.buffer); };
      if (job.cancelled) { free(); return lane.finish(link, held); }
      const outputs = new Map<string, WireTensor>(result.outputs.map((output) => [output.name, output]));
      const tensors = lane.lane.sends.map((name) => outputs.get(name) ?? passenger(made.passengers.get(name)!, result.buffer));
      const sentBytes = tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
      link.leaves(sentBytes);
      const times = { receiveMs: message.receiveMs ?? 0, roundTripMs: link.connection?.roundTripMs ?? null, holdMs: 0 };
      this.#metrics.done({ queueMs, computeMs: result.computeMs, hopMs: times.roundTripMs === null ? null : times.receiveMs + times.roundTripMs / 2, receivedBytes, sentBytes });
      const trace = { stageIndex: lane.lane.stageIndex, nodeId: this.#tls.nodeId, queueMs, computeMs: result.computeMs, receivedBytes: made.receivedBytes, times };
      const deadlineMs = job.deadlineAt === Infinity ? NO_DEADLINE : Math.max(0, Math.round(job.deadlineAt - performance.now()));
      const { requestId, originId, attempt, epoch, streamId, stepIndex } = message;
      lane.send({ requestId, originId, attempt, epoch, streamId, stepIndex, flags: lane.last ? message.flags | FLAGS.answer : message.flags, deadlineMs, traces: [...message.traces, trace], tensors }, (whole) => { if (whole) free(); lane.finish(link, held); }, () => { times.holdMs = performance.now() - job.arrivedAt; });
    } catch (error) {
      this.#countFailed(lane);
      this.#dropStep(job);
      if (error instanceof RunFailed) message.buffer = error.buffer;
      else if (message.buffer === null && !released) message.buffer = buffer;
      const code = error instanceof WireError ? error.code : "run_failed";
      const holdMs = performance.now() - job.arrivedAt;
      const spentMs = computeMs ?? performance.now() - startedAt;
      lane.fail(message, link, code, (error as Error).message, { queueMs: Math.max(0, holdMs - spentMs), computeMs: spentMs, holdMs, ...(receivedBytes === undefined ? {} : { receivedBytes }) });
    }
  }

  /** A stream between two steps: a copy of its state goes out with the message, or what is this stage's comes in with it. Nothing runs. */
  async #moveStream(message: Message, lane: LaneRuntime, link: DialLink, runner: Runner): Promise<void> {
    const isTake = (message.flags & FLAGS.takeState) !== 0;
    try {
      const tensors = await (isTake ? this.#takeState(message, lane, runner) : this.#giveState(message, lane, runner));
      if (!isTake && lane.last && tensors.length > 0) throw new WireError("bad_tensors", `no stage keeps state "${tensors[0]!.name}"`);
      link.leaves(tensors.reduce((sum, { data }) => sum + data.length, 0));
      const { requestId, originId, attempt, epoch, streamId, stepIndex, deadlineMs, value, flags, traces } = message;
      lane.send({ requestId, originId, attempt, epoch, streamId, stepIndex, flags: lane.last ? flags | FLAGS.answer : flags, deadlineMs, value, traces, tensors }, () => lane.finish(link, message.buffer), () => undefined);
    } catch (error) {
      if (!isTake) this.#endStream(streamKey(lane.lane.laneId, message));
      lane.fail(message, link, error instanceof WireError ? error.code : "internal", (error as Error).message);
    }
  }

  async #takeState(message: Message, { lane }: LaneRuntime, runner: Runner): Promise<WireTensor[]> {
    const { segment, limits } = this.#options.assignment;
    if (segment.states.length === 0) return message.tensors;
    const key = streamKey(lane.laneId, message);
    this.#streams.expect(key, message.stepIndex);
    // Where the stream goes passes through this very stage: only the lane changes.
    const there = [...this.#lanes.values()].filter((one) => one.lane.epoch === message.value);
    if (there.length === 1) {
      const as = streamKey(there[0]!.lane.laneId, message);
      this.#streams.share(key, as, performance.now());
      runner.shareState(key, as);
      return message.tensors;
    }
    const state = await runner.takeState(key);
    if (!state) throw new WireError("stream_unknown", "the stream's state is not here");
    return packState(state, message.tensors, limits.maxFrameBytes);
  }

  async #giveState(message: Message, { lane }: LaneRuntime, runner: Runner): Promise<WireTensor[]> {
    const { own, rest } = unpackState(message.tensors, this.#options.assignment.segment.states);
    const key = streamKey(lane.laneId, message);
    if (own.length > 0) {
      this.#streams.give(key, message.stepIndex, own.reduce((sum, { data }) => sum + data.length, 0), performance.now());
      await runner.giveState(key, own);
    } else if (this.#options.assignment.segment.states.length > 0) this.#streams.expect(key, message.stepIndex);
    return rest;
  }

  /** A step that did not happen leaves a hole: later steps of the stream must fail, not run on old state. */
  #dropStep(job: Job): void {
    if ((job.message.flags & FLAGS.stream) !== 0) this.#endStream(streamKey(job.lane.lane.laneId, job.message));
  }

  #cancel(requestId: number, origin: number, lane: LaneRuntime): void {
    const job = this.#queue.find(({ message, lane: of }) => of === lane && message.requestId === requestId && message.originId === origin);
    if (!job) return;
    job.cancelled = true;
    this.#dropStep(job);
  }

  #endStream(key: string): void {
    this.#streams.end(key);
    this.#runner?.forget(key);
  }

  #countFailed(lane: LaneRuntime): void {
    this.#metrics.failed();
    const counts = this.#counts.get(lane.lane.laneId);
    if (counts) counts.failed++;
  }

  observedLanes(): ObservedLane[] {
    return [...this.#lanes.values()].map((lane) => {
      const observed = lane.observed();
      return { ...observed, inFlight: observed.inFlight + this.#streams.count(lane.lane.laneId) };
    });
  }

  problems(): string[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.problems());
  }

  samples(): StageSample[] {
    for (const key of this.#streams.sweep(performance.now())) this.#runner?.forget(key);
    const { assignmentId, deploymentId } = this.#options.assignment;
    return [...this.#lanes.values()].map((lane) => takeSample({ assignmentId, deploymentId }, lane.lane, this.#counts.get(lane.lane.laneId)!, {
      receivedBytes: lane.receivedBytes, sentBytes: lane.sentBytes, queueLength: this.#queue.filter((job) => job.lane === lane).length,
    }));
  }

  metrics(): Family[] {
    return this.#metrics.families(this.#options.assignment, this.#queue.length, this.#streams);
  }

  /** Finishes what is in flight, at most `graceMs`, then closes everything. */
  async stop(graceMs: number): Promise<void> {
    const until = performance.now() + graceMs;
    while (performance.now() < until && [...this.#lanes.values()].some((lane) => lane.inFlight > 0)) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const lane of this.#lanes.values()) lane.stop("the stage stops");
    this.#lanes.clear();
    await this.#runner?.end();
  }
}

const sameWay = (a: Assignment["lanes"][number], b: Assignment["lanes"][number]): boolean =>
  a.epoch === b.epoch && a.revisionId === b.revisionId && a.stageIndex === b.stageIndex && JSON.stringify(a.upstream) === JSON.stringify(b.upstream);

const streamKey = (laneId: string, message: Message): string => `${laneId}/${message.originId}/${message.streamId}`;

function passenger(at: TensorAt, buffer: ArrayBuffer): WireTensor {
  return { name: at.name, dataType: at.dataType, shape: at.shape, data: new Uint8Array(buffer, at.offset, tensorBytes(at.dataType, at.shape)) };
}

/** What to run of a message, and what only travels through. Throws WireError `bad_tensors`. */
function makeJob(assignment: Assignment, sends: string[], message: Message, key: string): { job: RunJob; passengers: Map<string, TensorAt>; receivedBytes: number } {
  const { inputs, outputs, states } = assignment.segment;
  const arrived = new Map<string, TensorAt>();
  let receivedBytes = 0;
  for (const tensor of message.tensors) {
    arrived.set(tensor.name, { name: tensor.name, dataType: tensor.dataType, shape: tensor.shape, offset: tensor.data.byteOffset });
    receivedBytes += tensor.data.length;
  }
  const feeds: TensorAt[] = [];
  for (const spec of inputs) {
    const tensor = arrived.get(spec.name);
    if (!tensor) {
      if (states.some((state) => state.input === spec.name)) continue;
      throw new WireError("bad_tensors", `input "${spec.name}" is missing`);
    }
    if (tensor.dataType !== spec.dataType) throw new WireError("bad_tensors", `input "${spec.name}" is ${tensor.dataType}, expected ${spec.dataType}`);
    feeds.push(tensor);
  }
  const wants = outputs.map((output) => output.name).filter((name) => sends.includes(name));
  const passengers = new Map(sends.filter((name) => !wants.includes(name)).map((name) => [name, arrived.get(name)!]));
  for (const [name, tensor] of passengers) if (!tensor) throw new WireError("bad_tensors", `"${name}" is neither an output of this segment nor travelling through`);
  const stream = (message.flags & FLAGS.stream) === 0 ? null : { key, first: message.stepIndex === 0, last: (message.flags & FLAGS.streamEnd) !== 0 };
  return { job: { buffer: message.buffer!, inputs: feeds, wants, stream }, passengers, receivedBytes };
}

function warmJob({ warmShapes }: Assignment, wants: string[]): RunJob {
  let bytes = 0;
  const inputs = warmShapes.map(({ name, dataType, shape }) => {
    const at = { name, dataType, shape, offset: bytes };
    bytes += Math.ceil(tensorBytes(dataType, shape) / 8) * 8;
    return at;
  });
  return { buffer: new ArrayBuffer(bytes), inputs, wants, stream: null };
}
