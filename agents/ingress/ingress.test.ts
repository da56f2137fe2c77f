import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RequestTrace } from "../protocol/control.ts";
import { encodeParityFile } from "../protocol/parity-file.ts";
import { encodePreamble } from "../protocol/preamble.ts";
import type { TensorSpec } from "../protocol/tensor.ts";
import { dataContext, dialData } from "../stage/data-tls.ts";
import { probePeer } from "../stage/probe.ts";
import { observedOf, ready, TestFleet, type IngressChild, type TestNode } from "../stage/testdata/test-nodes.ts";
import { LIMITS, layPipeline, sendRoute, type TestPipeline } from "../stage/testdata/test-pipeline.ts";
import { testTrust } from "../stage/testdata/test-trust.ts";
import { tinyLayers } from "../stage/testdata/tiny-onnx.ts";

const WIDTH = 4;
const spec = (name: string): TensorSpec => ({ name, dataType: "float32", shape: ["n", WIDTH] });
const ROUTE = { currentEpoch: 1, inputs: [spec("v0")], outputs: [spec("v2")] };
let fleet: TestFleet;
let nodes: TestNode[];
let ingress: IngressChild;
let pipeline: TestPipeline;
let url: string;

beforeAll(async () => {
  fleet = await TestFleet.start();
  nodes = [await fleet.node("nod_a"), await fleet.node("nod_b")];
  ingress = await fleet.ingress(nodes[0]!);
  url = ingress.last("listening")!.url;
  const segment = (from: number) => ({ bytes: tinyLayers(from, from + 1, WIDTH), inputs: [spec(`v${from}`)], outputs: [spec(`v${from + 1}`)], sends: [`v${from + 1}`], warmShapes: [{ name: `v${from}`, dataType: "float32" as const, shape: [1, WIDTH] }] });
  pipeline = layPipeline(fleet, nodes[0]!, nodes, [segment(0), segment(1)], { epoch: 1, sends: ["v0"] });
  sendRoute(ingress, [pipeline], ROUTE);
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true);
}, 180_000);
afterAll(() => fleet?.close());

const post = (body: unknown, path = "/v2/models/tiny/infer", headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
const good = { name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] };

test("server, health and model endpoints", async () => {
  expect(await (await fetch(`${url}/v2`)).json()).toMatchObject({ name: "triton", version: "cutplane-dev" });
  expect(await (await fetch(`${url}/v2/health/live`)).json()).toEqual({ live: true });
  expect(await (await fetch(`${url}/v2/health/ready`)).json()).toEqual({ ready: true });
  expect(await (await fetch(`${url}/v2/models/tiny`)).json()).toMatchObject({ name: "tiny", versions: ["1"], inputs: [{ name: "v0", datatype: "FP32", shape: [-1, WIDTH] }] });
  expect((await fetch(`${url}/v2/models/tiny/versions/1/ready`)).status).toBe(200);
  expect((await fetch(`${url}/v2/models/tiny/versions/2`)).status).toBe(404);
  expect((await fetch(`${url}/v2/models/none`)).status).toBe(404);
  expect((await fetch(`${url}/v2/models/tiny/infer`)).status).toBe(405);
  expect((await fetch(`${url}/v2/models/tiny/process`, { method: "POST", body: "x" })).status).toBe(404);
});

test("binary in and out gives the same numbers as JSON", async () => {
  const json = (await (await post({ id: "a", inputs: [good] })).json()) as { id: string; outputs: { data: number[] }[] };
  expect(json.id).toBe("a");
  const data = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
  const head = Buffer.from(JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], parameters: { binary_data_size: 16 } }], outputs: [{ name: "v2", parameters: { binary_data: true } }] }));
  const response = await fetch(`${url}/v2/models/tiny/versions/1/infer`, { method: "POST", headers: { "inference-header-content-length": String(head.length) }, body: Buffer.concat([head, data]) });
  const body = Buffer.from(await response.arrayBuffer());
  const jsonBytes = Number(response.headers.get("inference-header-content-length"));
  expect(JSON.parse(body.toString("utf8", 0, jsonBytes)).outputs[0].parameters.binary_data_size).toBe(16);
  expect(Array.from(new Float32Array(body.buffer.slice(body.byteOffset + jsonBytes, body.byteOffset + body.length)))).toEqual(json.outputs[0]!.data);
});

