// Owns one sparse local copy of an original file: ranges at their original offsets, and a journal of those that were verified and synced.
//
//   <digest>          the sparse copy, `totalBytes` long
//   <digest>.journal  one line a verified range: `offset bytes sha256`; appended only after the bytes are on disk, so a crash can lose a line
//                     (the range is fetched again) but never vouch for bytes that are not there. A torn last line is ignored.
import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, utimes } from "node:fs/promises";
import { AgentError } from "./agent-error.ts";
import type { ArtifactSource } from "./artifact-source.ts";
import type { ArtifactRange } from "./protocol/control.ts";
import { writeAtomic } from "./write-atomic.ts";

/** Neighbouring ranges are asked for together up to this size: fewer round trips, yet a restart loses at most this much. Who has only a part of it gives that part (split-range.ts). */
const MAX_REQUEST_BYTES = 16 * 2 ** 20;
const MAX_PARALLEL_REQUESTS = 4;
/** Bytes re-read when a copy from an earlier run is used again: enough to notice a swapped or truncated file, cheap enough for a quick restart. */
const RECHECK_BYTES = 32 * 2 ** 20;
const MAX_CORRUPT_ATTEMPTS = 3;
const READ_BLOCK_BYTES = 1024 * 1024;

/** `onBytes`: as they arrive, before they are verified; less than none when a range arrived damaged and comes again. */
export type EnsureOptions = { onBytes(bytes: number): void; /** Bytes that came over the network for this call, also those that came in vain. */ onMoved?(bytes: number, from: string | null): void; signal?: AbortSignal; recheck: "some" | "all" };

/** First byte, and the one after the last. */
export type ByteRange = [start: number, end: number];

/** A range on its way: how much of it is here, and whoever wants to know of more. */
type Running = { transfer: Promise<void>; arrivedBytes: number; hearers: Set<(bytes: number) => void> };

const keyOf = (range: ArtifactRange) => `${range.offset} ${range.bytes} ${range.sha256}`;

export class SparseFile {
  readonly path: string;
  readonly digest: string;
  readonly totalBytes: number;
  readonly #source: ArtifactSource;
  readonly #verified = new Set<string>();
  readonly #running = new Map<string, Running>();
  readonly #handle: FileHandle;
  readonly #journal: FileHandle;
  #recheckLeft: number;

  private constructor(path: string, digest: string, totalBytes: number, source: ArtifactSource, handle: FileHandle, journal: FileHandle, verified: string[]) {
    this.path = path;
    this.digest = digest;
    this.totalBytes = totalBytes;
    this.#source = source;
    this.#handle = handle;
    this.#journal = journal;
    for (const key of verified) this.#verified.add(key);
    this.#recheckLeft = verified.length > 0 ? RECHECK_BYTES : 0;
  }

