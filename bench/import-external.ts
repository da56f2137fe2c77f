// The large half of the benchmark "import": more than 2 GiB of weights in a file beside the model, given to a real console over REST, imported,
// cut in two and held against the whole. What the console needs for it is its own peak, against the same console idle just before.
import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readFileSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { freemem } from "node:os";
import { request } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { startCluster, until } from "../e2e/cluster.ts";
import { buildLlama } from "../server/model/synthetic/llama.ts";
import type { Figure } from "./report.ts";

const MEGABYTE = 1_000_000;
/** Some 2.6 GB of float32. */
const SHAPE = { layers: 11, hidden: 2048, heads: 16, feedForward: 5632, vocabulary: 16_000, seed: 1 };
const EXPECTED_BYTES = 2.6e9;
/** The files here, and their copies at the console. */
const COPIES = 2;
/** Whole model and segments in one process, each packed for its kernels. */
const PARITY_MEMORY_FACTOR = 3;
const BOUNDARY = "cutplane-bench-boundary";
const TIMEOUT_MS = 600_000;

type Made = { path: string; dataPath: string; fileBytes: number; dataBytes: number; hashMs: number };

function make(folder: string): Made {
  const path = join(folder, "large.onnx");
  const dataPath = join(folder, "large.onnx.data");
  const files = [openSync(path, "w"), openSync(dataPath, "w")] as const;
  let dataBytes = 0;
  const hash = createHash("sha256");
  let hashMs = 0;
  const fileBytes = buildLlama(SHAPE).write((chunk) => writeSync(files[0], chunk), {
    location: "large.onnx.data",
    sink: (chunk) => {
      const startedAt = performance.now();
      hash.update(chunk);
      hashMs += performance.now() - startedAt;
      for (let done = 0; done < chunk.length; ) done += writeSync(files[1], chunk, done);
      dataBytes += chunk.length;
    },
  });
  for (const file of files) closeSync(file);
  return { path, dataPath, fileBytes, dataBytes, hashMs };
}

