// Accuracy runs of what a deployment is compared with: the same labelled pictures asked of a cut model, of the whole model on one node by itself, and of another system by its address over HTTP and
// gRPC, on real agents; and of endpoints that are not ours. What is right is known beforehand, and asserted.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { awaitOperation, type Cluster, startCluster } from "../../e2e/cluster.ts";
import { demoModel } from "../../server/demo/bundled-models.ts";
import type { LoadReport } from "../../server/loadgen/method/load-report.ts";
import { serveModel, type ServedModel } from "./serve-model.ts";

const SEEN = "CUTPLANE READS 2026";
/** It says what is above. */
const PICTURE = readFileSync(path.resolve(import.meta.dirname, "../../server/demo/picture.png")).toString("base64");
const picture = (label: string, base64 = PICTURE) => JSON.stringify({ base64, label });
/** Read, read otherwise than its label says, a picture that is cut off, and read with a space more: so two of four are right. */
const LINES = [picture(SEEN), picture(SEEN.replace("6", "5")), picture("GONE", PICTURE.slice(0, 400)), picture(` ${SEEN}`)];
const KNOWN = { asked: 4, correct: 2, graded: { rule: "text", outcomes: "rwfr", sampleCount: 4, failedCount: 1, refusedCount: 0, unreadableCount: 0, text: { characters: 3 * SEEN.length + 4, wrongCharacters: 1 + 4 } } };
const OTHER = "second";
const WITHIN_MS = 240_000;

let cluster: Cluster;
let served: ServedModel;
let otherUrl: string;
const servers: Server[] = [];
beforeAll(async () => {
  cluster = await startCluster(["alpha", "beta"]);
  const { name, processor, processorFiles, path: file } = demoModel();
  if (!processor) throw new Error("the recognition model has no processor");
  served = await serveModel(cluster, { name, processor, processorFiles: processorFiles.map((one) => ({ name: one.name, bytes: readFileSync(one.path) })) }, readFileSync(file));
  otherUrl = await serveWhole(OTHER);
}, WITHIN_MS);
afterAll(() => cluster?.stop());
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** The other system: a deployment of its own, the whole model on the second node. Where its requests enter. */
async function serveWhole(name: string): Promise<string> {
  const { modelId, topologyId, layerCount } = served;
  const plan = await cluster.api<{ id: string }>("POST", "/plans", { modelId, topologyId, placement: [{ from: 0, to: layerCount, topologyNodeId: "tn_1" }] });
  const { operation, deployment } = await cluster.api<{ operation: { id: string }; deployment: { id: string } }>("POST", "/deployments", { name, planId: plan.id });
  await awaitOperation(cluster, operation);
  const { ingress } = await cluster.api<{ ingress: { url: string }[] }>("GET", `/deployments/${deployment.id}`);
  return ingress[0]?.url ?? "";
}

type Row = { id: string; isValid: boolean; target: { kind: string }; accuracy: { right: number; asked: number } | null };
type Asked = { row: Row; report: LoadReport };

async function put(lines: readonly string[]): Promise<string> {
  const answer = await fetch(`${cluster.url}/api/v1/files/dataset?name=lines.jsonl`, { method: "PUT", body: lines.join("\n") });
  return ((await answer.json()) as { digest: string }).digest;
}

const listRuns = () => cluster.api<Row[]>("GET", `/deployments/${served.deploymentId}/load-runs`);

async function ask(digest: string, more: object = {}): Promise<Asked> {
  const request = { scenario: "Offline", what: "accuracy", concurrency: 2, dataset: { name: "lines.jsonl", digest } };
  const { operation } = await cluster.api<{ operation: { id: string } }>("POST", `/deployments/${served.deploymentId}/load-runs`, { request, ...more });
  await awaitOperation(cluster, operation);
  const [row] = (await listRuns()) as [Row];
  return { row, report: (await cluster.api<{ report: LoadReport }>("GET", `/load-runs/${row.id}`)).report };
}

