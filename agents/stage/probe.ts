// Owns measuring the way to another node: round trip and bytes/s over a mutual-TLS data connection of its own, and the side that answers.
import type { Socket } from "node:net";
import type { LinkSample } from "../protocol/control.ts";
import { MAX_CHUNK_BYTES, type ControlFrame } from "../protocol/frame.ts";
import { WireError } from "../protocol/wire-error.ts";
import { BufferPool } from "./buffer-pool.ts";
import { DataAcceptor, dataContext, dialData } from "./data-tls.ts";
import { FrameConnection } from "./frame-connection.ts";
import type { TlsMaterial } from "./messages.ts";

/** Round trips of one measurement; the first one warms the path and does not count. */
const ROUND_TRIPS = 8;
/** Bursts of one measurement; the fastest counts, because whatever else the machines do only takes bandwidth away … */
const BURSTS = 3;
/** … with a pause before the next, so that one busy moment does not fall on all. */
const BURST_PAUSE_MS = 150;
/** In a burst bytes are sent until this long has passed … */
const BURST_MS = 250;
/** … or so many were sent, so that a measurement never hurts a slow or metered link much. */
const MAX_BURST_BYTES = 4 * 1024 * 1024;
/** Bulk frames not yet acknowledged: enough to fill 100 ms × 160 Mbit/s. */
const BULK_AHEAD = 8;
/** Probes a node answers at once; more are refused. */
const MAX_ANSWERED = 16;
/** A prober that stays longer is cut off. */
const MAX_PROBE_MS = 30_000;

export type ProbeOptions = {
  tls: TlsMaterial;
  peer: { nodeId: string; host: string; port: number };
  dataProxy: string | null;
  /** false = round trip only. */
  bandwidth: boolean;
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

function measure(socket: Socket, nodeId: string, bandwidth: boolean, signal: AbortSignal | undefined): Promise<Pick<LinkSample, "rttMs" | "rttSdMs" | "bandwidthBytesPerSecond" | "rounds">> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => connection.close("deadline", "the probe took too long"), MAX_PROBE_MS / 2);
    const abort = () => connection.close("cancelled", "the probe was cancelled");
    const times: number[] = [];
    const body = new Uint8Array(MAX_CHUNK_BYTES);
    let sentAt = performance.now();
    let burst: { startedAt: number; acked: number; sent: number } | null = null;
    const bandwidths: number[] = [];
    let pause: NodeJS.Timeout | undefined;
    const ping = () => { sentAt = performance.now(); connection.sendControl("probe", { value: times.length }); };
    const sendBulk = () => { burst!.sent++; connection.sendControl("probe", { value: ROUND_TRIPS + burst!.sent }, body); };
    const startBurst = () => {
      burst = { startedAt: performance.now(), acked: 0, sent: 0 };
      for (let i = 0; i < BULK_AHEAD; i++) sendBulk();
    };
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      const used = times.slice(1);
      const mean = used.reduce((sum, ms) => sum + ms, 0) / used.length;
      const bandwidthBytesPerSecond = bandwidths.length > 0 ? Math.max(...bandwidths) : null;
      resolve({ rttMs: median(used), rttSdMs: Math.sqrt(used.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / used.length), bandwidthBytesPerSecond, rounds: used.length });
      connection.close("going_away", "measured");
    };
    /**
     * From the first byte sent to the last acknowledgement, less one round trip. Counting from the first acknowledgement on would be shorter still, but one that comes late
     * (a busy process on either side) lets all others arrive in a bunch, and the link seem several times as wide as it is: this way a stall can only make it narrower.
     */
    const endBurst = ({ acked, startedAt }: NonNullable<typeof burst>) => {
      const elapsedMs = performance.now() - startedAt - Math.min(...times);
      if (acked > 1 && elapsedMs > 0) bandwidths.push((acked * MAX_CHUNK_BYTES) / (elapsedMs / 1000));
      burst = null;
      // A burst that ran into its time says enough: on a slow link more of them only get in the way.
      if (bandwidths.length >= BURSTS || acked * MAX_CHUNK_BYTES < MAX_BURST_BYTES) return finish();
      pause = setTimeout(startBurst, BURST_PAUSE_MS);
    };
    const onAck = () => {
      const now = performance.now();
      if (times.length < ROUND_TRIPS) {
        times.push(now - sentAt);
        if (times.length < ROUND_TRIPS) return ping();
        return bandwidth ? startBurst() : finish();
      }
      if (!burst) return;
      burst.acked++;
      const enough = now - burst.startedAt > BURST_MS || burst.sent * MAX_CHUNK_BYTES >= MAX_BURST_BYTES;
      if (!enough) sendBulk();
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
