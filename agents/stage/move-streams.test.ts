// What clients of streams see while their deployment moves, with real stages and a real ingress: a model with two states, cut where it pleases.
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngressPipeline, StatePair } from "../protocol/control.ts";
import type { TensorSpec } from "../protocol/tensor.ts";
import { type IngressChild, lanesOf, observedOf, ready, TestFleet, type TestNode } from "./testdata/test-nodes.ts";
import { layPipeline, sendRoute, setLanes, type TestPipeline, type TestSegment } from "./testdata/test-pipeline.ts";
import { tinyTwoStates } from "./testdata/tiny-onnx.ts";

const WIDTH = 64;
const fixed = (name: string): TensorSpec => ({ name, dataType: "float32", shape: [1, WIDTH] });
const pair = (name: string): StatePair => ({ input: name, output: `${name}Next`, dataType: "float32", shape: [1, WIDTH] });
const STATES = [pair("a"), pair("b")];
function segment(from: number, to: number): TestSegment {
  const states = STATES.filter((_, index) => from <= index * 2 && index * 2 < to);
  return {
    bytes: tinyTwoStates(from, to, WIDTH), states, inputs: [`v${from}`, ...states.map(({ input }) => input)].map(fixed), outputs: [`v${to}`, ...states.map(({ output }) => output)].map(fixed),
    sends: [`v${to}`], warmShapes: [{ name: `v${from}`, dataType: "float32", shape: [1, WIDTH] }],
  };
}

let fleet: TestFleet;
let nodes: TestNode[];
let ingress: IngressChild;
let whole: ort.InferenceSession;
let url: string;
let nextEpoch = 1;

beforeAll(async () => {
  fleet = await TestFleet.start();
  nodes = [await fleet.node("nod_a"), await fleet.node("nod_b"), await fleet.node("nod_c")];
  ingress = await fleet.ingress(nodes[0]!);
  url = ingress.last("listening")!.url;
  whole = await ort.InferenceSession.create(Buffer.from(tinyTwoStates(0, 4, WIDTH)));
}, 180_000);
afterAll(() => fleet?.close());

const lay = (at: TestNode[], cuts: [number, number][], more: Partial<Parameters<typeof layPipeline>[4]> = {}) => layPipeline(fleet, nodes[0]!, at, cuts.map(([from, to]) => segment(from, to)), { epoch: nextEpoch++, sends: ["v0"], ...more });
const TOLD = { inputs: [fixed("v0"), ...STATES.map(({ input }) => fixed(input))], outputs: [fixed("v4"), ...STATES.map(({ output }) => fixed(output))], states: STATES };
/** Each of its stages on lanes of its own; "leaving": no new streams, those that are open move. */
function route(current: TestPipeline, ...others: [TestPipeline, Partial<IngressPipeline>][]): void {
  const pipelines = [current, ...others.map(([one, more]) => ({ ...one, pipeline: { ...one.pipeline, ...more } }))];
  sendRoute(ingress, pipelines, { currentEpoch: current.epoch, ...TOLD });
}
const LEAVING = { mode: "drain", streams: "move" } as const;
const seen = ({ epoch }: TestPipeline) => observedOf(ingress)[0]?.pipelines.find((one) => one.epoch === epoch);
async function linked(pipeline: TestPipeline): Promise<void> {
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", () => seen(pipeline)?.linked === true);
}
/** Its streams and requests have gone: nothing counts it in flight any more, at the ingress or on its stages. */
async function left(pipeline: TestPipeline): Promise<void> {
  await ingress.until("left", () => seen(pipeline)?.inFlight === 0);
  for (const { child, start: { assignment } } of pipeline.stages) await child.until("lane left", (stage) => lanesOf(stage).filter(({ epoch }) => epoch === pipeline.epoch).every(({ inFlight }) => inFlight === 0) && assignment.lanes.length > 0);
}
async function stop(pipeline: TestPipeline, except: TestPipeline | null = null): Promise<void> {
  for (const stage of pipeline.stages) {
    if (except?.stages.includes(stage)) { setLanes(stage, stage.start.assignment.lanes.filter(({ epoch }) => epoch !== pipeline.epoch)); continue; }
    stage.child.send({ type: "stop", graceMs: 500 });
    await stage.child.until("exit", () => stage.child.exited);
  }
}

