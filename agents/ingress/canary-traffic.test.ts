// Revisions behind one ingress, real processes: what clients get while one of them is tried.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RouteCanary } from "../protocol/control.ts";
import { observedOf, ready } from "../stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline } from "../stage/testdata/test-pipeline.ts";
import { tinyLayers, tinyOnnx, tinyWeight } from "../stage/testdata/tiny-onnx.ts";
import { ROUTE, type ServedModel, serveModel, spec, WIDTH } from "./testdata/served-model.ts";

let served: ServedModel;
let same: TestPipeline;
let other: TestPipeline;
const lay = (epoch: number, bytes: Uint8Array) => layPipeline(served.fleet, served.node, [served.node], [{ bytes, inputs: [spec("v0")], outputs: [spec("v1")], sends: ["v1"], warmShapes: [{ name: "v0", dataType: "float32", shape: [1, WIDTH] }] }], { epoch, sends: ["v0"] });
beforeAll(async () => {
  served = await serveModel();
  same = lay(2, tinyLayers(0, 1, WIDTH));
  other = lay(3, tinyOnnx([{ type: "MatMul", inputs: ["v0", "w"], outputs: ["v1"] }], [tinyWeight("w", [WIDTH, WIDTH], 99)], [{ name: "v0", shape: ["n", WIDTH] }], [{ name: "v1", shape: ["n", WIDTH] }]));
  for (const { child } of [...same.stages, ...other.stages]) await child.until("ready", ready);
}, 60_000);
afterAll(() => served?.fleet.close());

const observed = () => observedOf(served.ingress)[0];
async function trial(canary: RouteCanary | null): Promise<void> {
  sendRoute(served.ingress, [served.pipeline, same, other], { ...ROUTE, canary });
  await served.ingress.until("the trial", () => observed()?.pipelines.length === 3 && observed()!.pipelines.every(({ linked }) => linked) && observed()!.canary?.epoch === canary?.epoch);
}
async function ask(count: number): Promise<{ epochs: number[]; values: number[][] }> {
  const epochs: number[] = [];
  const values: number[][] = [];
  for (let i = 0; i < count; i++) {
    const answer = await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] }) });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { parameters: { epoch: number }; outputs: [{ data: number[] }] };
    epochs.push(body.parameters.epoch);
    values.push(body.outputs[0].data);
  }
  return { epochs, values };
}
const countOf = (epochs: number[], epoch: number) => epochs.filter((one) => one === epoch).length;

test("a quarter of the requests goes to the new revision, evenly; without a trial none does", async () => {
  await trial({ epoch: 2, share: 0.25, shadowShare: 0, tolerance: 1e-3 });
  const { epochs } = await ask(40);
  expect([countOf(epochs, 1), countOf(epochs, 2)]).toEqual([30, 10]);
  await served.ingress.until("it is told", () => observed()?.canary?.requests === 10);
  expect(observed()!.canary).toMatchObject({ failed: 0, shadows: { equal: 0, different: 0, failed: 0, skipped: 0 } });
  await trial(null);
  expect(countOf((await ask(10)).epochs, 1)).toBe(10);
});

test("a share of the requests is one of the requests, however many run together: 300 of 1,000", async () => {
  const route = { ...ROUTE, canary: { epoch: 2, share: 0.3, shadowShare: 0, tolerance: 1e-3 }, batching: { maxSize: 8, maxDelayMs: 2, preferredSizes: [8] } };
  sendRoute(served.ingress, [served.pipeline, same], route);
  await served.ingress.until("the trial", () => observed()?.pipelines.length === 2 && observed()!.pipelines.every(({ linked }) => linked) && observed()!.canary?.epoch === 2);
  const epochs: number[] = [];
  const executions = async () => ((await (await fetch(`${served.url}/v2/models/tiny/stats`)).json()) as { model_stats: { execution_count: number }[] }).model_stats.reduce((sum, one) => sum + one.execution_count, 0);
  const before = await executions();
  await Promise.all(Array.from({ length: 25 }, async () => { epochs.push(...(await ask(40)).epochs); }));
  expect([epochs.length, countOf(epochs, 1) + countOf(epochs, 2)]).toEqual([1000, 1000]);
  expect(Math.abs(countOf(epochs, 2) - 300)).toBeLessThanOrEqual(20);
  expect((await executions()) - before).toBeLessThan(900);
  await served.ingress.until("all are counted", () => observed()!.canary!.requests === countOf(epochs, 2));
  await trial(null);
});

