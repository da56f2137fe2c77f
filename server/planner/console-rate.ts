// Owns how fast a node is taken to get bytes from the console, whose own way is in no drawing: as fast as its best line brings them. Pure.
import { UNMEASURED_BANDWIDTH_BYTES_PER_SECOND } from "../topology/paths.ts";
import type { Problem } from "./problem.ts";

/** `index`: of the node. */
export function consoleBytesPerSecond(problem: Problem, index: number): number {
  const ways = problem.paths.flatMap((row, from) => (from === index ? [] : [row[index]?.bandwidthBytesPerSecond ?? 0]));
  const best = Math.max(0, ...ways.filter(Number.isFinite));
  return best > 0 ? best : UNMEASURED_BANDWIDTH_BYTES_PER_SECOND;
}
