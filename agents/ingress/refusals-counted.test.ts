// Every request that a deployment did not answer is told in its numbers, once: whichever protocol it came by, and however early it ended.
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendRoute } from "../stage/testdata/test-pipeline.ts";
import { parseExposition } from "../testdata/parse-exposition.ts";
import { type FakeCollector, readAttributes, startFakeCollector } from "./testdata/fake-collector.ts";
import { callGrpc, grpcStub, type Stub } from "./testdata/grpc-stub.ts";
import { ROUTE, type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

const INFER = "v2/models/tiny/infer";
const PARENT = "00f067aa0ba902b7";
let collector: FakeCollector;
let served: ServedModel;
let stub: Stub;
beforeAll(async () => {
  collector = await startFakeCollector();
  served = await serveModel({ otlp: { url: collector.url, headers: {}, ratio: 0 } });
  stub = grpcStub(served.host);
}, 60_000);
afterAll(async () => {
  stub?.close();
  await served?.fleet.close();
  await collector?.close();
});

const input = { name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] };
const post = async (path: string, body: object, headers: Record<string, string> = {}) => (await fetch(`${served.url}/${path}`, { method: "POST", headers, body: JSON.stringify(body) })).status;
const overGrpc = (shape: number[]) => callGrpc(stub, "ModelInfer", { model_name: "tiny", inputs: [{ name: "v0", datatype: "FP32", shape, contents: { fp32_contents: shape[1] === WIDTH ? input.data : [1] } }] }).then(() => 0, (error: { code: number }) => error.code);

/** Outcomes, codes and failures so far. */
async function counted(): Promise<Record<string, number>> {
  const text = await (await fetch(`${served.url}/metrics`)).text();
  const told = parseExposition(text);
  const { model_stats: rows } = (await (await fetch(`${served.url}/v2/models/tiny/stats`)).json()) as { model_stats: { inference_stats: { fail: { count: number } } }[] };
  const of = (name: string, label: string) => (told.get(name)?.samples ?? []).map(({ labels, value }): [string, number] => [labels[label]!, value]);
  return { ...Object.fromEntries([...of("cutplane_ingress_requests_total", "outcome"), ...of("cutplane_ingress_errors_total", "code")]), fail: rows.reduce((sum, row) => sum + row.inference_stats.fail.count, 0) };
}
async function grew(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await counted();
  await act();
  const after = await counted();
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]).filter(([, count]) => count !== 0));
}

test("a request that is wrong itself is refused, not failed: over REST, over gRPC, and on its way to a processor", async () => {
  expect(await grew(async () => {
    expect(await post(INFER, { inputs: [{ ...input, shape: [1, 1], data: [1] }] })).toBe(400);
    expect(await post(INFER, { inputs: [] })).toBe(400);
    expect(await overGrpc([1, 1])).toBe(3);
  })).toEqual({ refused: 3, bad_request: 3, fail: 3 });
  expect(await grew(async () => expect(await post("v2/models/tiny/process", {})).toBe(404))).toEqual({ refused: 1, processor: 1, fail: 1 });
});

test("one that could not be taken has failed, and one that is answered has not; each once", async () => {
  expect(await grew(() => post(INFER, { inputs: [input] }))).toEqual({ succeeded: 1 });
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, currentEpoch: null });
  const ready = async () => (await fetch(`${served.url}/v2/models/tiny/ready`)).status;
  await expect.poll(ready, { timeout: 15_000 }).toBe(503);
  expect(await grew(async () => {
    expect(await post(INFER, { inputs: [input] })).toBe(503);
    expect(await overGrpc([1, WIDTH])).toBe(14);
  })).toEqual({ failed: 2, not_ready: 2, fail: 2 });
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, admitPerSecond: 0.001 });
  await expect.poll(async () => (await ready()) === 200 && (await post(INFER, { inputs: [input] })), { timeout: 15_000 }).toBe(429);
  expect(await grew(async () => expect(await post(INFER, { inputs: [input] })).toBe(429))).toEqual({ failed: 1, overloaded: 1, fail: 1 });
});

test("one that is refused leaves a span of its trace, and is among those the console is told of", async () => {
  const traceId = "8".repeat(32);
  const samples = () => served.ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples : []));
  // What was asked before is told by then.
  const before = samples().length;
  await served.ingress.until("a sample", () => samples().length > before);
  collector.spans.length = 0;
  expect(await post(INFER, { inputs: [] }, { traceparent: `00-${traceId}-${PARENT}-01` })).toBe(400);
  await expect.poll(() => collector.spans.length, { timeout: 20_000 }).toBe(1);
  expect(collector.spans[0]).toMatchObject({ traceId, parentSpanId: PARENT, status: { code: 2, message: expect.stringContaining('"inputs"') } });
  expect(readAttributes(collector.spans[0]!.attributes as never)).toMatchObject({ "error.type": "bad_request", "cutplane.version": "3" });
  await served.ingress.until("the request is told", () => samples().some(({ recent = [] }) => recent.some((one) => one.context?.traceId === traceId && one.errorCode === "bad_request")));
  // What clients get wrong is no demand, and no failure of the deployment.
  const told = samples().find(({ recent = [] }) => recent.some((one) => one.context?.traceId === traceId))!;
  expect([told.errors.bad_request, told.accepted, told.failed]).toEqual([1, 0, 0]);
});
