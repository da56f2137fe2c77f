// Owns problems whose bytes lie where a test says: two layers of 100 MB each in one file, nodes tn_0 and so on, all lines alike. For tests.
import type { FileSpans } from "../byte-spans.ts";
import type { Problem } from "../problem.ts";
import { randomProblem } from "./random-problem.ts";

/** Of the file. */
export const LAYER_BYTES = 100e6;
export const [NOTHING, FIRST, SECOND, BOTH]: [FileSpans, FileSpans, FileSpans, FileSpans] = [new Map(), new Map([["0", [[0, LAYER_BYTES]]]]), new Map([["0", [[LAYER_BYTES, 2 * LAYER_BYTES]]]]), new Map([["0", [[0, 2 * LAYER_BYTES]]]])];

/** `held`: of each node; null = it has not told. `bytesPerSecond`: of the line from one node to another; 0 = there is none. Absent = 100 MB/s between all. */
export function fetchProblem(held: readonly (FileSpans | null)[], bytesPerSecond: (from: number, to: number) => number = () => 100e6): Problem {
  const problem = randomProblem(1, { layers: 2, nodes: held.length });
  const pathOf = (from: number, to: number) => ({ latencyMs: from === to ? 0 : 1, bandwidthBytesPerSecond: from === to ? Number.POSITIVE_INFINITY : bytesPerSecond(from, to), kind: "measured" as const, via: [], linkIds: [], trusted: true });
  return {
    ...problem, cutLegal: [true], layerWeightBytes: [LAYER_BYTES, LAYER_BYTES], layerWorkspaceBytes: [0, 0],
    nodes: problem.nodes.map((node) => ({ ...node, memoryLimitBytes: null, online: true })),
    paths: held.map((_, from) => held.map((_one, to) => (from === to || bytesPerSecond(from, to) > 0 ? pathOf(from, to) : null))),
    fetch: { layers: [0, 1].map((layer) => ({ spans: [[0, layer * LAYER_BYTES, (layer + 1) * LAYER_BYTES]], graphBytes: 0 })), held },
  };
}