type Answer = { status: number; body: { outputs?: { data: number[] }[]; code?: string; error?: string; parameters?: { epoch: number } } };
async function ask(id: string, data: Float32Array, parameters: Record<string, unknown> = {}): Promise<Answer> {
  const response = await fetch(`${url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: Array.from(data) }], parameters: { sequence_id: id, ...parameters } }) });
  return { status: response.status, body: (await response.json()) as never };
}
/** A client's stream beside the whole model's own run of it. */
class Stream {
  readonly id: string;
  readonly epochs: number[] = [];
  steps = 0;
  #state: Record<string, ort.Tensor> = Object.fromEntries(STATES.map(({ input }) => [input, new ort.Tensor("float32", new Float32Array(WIDTH), [1, WIDTH])]));

  constructor(id: string) {
    this.id = id;
  }

  /** One step; its answer is the whole model's. */
  async step(parameters: Record<string, unknown> = {}): Promise<void> {
    const data = Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(this.steps * 1.7 + i * 0.31 + this.id.length) / 4);
    const made = await whole.run({ v0: new ort.Tensor("float32", data, [1, WIDTH]), ...this.#state });
    for (const { input, output } of STATES) this.#state[input] = made[output]!;
    const { status, body } = await ask(this.id, data, { sequence_start: this.steps === 0, ...parameters });
    expect([status, body.code, body.error]).toEqual([200, undefined, undefined]);
    const wanted = Array.from(made.v4!.data as Float32Array);
    const error = Math.max(...wanted.map((value, i) => Math.abs(body.outputs![0]!.data[i]! - value))) / Math.max(1, ...wanted.map(Math.abs));
    expect(error).toBeLessThanOrEqual(1e-5);
    this.epochs.push(body.parameters!.epoch);
    this.steps++;
  }

  get epoch(): number {
    return this.epochs.at(-1)!;
  }
}
/** Streams that go on step by step until told to stop. */
function goOn(streams: Stream[]) {
  let ended = false;
  const all = Promise.all(streams.map(async (stream) => { while (!ended) await stream.step(); }));
  return { stop: async () => { ended = true; await all; } };
}

test.each([["in threads", false], ["inline", true]] as const)("streams move twice with their state while they go on, %s: to another split, then by lanes alone", async (_, inline) => {
  const one = lay(nodes.slice(1), [[0, 1], [1, 4]], { inline });
  route(one);
  await linked(one);
  const streams = ["x", "yy", "zzz"].map((id) => new Stream(`${id}-${inline}`));
  const resting = new Stream(`resting-${inline}`);
  for (let i = 0; i < 3; i++) await resting.step();
  const clients = goOn(streams);
  const two = lay([nodes[2]!, nodes[1]!, nodes[0]!], [[0, 2], [2, 3], [3, 4]], { inline });
  route(one, [two, {}]);
  await linked(two);
  route(two, [one, LEAVING]);
  await left(one);
  route(two);
  await stop(one);
  const three = lay([nodes[2]!, nodes[1]!], [[0, 2], [2, 4]], { inline, kept: [two.stages[0]] });
  route(two, [three, {}]);
  await linked(three);
  route(three, [two, LEAVING]);
  await left(two);
  route(three);
  await stop(two, three);
  await resting.step();
  await resting.step({ sequence_end: true });
  const before = streams.map(({ steps }) => steps);
  while (streams.some(({ steps }, index) => steps < before[index]! + 5)) await new Promise((resolve) => setTimeout(resolve, 5));
  await clients.stop();
  for (const { epochs } of streams) expect([...new Set(epochs)]).toEqual([one.epoch, two.epoch, three.epoch]);
  expect(resting.epochs).toEqual([one.epoch, one.epoch, one.epoch, three.epoch, three.epoch]);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(/^cutplane_ingress_stream_moves_total\{.*outcome="failed".*\} (\d+)$/m.exec(metrics)?.[1]).toBe("0");
  expect(Number(/^cutplane_ingress_stream_moves_total\{.*outcome="moved".*\} (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(8);
  await stop(three);
}, 180_000);

test("streams that are to finish stay where they are while new ones begin on the new revision; what is retired under a stream is told with the reason", async () => {
  const old = lay([nodes[1]!], [[0, 4]]);
  route(old);
  await linked(old);
  const [stays, ends] = [new Stream("stays"), new Stream("ends")];
  await stays.step();
  await ends.step();
  const next = lay([nodes[2]!], [[0, 4]]);
  route(old, [next, {}]);
  await linked(next);
  route(next, [old, { mode: "drain" }]);
  await ingress.until("current", () => observedOf(ingress)[0]?.currentEpoch === next.epoch);
  const begun = new Stream("begun");
  for (let i = 0; i < 5; i++) for (const stream of [stays, begun]) await stream.step();
  expect([...new Set(stays.epochs)]).toEqual([old.epoch]);
  expect([...new Set(begun.epochs)]).toEqual([next.epoch]);
  await ends.step({ sequence_end: true });
  await ingress.until("told", () => seen(old)?.streams === 1);
  // Its time is over: it moves. Then one more, whose revision goes before it could.
  route(next, [old, LEAVING]);
  await left(old);
  await stays.step();
  expect(stays.epoch).toBe(next.epoch);
  route(old, [next, { mode: "drain", revisionNumber: 5 }]);
  await ingress.until("current", () => observedOf(ingress)[0]?.currentEpoch === old.epoch);
  route(old);
  await ingress.until("retired", () => seen(next) === undefined);
  const { status, body } = await ask("begun", new Float32Array(WIDTH));
  expect([status, body.code]).toEqual([409, "stream_lost"]);
  expect(body.error).toContain("revision 5");
  const again = new Stream("begun");
  await again.step();
  await stop(old);
  await stop(next);
}, 180_000);

test("while a revision is tried every second stream that begins is its own, with all of its steps, which are counted; called off, it goes on where the others are", async () => {
  const old = lay([nodes[1]!], [[0, 4]]);
  route(old);
  await linked(old);
  const tried = lay([nodes[1]!, nodes[2]!], [[0, 2], [2, 4]]);
  route(old, [tried, {}]);
  await linked(tried);
  sendRoute(ingress, [old, tried], { currentEpoch: old.epoch, ...TOLD, canary: { epoch: tried.epoch, share: 0.5, shadowShare: 0, tolerance: 1e-3 } });
  await ingress.until("the trial", () => observedOf(ingress)[0]?.canary?.epoch === tried.epoch);
  const streams = ["first", "second", "third", "fourth"].map((id) => new Stream(`tried-${id}`));
  for (let i = 0; i < 3; i++) for (const stream of streams) await stream.step();
  expect(streams.map(({ epochs }) => [...new Set(epochs)])).toEqual([[old.epoch], [tried.epoch], [old.epoch], [tried.epoch]]);
  await ingress.until("its steps are counted", () => observedOf(ingress)[0]?.canary?.requests === 6);
  expect(observedOf(ingress)[0]!.canary!.failed).toBe(0);
  route(old, [tried, LEAVING]);
  await left(tried);
  for (const stream of streams) await stream.step({ sequence_end: true });
  expect(streams.map(({ epoch }) => epoch)).toEqual(Array(4).fill(old.epoch));
  await stop(old);
  await stop(tried);
}, 180_000);

test("where its state finds no room, or the new stages stand still, a stream goes on where it was: no step is lost or late, and the reason is told", async () => {
  const old = lay([nodes[1]!], [[0, 4]]);
  route(old);
  await linked(old);
  const stream = new Stream("roomless");
  await stream.step();
  const small = lay([nodes[1]!, nodes[2]!], [[0, 2], [2, 4]], { maxStateBytes: WIDTH * 4 - 1 });
  route(old, [small, {}]);
  await linked(small);
  const refused = await (async () => { route(small, [old, LEAVING]); await ingress.until("problem", () => seen(old)?.streamProblem !== undefined); return seen(old)!.streamProblem; })();
  expect(refused).toContain("are allowed");
  for (let i = 0; i < 5; i++) await stream.step();
  // A stream that begins there has no room either, and hears so.
  expect((await ask("new", new Float32Array(WIDTH), { sequence_start: true })).body.code).toBe("stream_limit");
  // Room was made, but now the machine stands still.
  const still = small.stages[1]!.child;
  still.process.kill("SIGSTOP");
  for (const { child, start: { assignment } } of small.stages) child.send({ type: "lanes", lanes: assignment.lanes, limits: { ...assignment.limits, maxStateBytes: 1_000_000 } });
  for (let i = 0; i < 5; i++) await stream.step({ timeout: 4_000_000 });
  expect([...new Set(stream.epochs)]).toEqual([old.epoch]);
  still.process.kill("SIGCONT");
  await left(old);
  for (let i = 0; i < 3; i++) await stream.step();
  expect(stream.epoch).toBe(small.epoch);
  await stop(old);
  await stop(small);
}, 180_000);
