// Owns measuring the way to another node: round trip and bytes/s over a mutual-TLS data connection of its own, and the side that answers.
import type { Socket } from "node:net";
import type { LinkSample } from "../protocol/control.ts";
import type { ControlFrame } from "../protocol/frame.ts";
import { WireError } from "../protocol/wire-error.ts";
import { BufferPool } from "./buffer-pool.ts";
import { type BurstAsked, BurstPlan } from "./burst-plan.ts";
import { DataAcceptor, dataContext, dialData } from "./data-tls.ts";
import { FrameConnection } from "./frame-connection.ts";
import type { TlsMaterial } from "./messages.ts";

/** Round trips of one measurement; the first one warms the path and does not count. */
const ROUND_TRIPS = 8;
/** Before the next burst, so that one busy moment does not fall on all. */
const BURST_PAUSE_MS = 150;
/** In a burst bytes are sent until this long and a round trip have passed, or all that its plan wants were. */
const BURST_MS = 250;
/** A burst goes in so many pieces, none of them larger or smaller than this. */
const PIECES = 8;
const MIN_PIECE_BYTES = 4 * 1024;
const MAX_PIECE_BYTES = 64 * 1024;
/** Pieces not yet acknowledged: few at first, so that a link that has become slow is not filled for seconds; one more with each that arrived … */
const FIRST_AHEAD = 2;
/** … up to enough to fill 100 ms × 160 Mbit/s. */
const MOST_AHEAD = 32;
/** Probes a node answers at once; more are refused. */
const MAX_ANSWERED = 16;
/** A prober that stays longer is cut off. */
const MAX_PROBE_MS = 30_000;

export type ProbeOptions = {
  tls: TlsMaterial;
  peer: { nodeId: string; host: string; port: number };
  dataProxy: string | null;
  /** Null = round trip only. */
  bandwidth: BurstAsked | null;
  signal?: AbortSignal;
};

/** Never rejects: what went wrong is in `error`. */
export async function probePeer({ tls, peer, dataProxy, bandwidth, signal }: ProbeOptions): Promise<LinkSample> {
  const at = new Date().toISOString();
  try {
    const socket = await dialData({ ...peer, preamble: { kind: "probe", target: "probe" }, context: dataContext(tls), dataProxy, ...(signal ? { signal } : {}) });
    const measured = await measure(socket, peer.nodeId, bandwidth, signal);
    return { toNodeId: peer.nodeId, at, ...measured, error: null };
  } catch (error) {
    return { toNodeId: peer.nodeId, at, rttMs: 0, rttSdMs: 0, bandwidthBytesPerSecond: null, error: (error as Error).message };
  }
}

function measure(socket: Socket, nodeId: string, bandwidth: BurstAsked | null, signal: AbortSignal | undefined): Promise<Pick<LinkSample, "rttMs" | "rttSdMs" | "bandwidthBytesPerSecond" | "rounds">> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => connection.close("deadline", "the probe took too long"), MAX_PROBE_MS / 2);
    const abort = () => connection.close("cancelled", "the probe was cancelled");
    const times: number[] = [];
    const plan = bandwidth && new BurstPlan(bandwidth);
    let ahead = FIRST_AHEAD;
    let sentAt = performance.now();
    let burst: { startedAt: number; acked: number; sent: number; body: Uint8Array } | null = null;
    let pause: NodeJS.Timeout | undefined;
    const ping = () => { sentAt = performance.now(); connection.sendControl("probe", { value: times.length }); };
    const isWhole = (one: NonNullable<typeof burst>) => one.sent * one.body.length >= plan!.bytes;
    const sendBulk = (one: NonNullable<typeof burst>) => {
      while (!isWhole(one) && one.sent - one.acked < ahead) connection.sendControl("probe", { value: ROUND_TRIPS + ++one.sent }, one.body);
    };
    const startBurst = () => {
      burst = { startedAt: performance.now(), acked: 0, sent: 0, body: new Uint8Array(Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, Math.ceil(plan!.bytes / PIECES)))) };
      sendBulk(burst);
    };
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      const used = times.slice(1);
      const mean = used.reduce((sum, ms) => sum + ms, 0) / used.length;
      resolve({ rttMs: median(used), rttSdMs: Math.sqrt(used.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / used.length), bandwidthBytesPerSecond: plan?.bandwidth() ?? null, rounds: used.length });
      connection.close("going_away", "measured");
    };
    /**
     * From the first byte sent to the last acknowledgement, less one round trip. Counting from the first acknowledgement on would be shorter still, but one that comes late
     * (a busy process on either side) lets all others arrive in a bunch, and the link seem several times as wide as it is: this way a stall can only make it narrower.
     */
    const endBurst = ({ acked, sent, startedAt, body }: NonNullable<typeof burst>) => {
      const spentMs = Math.max(0, performance.now() - startedAt - Math.min(...times));
      burst = null;
      // What is still on its way would fall into the next one.
      if (plan!.after({ bytes: acked * body.length, spentMs }) && acked >= sent) pause = setTimeout(startBurst, BURST_PAUSE_MS);
      else finish();
    };
    const onAck = () => {
      const now = performance.now();
      if (times.length < ROUND_TRIPS) {
        times.push(now - sentAt);
        if (times.length < ROUND_TRIPS) return ping();
        return plan ? startBurst() : finish();
      }
      if (!burst) return;
      burst.acked++;
      ahead = Math.min(MOST_AHEAD, ahead + 1);
      const isOver = now - burst.startedAt > BURST_MS + Math.min(...times);
      if (!isOver && !isWhole(burst)) sendBulk(burst);
      else if (burst.acked >= burst.sent || (burst.acked > 1 && now - burst.startedAt > 4 * BURST_MS)) endBurst(burst);
    };
    const connection = new FrameConnection(socket, nodeId, {
      maxPayloadBytes: 0, pool: new BufferPool(),
      onMessage: () => undefined,
      onControl: (frame) => { if (frame.type === "probe-ack") onAck(); },
      onClose: (code, reason) => { clearTimeout(timer); clearTimeout(pause); reject(new WireError(code, reason)); },
    });
    signal?.addEventListener("abort", abort, { once: true });
    ping();
  });
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

let answered = 0;
const acceptors = new WeakMap<TlsMaterial, DataAcceptor>();

/** Answers one probe; any node of this console may ask. `socket` as the data port handed it out. */
export function answerProbe(socket: Socket, tls: TlsMaterial): void {
  if (answered >= MAX_ANSWERED) return void socket.destroy();
  let acceptor = acceptors.get(tls);
  if (!acceptor) {
    acceptor = new DataAcceptor(tls, (secure, peerNodeId) => {
      const timer = setTimeout(() => connection.close("deadline", "a probe may not stay so long"), MAX_PROBE_MS);
      const connection = new FrameConnection(secure, peerNodeId, {
        maxPayloadBytes: 0, pool: new BufferPool(),
        onMessage: () => undefined,
        onControl: (frame: ControlFrame) => {
          if (frame.type === "probe") connection.sendControl("probe-ack", { value: frame.value });
          else connection.close("bad_frame", `${frame.type} frame on a probe connection`);
        },
        onClose: () => clearTimeout(timer),
      });
    });
    acceptors.set(tls, acceptor);
  }
  answered++;
  socket.once("close", () => { answered--; });
  acceptor.accept(socket);
}