test.each([
  ["no JSON", "{", /not JSON/], ["no inputs", {}, /inputs/], ["unknown input", { inputs: [{ ...good, name: "z" }] }, /no input "z"/],
  ["wrong type", { inputs: [{ ...good, datatype: "INT32" }] }, /is INT32, the model takes FP32/], ["wrong shape", { inputs: [{ ...good, shape: [2, 2] }] }, /has shape \[2, 2\]/],
  ["too few values", { inputs: [{ ...good, data: [1] }] }, /1 values/], ["text as a number", { inputs: [{ ...good, data: [1, 2, 3, "4"] }] }, /value 3/],
  ["unknown output", { inputs: [good], outputs: [{ name: "q" }] }, /no output "q"/], ["huge shape", { inputs: [{ ...good, shape: [4294967295, 4294967295, 4294967295] }] }, /too large/],
  ["twice", { inputs: [good, good] }, /twice/], ["bad sequence", { inputs: [good], parameters: { sequence_id: [] } }, /sequence_id/],
])("refused with the reason: %s", async (_name, body, reason) => {
  const response = await post(body);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { error: string }).error).toMatch(reason);
});

test("a body past the limit is refused without being read", async () => {
  sendRoute(ingress, [pipeline], { ...ROUTE, limits: { ...LIMITS, maxRequestBytes: 1000 } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await post(" ".repeat(2000))).status).toBe(413);
  sendRoute(ingress, [pipeline], ROUTE);
});

