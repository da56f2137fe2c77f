import { afterAll, beforeAll, expect, test } from "vitest";
import { observedOf } from "../stage/testdata/test-nodes.ts";
import { sendRoute } from "../stage/testdata/test-pipeline.ts";
import { ROUTE, type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

let served: ServedModel;
beforeAll(async () => { served = await serveModel({ route: { batching: { maxSize: 8, maxDelayMs: 2, preferredSizes: [4, 8] } } }); }, 60_000);
afterAll(() => served?.fleet.close());

const infer = async (values: number[]) => ((await (await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [values.length / WIDTH, WIDTH], data: values }] }) })).json()) as { outputs: [{ shape: number[]; data: number[] }] }).outputs[0];
const stats = async () => ((await (await fetch(`${served.url}/v2/models/tiny/stats`)).json()) as { model_stats: [{ inference_count: number; execution_count: number; batch_stats: { batch_size: number; compute_infer: { count: number } }[]; inference_stats: Record<string, { count: number; ns: number }> }] }).model_stats[0];

test("many clients' requests run together and are answered as if alone; the histogram and the configuration tell", async () => {
  const requests = Array.from({ length: 60 }, (_, index) => Array.from({ length: WIDTH * (1 + (index % 2)) }, (_, at) => Math.sin(index * 7 + at)));
  const together = await Promise.all(requests.map(infer));
  const after = await stats();
  expect(after.execution_count).toBeLessThan(after.inference_count);
  expect(Math.max(...after.batch_stats.map((one) => one.batch_size))).toBeGreaterThan(2);
  const sumOf = (name: string) => after.inference_stats[name]!.ns;
  expect(Math.abs(sumOf("queue") + sumOf("compute_input") + sumOf("compute_infer") + sumOf("compute_output") - sumOf("success"))).toBeLessThan(100);
  const config = (await (await fetch(`${served.url}/v2/models/tiny/config`)).json()) as object;
  expect(config).toMatchObject({ max_batch_size: 8, dynamic_batching: { preferred_batch_size: [4, 8], max_queue_delay_microseconds: 2000 }, input: [{ dims: [WIDTH] }] });
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, batching: null });
  await served.ingress.until("alone", (child) => observedOf(child)[0]!.pipelines[0]!.inFlight === 0);
  for (const [index, request] of requests.entries()) {
    const alone = await infer(request);
    expect(together[index]!.shape).toEqual(alone.shape);
    for (const [at, value] of alone.data.entries()) expect(together[index]!.data[at]).toBeCloseTo(value, 5);
  }
});

test("requests that name a version run together as well, and are answered by it", async () => {
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, batching: { maxSize: 8, maxDelayMs: 2, preferredSizes: [4, 8] } });
  await expect.poll(async () => ((await (await fetch(`${served.url}/v2/models/tiny/config`)).json()) as { max_batch_size: number }).max_batch_size).toBe(8);
  const before = await stats();
  const body = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
  const answers = await Promise.all(Array.from({ length: 60 }, async () => (await (await fetch(`${served.url}/v2/models/tiny/versions/3/infer`, { method: "POST", body })).json()) as { model_version: string }));
  expect(new Set(answers.map(({ model_version }) => model_version))).toEqual(new Set(["3"]));
  const after = await stats();
  expect(after.inference_count - before.inference_count).toBe(60);
  expect(after.execution_count - before.execution_count).toBeLessThan(50);
});

test("a sequence_id says nothing to a model without state: its requests need no start, and run together as all do", async () => {
  const before = await stats();
  const body = (index: number) => JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }], parameters: { sequence_id: 1 + (index % 3), sequence_end: index > 50 } });
  const statuses = await Promise.all(Array.from({ length: 60 }, async (_, index) => (await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: body(index) })).status));
  expect(new Set(statuses)).toEqual(new Set([200]));
  const after = await stats();
  expect(after.inference_count - before.inference_count).toBe(60);
  expect(after.execution_count - before.execution_count).toBeLessThan(50);
});

test("a key that asks for more than its limits allow is told when to come again, over REST", async () => {
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, keyLimits: { requestsPerSecond: 0.001, burst: 3, maxInFlight: 8 } });
  const body = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
  const ask = () => fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body });
  await expect.poll(async () => (await ask()).status).toBe(429);
  const refused = await ask();
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(100);
  expect(await refused.json()).toMatchObject({ code: "key_limit", error: expect.stringMatching(/may send 0.001 requests a second/) });
});

test("what is in force of the limits is followed while it serves: each alone, and together again; what clients are told of shapes stays", async () => {
  const follow = async (now: { maxSize: number; maxDelayMs: number }) => {
    sendRoute(served.ingress, [served.pipeline], { ...ROUTE, batching: { maxSize: 8, maxDelayMs: 2, preferredSizes: [], now } });
    // Routes and requests come by different ways.
    await expect.poll(async () => (await ask()).joined).toBe(now.maxSize > 1);
  };
  const ask = async () => {
    const before = await stats();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => infer(Array.from({ length: WIDTH }, () => at))));
    const after = await stats();
    expect(answers.every((one) => one.shape[0] === 1)).toBe(true);
    return { joined: after.execution_count - before.execution_count < after.inference_count - before.inference_count };
  };
  const mostOf = async () => ((await (await fetch(`${served.url}/v2/models/tiny/config`)).json()) as { max_batch_size: number }).max_batch_size;
  await follow({ maxSize: 1, maxDelayMs: 0 });
  expect(await mostOf()).toBe(8);
  await follow({ maxSize: 4, maxDelayMs: 2 });
  expect(await mostOf()).toBe(8);
  await follow({ maxSize: 1, maxDelayMs: 0 });
});