  /** Opens or creates the copy. A copy of the wrong length is not trusted at all. */
  static async open(path: string, digest: string, totalBytes: number, source: ArtifactSource): Promise<SparseFile> {
    const handle = await open(path, "r+").catch(() => open(path, "w+", 0o600));
    const intact = (await handle.stat()).size === totalBytes;
    if (!intact) await handle.truncate(totalBytes);
    const lines = intact ? (await readFile(`${path}.journal`, "utf8").catch(() => "")).split("\n").slice(0, -1) : [];
    if (!intact) await writeAtomic(`${path}.journal`, "");
    const journal = await open(`${path}.journal`, "a", 0o600);
    return new SparseFile(path, digest, totalBytes, source, handle, journal, lines.filter((line) => /^\d+ \d+ [0-9a-f]{64}$/.test(line)));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((one) => one.transfer));
    await this.#handle.close();
    await this.#journal.close();
  }

  /** What is here and verified, neighbours joined, ascending. */
  held(): ByteRange[] {
    const ranges = [...this.#verified].map((key): ByteRange => { const [offset = 0, bytes = 0] = key.split(" ").map(Number); return [offset, offset + bytes]; });
    return joinRanges(ranges);
  }

  /** Bytes a call with these ranges would have to fetch. */
  missingBytes(ranges: readonly ArtifactRange[]): number {
    return ranges.reduce((sum, range) => sum + (this.#verified.has(keyOf(range)) ? 0 : range.bytes), 0);
  }

  /**
   * Resolves when every range is here and verified. Overlapping calls share their transfers. `onBytes` comes to the bytes of `ranges` in the end, cached ones at once.
   * @throws AgentError "digest-mismatch", "disk-full", "artifact-missing", "console-unreachable"
   */
  async ensure(ranges: readonly ArtifactRange[], options: EnsureOptions): Promise<void> {
    for (const range of ranges) this.#assertInside(range);
    await this.#recheck(ranges, options.recheck);
    const groups = groupNeighbours(ranges.filter((range) => !this.#verified.has(keyOf(range)) && !this.#running.has(keyOf(range))));
    const shared = ranges.flatMap((range) => {
      const running = this.#running.get(keyOf(range));
      if (!running) return [];
      options.onBytes(running.arrivedBytes);
      running.hearers.add(options.onBytes);
      return [running.transfer];
    });
    for (const range of ranges) if (this.#verified.has(keyOf(range))) options.onBytes(range.bytes);
    const workers = Array.from({ length: Math.min(MAX_PARALLEL_REQUESTS, groups.length) }, async () => {
      for (let group = groups.shift(); group; group = groups.shift()) await this.#fetchGroup(group, options);
    });
    await settleAll([...workers, ...shared]);
    await utimes(`${this.path}.journal`, new Date(), new Date());
  }

  #assertInside(range: ArtifactRange): void {
    if (!(range.offset >= 0 && range.bytes >= 0 && range.offset + range.bytes <= this.totalBytes)) {
      throw new AgentError("bad-desired", `range ${range.offset}+${range.bytes} lies outside file ${this.digest.slice(0, 12)}… of ${this.totalBytes} bytes`);
    }
  }

  async #recheck(ranges: readonly ArtifactRange[], mode: EnsureOptions["recheck"]): Promise<void> {
    let dropped = false;
    for (const range of ranges) {
      if (!this.#verified.has(keyOf(range)) || (mode === "some" && this.#recheckLeft <= 0)) continue;
      this.#recheckLeft -= range.bytes;
      if (await this.#hashOnDisk(range) === range.sha256) continue;
      this.#verified.delete(keyOf(range));
      dropped = true;
    }
    // One bad range in a sample casts doubt on the others: look at all of them once.
    if (dropped && mode === "some") return this.#recheck(ranges, "all");
    if (dropped) await writeAtomic(`${this.path}.journal`, [...this.#verified].map((key) => `${key}\n`).join(""));
  }

  async #hashOnDisk(range: ArtifactRange): Promise<string> {
    const hash = createHash("sha256");
    const block = Buffer.allocUnsafe(Math.min(READ_BLOCK_BYTES, Math.max(1, range.bytes)));
    for (let done = 0; done < range.bytes; ) {
      const { bytesRead } = await this.#handle.read(block, 0, Math.min(block.length, range.bytes - done), range.offset + done);
      if (bytesRead === 0) break;
      hash.update(block.subarray(0, bytesRead));
      done += bytesRead;
    }
    return hash.digest("hex");
  }

  async #fetchGroup(group: ArtifactRange[], options: EnsureOptions): Promise<void> {
    const transfer = this.#transfer(group, options);
    transfer.catch(() => undefined);
    for (const range of group) this.#running.set(keyOf(range), { transfer, arrivedBytes: 0, hearers: new Set([options.onBytes]) });
    try {
      await transfer;
    } finally {
      for (const range of group) this.#running.delete(keyOf(range));
    }
  }

  async #transfer(group: ArtifactRange[], options: EnsureOptions): Promise<void> {
    let wanted = group;
    for (let attempt = 1; wanted.length > 0; attempt++) {
      const corrupt = await this.#transferOnce(wanted, options, attempt);
      if (corrupt.length > 0 && attempt >= MAX_CORRUPT_ATTEMPTS) {
        throw new AgentError("digest-mismatch", `bytes ${corrupt[0]?.offset}+${corrupt[0]?.bytes} of artifact ${this.digest.slice(0, 12)}… arrived with a wrong sha-256 ${attempt} times`, { retry: true });
      }
      wanted = corrupt;
    }
  }

  /** One run over neighbouring ranges; returns those whose bytes did not hash as they should. */
  async #transferOnce(group: ArtifactRange[], options: EnsureOptions, attempt: number): Promise<ArtifactRange[]> {
    const good: ArtifactRange[] = [];
    const bad: ArtifactRange[] = [];
    for (const run of groupNeighbours(group)) {
      const first = run[0] as ArtifactRange;
      let index = 0;
      let position = first.offset;
      let hash = createHash("sha256");
      const finishRanges = () => {
        for (let range = run[index]; range && position >= range.offset + range.bytes; range = run[++index]) {
          (hash.digest("hex") === range.sha256 ? good : bad).push(range);
          hash = createHash("sha256");
        }
      };
      finishRanges();
      await this.#source({
        digest: this.digest, start: first.offset, end: run.reduce((end, range) => Math.max(end, range.offset + range.bytes), 0), signal: options.signal, fromConsole: attempt > 1,
        onChunk: async (chunk, from) => {
          options.onMoved?.(chunk.length, from);
          await this.#write(chunk, position);
          for (let used = 0; used < chunk.length; ) {
            const range = run[index] as ArtifactRange;
            const part = chunk.subarray(used, used + range.offset + range.bytes - position);
            hash.update(part);
            used += part.length;
            position += part.length;
            this.#tell(range, part.length);
            finishRanges();
          }
        },
      });
    }
    await this.#orFull(async () => {
      await this.#handle.datasync();
      await this.#journal.appendFile(good.map((range) => `${keyOf(range)}\n`).join(""));
    });
    for (const range of good) this.#verified.add(keyOf(range));
    for (const range of bad) this.#tell(range, -range.bytes);
    return bad;
  }

  #tell(range: ArtifactRange, bytes: number): void {
    const running = this.#running.get(keyOf(range));
    if (!running) return;
    running.arrivedBytes += bytes;
    for (const hear of running.hearers) hear(bytes);
  }

  #write(chunk: Uint8Array, position: number): Promise<void> {
    return this.#orFull(() => this.#handle.write(chunk, 0, chunk.length, position));
  }

  async #orFull(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw new AgentError("disk-full", `the disk under ${this.path} is full: free some space or lower --max-cache`, { cause: error });
      throw error;
    }
  }
}

/** Ascending, those that touch or overlap as one. */
function joinRanges(ranges: ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

/** Runs of ranges that follow each other without a gap, each at most one request long. */
export function groupNeighbours(ranges: readonly ArtifactRange[]): ArtifactRange[][] {
  const groups: ArtifactRange[][] = [];
  let bytes = 0;
  for (const range of [...ranges].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group && last && last.offset + last.bytes === range.offset && bytes + range.bytes <= MAX_REQUEST_BYTES) {
      group.push(range);
      bytes += range.bytes;
    } else {
      groups.push([range]);
      bytes = range.bytes;
    }
  }
  return groups;
}

/** Waits for all, so that nothing writes any more when the first error is thrown. */
async function settleAll(promises: Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}