async function listen(answer: (url: string, body: string) => { status?: number; json: unknown }): Promise<string> {
  const server = createServer((req, res) => {
    const pieces: Buffer[] = [];
    req.on("data", (piece: Buffer) => pieces.push(piece)).on("end", () => {
      const { status = 200, json } = answer(req.url ?? "", Buffer.concat(pieces).toString());
      res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("the same pictures of a cut model, of one node by itself, and of another system over HTTP and gRPC: each has the known two of four right, and no two differ", async () => {
  const digest = await put(LINES);
  const address = { kind: "url", url: otherUrl, api: "oip", model: OTHER };
  const runs = {
    cut: await ask(digest),
    node: await ask(digest, { target: { kind: "node", nodeId: cluster.agents[1]?.nodeId }, besideRunning: true }),
    http: await ask(digest, { target: address }),
    grpc: await ask(digest, { target: { ...address, url: otherUrl.replace("http:", "grpc:") } }),
  };
  for (const [name, { row, report }] of Object.entries(runs)) {
    expect(report.accuracy, name).toMatchObject(KNOWN);
    expect(row, name).toMatchObject({ isValid: false, accuracy: { right: 2, asked: 4 } });
    expect(report.accuracy?.graded?.wrong, name).toMatchObject([{ sample: 1, expected: "CUTPLANE READS 2025", got: SEEN, why: null }, { sample: 2, expected: "GONE", got: null, why: expect.stringMatching(name === "grpc" ? /^INVALID_ARGUMENT: / : /^status 400: /) }]);
  }
  expect(Object.values(runs).map(({ row }) => row.target)).toMatchObject([{ kind: "deployment" }, { kind: "node", nodeName: "beta" }, address, { kind: "url", url: otherUrl.replace("http:", "grpc:") }]);
  for (const { row } of [runs.node, runs.http, runs.grpc]) {
    const { differences } = await cluster.api<{ differences: object[] }>("GET", `/load-runs/${row.id}/compare?before=${runs.cut.row.id}`);
    expect(differences).toMatchObject([{ name: "accuracy", before: 0.5, after: 0.5, kind: "no difference seen", pairs: { gained: 0, lost: 0 } }]);
  }
  // The rig of the node's run is gone.
  expect((await cluster.api<{ name: string }[]>("GET", "/deployments")).map(({ name }) => name).filter((name) => name.startsWith("rig-"))).toEqual([]);
}, WITHIN_MS);

test("tensors are asked of any endpoint of the protocol, whatever its model takes", async () => {
  // Its highest score is where its input's highest value is.
  const url = await listen((asked, body) => {
    if (asked === "/v2") return { json: { name: "theirs", version: "1" } };
    if (!asked.endsWith("/infer")) return { json: { name: "m", inputs: [{ name: "a", datatype: "FP32", shape: [-1, 3] }] } };
    const { inputs } = JSON.parse(body) as { inputs: { data: number[] }[] };
    return { json: { outputs: [{ name: "scores", datatype: "FP32", shape: [1, 3], data: inputs[0]?.data }] } };
  });
  const scores = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]];
  const digest = await put(scores.map((data, at) => JSON.stringify({ inputs: [{ name: "a", datatype: "FP32", shape: [1, 3], data }], label: at === 3 ? 0 : at })));
  const { row, report } = await ask(digest, { target: { kind: "url", url, api: "oip", model: "m" } });
  expect(row).toMatchObject({ isValid: true, accuracy: { right: 3, asked: 4 } });
  expect(report.accuracy?.graded).toMatchObject({ rule: "class", outcomes: "rrrw", wrong: [{ sample: 3, expected: 0, got: "2" }] });
}, WITHIN_MS);

test("texts are asked of OpenAI's embeddings, once they fit them", async () => {
  const places: Record<string, number[]> = { "win money": [1, 0], "money now": [1, 0.1], "at noon": [0, 1], "see you": [0.1, 1] };
  const url = await listen((_asked, body) => ({ json: { data: [{ embedding: places[(JSON.parse(body) as { input: string }).input] }] } }));
  const row = (text: string) => JSON.stringify({ text, label: text.includes("money") ? "spam" : "ham" });
  const digest = await put(Object.keys(places).map(row));
  const facts = (of: string, more = "") => cluster.api("GET", `/deployments/${served.deploymentId}/load-datasets/${of}?name=lines.jsonl${more}`);
  expect(await facts(digest, "&api=openai-embeddings")).toEqual({ sampleCount: 4, form: "texts", labels: "texts", labelCount: 2 });
  // The deployment's own model takes pictures.
  await expect(facts(digest)).rejects.toThrow(/line 1: it is a text, and the processor ctc-text of .* takes a picture/);
  const { report } = await ask(digest, { target: { kind: "url", url: `${url}/v1`, api: "openai-embeddings", model: "m" } });
  expect(report.accuracy).toMatchObject({ asked: 4, correct: 4, graded: { rule: "embedding", outcomes: "rrrr" } });
  const alone = await put([...Object.keys(places).map(row), JSON.stringify({ text: "Hello.", label: "letter" })]);
  await expect(ask(alone, { target: { kind: "url", url: `${url}/v1`, api: "openai-embeddings", model: "m" } })).rejects.toThrow(/400 .*has one sample only of the label/);
}, WITHIN_MS);

test("what no graded answer can come of is refused, in words, and no run is kept", async () => {
  const before = (await listRuns()).length;
  const digest = await put(LINES);
  const at = (target: object) => ask(digest, { target: { kind: "url", model: "m", ...target } });
  await expect(at({ url: "http://127.0.0.1:9/v1", api: "openai-chat" })).rejects.toThrow(/400 .*line 1: a picture or a sound is not for OpenAI's chat/);
  await expect(at({ url: "grpc://127.0.0.1:9", api: "openai-chat" })).rejects.toThrow(/400 .*is not spoken over gRPC/);
  await expect(ask(await put([JSON.stringify({ text: "2+2?", label: 4 })]), { target: { kind: "url", url: "http://127.0.0.1:9/v1", api: "openai-chat", model: "m" } })).rejects.toThrow(/400 .*its label must be one, in quotes/);
  // Only the endpoint knows whether it takes pictures.
  const url = await listen(() => ({ status: 404, json: { error: "unknown model" } }));
  await expect(at({ url, api: "oip" })).rejects.toThrow(/Nothing could be measured: A text, a picture or a sound is for a model with a processor/);
  await expect(at({ url: otherUrl.replace("http:", "grpc:"), api: "oip" })).rejects.toThrow(/Nothing could be measured: A text, a picture or a sound .* NOT_FOUND/);
  expect(await listRuns()).toHaveLength(before);
}, WITHIN_MS);
