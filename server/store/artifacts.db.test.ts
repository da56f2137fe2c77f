import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { withTestDatabase } from "../database/test-database.ts";
import { artifactPath, cleanArtifacts, findArtifact, storeArtifact, storeArtifactBytes } from "./artifacts.ts";

const database = withTestDatabase();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "cutplane-artifacts-"));
});
afterEach(async () => {
  await database.clear();
  await rm(path.join(folder, "artifacts"), { recursive: true, force: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function* chunks(count: number, size: number) {
  for (let index = 0; index < count; index++) yield Buffer.alloc(size, index);
}
async function files(): Promise<string[]> {
  const entries = await readdir(path.join(folder, "artifacts"), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test("bytes of many chunks are stored under their own digest, once", async () => {
  const whole = Buffer.concat(Array.from({ length: 70 }, (_, index) => Buffer.alloc(65_536, index)));
  const digest = createHash("sha256").update(whole).digest("hex");
  const seen: number[] = [];
  const first = await storeArtifact(database.db, folder, "model", chunks(70, 65_536), { maxBytes: 1e8, onBytes: (bytes) => seen.push(bytes) });
  expect(first).toEqual({ digest, bytes: whole.length, created: true });
  expect((await readFile(artifactPath(folder, digest))).equals(whole)).toBe(true);
  expect(seen.at(-1)).toBe(whole.length);
  expect(await storeArtifact(database.db, folder, "model", chunks(70, 65_536), { maxBytes: 1e8 })).toEqual({ digest, bytes: whole.length, created: false });
  expect(await findArtifact(database.db, digest)).toEqual({ digest, bytes: whole.length, kind: "model" });
  expect(await files()).toEqual([digest]);
});

test("a failure in the middle leaves neither file nor row", async () => {
  async function* breaking() {
    yield Buffer.alloc(100_000);
    throw new Error("the wire was cut");
  }
  await expect(storeArtifact(database.db, folder, "model", breaking(), { maxBytes: 1e8 })).rejects.toThrow("the wire was cut");
  await expect(storeArtifact(database.db, folder, "model", chunks(4, 1000), { maxBytes: 3999, place: "big.onnx" })).rejects.toMatchObject({ code: "too-large", place: "big.onnx" });
  await expect(storeArtifact(database.db, folder, "model", chunks(4, 1000), { maxBytes: 1e8, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  await expect(storeArtifact(database.db, folder, "model", chunks(1, 1), { maxBytes: 1e15, expectedBytes: 1e15 })).rejects.toMatchObject({ code: "disk-full" });
  expect(await files()).toEqual([]);
  expect(await database.db.artifact.count()).toBe(0);
});

test("only a digest becomes a path", () => {
  expect(() => artifactPath(folder, "../../etc/passwd")).toThrow("not a SHA-256 digest");
});

test("the clean-up at start removes what nobody refers to, and keeps a fresh processor's file", async () => {
  const orphan = await storeArtifactBytes(database.db, folder, "model", Buffer.from("orphan"));
  const fresh = await storeArtifactBytes(database.db, folder, "processor", Buffer.from("labels"));
  await storeArtifactBytes(database.db, folder, "model", Buffer.from("half")).then(({ digest }) => database.db.artifact.delete({ where: { digest } }));
  await writeFile(path.join(folder, "artifacts", ".incoming", "half-written"), "x");
  expect(await cleanArtifacts(database.db, folder, Date.now())).toEqual({ removedFiles: 2 });
  expect(await files()).toEqual([fresh.digest]);
  expect(await findArtifact(database.db, orphan.digest)).toBeNull();
});