test("copies are compared and their answers given to nobody: equal ones of the same cut, different ones of another model", async () => {
  await trial({ epoch: 2, share: 0, shadowShare: 1, tolerance: 1e-3 });
  const before = await ask(10);
  expect(countOf(before.epochs, 1)).toBe(10);
  const shadows = () => observed()?.canary?.shadows ?? { equal: 0, different: 0, failed: 0, skipped: 0 };
  const total = () => Object.values(shadows()).reduce((sum, count) => sum + count, 0);
  await served.ingress.until("all are compared", () => total() === 10);
  expect(shadows()).toMatchObject({ different: 0, failed: 0 });
  expect(shadows().equal).toBeGreaterThan(0);
  await trial({ epoch: 3, share: 0, shadowShare: 0.5, tolerance: 1e-3 });
  const after = await ask(10);
  expect(after.values).toEqual(before.values);
  await served.ingress.until("all are compared", () => total() === 5);
  expect(shadows()).toMatchObject({ equal: 0, failed: 0 });
  expect(shadows().different).toBeGreaterThan(0);
  expect(observed()!.canary!.maxRelError).toBeGreaterThan(1e-3);
});

test("a new revision that dies under its requests costs no client an answer, and its failures are counted", async () => {
  await trial({ epoch: 3, share: 0.5, shadowShare: 0, tolerance: 1e-3 });
  const stage = other.stages[0]!.child.process;
  // Its connections stay while it says nothing: requests are under way there when it dies.
  stage.kill("SIGSTOP");
  const asked = Promise.all(Array.from({ length: 6 }, () => ask(1)));
  await served.ingress.until("requests are under way there", () => (observed()?.pipelines.find(({ epoch }) => epoch === 3)?.inFlight ?? 0) === 3);
  stage.kill("SIGKILL");
  expect((await asked).flatMap(({ epochs }) => epochs)).toEqual(Array(6).fill(1));
  await served.ingress.until("it is told", () => observed()?.canary?.requests === 3);
  expect(observed()!.canary!.failed).toBe(3);
  expect(countOf((await ask(4)).epochs, 1)).toBe(4);
});

test("of two replicas of each revision the trial's share falls to both new ones; one of them dies under its requests: nobody loses an answer, and the other one goes on being tried", async () => {
  const [current, second] = [lay(1, tinyLayers(0, 1, WIDTH)), lay(2, tinyLayers(0, 1, WIDTH))];
  for (const { child } of [...current.stages, ...second.stages]) await child.until("ready", ready);
  for (const [pipelines, replica] of [[[served.pipeline, same], 1], [[current, second], 2]] as const) for (const { pipeline } of pipelines) Object.assign(pipeline, { replica, rate: 1 });
  sendRoute(served.ingress, [served.pipeline, current, same, second], { ...ROUTE, canary: { epoch: 2, share: 0.5, shadowShare: 0, tolerance: 1e-3 } });
  const replica = (epoch: number, wanted: number) => observed()?.pipelines.find((one) => one.epoch === epoch && one.replica === wanted);
  await served.ingress.until("all are linked", () => observed()?.pipelines.length === 4 && observed()!.pipelines.every(({ linked }) => linked));
  const asked = await Promise.all(Array.from({ length: 8 }, () => ask(5)));
  expect(countOf(asked.flatMap(({ epochs }) => epochs), 2)).toBe(20);
  await served.ingress.until("all have answered", () => [1, 2].every((epoch) => [1, 2].every((one) => (replica(epoch, one)?.counts?.answered ?? 0) > 0)));
  await served.ingress.until("all are counted", () => observed()!.canary!.requests === 20);
  const { failed, requests } = observed()!.canary!;
  const stage = second.stages[0]!.child.process;
  stage.kill("SIGSTOP");
  const under = Promise.all(Array.from({ length: 16 }, () => ask(1)));
  await served.ingress.until("requests are under way there", () => (replica(2, 2)?.inFlight ?? 0) > 0);
  stage.kill("SIGKILL");
  expect((await under).flatMap(({ epochs }) => epochs)).toHaveLength(16);
  await served.ingress.until("it is known to be broken", () => replica(2, 2)?.linked === false);
  expect(countOf((await ask(10)).epochs, 2)).toBe(5);
  await served.ingress.until("it is told", () => observed()!.canary!.requests === requests + 13);
  expect(observed()!.canary!.failed).toBeGreaterThan(failed);
});
