// What clients see while machines die and links break, with real processes: revisions compute different functions here, so that an answer tells which one made it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RequestTrace } from "../protocol/control.ts";
import type { TensorSpec } from "../protocol/tensor.ts";
import { type CuttableLink, cuttableLink } from "./testdata/cuttable-link.ts";
import { lanesOf, observedOf, ready, samplesOf, TestFleet, type IngressChild, type TestNode } from "./testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline, type TestSegment } from "./testdata/test-pipeline.ts";
import { tinyOnnx, tinyRunningSum, tinyWeight } from "./testdata/tiny-onnx.ts";

const WIDTH = 16;
const STAGES = 3;
const value = (name: string): TensorSpec => ({ name, dataType: "float32", shape: ["n", WIDTH] });
const warm = (name: string) => [{ name, dataType: "float32" as const, shape: [1, WIDTH] }];
const ROUTE = { inputs: [value("v0")], outputs: [value(`v${STAGES}`)] };

/** v(i+1) = v(i) × W, W of the revision's seed. */
function layers(from: number, to: number, seed: number): Uint8Array {
  const range = Array.from({ length: to - from }, (_, i) => from + i);
  return tinyOnnx(
    range.map((i) => ({ type: "MatMul", inputs: [`v${i}`, `w${i}`], outputs: [`v${i + 1}`] })), range.map((i) => tinyWeight(`w${i}`, [WIDTH, WIDTH], seed * 100 + i)),
    [{ name: `v${from}`, shape: ["n", WIDTH] }], [{ name: `v${to}`, shape: ["n", WIDTH] }],
  );
}
const segments = (seed: number): TestSegment[] => Array.from({ length: STAGES }, (_, i) => ({ bytes: layers(i, i + 1, seed), inputs: [value(`v${i}`)], outputs: [value(`v${i + 1}`)], sends: [`v${i + 1}`], warmShapes: warm(`v${i}`) }));

let fleet: TestFleet;
let nodes: TestNode[];
let ingress: IngressChild;
let url: string;
const wholes = new Map<number, ort.InferenceSession>();
const links: CuttableLink[] = [];

beforeAll(async () => {
  fleet = await TestFleet.start();
  nodes = [await fleet.node("nod_a"), await fleet.node("nod_b"), await fleet.node("nod_c"), await fleet.node("nod_d")];
  ingress = await fleet.ingress(nodes[0]!);
  url = ingress.last("listening")!.url;
}, 180_000);
afterAll(async () => {
  await fleet?.close();
  await Promise.all(links.map((link) => link.close()));
});

/** Revision `epoch` computes with seed `epoch`. `via`: a node as others reach it. */
async function lay(epoch: number, on: TestNode[]): Promise<TestPipeline> {
  const path = join(fleet.folder, `whole-${epoch}.onnx`);
  writeFileSync(path, layers(0, STAGES, epoch));
  wholes.set(epoch, await ort.InferenceSession.create(path));
  return layPipeline(fleet, nodes[0]!, on, segments(epoch), { epoch, sends: ["v0"] });
}
async function linked(pipeline: TestPipeline): Promise<void> {
  for (const stage of pipeline.stages) await stage.child.until("ready", ready);
  await ingress.until(`epoch ${pipeline.epoch} linked`, () => isLinked(pipeline));
}
const isLinked = ({ epoch }: TestPipeline) => observedOf(ingress)[0]?.pipelines.find((one) => one.epoch === epoch)?.linked ?? false;
const route = (pipelines: TestPipeline[], currentEpoch: number) => sendRoute(ingress, pipelines, { ...ROUTE, currentEpoch });

