// Owns the node's artifacts by sha-256: whole ones (skeletons, processor and parity files), sparse copies of original files, the folders segments
// are loaded from, and what is thrown away when the disk share is used up.
//
//   whole/<digest>           verified; <digest>.part while it arrives
//   files/<digest>           sparse copy, with its journal beside it
//   segments/<segmentId>/    model.onnx and the external data under the names the skeleton gives them: hard links, so nothing is there twice
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, statfs, utimes } from "node:fs/promises";
import { join } from "node:path";
import { AgentError } from "./agent-error.ts";
import type { ArtifactSource } from "./artifact-source.ts";
import { type HeldArtifact, MAX_HELD_ARTIFACTS, MAX_HELD_RANGES, type SegmentFile, type SegmentSpec } from "./protocol/control.ts";
import { type ByteRange, SparseFile } from "./sparse-file.ts";

export type Progress = (bytesDone: number, bytesTotal: number) => void;
export type FetchOptions = { onProgress?: Progress; /** Bytes that came over the network, and from whom; null = the console. */ onMoved?(bytes: number, from: string | null): void; signal?: AbortSignal; recheck?: "some" | "all" };
/** Left free on the disk whatever the limit says: a full disk breaks more than this agent. */
const KEEP_FREE_BYTES = 64 * 2 ** 20;
/** Whole artifacts up to this size are hashed at every use: milliseconds, and a damaged skeleton never reaches the runtime. */
const RECHECK_BYTES = 32 * 2 ** 20;

export class ArtifactCache {
  readonly #folder: string;
  readonly #source: ArtifactSource;
  readonly #maxBytes: number;
  readonly #onHeld: () => void;
  readonly #files = new Map<string, Promise<SparseFile>>();
  readonly #wholes = new Map<string, Promise<string>>();
  /** Digests and segments the desired state names; never evicted. */
  #kept = { digests: new Set<string>(), segmentIds: new Set<string>() };

  /** `onHeld`: what is held may be another now. */
  constructor(options: { folder: string; source: ArtifactSource; maxBytes: number; onHeld?(): void }) {
    this.#folder = options.folder;
    this.#source = options.source;
    this.#maxBytes = options.maxBytes;
    this.#onHeld = options.onHeld ?? (() => undefined);
  }

