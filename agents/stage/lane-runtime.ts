// Owns one lane of a stage: the links it dials upstream, the connections downstream dialled, credits between them, and errors on their way back.
// What happens to a frame in between is the stage's business.
import type { SecureContext } from "node:tls";
import type { Lane, ObservedLane } from "../protocol/control.ts";
import { encodeErrorBody, textOf } from "../protocol/error-body.ts";
import { FLAGS, type ControlFrame, type Message, type StageTrace } from "../protocol/frame.ts";
import { WIRE_ERRORS, WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { DialLink } from "./dial-link.ts";
import type { FrameConnection } from "./frame-connection.ts";
import { FrameWindow } from "./frame-window.ts";
import type { OpenBody } from "./open-body.ts";
import { originId } from "./origin-id.ts";
import { SenderLink } from "./sender-link.ts";

/** Cancelled requests remembered, because a cancel may overtake the tensors it cancels. */
const MAX_CANCELLED = 2048;

/** What a request had of a stage before it failed there. */
type Spent = { queueMs: number; computeMs: number; holdMs: number; /** Where a run has taken the tensors away. */ receivedBytes?: number };
const NOTHING: Spent = { queueMs: 0, computeMs: 0, holdMs: 0 };

export type LaneHost = {
  nodeId: string;
  context(): SecureContext;
  dataProxy: string | null;
  pool: BufferPool;
  /** Warm: the lane may say it is linked. */
  ready(): boolean;
  /** A frame to run. The lane counts it in flight until `finish`. */
  take(message: Message, lane: LaneRuntime, link: DialLink): void;
  cancel(requestId: number, origin: number, lane: LaneRuntime): void;
  endStream(origin: number, streamId: number, lane: LaneRuntime): void;
  changed(): void;
};

export class LaneRuntime {
  lane: Lane;
  inFlight = 0;
  sentBefore = 0;
  readonly #host: LaneHost;
  readonly #upstream: DialLink[];
  /** By origin for the last stage, under 0 otherwise. */
  readonly #downstream = new Map<number, SenderLink>();
  readonly #cancelled = new Set<string>();
  #stopped = false;

  constructor(lane: Lane, limits: { queueLength: number; maxFrameBytes: number }, host: LaneHost) {
    this.lane = lane;
    this.#host = host;
    this.#upstream = lane.upstream.map((end) => this.#dial(end, limits));
  }

  get last(): boolean {
    return this.lane.stageIndex === this.lane.stageCount - 1;
  }

  observed(): ObservedLane {
    const refusedBy = this.#upstream.filter((link) => link.refused).map((link) => link.end.nodeId);
    const unlinkedFrom = this.#upstream.filter((link) => link.connection === null).map((link) => link.end.nodeId);
    return { laneId: this.lane.laneId, epoch: this.lane.epoch, upstreamLinked: unlinkedFrom.length === 0, inFlight: this.inFlight, ...(unlinkedFrom.length > 0 ? { unlinkedFrom } : {}), ...(refusedBy.length > 0 ? { refusedBy } : {}) };
  }

  get receivedBytes(): number {
    return this.#upstream.reduce((sum, link) => sum + link.receivedBytes, 0);
  }

  get sentBytes(): number {
    return [...this.#downstream.values()].reduce((sum, link) => sum + link.connection.sentBytes, this.sentBefore);
  }

  problems(): string[] {
    return this.#upstream.flatMap((link) => (link.problem ? [`upstream ${link.end.nodeId}: ${link.problem}`] : []));
  }

  #dial(end: Lane["upstream"][number], limits: { queueLength: number; maxFrameBytes: number }): DialLink {
    const { laneId, revisionId, epoch, stageIndex } = this.lane;
    const link: DialLink = new DialLink({
      end, open: { laneId, revisionId, epoch, role: "stage", stageIndex }, window: new FrameWindow(limits.queueLength, this.lane.upstream.length), maxPayloadBytes: limits.maxFrameBytes,
      pool: this.#host.pool, context: this.#host.context, dataProxy: this.#host.dataProxy,
      onLinked: () => { this.tellUpstream(); this.#host.changed(); },
      onLost: () => this.#host.changed(),
      onMessage: (message) => this.#receive(message, link),
      onControl: (frame) => this.#fromUpstream(frame),
    });
    return link;
  }

  #receive(message: Message, link: DialLink): void {
    this.inFlight++;
    link.took(bytesOf(message.tensors));
    const key = `${message.originId}/${message.requestId}`;
    // Its cancel was faster: the ingress has given it up and may yet want to know how far it came.
    if (this.#cancelled.delete(key)) return this.fail(message, link, "cancelled", "cancelled on its way");
    if (message.epoch !== this.lane.epoch) return this.fail(message, link, "old_epoch", `epoch ${message.epoch}, this lane is of ${this.lane.epoch}`);
    this.#host.take(message, this, link);
  }

  /** Hands the frame's memory and its credit back. */
  finish(link: DialLink, buffer: ArrayBuffer | null): void {
    this.inFlight--;
    this.#host.pool.release(buffer);
    link.grant();
  }

  /** Tells the ingress that this request ends here, how far it had come, and what it had of this stage. */
  fail(message: Message, link: DialLink, code: WireErrorCode, text: string, spent: Spent = NOTHING): void {
    this.#sendError(message, code, text, [...message.traces, this.#traceOf(message, link, spent)]);
    this.finish(link, message.buffer);
  }

  #traceOf(message: Message, link: DialLink, { queueMs, computeMs, holdMs, receivedBytes: counted }: Spent): StageTrace {
    const receivedBytes = counted ?? bytesOf(message.tensors);
    return { stageIndex: this.lane.stageIndex, nodeId: this.#host.nodeId, queueMs, computeMs, receivedBytes, times: { receiveMs: message.receiveMs ?? 0, roundTripMs: link.connection?.roundTripMs ?? null, holdMs } };
  }

  #sendError(fields: Pick<Message, "requestId" | "originId" | "streamId" | "stepIndex" | "attempt">, code: WireErrorCode, text: string, traces: readonly StageTrace[]): void {
    const { requestId, originId: origin, streamId, stepIndex, attempt } = fields;
    const towards = this.#towards(origin);
    towards?.connection?.sendControl(
      "error", { requestId, originId: origin, streamId, stepIndex, attempt, epoch: this.lane.epoch, value: WIRE_ERRORS[code].number },
      encodeErrorBody(text, towards.readsErrorTraces ? traces : null),
    );
  }

  #passError(frame: ControlFrame): void {
    const towards = this.#towards(frame.originId);
    towards?.connection?.sendControl("error", frame, towards.readsErrorTraces ? frame.body : textOf(frame.body));
  }

  #towards(origin: number): DialLink | undefined {
    return this.lane.stageIndex > 0 ? this.#upstream[0] : this.#upstream.find((link) => originId(link.end.nodeId) === origin);
  }

  /** Passes a result on. Throws WireError when there is nobody to send to. `sent`: its bytes are no longer needed, unless not `whole`: then the system may still hold pieces; `leaving`: it is about to be encoded. */
  send(message: Omit<Message, "buffer">, sent: (whole: boolean) => void, leaving: () => void): void {
    const link = this.#downstream.get(this.last ? message.originId : 0);
    if (!link) throw new WireError("link_lost", `stage ${this.lane.stageIndex} has no connection downstream`);
    link.send(message, sent, leaving);
  }

  /** Whether the way from here to the last stage is up. */
  get linked(): boolean {
    return !this.#stopped && this.#host.ready() && (this.last || this.#downstream.get(0)?.linked === true);
  }

  tellUpstream(linked = this.linked): void {
    const moves = this.last || this.#downstream.get(0)?.movesStreams === true;
    for (const link of this.#upstream) link.connection?.sendControl("lane-state", { flags: (linked ? FLAGS.linked : 0) | (moves ? FLAGS.movesStreams : 0), epoch: this.lane.epoch });
  }

  /** Takes a dialled connection that opened this lane; a newer connection of the same receiver replaces the older one. */
  attach(connection: FrameConnection, body: OpenBody, credits: number): SenderLink | WireErrorCode {
    const allowed = this.lane.downstreamNodeIds;
    if (allowed && !allowed.includes(connection.peerNodeId)) return "not_allowed";
    if (this.last !== (body.role === "ingress") || (!this.last && body.stageIndex !== this.lane.stageIndex + 1)) return "unknown_lane";
    const key = this.last ? originId(connection.peerNodeId) : 0;
    const before = this.#downstream.get(key);
    const link = new SenderLink(connection, credits, body.hopTimes === true);
    this.#downstream.set(key, link);
    if (before) {
      this.sentBefore += before.connection.sentBytes;
      before.close();
      before.connection.close("going_away", "replaced by a newer connection");
      // What was under way on the old one is lost: the ingress must hear of it even though the lane is linked again at once.
      this.tellUpstream(false);
    }
    this.#host.changed();
    return link;
  }

  detach(link: SenderLink): void {
    link.close();
    for (const [key, current] of this.#downstream) {
      if (current !== link) continue;
      this.#downstream.delete(key);
      this.sentBefore += link.connection.sentBytes;
      if (!this.last) this.tellUpstream(false);
    }
    this.#host.changed();
  }

  fromDownstream(frame: ControlFrame, link: SenderLink): void {
    if (frame.type === "credit") link.grant(Math.min(frame.value, MAX_CANCELLED));
    else if (frame.type === "error") this.#passError(frame);
    else if (frame.type === "lane-state") {
      link.linked = (frame.flags & FLAGS.linked) !== 0;
      link.movesStreams = (frame.flags & FLAGS.movesStreams) !== 0;
      this.tellUpstream(link.linked && this.linked);
      this.#host.changed();
    } else link.connection.close("bad_frame", `${frame.type} frame from downstream`);
  }

  #fromUpstream(frame: ControlFrame): void {
    const { requestId, originId: origin, streamId } = frame;
    const downstream = this.#downstream.get(this.last ? origin : 0);
    if (frame.type === "cancel") {
      this.#cancelled.add(`${origin}/${requestId}`);
      if (this.#cancelled.size > MAX_CANCELLED) this.#cancelled.delete(this.#cancelled.values().next().value!);
      this.#host.cancel(requestId, origin, this);
      if (!this.last && !downstream?.withdraw(requestId, origin)) downstream?.connection.sendControl("cancel", { requestId, originId: origin, epoch: frame.epoch });
    } else if (frame.type === "stream-end") {
      this.#host.endStream(origin, streamId, this);
      if (!this.last) downstream?.connection.sendControl("stream-end", { originId: origin, streamId, epoch: frame.epoch });
    }
  }

  wasCancelled(requestId: number, origin: number): boolean {
    return this.#cancelled.has(`${origin}/${requestId}`);
  }

  stop(reason: string): void {
    this.#stopped = true;
    this.tellUpstream(false);
    for (const link of this.#upstream) link.stop(reason);
    for (const link of this.#downstream.values()) { link.close(); link.connection.close("going_away", reason); }
    this.#downstream.clear();
  }
}

const bytesOf = (tensors: Message["tensors"]): number => tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
