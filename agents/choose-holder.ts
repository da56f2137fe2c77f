// Owns the decision from whom bytes of an artifact are fetched: the holders in the order they are tried, soonest done first. Pure: figures and time come in.

/** Who has the bytes. `nodeId` null = the console. */
export type Holder = {
  nodeId: string | null;
  /** Node that relays, where this one does not reach the holder by itself; null = direct. */
  via: string | null;
  /** What came from it lately, or what the link was measured at; null = not known. */
  bytesPerSecond: number | null;
  roundTripMs: number | null;
  /** Transfers it has under way, as far as known: they share its link. */
  transfers: number;
  /** When it last broke off or gave wrong bytes; null = it has not. */
  failedAtMs: number | null;
};
export type HolderChoice = { holders: Holder[]; /** In words, for the log. */ why: string };

/** A link nobody has measured: a busy 100 Mbit/s. The console's is shared by the whole fleet, so of two unknown ones a peer's is tried first. */
const UNKNOWN_PEER_BYTES_PER_SECOND = 8e6;
const UNKNOWN_CONSOLE_BYTES_PER_SECOND = 6e6;
/** A peer that failed is left alone for so long; the console is always asked in the end. */
export const AVOID_FAILED_MS = 30_000;
/** Enough for the first ones to be gone; each has its time-out. */
const MAX_HOLDERS = 4;

/** The console is always among them: it has everything. */
export function chooseHolder(bytes: number, candidates: readonly Holder[], nowMs: number): HolderChoice {
  const ranked = rankHolders(bytes, candidates, nowMs);
  const first = ranked.slice(0, MAX_HOLDERS);
  const console_ = ranked.find(({ one }) => one.nodeId === null);
  if (console_ && !first.includes(console_)) first[first.length === MAX_HOLDERS ? MAX_HOLDERS - 1 : first.length] = console_;
  return { holders: first.map(({ one }) => one), why: first.map(({ one, ms }) => `${nameOf(one)} ${Math.round(ms)} ms`).join(", ") };
}

/** All that may be asked now, soonest done first. */
export function rankHolders(bytes: number, candidates: readonly Holder[], nowMs: number): { one: Holder; ms: number }[] {
  const usable = candidates.filter((one) => one.nodeId === null || one.failedAtMs === null || nowMs - one.failedAtMs >= AVOID_FAILED_MS);
  return usable.map((one) => ({ one, ms: expectedMs(bytes, one) })).sort((a, b) => a.ms - b.ms || (nameOf(a.one) < nameOf(b.one) ? -1 : 1));
}

function expectedMs(bytes: number, { nodeId, via, bytesPerSecond, roundTripMs, transfers }: Holder): number {
  const rate = bytesPerSecond ?? (nodeId === null ? UNKNOWN_CONSOLE_BYTES_PER_SECOND : UNKNOWN_PEER_BYTES_PER_SECOND);
  // A relay takes every byte in and out again.
  const hops = via === null ? 1 : 2;
  return hops * ((roundTripMs ?? 0) + (bytes * (1 + transfers) * 1000) / rate);
}

const nameOf = ({ nodeId, via }: Holder): string => (nodeId === null ? "console" : via === null ? nodeId : `${nodeId} via ${via}`);
