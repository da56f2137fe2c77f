// One measured task of the import benchmark in a process of its own, so that its memory is its own. Prints one JSON line.
//   import-child.ts make FILE | ours FILE | onnx-proto FILE | analyse FILE
import { createHash } from "node:crypto";
import { closeSync, createReadStream, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { buildGraph } from "../server/model/graph.ts";
import type { ByteSource } from "../server/model/byte-source.ts";
import { parseModel, writeModel } from "../server/model/onnx-proto.ts";
import { buildBert } from "../server/model/synthetic/bert.ts";
import { analyseFile } from "../server/threads/analyse-file.ts";
import { openModelFolder } from "../server/inspect/model-folder.ts";
import { extractFromFile } from "../server/threads/extract-from-file.ts";

/** Repeats of each step; the best counts. */
const ROUNDS = 5;

export type ChildReport = { parseMs: number; writeMs: number; extraBytes: number; bytes: number; digest: string | null; runtimeBytes?: number };

function fileSource(path: string): ByteSource & { close(): void } {
  const file = openSync(path, "r");
  const buffer = new Uint8Array(1024 * 1024);
  return {
    size: fstatSync(file).size,
    read(offset, length) {
      for (let done = 0; done < length; ) done += readSync(file, buffer, done, length - done, offset + done);
      return buffer.subarray(0, length);
    },
    close: () => closeSync(file),
  };
}

const peakBytes = () => process.resourceUsage().maxRSS * 1024;
const best = (times: number[]) => Math.min(...times);

function timed<T>(times: number[], task: () => T): T {
  const startedAt = performance.now();
  const result = task();
  times.push(performance.now() - startedAt);
  return result;
}

function ours(path: string): ChildReport {
  const before = peakBytes();
  const parse: number[] = [];
  const write: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const source = fileSource(path);
    const model = timed(parse, () => parseModel(source));
    bytes = timed(write, () => writeModel(source, model, () => {}));
    source.close();
  }
  const extraBytes = peakBytes() - before;
  const source = fileSource(path);
  const model = parseModel(source);
  buildGraph(model);
  const hash = createHash("sha256");
  writeModel(source, model, (chunk) => hash.update(chunk));
  return { parseMs: best(parse), writeMs: best(write), extraBytes, bytes, digest: hash.digest("hex") };
}

function onnxProto(path: string): ChildReport {
  type Proto = { onnx: { ModelProto: { decode(bytes: Uint8Array): object; encode(model: object): { finish(): Uint8Array } } } };
  const { onnx } = createRequire(import.meta.url)("onnx-proto") as Proto;
  const before = peakBytes();
  const parse: number[] = [];
  const write: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const model = timed(parse, () => onnx.ModelProto.decode(readFileSync(path)));
    bytes = timed(write, () => onnx.ModelProto.encode(model).finish().length);
  }
  return { parseMs: best(parse), writeMs: best(write), extraBytes: peakBytes() - before, bytes, digest: null };
}

/** What an import's thread does, from the file's hash to two segments. The runtime's process is watched beside it. */
async function analyse(path: string): Promise<ChildReport> {
  const before = peakBytes();
  const runtime = watchChildren();
  const startedAt = performance.now();
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  const digest = hash.digest("hex");
  const folder = openModelFolder(path);
  const facts = await analyseFile({ kind: "analyse", path, folder: folder.path, fileName: "model.onnx", digest, fileBytes: 0, externalFiles: [] }, { signal: new AbortController().signal, onProgress: () => {} });
  folder.remove();
  const legal = facts.cuts.filter((cut) => cut.legal);
  const cut = (legal[legal.length >> 1]?.index ?? 0) + 1;
  extractFromFile({ kind: "extract", path, externalFiles: [], facts, ranges: [{ from: 0, to: cut }, { from: cut, to: facts.layers.length }] }, () => {});
  return { parseMs: performance.now() - startedAt, writeMs: 0, extraBytes: peakBytes() - before, bytes: facts.fileBytes, digest, runtimeBytes: runtime.stop() };
}

/** Largest growth of a child's resident memory since it was first seen with ONNX Runtime loaded; 0 where there is no /proc. */
function watchChildren(): { stop(): number } {
  const first = new Map<string, number>();
  let most = 0;
  const look = (pid: string) => {
    if (!first.has(pid) && !readFileSync(`/proc/${pid}/maps`, "latin1").includes("onnxruntime")) return;
    const bytes = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * 4096;
    if (!first.has(pid)) first.set(pid, bytes);
    most = Math.max(most, bytes - (first.get(pid) as number));
  };
  const timer = setInterval(() => {
    try {
      for (const pid of readFileSync(`/proc/self/task/${process.pid}/children`, "latin1").split(" ")) if (pid !== "") look(pid);
    } catch {
      // It ended meanwhile, or this system tells nothing.
    }
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

/** BERT-base's shape: some 435 MB. */
function make(path: string): ChildReport {
  const file = openSync(path, "w");
  const hash = createHash("sha256");
  const startedAt = performance.now();
  const model = buildBert({ layers: 12, hidden: 768, heads: 12, feedForward: 3072, vocabulary: 30_522, maxPositions: 512, seed: 1 });
  const bytes = model.write((chunk) => {
    hash.update(chunk);
    for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done, chunk.length - done);
  });
  closeSync(file);
  return { parseMs: 0, writeMs: performance.now() - startedAt, extraBytes: 0, bytes, digest: hash.digest("hex") };
}

const [task, path] = process.argv.slice(2);
const tasks: Record<string, (path: string) => ChildReport | Promise<ChildReport>> = { make, ours, "onnx-proto": onnxProto, analyse };
const run = tasks[task ?? ""];
if (run === undefined || path === undefined) throw new Error("usage: import-child.ts make|ours|onnx-proto FILE");
process.stdout.write(`${JSON.stringify(await run(path))}\n`);
