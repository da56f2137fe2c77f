// Owns how it is told who gave bytes: the most first, no more than may be told.
import { type GivenBytes, MAX_GIVERS } from "./protocol/control.ts";

/** By node; null = the console. */
export function givenBytes(byGiver: ReadonlyMap<string | null, number>): GivenBytes[] {
  return [...byGiver].map(([nodeId, bytes]) => ({ nodeId, bytes })).sort((a, b) => b.bytes - a.bytes || ((a.nodeId ?? "") < (b.nodeId ?? "") ? -1 : 1)).slice(0, MAX_GIVERS);
}
