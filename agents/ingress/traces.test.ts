// Traces as a collector gets them: a real ingress and stage, a collector that takes nothing but OTLP.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { observedOf } from "../stage/testdata/test-nodes.ts";
import { OtlpExporter } from "./otlp-exporter.ts";
import { requestSpans } from "./request-spans.ts";
import { type FakeCollector, readAttributes, startFakeCollector } from "./testdata/fake-collector.ts";
import { type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
let collector: FakeCollector;
let served: ServedModel;
beforeAll(async () => {
  collector = await startFakeCollector();
  served = await serveModel({ otlp: { url: collector.url, headers: { "x-tenant": "edge" }, ratio: 0 } });
}, 60_000);
afterAll(async () => {
  await served?.fleet.close();
  await collector?.close();
});
beforeEach(() => { collector.spans.length = 0; collector.headers.length = 0; });

const infer = (headers: Record<string, string>, data = [1, 2, 3, 4]) => fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", headers, body: JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data }] }) });
const recent = () => served.ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples.flatMap((sample) => sample.recent ?? []) : []));

test("a request that belongs to a trace becomes its spans: one of the request, one a hop, one a segment, with what was measured", async () => {
  const answer = await infer({ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "congo=t61rcWkgMzE" });
  expect(answer.status).toBe(200);
  const { parameters } = (await answer.json()) as { parameters: { request_id: string } };
  await expect.poll(() => collector.spans.length, { timeout: 20_000 }).toBe(5);
  expect(collector.wrong).toEqual([]);
  expect(collector.headers[0]!["x-tenant"]).toBe("edge");
  expect(collector.resources[0]).toMatchObject({ "service.name": "cutplane-ingress", "service.instance.id": "nod_a" });
  const [root, ...parts] = collector.spans;
  expect(root).toMatchObject({ name: "infer tiny", kind: 2, parentSpanId: PARENT, status: { code: 0 } });
  expect(readAttributes(root!.attributes as never)).toMatchObject({ "cutplane.request.id": parameters.request_id, "cutplane.version": "3", "cutplane.attempts": 1 });
  expect(parts.map(({ name }) => name)).toEqual(["wait at the ingress", "hop nod_a to nod_a", "segment 0", "hop nod_a to nod_a"]);
  for (const span of collector.spans) expect(span).toMatchObject({ traceId: TRACE, traceState: "congo=t61rcWkgMzE" });
  for (const span of parts) expect(span.parentSpanId).toBe(root!.spanId);
  expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(5);
  // The same request as the console is told it: the same ids, the same times.
  await served.ingress.until("the request is told", () => recent().some((one) => one.context?.traceId === TRACE));
  const told = recent().find((one) => one.requestId === parameters.request_id)!;
  expect(told.context).toEqual({ traceId: TRACE, spanId: root!.spanId, parentSpanId: PARENT, sampled: true });
  expect(readAttributes(parts[2]!.attributes as never)["cutplane.compute_ms"]).toBe(told.stages[0]!.computeMs);
});

test("what is not sampled is told to the console and to no collector; what brings no trace begins none at a ratio of 0; a bad one is none", async () => {
  const other = "5".repeat(32);
  expect((await infer({ traceparent: `00-${other}-${PARENT}-00` })).status).toBe(200);
  await infer({});
  await infer({ traceparent: "00-hello" });
  await served.ingress.until("the request is told", () => recent().some((one) => one.context?.traceId === other && !one.context.sampled));
  await served.ingress.until("those without a trace are told", () => recent().filter((one) => one.context === undefined).length >= 2);
  // One that is sampled comes after them, and alone.
  await infer({ traceparent: `00-${"6".repeat(32)}-${PARENT}-01` });
  await expect.poll(() => collector.spans.length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set(["6".repeat(32)]));
});