const input = (seed: number) => Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(seed * 7.3 + i * 0.61));
type Body = { id?: string; outputs: { data: number[] }[]; code?: string; parameters: { epoch: number; request_id: string } };
async function infer(seed: number, more: Record<string, unknown> = {}, init: RequestInit = {}): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${url}/v2/models/tiny/infer`, { method: "POST", ...init, body: JSON.stringify({ id: `i${seed}`, inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: Array.from(input(seed)) }], ...more }) });
  return { status: response.status, body: (await response.json()) as Body };
}
/** Largest difference to what the answering revision alone gives, of the largest value. */
async function errorOf(seed: number, { outputs, parameters: { epoch } }: Body): Promise<number> {
  const result = await wholes.get(epoch)!.run({ v0: new ort.Tensor("float32", input(seed), [1, WIDTH]) });
  const wanted = Array.from(result[`v${STAGES}`]!.data as Float32Array);
  return Math.max(...wanted.map((one, i) => Math.abs(one - outputs[0]!.data[i]!))) / Math.max(1, ...wanted.map(Math.abs));
}

type Outcome = { seed: number; status: number; epoch: number; error: number; requestId: string };
/** Four clients ask without pause until `stop`; each outcome is told once. */
function load() {
  const outcomes: Outcome[] = [];
  let going = true;
  let sent = 0;
  const clients = Promise.all(Array.from({ length: 4 }, async () => {
    while (going) {
      const seed = ++sent;
      const { status, body } = await infer(seed, { parameters: { timeout: 20_000_000 } });
      outcomes.push({ seed, status, epoch: body.parameters?.epoch ?? 0, requestId: body.parameters?.request_id ?? "", error: status === 200 ? await errorOf(seed, body) : Number.POSITIVE_INFINITY });
    }
  }));
  return {
    outcomes,
    async answered(more: number) { const from = outcomes.length; await expect.poll(() => outcomes.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(from + more); },
    async stop() { going = false; await clients; return { sent, outcomes }; },
  };
}
function expectOneEach({ sent, outcomes }: { sent: number; outcomes: Outcome[] }): void {
  expect(outcomes.filter(({ status, error }) => status !== 200 || !(error <= 1e-5))).toEqual([]);
  expect(new Set(outcomes.map(({ seed }) => seed)).size).toBe(sent);
  expect(outcomes).toHaveLength(sent);
  expect(new Set(outcomes.map(({ requestId }) => requestId)).size).toBe(sent);
}
const traces = (): RequestTrace[] => ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples.flatMap((sample) => sample.recent ?? []) : []));

test("a middle stage is killed under load: what was under way goes to the spare at once, is answered once, and by one revision", async () => {
  const [spare, current] = [await lay(1, [nodes[0]!, nodes[1]!, nodes[2]!]), await lay(2, [nodes[1]!, nodes[3]!, nodes[2]!])];
  spare.pipeline.spare = true;
  route([spare, current], 2);
  await linked(spare);
  await linked(current);
  const clients = load();
  await clients.answered(20);
  const middle = current.stages[1]!;
  // Standing still first, so that there is something under way when it dies.
  middle.child.process.kill("SIGSTOP");
  await ingress.until("something is under way", (child) => (observedOf(child)[0]?.pipelines.find((one) => one.epoch === 2)?.inFlight ?? 0) > 0);
  middle.child.process.kill("SIGKILL");
  await middle.child.until("exit", () => middle.child.exited);
  await clients.answered(20);
  await middle.restart().until("ready again", ready);
  await ingress.until("whole again", () => isLinked(current));
  await expect.poll(() => clients.outcomes.at(-1)?.epoch, { timeout: 20_000 }).toBe(2);
  const told = await clients.stop();
  expectOneEach(told);
  expect(new Set(told.outcomes.map(({ epoch }) => epoch))).toEqual(new Set([1, 2]));
  // The trace tells that and why it was sent again.
  await ingress.until("a trace with both attempts", () => traces().some(({ ok, attempts, epoch, tries }) => ok && attempts === 2 && epoch === 1 && tries?.length === 1 && tries[0]!.epoch === 2 && tries[0]!.errorCode === "link_lost"));
  route([], 2);
}, 180_000);

test("two replicas: the host of a middle stage is killed under load, nothing is lost, what was under way is answered by the other at once, and the dead one serves again when it is back", async () => {
  const [first, second] = [await lay(30, [nodes[0]!, nodes[1]!, nodes[2]!]), await lay(30, [nodes[0]!, nodes[3]!, nodes[2]!])];
  Object.assign(first.pipeline, { replica: 1, rate: 1 });
  Object.assign(second.pipeline, { replica: 2, rate: 1 });
  route([first, second], 30);
  const replica = (wanted: number) => observedOf(ingress)[0]?.pipelines.find((one) => one.replica === wanted);
  for (const stage of [...first.stages, ...second.stages]) await stage.child.until("ready", ready);
  await ingress.until("both linked", () => replica(1)?.linked === true && replica(2)?.linked === true);
  const clients = load();
  await ingress.until("both answer", () => (replica(1)?.counts?.answered ?? 0) > 20 && (replica(2)?.counts?.answered ?? 0) > 20);
  const middle = second.stages[1]!;
  middle.child.process.kill("SIGSTOP");
  // It hangs, not known to be dead: its requests stay with it, so the other one takes all that come.
  await ingress.until("something is under way", () => (replica(2)?.inFlight ?? 0) > 0);
  await clients.answered(50);
  middle.child.process.kill("SIGKILL");
  await middle.child.until("exit", () => middle.child.exited);
  await ingress.until("it is known to be broken", () => replica(2)?.linked === false);
  const before = replica(2)!.counts!;
  expect(before.lost).toBeGreaterThan(0);
  await clients.answered(20);
  expect(replica(2)!.counts!.answered).toBe(before.answered);
  await middle.restart().until("ready again", ready);
  await ingress.until("it answers again", () => (replica(2)?.counts?.answered ?? 0) > before.answered + 20);
  const told = await clients.stop();
  expectOneEach(told);
  await ingress.until("a trace with both replicas", () => traces().some(({ ok, attempts, replica: by, tries }) => ok && attempts === 2 && by === 1 && tries?.[0]?.replica === 2 && tries[0].errorCode === "link_lost"));
  route([], 30);
}, 90_000);

test("a link in the middle is cut, and later only frozen, under load: every request is answered once when the way is whole again", async () => {
  const link = await cuttableLink(nodes[1]!.port.port);
  links.push(link);
  // Stage 2 reaches stage 1 by this link.
  const shaky: TestNode = Object.create(nodes[1]!, { end: { get: () => ({ ...nodes[1]!.end, port: link.port }) } });
  const pipeline = await lay(3, [nodes[0]!, shaky, nodes[2]!]);
  route([pipeline], 3);
  await linked(pipeline);
  const clients = load();
  for (const fault of ["cut", "freeze"] as const) {
    await clients.answered(20);
    link[fault]();
    // A frozen path is found by its silence.
    await ingress.until(`${fault}: broken`, () => !isLinked(pipeline), 60_000);
    link.heal();
    await ingress.until(`${fault}: whole again`, () => isLinked(pipeline));
  }
  await clients.answered(20);
  expectOneEach(await clients.stop());
  route([], 3);
}, 180_000);

test("a machine that comes back with a revision that was left serves nobody: neither the ingress nor its neighbours link with it", async () => {
  const [left, current] = [await lay(6, nodes.slice(0, 3)), await lay(7, nodes.slice(0, 3))];
  route([left, current], 6);
  await linked(left);
  await linked(current);
  const clients = load();
  await clients.answered(10);
  // It dies, the others go on without it and retire what it was part of; then it comes back as it was.
  const returning = left.stages[2]!;
  returning.child.process.kill("SIGKILL");
  await returning.child.until("exit", () => returning.child.exited);
  route([current], 7);
  for (const { child, start } of left.stages.slice(0, 2)) child.send({ type: "lanes", lanes: [], limits: start.assignment.limits });
  const child = returning.restart();
  await child.until("ready again, with its old lane", (stage) => ready(stage) && lanesOf(stage).length === 1);
  // One for each client may have been on its way to be counted.
  const from = clients.outcomes.length + 4;
  await clients.answered(30);
  const told = await clients.stop();
  expectOneEach(told);
  expect(new Set(told.outcomes.slice(from).map(({ epoch }) => epoch))).toEqual(new Set([7]));
  expect(lanesOf(child)[0]!.upstreamLinked).toBe(false);
  expect(samplesOf(child).reduce((sum, sample) => sum + sample.done, 0)).toBe(0);
  route([], 7);
}, 180_000);

test("a request that comes again under its name joins the one that runs, and later gets its answer; under an id alone it runs anew", async () => {
  const pipeline = await lay(4, nodes.slice(0, 3));
  route([pipeline], 4);
  await linked(pipeline);
  const stage = pipeline.stages[2]!.child;
  const repeated = async () => Number(/^cutplane_ingress_repeated_total\{.*\} (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())![1]);
  const before = await repeated();
  stage.process.kill("SIGSTOP");
  const named = { headers: { "idempotency-key": "pay-once" } };
  const both = [infer(1, {}, named), infer(1, {}, named)];
  const byId = [infer(2, { id: "mine", parameters: { idempotent: true } }), infer(2, { id: "mine", parameters: { idempotent: true } })];
  await ingress.until("two are under way", (child) => observedOf(child)[0]?.pipelines[0]?.inFlight === 2);
  stage.process.kill("SIGCONT");
  const answers = (await Promise.all([...both, ...byId])).map(({ body }) => body);
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[2]).toEqual(answers[3]);
  expect(await errorOf(1, answers[0]!)).toBeLessThanOrEqual(1e-5);
  expect((await infer(1, {}, named)).body).toEqual(answers[0]);
  expect(await repeated()).toBe(before + 3);
  // Another input under the same name is answered to what it asks; an id alone is a name for the client only.
  const other = await infer(5, {}, named);
  expect(await errorOf(5, other.body)).toBeLessThanOrEqual(1e-5);
  const [one, two] = [await infer(6), await infer(6)];
  expect(one.body.parameters.request_id).not.toBe(two.body.parameters.request_id);
  expect((await infer(1, { id: undefined, parameters: { idempotent: true } })).status).toBe(400);
  expect((await infer(1, {}, { headers: { "idempotency-key": "x".repeat(300) } })).status).toBe(400);
  await stage.until("samples", (child) => samplesOf(child).reduce((sum, sample) => sum + sample.done, 0) === 5);
  route([], 4);
}, 180_000);

test("a step of a sequence whose client went away is done once, and told when it is asked for again", async () => {
  const fixed = (name: string): TensorSpec => ({ name, dataType: "float32", shape: [1, WIDTH] });
  const states = [{ input: "sum", output: "sumNext", dataType: "float32" as const, shape: [1, WIDTH] }];
  const sum: TestSegment = { bytes: tinyRunningSum("v0", "v3", WIDTH), inputs: [fixed("v0"), fixed("sum")], outputs: [fixed("v3"), fixed("sumNext")], sends: ["v3"], warmShapes: warm("v0"), states };
  const pipeline = layPipeline(fleet, nodes[0]!, [nodes[1]!], [sum], { epoch: 5, sends: ["v0"] });
  sendRoute(ingress, [pipeline], { currentEpoch: 5, inputs: [fixed("v0"), fixed("sum")], outputs: [fixed("v3"), fixed("sumNext")], states });
  await linked(pipeline);
  const step = (name: string, start: boolean, signal?: AbortSignal) => infer(1, { parameters: { sequence_id: 9, sequence_start: start } }, { headers: { "idempotency-key": name }, ...(signal ? { signal } : {}) });
  await step("first", true);
  const stage = pipeline.stages[0]!.child;
  stage.process.kill("SIGSTOP");
  const gone = new AbortController();
  const left = step("second", false, gone.signal).catch((error: Error) => error.name);
  await ingress.until("under way", (child) => (observedOf(child)[0]?.pipelines[0]?.inFlight ?? 0) === 2);
  gone.abort();
  expect(await left).toBe("AbortError");
  stage.process.kill("SIGCONT");
  const [again, third] = [await step("second", false), await step("third", false)];
  expect([again.status, third.status]).toEqual([200, 200]);
  const first = input(1)[0]!;
  expect(again.body.outputs[0]!.data[0]).toBeCloseTo(first * 2, 4);
  expect(third.body.outputs[0]!.data[0]).toBeCloseTo(first * 3, 4);
}, 180_000);