/** Multipart, streamed from the files. */
async function upload(url: string, made: Made): Promise<{ model: { id: string; layerCount: number } }> {
  const head = (name: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="files"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`;
  const tail = `\r\n--${BOUNDARY}--\r\n`;
  const length = made.fileBytes + made.dataBytes + head("large.onnx").length + 2 + head("large.onnx.data").length + tail.length;
  async function* body() {
    yield Buffer.from(head("large.onnx"));
    yield* createReadStream(made.path);
    yield Buffer.from(`\r\n${head("large.onnx.data")}`);
    yield* createReadStream(made.dataPath, { highWaterMark: 1024 * 1024 });
    yield Buffer.from(tail);
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/api/v1/models?name=large&origin=synthetic`, { method: "POST", timeout: TIMEOUT_MS, headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}`, "content-length": length } }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => { text += chunk; });
      answer.on("end", () => (answer.statusCode === 201 ? resolve(JSON.parse(text)) : reject(new Error(`upload: ${answer.statusCode} ${text}`))));
    });
    outgoing.on("error", reject);
    pipeline(body(), outgoing).catch(reject);
  });
}

/** Resident bytes of a process: now, and at most since the last reset. */
function residentBytes(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const of = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  return { now: of("VmRSS"), peak: of("VmHWM") };
}

const resetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

type Outcome = { importMs: number; extraBytes: number; legalCuts: number; planExtraBytes: number; parity: { status: string; maxRelError?: number; reason?: string; message?: string } };

async function run(made: Made): Promise<Outcome> {
  const cluster = await startCluster([]);
  try {
    const pid = cluster.consolePid();
    // What the start itself needed is not what an import needs: the console is left alone until it has settled.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    resetPeak(pid);
    const idleBytes = residentBytes(pid).now;
    const startedAt = performance.now();
    const { model } = await upload(cluster.url, made);
    const importMs = performance.now() - startedAt;
    const extraBytes = residentBytes(pid).peak - idleBytes;
    const { facts } = await cluster.api<{ facts: { layers: unknown[]; cuts: { index: number; legal: boolean }[] } }>("GET", `/models/${model.id}`);
    const legal = facts.cuts.filter((cut) => cut.legal);
    const cut = (legal[legal.length >> 1]?.index ?? 0) + 1;
    const node = { id: "tn_0", name: "planned", zoneId: null, nodeId: null, trust: "trusted", memoryBytes: 64e9, speed: 1, pricePerHour: null, idleWatts: null, activeWatts: null };
    const topology = await cluster.api<{ id: string }>("POST", "/topologies", { name: "one", document: { nodes: [node], links: [], zones: [], sourceId: "tn_0" } });
    resetPeak(pid);
    const beforePlan = residentBytes(pid).now;
    const plan = await cluster.api<{ id: string }>("POST", "/plans", { modelId: model.id, topologyId: topology.id, placement: [{ from: 0, to: cut, topologyNodeId: "tn_0" }, { from: cut, to: facts.layers.length, topologyNodeId: "tn_0" }] });
    let parity: Outcome["parity"] = { status: "pending" };
    await until("the plan's parity", async () => {
      parity = (await cluster.api<{ parity: Outcome["parity"] }>("GET", `/plans/${plan.id}`)).parity;
      return parity.status !== "pending";
    }, TIMEOUT_MS);
    return { importMs, extraBytes, legalCuts: legal.length, planExtraBytes: residentBytes(pid).peak - beforePlan, parity };
  } finally {
    await cluster.stop();
  }
}

function parityFigure(totalBytes: number, parity: Outcome["parity"]): Figure {
  const figure = { figure: "external data: two segments against the whole, largest relative error", value: parity.maxRelError ?? -1, unit: "" };
  if (parity.status === "structure-only" && totalBytes * PARITY_MEMORY_FACTOR > freemem()) return { ...figure, withoutTargetBecause: parity.reason ?? "too little memory" };
  return { ...figure, against: `the console's own verdict: ${parity.status}${parity.message === undefined ? "" : ` (${parity.message})`}`, target: parity.status === "equal" ? { op: "<=", than: 1e-5 } : { op: ">=", than: 0 } };
}

export async function measureExternal(folder: string): Promise<Figure[]> {
  const disk = statfsSync(folder);
  const freeBytes = disk.bavail * disk.bsize;
  if (process.platform !== "linux" || freeBytes < COPIES * EXPECTED_BYTES + 1e9) {
    return [{ figure: "external data", value: 0, unit: "MB", withoutTargetBecause: process.platform === "linux" ? `${(COPIES * EXPECTED_BYTES + 1e9) / 1e9} GB of disk are needed` : "memory of another process is read from /proc" }];
  }
  process.stderr.write("making a model with more than 2 GiB of external data…\n");
  const made = make(folder);
  process.stderr.write("giving it to a console…\n");
  const { importMs, extraBytes, legalCuts, planExtraBytes, parity } = await run(made);
  const totalBytes = made.fileBytes + made.dataBytes;
  const allowedBytes = 64 * MEGABYTE + 0.02 * totalBytes;
  const bound = (figure: string, bytes: number): Figure => ({ figure, value: bytes / MEGABYTE, unit: "MB", against: `64 MB + 2 % of the files = ${Math.round(allowedBytes / MEGABYTE)} MB`, ratio: bytes / allowedBytes, target: { op: "<=", than: 1 } });
  return [
    { figure: "external data: size", value: totalBytes / MEGABYTE, unit: "MB", target: { op: ">=", than: 2 ** 31 / MEGABYTE } },
    { figure: "external data: upload and import over REST", value: importMs, unit: "ms", against: `SHA-256 of its bytes alone ${made.hashMs.toFixed(0)} ms`, ratio: importMs / made.hashMs },
    { figure: "external data: legal cuts", value: legalCuts, unit: "", target: { op: ">=", than: 1 } },
    bound("external data: the console's extra memory, upload and import", extraBytes),
    bound("external data: the console's extra memory, cutting and checking", planExtraBytes),
    parityFigure(totalBytes, parity),
  ];
}
