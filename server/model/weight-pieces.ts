// Owns the pieces in which a file's weights are named and fetched. They are the file's, not a segment's: whichever layers a segment has, a weight lies in the same
// piece, so that a node that holds it already fetches only what it lacks when layers are cut anew.
import type { Graph } from "./graph.ts";
import { ModelRefusal } from "./model-refusal.ts";
import { EMBED_BELOW_BYTES, placeOfWeight, type WeightPlace } from "./skeleton.ts";

/** Largest piece: one hash, one piece to fetch again after a break. */
export const MAX_PIECE_BYTES = 16 * 1024 * 1024;
/** What lies between two weights goes with the first of them, up to this: neighbours are one request then, and the gap costs less than another one. */
const MOST_GAP_BYTES = 4096;

type Span = { start: number; end: number };

/** Of every weight of the graph that a segment may refer to, by file; null = the model file. */
export function placesByFile(graph: Graph): Map<string | null, WeightPlace[]> {
  const found = new Map<string | null, WeightPlace[]>();
  const values = graph.ops.flatMap((op) => (op.opType === "Constant" ? (op.attributes.get("value")?.tensor ?? []) : []));
  for (const tensor of [...graph.initializers.values(), ...values]) {
    const place = placeOfWeight(tensor);
    if (place === null || (place.file === null && place.length < EMBED_BELOW_BYTES)) continue;
    const list = found.get(place.file) ?? [];
    list.push(place);
    found.set(place.file, list);
  }
  return found;
}

export type Piece = { offset: number; bytes: number };

/** Pieces of the file that hold `wanted`, in order, without overlap. `all`: every place of the file, so that pieces come out alike for every segment. */
export function piecesOf(wanted: readonly WeightPlace[], all: readonly WeightPlace[], totalBytes: number): Piece[] {
  return piecesIn([...all, ...wanted], totalBytes)(wanted);
}

/** As piecesOf, for asking of many parts of one file: `all` must have every place that is asked for. */
export function piecesIn(all: readonly WeightPlace[], totalBytes: number): (wanted: readonly WeightPlace[]) => Piece[] {
  const spans = spansOf(all);
  const beyond = spans.find((span) => span.end > totalBytes);
  if (beyond) throw new ModelRefusal("external-size", `Weights reach ${beyond.end - totalBytes} bytes past the end of their file.`, { place: `byte ${beyond.start}`, fix: "The data file is too short: upload it again." });
  const starts = spans.map((span) => span.start);
  const indexesOf = (wanted: readonly WeightPlace[]) => [...new Set(wanted.map((place) => lastAtMost(starts, place.offset)))];
  return (wanted) => indexesOf(wanted).sort((a, b) => a - b).flatMap((index) => {
    const { start, end } = spans[index] as Span;
    const next = starts[index + 1] ?? totalBytes;
    const until = next - end <= MOST_GAP_BYTES ? next : end;
    const pieces: { offset: number; bytes: number }[] = [];
    for (let offset = start; offset < until; offset += MAX_PIECE_BYTES) pieces.push({ offset, bytes: Math.min(MAX_PIECE_BYTES, until - offset) });
    return pieces;
  });
}

/** In order; what overlaps is one, and what is too small to be worth a hash goes with its neighbour before. */
function spansOf(places: readonly WeightPlace[]): Span[] {
  const spans: Span[] = [];
  for (const { offset, length } of [...places].sort((a, b) => a.offset - b.offset)) {
    const last = spans.at(-1);
    const isSmall = length < EMBED_BELOW_BYTES && last !== undefined && offset - last.end <= MOST_GAP_BYTES;
    if (last !== undefined && (offset < last.end || isSmall)) last.end = Math.max(last.end, offset + length);
    else spans.push({ start: offset, end: offset + length });
  }
  return spans;
}

/** `sorted` ascending; the first one is never more than `value`. */
function lastAtMost(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
