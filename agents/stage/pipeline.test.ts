import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TensorSpec } from "../protocol/tensor.ts";
import { lanesOf, observedOf, ready, TestFleet, type IngressChild, type TestNode } from "./testdata/test-nodes.ts";
import { LIMITS, layPipeline, sendRoute, type TestPipeline, type TestSegment } from "./testdata/test-pipeline.ts";
import { tinyLayers, tinyRunningSum } from "./testdata/tiny-onnx.ts";

const WIDTH = 64;
const LAYERS = 6;
const value = (name: string): TensorSpec => ({ name, dataType: "float32", shape: ["n", WIDTH] });
const warm = (name: string) => [{ name, dataType: "float32" as const, shape: [1, WIDTH] }];
const segment = (from: number, to: number): TestSegment => ({ bytes: tinyLayers(from, to, WIDTH), inputs: [value(`v${from}`)], outputs: [value(`v${to}`)], sends: [`v${to}`], warmShapes: warm(`v${from}`) });
const ROUTE = { currentEpoch: 1, inputs: [value("v0")], outputs: [value(`v${LAYERS}`)] };

let fleet: TestFleet;
let nodes: TestNode[];
let ingress: IngressChild;
let whole: ort.InferenceSession;
let url: string;

beforeAll(async () => {
  fleet = await TestFleet.start();
  nodes = [await fleet.node("nod_a"), await fleet.node("nod_b"), await fleet.node("nod_c")];
  ingress = await fleet.ingress(nodes[0]!);
  url = ingress.last("listening")!.url;
  const path = join(fleet.folder, "whole.onnx");
  writeFileSync(path, tinyLayers(0, LAYERS, WIDTH));
  whole = await ort.InferenceSession.create(path);
}, 180_000);
afterAll(() => fleet?.close());

async function linked(pipelines: TestPipeline[], epoch: number): Promise<void> {
  for (const { stages } of pipelines) for (const { child } of stages) await child.until("ready", ready);
  await ingress.until(`epoch ${epoch} linked`, (child) => observedOf(child)[0]?.pipelines.some((pipeline) => pipeline.epoch === epoch && pipeline.linked) ?? false);
}
const input = (seed: number, rows = 2) => Float32Array.from({ length: rows * WIDTH }, (_, i) => Math.sin(seed * 7.3 + i * 0.61));
async function expected(data: Float32Array): Promise<number[]> {
  const result = await whole.run({ v0: new ort.Tensor("float32", data, [data.length / WIDTH, WIDTH]) });
  return Array.from(result[`v${LAYERS}`]!.data as Float32Array);
}
async function infer(data: Float32Array, parameters: Record<string, unknown> = {}): Promise<{ status: number; body: { outputs: { data: number[] }[]; code?: string; error?: string; parameters: { epoch: number } } }> {
  const response = await fetch(`${url}/v2/models/tiny/infer`, {
    method: "POST", body: JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [data.length / WIDTH, WIDTH], data: Array.from(data) }], parameters }),
  });
  return { status: response.status, body: (await response.json()) as never };
}
function close(a: number[], b: number[]): number {
  return Math.max(...b.map((y, i) => Math.abs(a[i]! - y))) / Math.max(1, ...b.map(Math.abs));
}
/** Waits until the ingress counts exactly so many requests between accepted and answered. */
async function inFlight(wanted: number): Promise<void> {
  const count = async () => Number(/^cutplane_ingress_in_flight\{.*\} (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
  await expect.poll(count, { timeout: 10_000, interval: 10 }).toBe(wanted);
}
async function stopAll(pipelines: TestPipeline[]): Promise<void> {
  for (const { stages } of pipelines) for (const { child } of stages) {
    child.send({ type: "stop", graceMs: 500 });
    await child.until("exit", () => child.exited);
  }
}

test("two and three stages, in threads and inline, answer like the whole model", async () => {
  const two = layPipeline(fleet, nodes[0]!, nodes.slice(1), [segment(0, 2), segment(2, 6)], { epoch: 1, sends: ["v0"], inline: false });
  const three = layPipeline(fleet, nodes[0]!, nodes, [segment(0, 2), segment(2, 4), segment(4, 6)], { epoch: 2, sends: ["v0"], inline: true });
  sendRoute(ingress, [two, three], ROUTE);
  await linked([two], 1);
  await linked([three], 2);
  for (const epoch of [1, 2]) {
    sendRoute(ingress, [two, three], { ...ROUTE, currentEpoch: epoch });
    await ingress.until("current", (child) => observedOf(child)[0]?.currentEpoch === epoch);
    const answers = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const { status, body } = await infer(input(i, 1 + (i % 5)));
      expect(status).toBe(200);
      expect(body.parameters.epoch).toBe(epoch);
      return close(body.outputs[0]!.data, await expected(input(i, 1 + (i % 5))));
    }));
    expect(Math.max(...answers)).toBeLessThanOrEqual(1e-5);
  }
  await ingress.until("sample", (child) => child.heard.some((message) => message.type === "sample" && message.samples.some((sample) => sample.trace !== null && sample.trace.stages.length === 3)));
  await stopAll([two, three]);
}, 180_000);

