// Owns the decision where a range of an artifact is cut: each piece lies whole at the nearest that holds it, as a move's bill reckons
// (server/planner/fetch-sources.ts); what nobody near holds is a piece for the console. Pure: figures and time come in.
import { type Holder, rankHolders } from "./choose-holder.ts";
import type { ByteRange } from "./sparse-file.ts";

/** A holder and what it has of one artifact; ranges ascending, none touching another. */
export type Held = { holder: Holder; ranges: readonly ByteRange[] };

/** Below this the question who holds it costs more than the console's answer. */
export const MIN_PEER_BYTES = 4 * 1024;
/** Each piece is a request, one after the other: of neighbouring ranges (16 MiB at most) one piece is a megabyte on average, however many holes caches have. */
export const MAX_PIECES = 16;

/** Ascending, without gaps, at least one. Where holes would make too many pieces, the smallest finds are left to whoever has what is around them. */
export function splitRange([start, end]: ByteRange, held: readonly Held[], console_: Holder, nowMs: number): ByteRange[] {
  const rangesOf = new Map(held.map(({ holder, ranges }) => [holder, ranges]));
  const ranked = rankHolders(end - start, [...rangesOf.keys(), console_], nowMs).map(({ one }) => one);
  // Behind the console nobody is asked.
  const nearer = ranked.slice(0, ranked.indexOf(console_)).map((holder) => largestWithin([start, end], rangesOf.get(holder) ?? []));
  for (let leastBytes = MIN_PEER_BYTES; ; leastBytes *= 2) {
    const pieces = cut([start, end], nearer, leastBytes);
    if (pieces.length <= MAX_PIECES) return pieces;
  }
}

/** More of them would be too many pieces anyway. */
function largestWithin([start, end]: ByteRange, ranges: readonly ByteRange[]): ByteRange[] {
  const within = ranges.map(([from, to]): ByteRange => [Math.max(start, from), Math.min(end, to)]).filter(([from, to]) => to - from >= MIN_PEER_BYTES);
  return within.sort((a, b) => b[1] - b[0] - (a[1] - a[0]) || a[0] - b[0]).slice(0, MAX_PIECES);
}

/** `held`: nearest first. Each takes what those before it have left, in pieces of `leastBytes` or more. */
function cut(range: ByteRange, held: readonly ByteRange[][], leastBytes: number): ByteRange[] {
  const pieces: ByteRange[] = [];
  let left: ByteRange[] = [range];
  for (const [from, to] of held.flat()) {
    left = left.flatMap(([start, end]) => {
      const piece: ByteRange = [Math.max(start, from), Math.min(end, to)];
      if (piece[1] - piece[0] < leastBytes) return [[start, end] as ByteRange];
      pieces.push(piece);
      return ([[start, piece[0]], [piece[1], end]] as ByteRange[]).filter((rest) => rest[1] > rest[0]);
    });
  }
  return [...pieces, ...left].sort((a, b) => a[0] - b[0]);
}
