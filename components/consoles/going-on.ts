// Owns what a page tells itself when it goes on at another console: nothing but the address can cross over. Pure.

/** Where the page was, and when it changed consoles by itself. */
export type Arrival = { from: string | null; movedAtMs: number[] };

const FROM = "came-from";
const MOVES = "moved-at";
/** More are of no use to anybody. */
const MOVES_KEPT = 8;

/** The same path and view there. `movedAtMs`: the moves so far, the one under way included. */
export function goOnAddress(to: string, here: Pick<Location, "origin" | "pathname" | "search" | "hash">, movedAtMs: readonly number[]): string {
  const address = new URL(`${here.pathname}${here.search}${here.hash}`, "http://path");
  address.searchParams.set(FROM, here.origin);
  if (movedAtMs.length > 0) address.searchParams.set(MOVES, movedAtMs.slice(-MOVES_KEPT).join("."));
  return `${to}${address.pathname}${address.search.replaceAll("%2C", ",")}${address.hash}`;
}

/** What the address says of it, believed only as far as it can be true: anybody may write an address. */
export function readArrival(search: string, nowMs: number): Arrival {
  const params = new URLSearchParams(search);
  const from = params.get(FROM);
  const origin = from !== null && /^https?:/.test(from) && URL.canParse(from) ? new URL(from).origin : null;
  const times = (params.get(MOVES) ?? "").split(".").map(Number).filter((atMs) => Number.isSafeInteger(atMs) && atMs > 0 && atMs <= nowMs);
  return { from: origin, movedAtMs: times.slice(-MOVES_KEPT) };
}

/** For who takes it out of the address once it is read. */
export const WITHOUT_ARRIVAL: Record<string, null> = { [FROM]: null, [MOVES]: null };
