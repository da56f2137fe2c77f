// Owns what a move brings over the network, from the segments that were made and from what nodes hold: exact, where every node has told. Pure.
import type { HeldArtifact, SegmentSpec } from "../../agents/protocol/control.ts";
import { bytesOutside, type FileSpans, joinFiles } from "../planner/byte-spans.ts";

export type FetchBill = {
  bytes: number;
  /** Of each stage, in order. */
  stageBytes: number[];
  /** Files that entries need: of the check, of the processor. */
  entryBytes: number;
};
export type FetchQuestion = {
  stages: readonly { nodeId: string; segment: SegmentSpec }[];
  entries: readonly { nodeId: string; files: readonly { digest: string; bytes: number }[] }[];
  heldOf(nodeId: string): FileSpans;
};

/** What one stage brings to a node, the next one there finds. */
export function fetchBill({ stages, entries, heldOf }: FetchQuestion): FetchBill {
  const have = new Map<string, FileSpans>();
  const take = (nodeId: string, wanted: FileSpans): number => {
    const held = have.get(nodeId) ?? heldOf(nodeId);
    have.set(nodeId, joinFiles(held, wanted));
    return bytesOutside(wanted, held);
  };
  const stageBytes = stages.map(({ nodeId, segment }) => take(nodeId, segmentSpans(segment)));
  const entryBytes = entries.reduce((sum, { nodeId, files }) => sum + take(nodeId, joinFiles(...files.map(({ digest, bytes }): FileSpans => new Map([[digest, [[0, bytes]]]])))), 0);
  return { bytes: stageBytes.reduce((sum, bytes) => sum + bytes, entryBytes), stageBytes, entryBytes };
}

/** By digest. */
export function segmentSpans(segment: SegmentSpec): FileSpans {
  const skeleton: FileSpans = new Map([[segment.skeletonDigest, [[0, segment.skeletonBytes]]]]);
  return joinFiles(skeleton, ...segment.files.map((file): FileSpans => new Map([[file.digest, file.ranges.map(({ offset, bytes }) => [offset, offset + bytes] as const)]])));
}

export function heldSpans(held: readonly HeldArtifact[]): FileSpans {
  return new Map(held.map(({ digest, ranges }) => [digest, ranges]));
}
