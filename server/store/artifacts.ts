// Owns stored bytes by their SHA-256: <data>/artifacts/<first two hex>/<digest>, and one row each. A file is whole or absent: it is
// written under a temporary name, hashed on the way, flushed to the disk and renamed. Who refers to an artifact is not known here.
import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../errors.ts";
import type { Db, Tx } from "./db.ts";

export type ArtifactKind = "model" | "external-data" | "skeleton" | "parity" | "processor" | "sample" | "dataset";
export type Artifact = { digest: string; bytes: number };

const DIGEST = /^[0-9a-f]{64}$/;
/** Left free for PostgreSQL and logs, which fail worse than an upload does. */
const RESERVED_DISK_BYTES = 256 * 1024 * 1024;
/** The disk is asked again after this many bytes: others write to it too. */
const DISK_CHECK_INTERVAL_BYTES = 64 * 1024 * 1024;

/** Where an artifact's bytes lie. @throws AppError bad-request on what is not a digest, so that it never becomes part of a path. */
export function artifactPath(dataFolder: string, digest: string): string {
  if (!DIGEST.test(digest)) throw new AppError("bad-request", "That is not a SHA-256 digest.", { fix: "Give 64 lower-case hex digits." });
  return path.join(dataFolder, "artifacts", digest.slice(0, 2), digest);
}

/** A write per 64 KB chunk of a socket costs more than the bytes do. Two batches are the memory of an upload. */
const WRITE_BATCH_BYTES = 2 * 1024 * 1024;

export type WriteLimits = {
  maxBytes: number;
  /** What `place` of an error says: the file's name. */
  place?: string;
  /** Of the bytes to come, if known: checked against the disk before the first is written. */
  expectedBytes?: number;
  signal?: AbortSignal;
  onBytes?(written: number): void;
};

/**
 * Streams `source` to an artifact; memory stays at one chunk. Storing the same bytes again is harmless.
 * @returns `created: false` when these bytes were stored before.
 * @throws AppError too-large, disk-full, cancelled; nothing is left behind then.
 */
