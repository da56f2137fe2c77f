// Owns one pipeline as an ingress sees it: stage 0 dials us and takes requests, we dial the last stage and take answers. The pipeline is linked
// when both are up and stage 0 says that the way through is. Which request goes where is the dispatcher's business.
import type { SecureContext } from "node:tls";
import type { IngressPipeline } from "../protocol/control.ts";
import { decodeErrorBody } from "../protocol/error-body.ts";
import { FLAGS, type ControlFrame, type Message, type StageTrace } from "../protocol/frame.ts";
import { wireErrorCode, type WireErrorCode } from "../protocol/wire-error.ts";
import type { BufferPool } from "../stage/buffer-pool.ts";
import { DialLink } from "../stage/dial-link.ts";
import type { FrameConnection } from "../stage/frame-connection.ts";
import { SenderLink } from "../stage/sender-link.ts";

/** Answers the last stage may have under way to us. */
const ANSWER_CREDITS = 64;

/** What a stage says of a request that ended there. `stages`: how far it had come, the last one of where it failed; empty where an agent on the way tells none. */
export type ToldError = { requestId: number; attempt: number; code: WireErrorCode; text: string; stages: StageTrace[] };

export type PipelineHost = {
  /** This ingress, as frames name it. */
  originId: number;
  context(): SecureContext;
  dataProxy: string | null;
  pool: BufferPool;
  maxAnswerBytes: number;
  onAnswer(message: Message, pipeline: PipelineRuntime): void;
  onError(told: ToldError, pipeline: PipelineRuntime): void;
  /** Everything sent and not answered is lost. */
  onBroken(pipeline: PipelineRuntime): void;
  onLinked(pipeline: PipelineRuntime): void;
};

export class PipelineRuntime {
  pipeline: IngressPipeline;
  /** Requests of the dispatcher that are on it now; it keeps both counts. */
  outstanding = 0;
  /** When it last took one, `performance.now()` clock. */
  askedAtMs = Number.NEGATIVE_INFINITY;
  /** Of requests sent through it: answered, refused with an error, lost when it broke. */
  readonly counts = { answered: 0, failed: 0, lost: 0 };
  readonly #host: PipelineHost;
  readonly #answers: DialLink;
  #first: SenderLink | null = null;
  #wasLinked = false;

  constructor(pipeline: IngressPipeline, host: PipelineHost) {
    this.pipeline = pipeline;
    this.#host = host;
    const { revisionId, epoch, last } = pipeline;
    this.#answers = new DialLink({
      end: last, open: { laneId: "", revisionId, epoch, role: "ingress", stageIndex: -1 }, window: ANSWER_CREDITS, maxPayloadBytes: host.maxAnswerBytes,
      pool: host.pool, context: host.context, dataProxy: host.dataProxy,
      onLinked: () => this.#changed(),
      onLost: () => this.#changed(),
      onMessage: (message) => {
        this.#answers.grant();
        // Fencing: an answer of another epoch can only come from a confused stage.
        if (message.epoch === epoch) host.onAnswer(message, this);
        else host.pool.release(message.buffer);
      },
      onControl: () => undefined,
    });
  }

  get linked(): boolean {
    return this.#first?.linked === true && !this.#first.connection.closed && this.#answers.connection !== null;
  }

  /** Its stages can hand the state of streams over. */
  get movesStreams(): boolean {
    return this.#first?.movesStreams === true;
  }

  /** What it is predicted to answer a second, beside the other replicas of its revision. */
  get rate(): number {
    return this.pipeline.rate ?? 1;
  }

  problem(): string | null {
    if (this.linked) return null;
    if (this.#answers.problem) return `last stage on ${this.#answers.end.nodeId}: ${this.#answers.problem}`;
    return this.#first ? "a later stage is not linked yet" : "the first stage has not connected";
  }

  /** The node of the last stage, where nobody listens there now, as its machine says. */
  get refusedBy(): string | null {
    return this.#answers.refused ? this.#answers.end.nodeId : null;
  }

  /** Shortest recent round trip to the last stage, ms; null = none yet. */
  get answerRoundTripMs(): number | null {
    return this.#answers.connection?.roundTripMs ?? null;
  }

  /** Sends a request, or queues it until stage 0 grants credit; `leaving` is called when it goes; `turn`: the lowest goes first. Throws WireError. */
  send(message: Omit<Message, "buffer">, leaving: () => void, turn?: number): void {
    this.#first!.send(message, () => undefined, leaving, turn);
  }

  cancel(requestId: number): void {
    const { originId } = this.#host;
    if (!this.#first || this.#first.withdraw(requestId, originId)) return;
    this.#first.connection.sendControl("cancel", { requestId, originId, epoch: this.pipeline.epoch });
  }

  endStream(streamId: number): void {
    this.#first?.connection.sendControl("stream-end", { streamId, originId: this.#host.originId, epoch: this.pipeline.epoch });
  }

  /** Stage 0 dialled and opened; replaces an older connection. */
  attach(connection: FrameConnection, credits: number, hopTimes: boolean): SenderLink | WireErrorCode {
    const allowed = this.pipeline.firstNodeIds;
    if (allowed && !allowed.includes(connection.peerNodeId)) return "not_allowed";
    const before = this.#first;
    this.#first = new SenderLink(connection, credits, hopTimes);
    before?.close();
    before?.connection.close("going_away", "replaced by a newer connection");
    this.#changed();
    return this.#first;
  }

  detach(link: SenderLink): void {
    link.close();
    if (this.#first !== link) return;
    this.#first = null;
    this.#changed();
  }

  fromFirst(frame: ControlFrame, link: SenderLink): void {
    if (frame.type === "credit") link.grant(Math.min(frame.value, 4096));
    else if (frame.type === "lane-state") {
      const linked = (frame.flags & FLAGS.linked) !== 0;
      link.movesStreams = (frame.flags & FLAGS.movesStreams) !== 0;
      // Said twice in one breath, "not linked" still means that what was under way is lost.
      if (!linked && link.linked) { link.linked = false; this.#changed(); }
      link.linked = linked;
      this.#changed();
    } else if (frame.type === "error") {
      const { text, traces } = decodeErrorBody(frame.body);
      this.#host.onError({ requestId: frame.requestId, attempt: frame.attempt, code: wireErrorCode(frame.value), text, stages: traces }, this);
    } else link.connection.close("bad_frame", `${frame.type} frame from stage 0`);
  }

  #changed(): void {
    const linked = this.linked;
    if (linked === this.#wasLinked) return;
    this.#wasLinked = linked;
    if (linked) this.#host.onLinked(this);
    else this.#host.onBroken(this);
  }

  stop(reason: string): void {
    this.#answers.stop(reason);
    this.#first?.connection.close("going_away", reason);
    this.#first = null;
    this.#changed();
  }
}
