// Owns keeping one dialled connection up: dial, open the lane, serve until it breaks, try again with growing, jittered waits.
import type { SecureContext } from "node:tls";
import type { LaneEnd } from "../protocol/control.ts";
import type { ControlFrame, Message } from "../protocol/frame.ts";
import { WIRE_ERRORS, WireError } from "../protocol/wire-error.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { dialData, NobodyListens } from "./data-tls.ts";
import { FrameConnection } from "./frame-connection.ts";
import type { FrameWindow } from "./frame-window.ts";
import { type OpenBody, parseOpened } from "./open-body.ts";

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

export type DialLinkOptions = {
  end: LaneEnd; open: OpenBody; maxPayloadBytes: number; pool: BufferPool;
  /** Frames that may be here at once; a number where frames never wait here. */
  window: FrameWindow | number;
  context(): SecureContext;
  dataProxy: string | null;
  onLinked(connection: FrameConnection): void;
  onLost(reason: string): void;
  onMessage(message: Message): void;
  onControl(frame: ControlFrame): void;
};

// waiting ──► dialling ──► opening (OPEN sent) ──► linked ──► waiting … until stop()
/** The dialling (= receiving) side of a link. */
export class DialLink {
  readonly end: LaneEnd;
  receivedBefore = 0;
  /** Why the last try failed; null while linked. */
  problem: string | null = "not dialled yet";
  /** The last try ended because nobody listens there, as the machine itself said. */
  refused = false;
  /** The sender reads traces in errors. */
  readsErrorTraces = false;
  readonly #options: DialLinkOptions;
  readonly #abort = new AbortController();
  #connection: FrameConnection | null = null;
  #linked = false;
  #waitMs = FIRST_WAIT_MS;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: DialLinkOptions) {
    this.end = options.end;
    this.#options = options;
    void this.#dial();
  }

  get connection(): FrameConnection | null {
    return this.#linked ? this.#connection : null;
  }

  get receivedBytes(): number {
    return this.receivedBefore + (this.#connection?.receivedBytes ?? 0);
  }

  /** A frame came in, of so many bytes. Each is followed by one `grant`. */
  took(bytes: number): void {
    if (typeof this.#options.window !== "number") this.#options.window.received(bytes);
  }

  /** A frame is about to leave, as so many bytes. */
  leaves(bytes: number): void {
    if (typeof this.#options.window !== "number") this.#options.window.leaves(bytes);
  }

  /** One frame has been dealt with: its sender may send another, if the window has room for it. */
  grant(): void {
    const { open, window } = this.#options;
    if (typeof window === "number") return this.connection?.grant(open.epoch, window);
    window.finished();
    this.#grantFree();
  }

  /** Only once linked: credits that nobody is told of would be lost. */
  #grantFree(): void {
    const { open, window } = this.#options;
    if (typeof window !== "number" && this.connection) this.connection.grant(open.epoch, window.frames, window.take());
  }

  stop(reason: string): void {
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
    this.#connection?.close("going_away", reason);
  }

  async #dial(): Promise<void> {
    const { end, open, context, dataProxy, pool, maxPayloadBytes } = this.#options;
    try {
      const kind = end.target === "ingress" ? "ingress" : "stage";
      const socket = await dialData({
        host: end.host, port: end.port, nodeId: end.nodeId, preamble: { kind, target: end.target }, context: context(), dataProxy, signal: this.#abort.signal,
      });
      if (this.#abort.signal.aborted) return void socket.destroy();
      this.#connection = new FrameConnection(socket, end.nodeId, {
        maxPayloadBytes, pool,
        onMessage: (message) => this.#options.onMessage(message),
        onControl: (frame, connection) => frame.type === "opened" ? this.#opened(connection, frame.body) : this.#options.onControl(frame),
        onClose: (code, reason) => this.#lost(`${code}: ${reason}`),
      });
      const { window } = this.#options;
      this.#connection.sendControl("open", { value: typeof window === "number" ? window : window.open(), epoch: open.epoch }, new TextEncoder().encode(JSON.stringify({ ...open, hopTimes: true } satisfies OpenBody)));
    } catch (error) {
      this.#lost(error instanceof WireError ? `${error.code} (${WIRE_ERRORS[error.code].number}): ${error.message}` : String(error), error instanceof NobodyListens);
    }
  }

  #opened(connection: FrameConnection, body: Uint8Array): void {
    this.#linked = true;
    this.readsErrorTraces = parseOpened(body).errorTraces;
    this.problem = null;
    this.refused = false;
    this.#waitMs = FIRST_WAIT_MS;
    // The first frame should find a round trip measured.
    connection.ping();
    this.#grantFree();
    this.#options.onLinked(connection);
  }

  #lost(reason: string, refused = false): void {
    this.problem = reason;
    this.refused = refused;
    this.receivedBefore += this.#connection?.receivedBytes ?? 0;
    this.#connection = null;
    const was = this.#linked;
    this.#linked = false;
    if (this.#abort.signal.aborted) return;
    const waitMs = this.#waitMs * (0.5 + Math.random());
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => void this.#dial(), waitMs);
    if (was) this.#options.onLost(reason);
  }
}