export async function storeArtifact(db: Db, dataFolder: string, kind: ArtifactKind, source: AsyncIterable<Uint8Array>, limits: WriteLimits): Promise<Artifact & { created: boolean }> {
  const folder = path.join(dataFolder, "artifacts", ".incoming");
  await mkdir(folder, { recursive: true });
  await checkFreeSpace(folder, limits.expectedBytes ?? 0, limits.place);
  const temporary = path.join(folder, randomBytes(12).toString("hex"));
  try {
    const artifact = await writeHashed(temporary, source, limits);
    const target = artifactPath(dataFolder, artifact.digest);
    const created = (await sizeOf(target)) !== artifact.bytes;
    if (created) {
      await mkdir(path.dirname(target), { recursive: true });
      await rename(temporary, target);
      await flushFolder(path.dirname(target));
    }
    await db.artifact.createMany({ data: [{ digest: artifact.digest, kind, bytes: BigInt(artifact.bytes) }], skipDuplicates: true });
    return { ...artifact, created };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw diskFull(limits.place, error);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The same for bytes that are in memory already. */
export async function storeArtifactBytes(db: Db, dataFolder: string, kind: ArtifactKind, bytes: Uint8Array): Promise<Artifact> {
  async function* once() {
    yield bytes;
  }
  const { digest, bytes: size } = await storeArtifact(db, dataFolder, kind, once(), { maxBytes: bytes.byteLength });
  return { digest, bytes: size };
}

async function writeHashed(file: string, source: AsyncIterable<Uint8Array>, limits: WriteLimits): Promise<Artifact> {
  const hash = createHash("sha256");
  const handle = await open(file, "wx", 0o644);
  let bytes = 0;
  let checkedAt = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  /** One batch is written while the next one is hashed. */
  const flush = async (): Promise<void> => {
    await writing;
    writing = writeAll(handle, batch);
    writing.catch(() => {});
    batch = [];
    batchBytes = 0;
    limits.onBytes?.(bytes);
  };
  try {
    for await (const chunk of source) {
      if (limits.signal?.aborted) throw new AppError("cancelled", "The upload was cancelled.");
      bytes += chunk.byteLength;
      if (bytes > limits.maxBytes) throw new AppError("too-large", `The file is larger than ${limits.maxBytes} bytes.`, { place: limits.place, fix: "Start the console with a higher --max-upload-bytes, or upload a smaller file." });
      if (bytes - checkedAt >= DISK_CHECK_INTERVAL_BYTES) {
        await checkFreeSpace(path.dirname(file), 0, limits.place);
        checkedAt = bytes;
      }
      hash.update(chunk);
      batch.push(chunk);
      batchBytes += chunk.byteLength;
      if (batchBytes >= WRITE_BATCH_BYTES) await flush();
    }
    await flush();
    await writing;
    if (limits.signal?.aborted) throw new AppError("cancelled", "The upload was cancelled.");
    await handle.sync();
  } finally {
    await writing.catch(() => {});
    await handle.close();
  }
  return { digest: hash.digest("hex"), bytes };
}

/** A write may take only part of what it was given. */
async function writeAll(handle: FileHandle, batch: Uint8Array[]): Promise<void> {
  if (batch.length === 0) return;
  const bytes = batch.length === 1 ? (batch[0] as Uint8Array) : Buffer.concat(batch);
  for (let at = 0; at < bytes.byteLength; ) at += (await handle.write(bytes, at)).bytesWritten;
}

export async function findArtifact(db: Db | Tx, digest: string): Promise<(Artifact & { kind: ArtifactKind }) | null> {
  const row = await db.artifact.findUnique({ where: { digest } });
  return row && { digest: row.digest, bytes: Number(row.bytes), kind: row.kind as ArtifactKind };
}

/** Row and file. The caller has made sure that nobody refers to it. */
export async function deleteArtifact(db: Db | Tx, dataFolder: string, digest: string): Promise<void> {
  await db.artifact.deleteMany({ where: { digest } });
  await rm(artifactPath(dataFolder, digest), { force: true });
}

/** Digests that a model, a segment, a plan, a processor, a sample or a kept accuracy run still needs. */
export async function listReferencedArtifacts(db: Db | Tx): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ digest: string | null }[]>`
    SELECT digest FROM "Model" WHERE "deletedAt" IS NULL
    UNION SELECT jsonb_array_elements(facts->'externalFiles')->>'digest' FROM "Model" WHERE "deletedAt" IS NULL
    UNION SELECT jsonb_array_elements("processorFiles")->>'digest' FROM "Model" WHERE "deletedAt" IS NULL
    UNION SELECT sample->>'digest' FROM "Model" WHERE "deletedAt" IS NULL
    UNION SELECT spec->>'skeletonDigest' FROM "Segment" s JOIN "Model" m ON m.id = s."modelId" WHERE m."deletedAt" IS NULL
    UNION SELECT "parityDigest" FROM "Plan" p JOIN "Model" m ON m.id = p."modelId" WHERE m."deletedAt" IS NULL
    UNION SELECT r.request->'dataset'->>'digest' FROM "LoadRun" r JOIN "Deployment" d ON d.id = r."deploymentId" WHERE d."deletedAt" IS NULL`;
  return new Set(rows.flatMap((row) => (row.digest === null ? [] : [row.digest])));
}

/**
 * At start, before anything writes: removes half-written files, files and rows that nothing refers to.
 * Processor files, samples and datasets are kept for a while without a reference: they are uploaded before they are named.
 */
export async function cleanArtifacts(db: Db, dataFolder: string, now: number): Promise<{ removedFiles: number }> {
  const root = path.join(dataFolder, "artifacts");
  await rm(path.join(root, ".incoming"), { recursive: true, force: true });
  const referenced = await listReferencedArtifacts(db);
  const recent = new Date(now - 24 * 3600 * 1000);
  for (const row of await db.artifact.findMany({ where: { kind: { in: ["processor", "sample", "dataset"] }, createdAt: { gte: recent } } })) referenced.add(row.digest);
  let removedFiles = 0;
  for (const folder of await readdir(root).catch(() => [])) {
    for (const name of await readdir(path.join(root, folder)).catch(() => [])) {
      if (!DIGEST.test(name) || referenced.has(name)) continue;
      await rm(path.join(root, folder, name), { force: true });
      removedFiles++;
    }
  }
  await db.artifact.deleteMany({ where: { digest: { notIn: [...referenced] } } });
  return { removedFiles };
}

async function checkFreeSpace(folder: string, neededBytes: number, place?: string): Promise<void> {
  const disk = await statfs(folder);
  if (disk.bavail * disk.bsize < neededBytes + RESERVED_DISK_BYTES) throw diskFull(place);
}

function diskFull(place?: string, cause?: unknown): AppError {
  return new AppError("disk-full", "The console's disk has no room for this file.", { place, fix: "Free some space in the data folder, or start the console with --data on a larger disk.", cause });
}

async function sizeOf(file: string): Promise<number | null> {
  return stat(file).then((found) => found.size, () => null);
}

/** Makes the rename itself survive a power cut; some file systems refuse it, and then there is nothing to do. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
