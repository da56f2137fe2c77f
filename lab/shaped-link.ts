// Owns one directed link: when bytes that are handed to it arrive at the other end. Knows nothing of sockets.
//
//   t_sent    = max(now, link_free) + bytes / rate(t)      all connections over the link share link_free: one wire
//   t_arrived = t_sent + delay(t) ± jitter                 never before what was sent earlier: bytes stay in order
//
// Loss is what a TCP sender makes of it: a lost packet arrives one round trip late and everything behind it waits.
import { createPreciseTimer, nowMs } from "./precise-timer.ts";

export type LinkSettings = {
  /** One way. */
  delayMs: number;
  /** Uniform within ± this. */
  jitterMs: number;
  /** null = unlimited. */
  bytesPerSecond: number | null;
  /** Share of packets of 1,500 bytes that are lost, 0 to 1. */
  lossRatio: number;
  /** Changes over time from the link's start, in order of `atMs`; begins again after `traceMs`. */
  trace: { atMs: number; delayMs?: number; bytesPerSecond?: number }[];
  traceMs: number;
};
export const OPEN_LINK: LinkSettings = { delayMs: 0, jitterMs: 0, bytesPerSecond: null, lossRatio: 0, trace: [], traceMs: 0 };

export type ShapedLink = {
  /** `deliver` runs once the bytes have arrived. */
  send(bytes: number, deliver: () => void): void;
  set(change: Partial<LinkSettings>): void;
  settings(): LinkSettings;
  /** Bytes a sender may have on the way: what fills the wire, and a router's small queue. */
  windowBytes(): number;
  /** What should be sent at once: as much as the wire takes in PIECE_MS, a packet at least. The first of many bytes then arrives long before the last. */
  pieceBytes(): number;
  /** Holds everything on the way; nothing is lost, as TCP would repeat it. */
  cut(): void;
  restore(): void;
  isCut(): boolean;
  bytesDelivered(): number;
  stop(): void;
};

const PACKET_BYTES = 1500;
/** Shorter pieces cost more processor than they show. */
const PIECE_MS = 2;
/** A router's queue. More would let one big tensor delay a later small frame by its own whole length. */
const QUEUE_BYTES = 256 * 1024;
const MAX_WINDOW_BYTES = 64 * 2 ** 20;
/** A retransmission is not noticed in less. */
const MIN_RETRANSMIT_MS = 5;

export function createShapedLink(initial: LinkSettings, random: () => number): ShapedLink {
  let settings = initial;
  const startedMs = nowMs();
  let freeMs = 0;
  let lastArrivalMs = 0;
  let cut = false;
  let delivered = 0;
  let waiting: { atMs: number; bytes: number; deliver: () => void }[] = [];
  let head = 0;
  const timer = createPreciseTimer(deliverDue);

  function current(now: number): { delayMs: number; bytesPerSecond: number | null } {
    let { delayMs, bytesPerSecond } = settings;
    const at = settings.traceMs > 0 ? (now - startedMs) % settings.traceMs : now - startedMs;
    for (const point of settings.trace) {
      if (point.atMs > at) break;
      delayMs = point.delayMs ?? delayMs;
      bytesPerSecond = point.bytesPerSecond ?? bytesPerSecond;
    }
    return { delayMs, bytesPerSecond };
  }

  function deliverDue(): void {
    const now = nowMs();
    while (!cut && head < waiting.length && waiting[head]!.atMs <= now) {
      const { bytes, deliver } = waiting[head++]!;
      delivered += bytes;
      deliver();
    }
    if (head > 1024 || head === waiting.length) {
      waiting = waiting.slice(head);
      head = 0;
    }
    schedule();
  }
  function schedule(): void {
    const next = waiting[head];
    if (next && !cut) timer.wakeAt(next.atMs);
  }

  return {
    send(bytes, deliver) {
      const now = nowMs();
      const { delayMs, bytesPerSecond } = current(now);
      freeMs = Math.max(now, freeMs) + (bytesPerSecond === null ? 0 : (bytes / bytesPerSecond) * 1000);
      const jitter = settings.jitterMs * (2 * random() - 1);
      const packets = Math.max(1, Math.ceil(bytes / PACKET_BYTES));
      const lost = settings.lossRatio > 0 && random() < 1 - (1 - settings.lossRatio) ** packets;
      const late = lost ? Math.max(MIN_RETRANSMIT_MS, 2 * delayMs) : 0;
      lastArrivalMs = Math.max(lastArrivalMs, freeMs + Math.max(0, delayMs + jitter) + late);
      waiting.push({ atMs: lastArrivalMs, bytes, deliver });
      if (waiting.length - head === 1) schedule();
    },
    set(change) {
      settings = { ...settings, ...change };
    },
    settings: () => settings,
    windowBytes() {
      const { delayMs, bytesPerSecond } = current(nowMs());
      const filling = bytesPerSecond === null ? MAX_WINDOW_BYTES : (bytesPerSecond * 2 * (delayMs + settings.jitterMs)) / 1000;
      return Math.min(MAX_WINDOW_BYTES, QUEUE_BYTES + filling);
    },
    pieceBytes() {
      const { bytesPerSecond } = current(nowMs());
      return bytesPerSecond === null ? Number.MAX_SAFE_INTEGER : Math.max(PACKET_BYTES, Math.ceil((bytesPerSecond * PIECE_MS) / 1000));
    },
    cut() {
      cut = true;
      timer.stop();
    },
    restore() {
      if (!cut) return;
      cut = false;
      schedule();
    },
    isCut: () => cut,
    bytesDelivered: () => delivered,
    stop() {
      timer.stop();
      waiting = [];
      head = 0;
    },
  };
}

/** mulberry32: the same seed gives the same jitter and losses. Uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
