import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArtifactCache } from "./artifact-cache.ts";
import type { ArtifactSource, ReadRange } from "./artifact-source.ts";
import type { SegmentFile, SegmentSpec } from "./protocol/control.ts";
import { groupNeighbours } from "./sparse-file.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const FILE_BYTES = 1_000_000;
let folder: string;
let stored: Map<string, Uint8Array>;
let reads: { digest: string; start: number; end: number }[];
/** Changes bytes on their way. */
let tamper: (range: ReadRange, chunk: Uint8Array) => Uint8Array;

const source: ArtifactSource = async (range) => {
  reads.push({ digest: range.digest, start: range.start, end: range.end });
  const bytes = stored.get(range.digest);
  if (!bytes) throw new Error("missing");
  for (let at = range.start; at < range.end; at += 10_000) await range.onChunk(tamper(range, bytes.slice(at, Math.min(range.end, at + 10_000))), null);
};
const open = async (maxBytes = 1e9) => {
  const cache = new ArtifactCache({ folder, source, maxBytes });
  await cache.open();
  return cache;
};
const put = (bytes: Uint8Array) => {
  stored.set(sha256(bytes), bytes);
  return sha256(bytes);
};
const original = randomBytes(FILE_BYTES);
const skeleton = randomBytes(5_000);
const rangeOf = (offset: number, bytes: number) => ({ offset, bytes, sha256: sha256(original.subarray(offset, offset + bytes)) });
const fileWith = (...ranges: [number, number][]): SegmentFile => ({ fileName: "model.onnx.data", digest: put(original), totalBytes: FILE_BYTES, ranges: ranges.map(([offset, bytes]) => rangeOf(offset, bytes)) });
const segmentWith = (segmentId: string, ...files: SegmentFile[]): SegmentSpec => ({ segmentId, skeletonDigest: put(skeleton), skeletonBytes: skeleton.length, files, inputs: [], outputs: [], memoryBytes: 1, states: [] });
const dataPath = (segmentId: string) => join(folder, "segments", segmentId, "model.onnx.data");
const bytesAt = (path: string, offset: number, bytes: number) => {
  const buffer = Buffer.alloc(bytes);
  readSync(openSync(path, "r"), buffer, 0, bytes, offset);
  return buffer;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cutplane-cache-"));
  stored = new Map();
  reads = [];
  tamper = (_range, chunk) => chunk;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a segment gets its skeleton and its ranges at their original offsets, sparse, with progress to the last byte", async () => {
  const cache = await open();
  const progress: number[] = [];
  const path = await cache.segment(segmentWith("seg_a", fileWith([100_000, 30_000], [130_000, 20_000], [900_000, 1_000])), { onProgress: (done, total) => progress.push(done / total) });
  expect(readFileSync(path)).toEqual(skeleton);
  expect(bytesAt(dataPath("seg_a"), 100_000, 50_000)).toEqual(original.subarray(100_000, 150_000));
  expect(statSync(dataPath("seg_a")).size).toBe(FILE_BYTES);
  expect(statSync(dataPath("seg_a")).blocks * 512).toBeLessThan(200_000);
  expect(progress.at(-1)).toBe(1);
  expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  await cache.close();
});

test("two segments share one copy, and what is here is not fetched again, also by the next start", async () => {
  const cache = await open();
  const [a, b] = [segmentWith("seg_a", fileWith([0, 50_000], [50_000, 50_000])), segmentWith("seg_b", fileWith([50_000, 50_000], [200_000, 10]))];
  await Promise.all([cache.segment(a), cache.segment(b)]);
  expect(statSync(dataPath("seg_a")).ino).toBe(statSync(dataPath("seg_b")).ino);
  const fetched = reads.filter((read) => read.digest === sha256(original)).reduce((sum, read) => sum + read.end - read.start, 0);
  expect(fetched).toBe(100_010);
  await cache.close();
  reads = [];
  const again = await open();
  await again.segment(a);
  await again.segment(b);
  expect(reads).toEqual([]);
  await again.close();
});

test("progress follows the bytes as they arrive, also for whoever waits for another's transfer of them", async () => {
  const cache = await open();
  const told: number[][] = [[], []];
  await Promise.all(["seg_a", "seg_b"].map((id, index) => cache.segment(segmentWith(id, fileWith([0, 200_000])), { onProgress: (done) => told[index]?.push(done) })));
  for (const progress of told) {
    expect(new Set(progress).size).toBeGreaterThan(10);
    expect(progress.at(-1)).toBe(200_000 + skeleton.length);
  }
  expect(reads.filter((read) => read.digest === sha256(original)).length).toBe(1);
  await cache.close();
});