test("a request that fails is a span with its error", async () => {
  expect((await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", headers: { traceparent: `00-${"7".repeat(32)}-${PARENT}-01` }, body: JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, 1], data: [1] }] }) })).status).toBe(400);
  await expect.poll(() => collector.spans.length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(collector.spans[0]).toMatchObject({ status: { code: 2, message: expect.stringContaining("shape [1, 1]") } });
  expect(readAttributes(collector.spans[0]!.attributes as never)["error.type"]).toBe("bad_request");
});

const CONTEXT = { traceId: TRACE, spanId: "a".repeat(16), parentSpanId: null, sampled: true, state: null };
const ABOUT = { modelName: "m", deploymentId: "d", version: "1", ingressNodeId: "nod_i", startedAtMs: 1_800_000_000_000.5, totalMs: 20, waitedMs: 1 };
const times = (receiveMs: number, roundTripMs: number | null, holdMs: number) => ({ receiveMs, roundTripMs, holdMs });

test("parts lie one after the other; a hop is its transfer and half a round trip, a segment how long it held the request", () => {
  const stages = [
    { stageIndex: 0, nodeId: "nod_a", queueMs: 1, computeMs: 2, receivedBytes: 100, times: times(0.5, 1, 3.5) },
    { stageIndex: 1, nodeId: "nod_b", queueMs: 0, computeMs: 4, receivedBytes: 50, times: times(1, null, 4.25) },
  ];
  const spans = requestSpans({ requestId: "r", startedAt: "", totalMs: 19, ok: true, errorCode: null, stages, attempts: 1, sendMs: 0.5, answer: { receiveMs: 0.25, roundTripMs: 3, bytes: 8 } }, CONTEXT, ABOUT);
  const at = (span: (typeof spans)[number]) => [span.name, Number(BigInt(span.startTimeUnixNano) - 1_800_000_000_000_500_000n) / 1e6, Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6];
  expect(spans.map(at)).toEqual([
    ["infer m", 0, 20], ["wait at the ingress", 0, 1.5], ["hop nod_i to nod_a", 1.5, 1], ["segment 0", 2.5, 3.5], ["hop nod_a to nod_b", 6, 1], ["segment 1", 7, 4.25], ["hop nod_b to nod_i", 11.25, 1.75],
  ]);
  expect(spans[0]!.parentSpanId).toBe("");
});

test("a processor has a span before all others and one behind them, of the same trace and parent, with what it waited and ran", () => {
  const stages = [{ stageIndex: 0, nodeId: "nod_a", queueMs: 1, computeMs: 2, receivedBytes: 100, times: times(0.5, 1, 3.5) }];
  const processor = { pre: { waitMs: 2, tookMs: 6 }, post: { waitMs: 0.5, tookMs: 1 } };
  const [root, ...parts] = requestSpans({ requestId: "r", startedAt: "", totalMs: 17, ok: true, errorCode: null, stages, sendMs: 0.5, answer: { receiveMs: 0.25, roundTripMs: 3, bytes: 8 }, processor }, CONTEXT, ABOUT);
  expect(parts.map(({ name }) => name)).toEqual(["preprocess", "wait at the ingress", "hop nod_i to nod_a", "segment 0", "hop nod_a to nod_i", "postprocess"]);
  for (const span of parts) expect(span).toMatchObject({ traceId: TRACE, parentSpanId: root!.spanId, kind: 1 });
  const [pre, post] = [parts[0]!, parts.at(-1)!];
  expect(pre.startTimeUnixNano).toBe(root!.startTimeUnixNano);
  expect(parts[1]!.startTimeUnixNano).toBe(pre.endTimeUnixNano);
  expect(BigInt(pre.endTimeUnixNano) - BigInt(pre.startTimeUnixNano)).toBe(8_000_000n);
  expect(post.startTimeUnixNano).toBe(parts.at(-2)!.endTimeUnixNano);
  expect([pre, post].map(({ attributes }) => readAttributes(attributes as never))).toEqual([
    { "cutplane.node": "nod_i", "cutplane.queue_ms": 2, "cutplane.compute_ms": 6 }, { "cutplane.node": "nod_i", "cutplane.queue_ms": 0.5, "cutplane.compute_ms": 1 },
  ]);
});

test("a collector that is busy is asked again, one that refuses is not, one that takes a part is believed; the queue has an end", async () => {
  const own = await startFakeCollector();
  const problems: (string | null)[] = [];
  const exporter = new OtlpExporter({ settings: { url: own.url, headers: {}, ratio: 1 }, nodeId: "nod_x", problem: (message) => problems.push(message) });
  const spans = requestSpans({ requestId: "r", startedAt: "", totalMs: 1, ok: true, errorCode: null, stages: [] }, CONTEXT, ABOUT);
  const told = () => Object.fromEntries(exporter.metrics().flatMap(({ rows }) => rows.map(([labels, value]) => [labels.reason ?? "exported", value])));
  own.answers.push({ status: 503, headers: { "retry-after": "0" } }, { status: 200 });
  exporter.add(spans);
  await exporter.flush();
  expect([own.spans.length, own.headers.length]).toEqual([1, 2]);
  own.answers.push({ status: 401 });
  exporter.add(spans);
  await exporter.flush();
  expect(own.headers.length).toBe(3);
  own.answers.push({ status: 200, body: { partialSuccess: { rejectedSpans: "1", errorMessage: "too old" } } });
  exporter.add([...spans, ...spans]);
  await exporter.flush();
  expect(told()).toEqual({ exported: 2, full: 0, failed: 1, rejected: 1 });
  expect(problems).toEqual([expect.stringContaining("401"), null]);
  for (let i = 0; i < 5000; i++) exporter.add(spans);
  expect(told().full).toBe(5000 - 4096);
  await own.close();
  // Nobody is there any more: stopping does not wait for ever.
  await exporter.stop(50);
  expect(told().failed).toBeGreaterThan(512);
  expect(observedOf(served.ingress)[0]?.pipelines[0]?.linked).toBe(true);
});