test("tensors that only travel through arrive untouched", async () => {
  const first: TestSegment = { ...segment(0, 2), sends: ["v2", "v0"] };
  const second: TestSegment = { ...segment(2, 6), sends: ["v6", "v0"] };
  const pipeline = layPipeline(fleet, nodes[0]!, nodes.slice(1), [first, second], { epoch: 3, sends: ["v0"], inline: false });
  sendRoute(ingress, [pipeline], { currentEpoch: 3, inputs: [value("v0")], outputs: [value("v6"), value("v0")] });
  await linked([pipeline], 3);
  const { body } = await infer(input(5));
  expect(body.outputs[1]!.data).toEqual(Array.from(input(5)));
  expect(close(body.outputs[0]!.data, await expected(input(5)))).toBeLessThanOrEqual(1e-5);
  await stopAll([pipeline]);
}, 180_000);

test("switching epochs under load loses nothing", async () => {
  const old = layPipeline(fleet, nodes[0]!, nodes.slice(1), [segment(0, 2), segment(2, 6)], { epoch: 4, sends: ["v0"] });
  const next = layPipeline(fleet, nodes[0]!, nodes, [segment(0, 3), segment(3, 4), segment(4, 6)], { epoch: 5, sends: ["v0"] });
  sendRoute(ingress, [old], { ...ROUTE, currentEpoch: 4 });
  await linked([old], 4);
  const outcomes: { status: number; error: number; epoch: number }[] = [];
  let stop = false;
  const load = Promise.all(Array.from({ length: 4 }, async (_, client) => {
    for (let i = 0; !stop; i++) {
      const data = input(client * 1000 + i);
      const { status, body } = await infer(data);
      outcomes.push({ status, error: status === 200 ? close(body.outputs[0]!.data, await expected(data)) : Infinity, epoch: body.parameters?.epoch });
    }
  }));
  sendRoute(ingress, [old, next], { ...ROUTE, currentEpoch: 4 });
  await linked([next], 5);
  sendRoute(ingress, [old, next], { ...ROUTE, currentEpoch: 5 });
  for (const { child, start } of old.stages) child.send({ type: "lanes", lanes: start.assignment.lanes.map((lane) => ({ ...lane, mode: "drain" as const })), limits: start.assignment.limits });
  await ingress.until("drained", (child) => observedOf(child)[0]?.pipelines.find((pipeline) => pipeline.epoch === 4)?.inFlight === 0);
  for (const { child } of old.stages) await child.until("lane drained", (stage) => lanesOf(stage).every((lane) => lane.inFlight === 0));
  await stopAll([old]);
  sendRoute(ingress, [next], { ...ROUTE, currentEpoch: 5 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  stop = true;
  await load;
  expect(outcomes.filter(({ status, error }) => status !== 200 || error > 1e-5)).toEqual([]);
  expect(new Set(outcomes.map(({ epoch }) => epoch))).toEqual(new Set([4, 5]));
  await stopAll([next]);
}, 180_000);

test("a killed stage comes back and every request has its answer or an explicit error within its deadline", async () => {
  const pipeline = layPipeline(fleet, nodes[0]!, nodes, [segment(0, 2), segment(2, 4), segment(4, 6)], { epoch: 6, sends: ["v0"] });
  sendRoute(ingress, [pipeline], { ...ROUTE, currentEpoch: 6 });
  await linked([pipeline], 6);
  for (const killed of [0, 1, 2]) {
    let stop = false;
    const outcomes: { status: number; error: number }[] = [];
    const load = Promise.all(Array.from({ length: 4 }, async (_, client) => {
      for (let i = 0; !stop; i++) {
        const data = input(client * 999 + i);
        const { status, body } = await infer(data, { timeout: 8_000_000 });
        outcomes.push({ status, error: status === 200 ? close(body.outputs[0]!.data, await expected(data)) : 0 });
      }
    }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stage = pipeline.stages[killed]!;
    stage.child.process.kill("SIGKILL");
    await stage.child.until("exit", () => stage.child.exited);
    await stage.restart().until("ready again", ready);
    await new Promise((resolve) => setTimeout(resolve, 300));
    stop = true;
    await load;
    expect(outcomes.length).toBeGreaterThan(4);
    // Stateless requests are sent again: all are answered, and right.
    expect(outcomes.filter(({ status, error }) => status !== 200 || error > 1e-5)).toEqual([]);
  }
  await stopAll([pipeline]);
}, 180_000);

test("a stage that stays away: explicit errors within the deadline, not ready, then 503 with the reason", async () => {
  const pipeline = layPipeline(fleet, nodes[0]!, nodes.slice(1), [segment(0, 2), segment(2, 6)], { epoch: 7, sends: ["v0"] });
  sendRoute(ingress, [pipeline], { ...ROUTE, currentEpoch: 7 });
  await linked([pipeline], 7);
  pipeline.stages[1]!.child.process.kill("SIGKILL");
  await ingress.until("unlinked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === false);
  const { status, body } = await infer(input(1), { timeout: 300_000 });
  expect(status).toBe(503);
  expect(body.code).toBe("not_linked");
  const readiness = await fetch(`${url}/v2/models/tiny/ready`);
  expect(readiness.status).toBe(503);
  expect(readiness.headers.get("retry-after")).toBe("1");
  await stopAll([pipeline]);
}, 180_000);

test("state of a sequence lives on the stages, step by step, and is gone when a stage is", async () => {
  const fixed = (name: string): TensorSpec => ({ name, dataType: "float32", shape: [1, WIDTH] });
  const states = [{ input: "sum", output: "sumNext", dataType: "float32" as const, shape: [1, WIDTH] }];
  const sum: TestSegment = { bytes: tinyRunningSum("v0", "v2", WIDTH), inputs: [fixed("v0"), fixed("sum")], outputs: [fixed("v2"), fixed("sumNext")], sends: ["v2"], warmShapes: [...warm("v0")], states };
  const pipeline = layPipeline(fleet, nodes[0]!, nodes.slice(1), [sum, segment(2, 4)], { epoch: 8, sends: ["v0"], inline: false });
  sendRoute(ingress, [pipeline], { currentEpoch: 8, inputs: [fixed("v0"), fixed("sum")], outputs: [value("v4"), fixed("sumNext")], states });
  await linked([pipeline], 8);
  const one = new Float32Array(WIDTH).fill(1);
  const check = await ort.InferenceSession.create(Buffer.from(tinyLayers(2, 4, WIDTH)));
  const after = async (total: number) => Array.from((await check.run({ v2: new ort.Tensor("float32", new Float32Array(WIDTH).fill(total), [1, WIDTH]) })).v4!.data as Float32Array);
  for (let step = 0; step < 5; step++) {
    const { status, body } = await infer(one, { sequence_id: 42, sequence_start: step === 0 });
    expect(status).toBe(200);
    expect(close(body.outputs[0]!.data, await after(step + 1))).toBeLessThanOrEqual(1e-5);
  }
  const other = await infer(one, { sequence_id: "other", sequence_start: true });
  expect(close(other.body.outputs[0]!.data, await after(1))).toBeLessThanOrEqual(1e-5);
  expect((await infer(one)).status).toBe(200);
  expect((await infer(one, { sequence_id: 42, sequence_end: true })).status).toBe(200);
  const ended = await infer(one, { sequence_id: 42 });
  expect([ended.status, ended.body.code]).toEqual([409, "stream_unknown"]);
  pipeline.stages[0]!.child.process.kill("SIGKILL");
  await ingress.until("unlinked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === false);
  const lost = await infer(one, { sequence_id: "other" });
  expect([lost.status, lost.body.code, lost.body.error]).toEqual([409, "stream_lost", expect.stringContaining("the pipeline it ran on broke")]);
  await stopAll([pipeline]);
}, 180_000);

test("overload, deadline and a client that goes away", async () => {
  const wide = 1024;
  const spec = (name: string): TensorSpec => ({ name, dataType: "float32", shape: ["n", wide] });
  const slow: TestSegment = { bytes: tinyLayers(0, 12, wide), inputs: [spec("v0")], outputs: [spec("v12")], sends: ["v12"], warmShapes: [{ name: "v0", dataType: "float32", shape: [1, wide] }] };
  const pipeline = layPipeline(fleet, nodes[0]!, nodes.slice(1, 2), [slow], { epoch: 9, sends: ["v0"], inline: false, queueLength: 2 });
  sendRoute(ingress, [pipeline], { currentEpoch: 9, inputs: [spec("v0")], outputs: [spec("v12")], limits: { ...LIMITS, maxInFlight: 6 } });
  await linked([pipeline], 9);
  const rows = 256;
  const body = Buffer.from(new Float32Array(rows * wide).fill(0.1).buffer);
  const head = (timeout: number) => Buffer.from(JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [rows, wide], parameters: { binary_data_size: body.length } }], parameters: { timeout, binary_data_output: true } }));
  const send = (timeoutUs: number, signal?: AbortSignal) => fetch(`${url}/v2/models/tiny/infer`, { method: "POST", ...(signal ? { signal } : {}), headers: { "inference-header-content-length": String(head(timeoutUs).length) }, body: Buffer.concat([head(timeoutUs), body]) });
  const status = (answer: Promise<Response>) => answer.then(async (response) => { await response.arrayBuffer(); return response.status; });
  const stage = pipeline.stages[0]!.child;
  // The stage stands still, so that what is in flight is known at every step and nothing depends on how fast it computes.
  stage.process.kill("SIGSTOP");
  const gone = new AbortController();
  const leave = () => status(send(20_000_000, gone.signal)).catch((error: Error) => error.name);
  // The queue gives two credits: the first request is on its way to the stage, the sixth still waits at the ingress.
  const leaving = [leave()];
  await inFlight(1);
  const taken = Array.from({ length: 4 }, () => status(send(20_000_000)));
  await inFlight(5);
  leaving.push(leave());
  await inFlight(6);
  expect(await Promise.all(Array.from({ length: 5 }, () => status(send(20_000_000))))).toEqual([429, 429, 429, 429, 429]);
  gone.abort();
  expect(await Promise.all(leaving)).toEqual(["AbortError", "AbortError"]);
  // Who goes away gives the place back at once.
  await inFlight(4);
  taken.push(status(send(20_000_000)), status(send(20_000_000)));
  await inFlight(6);
  expect(await status(send(20_000_000))).toBe(429);
  stage.process.kill("SIGCONT");
  expect(await Promise.all(taken)).toEqual([200, 200, 200, 200, 200, 200]);
  await inFlight(0);
  const late = await send(1_000);
  expect([503, 504]).toContain(late.status);
  await stage.until("nothing in flight", (child) => lanesOf(child)[0]?.inFlight === 0);
  expect((await send(20_000_000)).status).toBe(200);
  await stopAll([pipeline]);
}, 180_000);