test("a range that arrives damaged is fetched again, one that stays damaged is an error", async () => {
  const cache = await open();
  let times = 1;
  tamper = (range, chunk) => (range.digest === sha256(original) && times-- > 0 ? new Uint8Array(chunk.length) : chunk);
  const told: number[] = [];
  await cache.segment(segmentWith("seg_a", fileWith([0, 10_000])), { onProgress: (done) => told.push(done) });
  // What was damaged does not count.
  expect(told.slice(-3)).toEqual([skeleton.length + 10_000, skeleton.length, skeleton.length + 10_000]);
  expect(bytesAt(dataPath("seg_a"), 0, 10_000)).toEqual(original.subarray(0, 10_000));
  times = Number.POSITIVE_INFINITY;
  await expect(cache.segment(segmentWith("seg_b", fileWith([20_000, 10_000])))).rejects.toMatchObject({ code: "digest-mismatch" });
  await cache.close();
});

test("bytes damaged on disk are noticed by the next start and replaced", async () => {
  const cache = await open();
  const segment = segmentWith("seg_a", fileWith([0, 10_000], [500_000, 10_000]));
  await cache.segment(segment);
  await cache.close();
  writeSync(openSync(dataPath("seg_a"), "r+"), Buffer.alloc(10), 0, 10, 505_000);
  const again = await open();
  await again.segment(segment);
  expect(bytesAt(dataPath("seg_a"), 500_000, 10_000)).toEqual(original.subarray(500_000, 510_000));
  await again.close();
});

test("a copy cut short or a torn journal is not trusted", async () => {
  const cache = await open();
  const segment = segmentWith("seg_a", fileWith([0, 10_000]));
  await cache.segment(segment);
  await cache.close();
  truncateSync(join(folder, "files", sha256(original)), 5_000);
  truncateSync(join(folder, "files", `${sha256(original)}.journal`), 20);
  reads = [];
  const again = await open();
  await again.segment(segment);
  expect(reads.length).toBe(1);
  expect(bytesAt(dataPath("seg_a"), 0, 10_000)).toEqual(original.subarray(0, 10_000));
  await again.close();
});

test("a whole artifact goes on where a broken transfer stopped", async () => {
  const cache = await open();
  const digest = put(skeleton);
  const bytes = put(original);
  tamper = () => { throw Object.assign(new Error("cut"), { code: "X" }); };
  await expect(cache.whole(digest, skeleton.length)).rejects.toThrow("cut");
  let chunks = 0;
  tamper = (_range, chunk) => { if (++chunks > 30) throw new Error("cut"); return chunk; };
  await expect(cache.whole(bytes, FILE_BYTES)).rejects.toThrow("cut");
  tamper = (_range, chunk) => chunk;
  reads = [];
  await cache.whole(bytes, FILE_BYTES);
  expect(reads).toEqual([{ digest: bytes, start: 300_000, end: FILE_BYTES }]);
  await cache.close();
});

test("what nobody needs is evicted, least recently used first; what is desired is not", async () => {
  const cache = await open(300_000);
  const others = [1, 2, 3].map((seed) => { const bytes = new Uint8Array(90_000).fill(seed); return { digest: put(bytes), bytes: bytes.length }; });
  for (const other of others) {
    await cache.whole(other.digest, other.bytes);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  const segment = segmentWith("seg_a", fileWith([0, 80_000]));
  await cache.keep([segment], []);
  await cache.segment(segment);
  const left = readdirSync(join(folder, "whole"));
  expect(left).not.toContain(others[0]?.digest);
  expect(left).toContain(others[2]?.digest);
  await cache.keep([], []);
  expect(readdirSync(join(folder, "segments"))).toEqual([]);
  await cache.close();
});

test("a segment that can never fit is refused with the way out", async () => {
  const cache = await open(50_000);
  await expect(cache.segment(segmentWith("seg_a", fileWith([0, 80_000])))).rejects.toThrow("raise --max-cache");
  await cache.close();
});

test.each([["../evil"], ["a/b"], [""], [".hidden"]])("the file name %j is refused", async (fileName) => {
  const cache = await open();
  await expect(cache.segment(segmentWith("seg_a", { ...fileWith([0, 10]), fileName }))).rejects.toMatchObject({ code: "bad-desired" });
  await cache.close();
});

test("a range beyond the file is refused", async () => {
  const cache = await open();
  const file = fileWith([0, 10]);
  await expect(cache.segment(segmentWith("seg_a", { ...file, ranges: [{ offset: FILE_BYTES - 5, bytes: 10, sha256: "0".repeat(64) }] }))).rejects.toMatchObject({ code: "bad-desired" });
  await cache.close();
});

test("neighbouring ranges travel together, up to a limit", () => {
  const mib = 2 ** 20;
  const range = (offset: number, bytes: number) => ({ offset, bytes, sha256: "" });
  const groups = groupNeighbours([range(10 * mib, 6 * mib), range(0, 10 * mib), range(16 * mib, mib), range(30 * mib, mib)]);
  expect(groups.map((group) => group.map((one) => one.offset / mib))).toEqual([[0, 10], [16], [30]]);
});