test("beyond loopback a key is asked for", async () => {
  const open = await fleet.ingress(await fleet.node("nod_open"), { host: "0.0.0.0" });
  const key = "cpk_test";
  sendRoute(open, [], { ...ROUTE, currentEpoch: null, keyHashes: [createHash("sha256").update(key).digest("hex")] });
  const openUrl = open.last("listening")!.url;
  await open.until("route", (child) => observedOf(child).length === 1);
  expect((await fetch(`${openUrl}/v2/health/live`)).status).toBe(200);
  for (const headers of [{}, { authorization: "Bearer wrong" }] as Record<string, string>[]) expect((await fetch(`${openUrl}/v2/models/tiny`, { headers })).status).toBe(401);
  expect((await fetch(`${openUrl}/v2/models/tiny`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  const notReady = await fetch(`${openUrl}/v2/models/tiny/infer`, { method: "POST", headers: { authorization: `Bearer ${key}` }, body: "{}" });
  expect([notReady.status, notReady.headers.get("retry-after")]).toEqual([503, "1"]);
});

test("HTTPS with a certificate of the operator's, renewed without a restart", async () => {
  const trust = await testTrust();
  const [first, second] = [await trust.node("edge.example"), await trust.node("edge.example")];
  const child = await fleet.ingress(await fleet.node("nod_tls"), { httpTls: first });
  const { port, protocol } = new URL(child.last("listening")!.url);
  expect(protocol).toBe("https:");
  const ask = () => new Promise<{ status: number | undefined; serial: string }>((resolve, reject) => {
    const asked = httpsRequest({ host: "127.0.0.1", port, path: "/v2/health/live", ca: trust.caPem, servername: "edge.example", agent: false }, (answer) => {
      resolve({ status: answer.statusCode, serial: (answer.socket as TLSSocket).getPeerCertificate().fingerprint256 });
      answer.resume();
    });
    asked.on("error", reject).end();
  });
  const before = await ask();
  expect(before).toEqual({ status: 200, serial: new X509Certificate(first.certificatePem).fingerprint256 });
  child.send({ type: "http-tls", httpTls: second });
  await expect.poll(async () => (await ask()).serial).toBe(new X509Certificate(second.certificatePem).fingerprint256);
  const [reason] = await once(httpRequest({ host: "127.0.0.1", port, path: "/v2/health/live" }).end(), "error");
  expect(reason).toBeInstanceOf(Error);
});

test("verification compares with the reference before the epoch is current", async () => {
  const answer = (await (await post({ inputs: [good] })).json()) as { outputs: { data: number[] }[] };
  const bytes = (values: number[]) => new Uint8Array(new Float32Array(values).buffer);
  for (const [taskId, offset, state] of [["right", 0, "passed"], ["wrong", 0.5, "failed"]] as const) {
    const file = encodeParityFile({
      inputs: [{ name: "v0", dataType: "float32", shape: [1, WIDTH], data: bytes(good.data) }],
      outputs: [{ name: "v2", dataType: "float32", shape: [1, WIDTH], data: bytes(answer.outputs[0]!.data.map((value) => value + offset)) }],
    });
    const path = join(fleet.folder, `${taskId}.parity`);
    writeFileSync(path, file);
    sendRoute(ingress, [pipeline], { ...ROUTE, verify: { taskId, epoch: 1, parityDigest: "", parityBytes: file.length, tolerance: 1e-5 } }, path);
    await ingress.until("verified", (child) => observedOf(child)[0]?.verify?.taskId === taskId && observedOf(child)[0]?.verify?.state !== "running");
    expect(observedOf(ingress)[0]!.verify!.state).toBe(state);
  }
  sendRoute(ingress, [pipeline], ROUTE);
});

test("metrics count what happened", async () => {
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toMatch(/cutplane_ingress_requests_total\{model="tiny",deployment="dep_test",outcome="succeeded"\} [1-9]/);
});

test("data connections: strangers and wrong nodes get nowhere, garbage closes, the service goes on", async () => {
  const { host, port } = nodes[0]!.end;
  const stranger = await (await import("../stage/testdata/test-trust.ts")).testTrust().then((trust) => trust.node("nod_b"));
  const preamble = { kind: "ingress" as const, target: "ingress" };
  await expect(dialData({ host, port, preamble, nodeId: "nod_a", context: dataContext(stranger), dataProxy: null })).rejects.toThrow();
  await expect(dialData({ host, port, preamble, nodeId: "nod_other", context: dataContext(nodes[1]!.tls), dataProxy: null })).rejects.toThrow(/reached nod_a/);
  await expect(dialData({ host, port, preamble: { kind: "stage", target: "stage:none" }, nodeId: "nod_a", context: dataContext(nodes[1]!.tls), dataProxy: null })).rejects.toThrow(/unknown-target/);
  for (const garbage of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.concat([encodePreamble(preamble), Buffer.from("early")])]) {
    const socket = connect(port, host);
    socket.write(garbage);
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => undefined);
    socket.resume();
    await closed;
  }
  const secure = await dialData({ host, port, preamble, nodeId: "nod_a", context: dataContext(nodes[1]!.tls), dataProxy: null });
  const ended = new Promise((resolve) => secure.on("close", resolve));
  secure.on("error", () => undefined);
  secure.resume();
  secure.write(Buffer.alloc(4096, 0xee));
  await ended;
  expect((await post({ inputs: [good] })).status).toBe(200);
});

test("probes measure the way to another node, and say why not", async () => {
  const sample = await probePeer({ tls: nodes[0]!.tls, peer: nodes[1]!.end, dataProxy: null, bandwidth: { knownBytesPerSecond: null, light: false } });
  expect(sample).toMatchObject({ toNodeId: "nod_b", error: null });
  expect(sample.rttMs).toBeGreaterThan(0);
  expect(sample.bandwidthBytesPerSecond).toBeGreaterThan(0);
  const wrong = await probePeer({ tls: nodes[0]!.tls, peer: { ...nodes[1]!.end, nodeId: "nod_x" }, dataProxy: null, bandwidth: null });
  expect(wrong.error).toMatch(/reached nod_b/);
});

test("a data proxy carries connections by CONNECT", async () => {
  const targets: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (req, socket) => {
    targets.push(req.url!);
    const [host, port] = req.url!.split(":");
    const onward = connect(Number(port), host, () => { socket.write("HTTP/1.1 200 Connection established\r\n\r\n"); socket.pipe(onward); onward.pipe(socket); });
    for (const one of [socket, onward]) one.on("error", () => { socket.destroy(); onward.destroy(); });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const sample = await probePeer({ tls: nodes[0]!.tls, peer: nodes[1]!.end, dataProxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, bandwidth: null });
  expect(sample.error).toBeNull();
  expect(targets).toEqual([`127.0.0.1:${nodes[1]!.end.port}`]);
  proxy.close();
});

test("finished requests are told with times of one clock each, which add up to no more than the whole", async () => {
  const told: RequestTrace[] = [];
  const seen = () => {
    const sample = ingress.last("sample");
    for (const trace of sample?.samples[0]?.recent ?? []) if (!told.some((one) => one.requestId === trace.requestId)) told.push(trace);
    return told;
  };
  await expect.poll(async () => {
    await post({ inputs: [good] });
    return seen().filter((one) => one.ok).length;
  }, { timeout: 20_000 }).toBeGreaterThan(3);
  for (const trace of told.filter((one) => one.ok)) {
    expect(trace.stages.map((stage) => stage.stageIndex)).toEqual([0, 1]);
    expect(trace.answer?.bytes).toBe(4 * WIDTH);
    const inside = trace.stages.reduce((sum, { times }) => sum + (times?.holdMs ?? Number.NaN) + (times?.receiveMs ?? Number.NaN), trace.sendMs ?? Number.NaN);
    // Times on the wire are 32-bit floats.
    expect(inside + (trace.answer?.receiveMs ?? Number.NaN)).toBeLessThanOrEqual(trace.totalMs * (1 + 1e-6));
    for (const { times, queueMs, computeMs } of trace.stages) {
      expect(times?.roundTripMs).toBeGreaterThan(0);
      expect(times?.holdMs).toBeGreaterThanOrEqual((queueMs + computeMs) * (1 - 1e-6));
    }
    expect(trace.answer?.roundTripMs).toBeGreaterThan(0);
  }
  expect((await post({ inputs: [{ ...good, name: "none" }] })).status).toBeGreaterThanOrEqual(400);
});

/** Told once a second, so that two tellings of one request may be in two samples: the last one counts. */
function collect(seen: Map<string, RequestTrace[]>): RequestTrace[] {
  for (const trace of ingress.last("sample")?.samples[0]?.recent ?? []) {
    const tellings = seen.get(trace.requestId) ?? [];
    if (JSON.stringify(tellings.at(-1)) !== JSON.stringify(trace)) seen.set(trace.requestId, [...tellings, trace]);
  }
  return [...seen.values()].map((tellings) => tellings.at(-1)!).filter((trace) => !trace.ok);
}

test("a request that its deadline ends tells afterwards how far it had come", async () => {
  const seen = new Map<string, RequestTrace[]>();
  const second = pipeline.stages[1]!.child.process;
  second.kill("SIGSTOP");
  const answer = await post({ inputs: [good], parameters: { timeout: 300_000 } });
  expect(answer.status).toBe(504);
  // By now the ingress has told of it without knowing more.
  await expect.poll(() => collect(seen).map((trace) => trace.errorCode), { timeout: 10_000, interval: 20 }).toContain("deadline");
  expect(collect(seen).find((trace) => trace.errorCode === "deadline")).toMatchObject({ stages: [], attempts: 1, epoch: 1, sendMs: expect.any(Number) });
  second.kill("SIGCONT");
  await expect.poll(() => collect(seen).find((trace) => trace.errorCode === "deadline")?.stages.map((stage) => stage.stageIndex), { timeout: 10_000, interval: 20 }).toEqual([0, 1]);
  const told = collect(seen).filter((trace) => trace.errorCode === "deadline");
  expect(told).toHaveLength(1);
  for (const { times } of told[0]!.stages) expect(times?.holdMs).toBeGreaterThanOrEqual(0);
  expect((await post({ inputs: [good] })).status).toBe(200);
});

test("a request that a stage refuses tells which, and the times of those before it", async () => {
  const seen = new Map<string, RequestTrace[]>();
  const segment = (from: number, dataType: TensorSpec["dataType"]) => ({ bytes: tinyLayers(from, from + 1, WIDTH), inputs: [{ ...spec(`v${from}`), dataType }], outputs: [spec(`v${from + 1}`)], sends: [`v${from + 1}`], warmShapes: [{ name: `v${from}`, dataType: "float32" as const, shape: [1, WIDTH] }] });
  const wrong = layPipeline(fleet, nodes[0]!, nodes, [segment(0, "float32"), segment(1, "int64")], { epoch: 2, sends: ["v0"] });
  sendRoute(ingress, [wrong], { ...ROUTE, currentEpoch: 2 });
  for (const { child } of wrong.stages) await child.until("ready", ready);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines.some((one) => one.epoch === 2 && one.linked) ?? false);
  expect((await post({ inputs: [good] })).status).toBeGreaterThanOrEqual(400);
  await expect.poll(() => collect(seen).find((trace) => trace.errorCode === "bad_tensors")?.stages.map((stage) => [stage.stageIndex, stage.nodeId]), { timeout: 10_000, interval: 20 }).toEqual([[0, "nod_a"], [1, "nod_b"]]);
  const [first, last] = collect(seen).find((trace) => trace.errorCode === "bad_tensors")!.stages;
  expect(first?.computeMs).toBeGreaterThan(0);
  expect(first?.times?.holdMs).toBeGreaterThan(0);
  expect(last?.receivedBytes).toBe(4 * WIDTH);
});