  /** Makes the folders. Call once, first. */
  async open(): Promise<void> {
    for (const name of ["whole", "files", "segments"]) await mkdir(join(this.#folder, name), { recursive: true, mode: 0o700 });
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await (await file.catch(() => null))?.close();
    this.#files.clear();
  }

  static segmentBytes(segment: SegmentSpec): number {
    return segment.files.reduce((sum, file) => sum + file.ranges.reduce((bytes, range) => bytes + range.bytes, 0), segment.skeletonBytes);
  }

  /** Everything of a segment, verified, ready to load. @returns the skeleton's path. @throws AgentError */
  async segment(segment: SegmentSpec, options: FetchOptions = {}): Promise<string> {
    try {
      return await this.#segment(segment, options);
    } finally {
      this.#onHeld();
    }
  }

  async #segment(segment: SegmentSpec, options: FetchOptions): Promise<string> {
    assertName(segment.segmentId, "segment id");
    const total = ArtifactCache.segmentBytes(segment);
    let done = 0;
    const add = (bytes: number) => {
      done = Math.min(total, done + bytes);
      options.onProgress?.(done, total);
    };
    options.onProgress?.(0, total);
    await this.#makeRoom(segment);
    const skeleton = await this.whole(segment.skeletonDigest, segment.skeletonBytes, { ...options, onProgress: undefined });
    add(segment.skeletonBytes);
    const folder = join(this.#folder, "segments", segment.segmentId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const file of segment.files) {
      const copy = await this.#file(file);
      await copy.ensure(file.ranges, { onBytes: add, onMoved: options.onMoved, signal: options.signal, recheck: options.recheck ?? "some" });
      await linkInto(copy.path, join(folder, assertName(file.fileName, "file name")));
    }
    const path = join(folder, "model.onnx");
    await linkInto(skeleton, path);
    return path;
  }

  /** A whole artifact; concurrent calls share one transfer. @returns its path. @throws AgentError */
  async whole(digest: string, bytes: number, options: FetchOptions = {}): Promise<string> {
    assertDigest(digest);
    const running = this.#wholes.get(digest);
    if (running) return running;
    const started = this.#fetchWhole(digest, bytes, options).finally(() => {
      this.#wholes.delete(digest);
      this.#onHeld();
    });
    this.#wholes.set(digest, started);
    return started;
  }

  /** Verified bytes of an artifact that other nodes may have, ascending. */
  async held(digest: string): Promise<ByteRange[]> {
    assertDigest(digest);
    const whole = await stat(join(this.#folder, "whole", digest)).catch(() => null);
    if (whole) return whole.size > 0 ? [[0, whole.size]] : [];
    const sparse = await this.#heldFile(digest);
    return sparse?.held() ?? [];
  }

  /** Of everything cached, what is verified: the largest artifacts where it is more than may be told. */
  async holdings(): Promise<HeldArtifact[]> {
    const found: (HeldArtifact & { bytes: number })[] = [];
    for (const digest of new Set((await this.#entries()).map((entry) => entry.digest))) {
      const ranges = await this.held(digest).catch(() => []);
      if (ranges.length > 0) found.push({ digest, ranges, bytes: ranges.reduce((sum, [start, end]) => sum + end - start, 0) });
    }
    let left = MAX_HELD_RANGES;
    const told = found.sort((a, b) => b.bytes - a.bytes || (a.digest < b.digest ? -1 : 1)).slice(0, MAX_HELD_ARTIFACTS).filter(({ ranges }) => {
      if (ranges.length > left) return false;
      left -= ranges.length;
      return true;
    });
    return told.map(({ digest, ranges }) => ({ digest, ranges }));
  }

  /** For reading bytes that are held; the caller closes it. An artifact that is evicted meanwhile stays readable. Null = not all of them are here. */
  async openHeld(digest: string, start: number, end: number): Promise<FileHandle | null> {
    if (!(await this.held(digest)).some(([from, to]) => from <= start && end <= to)) return null;
    const whole = await open(join(this.#folder, "whole", digest), "r").catch(() => null);
    return whole ?? open(join(this.#folder, "files", digest), "r").catch(() => null);
  }

  /** A copy of an earlier run counts as well. */
  async #heldFile(digest: string): Promise<SparseFile | null> {
    const known = this.#files.get(digest);
    if (known) return known.catch(() => null);
    const found = await stat(join(this.#folder, "files", digest)).catch(() => null);
    return found ? this.#file({ fileName: "", digest, totalBytes: found.size, ranges: [] }).catch(() => null) : null;
  }

  async #fetchWhole(digest: string, bytes: number, options: FetchOptions): Promise<string> {
    try {
      return await this.#fetchWholeOnce(digest, bytes, options, false);
    } catch (error) {
      // Another node's copy may be damaged: the console's is the original.
      if (!(error instanceof AgentError) || error.code !== "digest-mismatch") throw error;
      return this.#fetchWholeOnce(digest, bytes, options, true);
    }
  }

  async #fetchWholeOnce(digest: string, bytes: number, options: FetchOptions, fromConsole: boolean): Promise<string> {
    const path = join(this.#folder, "whole", digest);
    if (await isWhole(path, digest, bytes, options.recheck === "all")) {
      await utimes(path, new Date(), new Date());
      options.onProgress?.(bytes, bytes);
      return path;
    }
    const part = `${path}.part`;
    const hash = createHash("sha256");
    let position = await hashExisting(part, bytes, hash);
    const file = await open(part, position > 0 ? "r+" : "w+", 0o600);
    try {
      await this.#source({
        digest, start: position, end: bytes, signal: options.signal, fromConsole,
        onChunk: async (chunk, from) => {
          options.onMoved?.(chunk.length, from);
          hash.update(chunk);
          await file.write(chunk, 0, chunk.length, position);
          position += chunk.length;
          options.onProgress?.(position, bytes);
        },
      });
      await file.sync();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw new AgentError("disk-full", `the disk under ${this.#folder} is full: free some space or lower --max-cache`, { cause: error });
      throw error;
    } finally {
      await file.close();
    }
    if (hash.digest("hex") !== digest) {
      // Nothing of it can be trusted, not even the start: the next attempt begins anew.
      await rm(part, { force: true });
      throw new AgentError("digest-mismatch", `artifact ${digest.slice(0, 12)}… arrived with a wrong sha-256`, { retry: true });
    }
    await rename(part, path);
    return path;
  }

  #file(file: SegmentFile): Promise<SparseFile> {
    assertDigest(file.digest);
    const known = this.#files.get(file.digest);
    if (known) return known;
    const opened = SparseFile.open(join(this.#folder, "files", file.digest), file.digest, file.totalBytes, this.#source);
    opened.catch(() => this.#files.delete(file.digest));
    this.#files.set(file.digest, opened);
    return opened;
  }

  /** What the desired state names now. Folders of other segments go at once; bytes stay until room is needed. */
  async keep(segments: readonly SegmentSpec[], digests: readonly string[]): Promise<void> {
    this.#kept = { digests: new Set([...digests, ...segments.flatMap((segment) => [segment.skeletonDigest, ...segment.files.map((file) => file.digest)])]), segmentIds: new Set(segments.map((segment) => segment.segmentId)) };
    const folder = join(this.#folder, "segments");
    for (const name of await readdir(folder)) if (!this.#kept.segmentIds.has(name)) await rm(join(folder, name), { recursive: true, force: true });
    await this.evict(0);
  }

  /** Allocated bytes of everything cached. */
  async usedBytes(): Promise<number> {
    return (await this.#entries()).reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Throws away the least recently used artifacts nobody needs until `wantedBytes` more fit the limit. */
  async evict(wantedBytes: number): Promise<void> {
    const entries = await this.#entries();
    let over = entries.reduce((sum, entry) => sum + entry.bytes, wantedBytes) - this.#maxBytes;
    for (const entry of entries.sort((a, b) => a.usedMs - b.usedMs)) {
      if (over <= 0) return;
      if (this.#kept.digests.has(entry.digest) || this.#wholes.has(entry.digest)) continue;
      await this.#forget(entry.digest);
      for (const path of entry.paths) await rm(path, { force: true });
      over -= entry.bytes;
      this.#onHeld();
    }
  }

  async #forget(digest: string): Promise<void> {
    const open = this.#files.get(digest);
    this.#files.delete(digest);
    await (await open?.catch(() => null))?.close();
  }

  async #makeRoom(segment: SegmentSpec): Promise<void> {
    let missing = 0;
    for (const file of segment.files) missing += (await this.#file(file)).missingBytes(file.ranges);
    if (missing === 0) return;
    await this.evict(missing);
    const used = await this.usedBytes();
    if (used + missing > this.#maxBytes) throw new AgentError("disk-full", `segment ${segment.segmentId} needs ${missing} more bytes on disk, but the cache may take ${this.#maxBytes} and holds ${used} that are in use: raise --max-cache`);
    const disk = await statfs(this.#folder);
    const free = disk.bavail * disk.bsize;
    if (free - KEEP_FREE_BYTES < missing) throw new AgentError("disk-full", `segment ${segment.segmentId} needs ${missing} bytes on disk, but only ${free} are free under ${this.#folder}`, { retry: true });
  }

  async #entries(): Promise<{ digest: string; paths: string[]; bytes: number; usedMs: number }[]> {
    const entries = [];
    for (const kind of ["whole", "files"]) {
      for (const name of await readdir(join(this.#folder, kind))) {
        if (name.endsWith(".journal")) continue;
        const path = join(this.#folder, kind, name);
        const paths = kind === "files" ? [path, `${path}.journal`] : [path];
        const [data, marker] = [await stat(path).catch(() => null), await stat(paths.at(-1) as string).catch(() => null)];
        if (!data) continue;
        // `size` of a sparse file is the original's; `blocks` is what it takes. Windows has no blocks.
        entries.push({ digest: name.replace(/\.part$/, ""), paths, bytes: process.platform === "win32" ? data.size : data.blocks * 512, usedMs: (marker ?? data).mtimeMs });
      }
    }
    return entries;
  }
}

function assertName(name: string, what: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(name)) throw new AgentError("bad-desired", `${what} ${JSON.stringify(name.slice(0, 80))} cannot be a file name here`);
  return name;
}

function assertDigest(digest: string): void {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new AgentError("bad-desired", `${JSON.stringify(digest.slice(0, 80))} is not a sha-256`);
}

/** Replaces a link that points elsewhere (an evicted and fetched again copy); leaves the right one alone. */
async function linkInto(target: string, path: string): Promise<void> {
  const [wanted, present] = [await stat(target), await stat(path).catch(() => null)];
  if (present && present.ino === wanted.ino && present.dev === wanted.dev) return;
  await rm(path, { force: true });
  await link(target, path);
}

async function isWhole(path: string, digest: string, bytes: number, rehash: boolean): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (!found || found.size !== bytes) return false;
  if (!rehash && bytes > RECHECK_BYTES) return true;
  const hash = createHash("sha256");
  await hashExisting(path, bytes, hash);
  return hash.digest("hex") === digest;
}

/** Feeds what an earlier attempt left into the hash. @returns how many bytes those are. */
async function hashExisting(path: string, maxBytes: number, hash: ReturnType<typeof createHash>): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (!found || found.size === 0 || found.size > maxBytes) return 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return found.size;
}
