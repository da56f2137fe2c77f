import { expect, test } from "vitest";
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import { fetchBill, heldSpans } from "./fetch-bill.ts";

const segment = (name: string, ranges: [number, number][], skeletonBytes = 100): SegmentSpec => ({
  segmentId: `seg_${name}`, skeletonDigest: `skeleton ${name}`, skeletonBytes, inputs: [], outputs: [], memoryBytes: 0, states: [],
  files: [{ fileName: "weights.bin", digest: "model", totalBytes: 10_000, ranges: ranges.map(([offset, end]) => ({ offset, bytes: end - offset, sha256: "" })) }],
});

test("a node fetches what its cache lacks: weights, the segment's own file, files of an entry", () => {
  const bill = fetchBill({
    stages: [{ nodeId: "a", segment: segment("1", [[0, 1000]]) }, { nodeId: "b", segment: segment("2", [[1000, 1500], [2000, 4000]]) }],
    entries: [{ nodeId: "a", files: [{ digest: "check", bytes: 70 }] }, { nodeId: "b", files: [{ digest: "check", bytes: 70 }] }],
    heldOf: (nodeId) => heldSpans(nodeId === "b" ? [{ digest: "model", ranges: [[900, 2500]] }, { digest: "check", ranges: [[0, 70]] }] : []),
  });
  expect(bill).toEqual({ stageBytes: [1100, 1600], entryBytes: 70, bytes: 2770 });
});

test("two stages of one node fetch what both need once", () => {
  const bill = fetchBill({ stages: [{ nodeId: "a", segment: segment("1", [[0, 1000]]) }, { nodeId: "a", segment: segment("2", [[800, 2000]]) }], entries: [], heldOf: () => new Map() });
  expect(bill.stageBytes).toEqual([1100, 1100]);
});

test("a node that holds all of it fetches nothing", () => {
  const one = segment("1", [[0, 1000]]);
  const bill = fetchBill({ stages: [{ nodeId: "a", segment: one }], entries: [], heldOf: () => heldSpans([{ digest: "model", ranges: [[0, 10_000]] }, { digest: one.skeletonDigest, ranges: [[0, 100]] }]) });
  expect(bill.bytes).toBe(0);
});
