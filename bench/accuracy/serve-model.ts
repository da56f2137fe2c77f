// Owns putting a model with its processor over every agent of a cluster, a segment each, and what it answers to labelled samples in a run of `npm run loadgen`.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ProcessorInput } from "../../agents/processor/processor.ts";
import type { ProcessorSpec } from "../../agents/protocol/control.ts";
import { awaitOperation, type Cluster } from "../../e2e/cluster.ts";
import type { LoadReport } from "../../server/loadgen/method/load-report.ts";

export type AccuracyModel = { name: string; processor: ProcessorSpec; processorFiles: { name: string; bytes: Buffer }[] };
export type LabelledInput = ProcessorInput & { /** A text that a right answer contains; left out where labels are judged elsewhere. */ expect?: string };

const root = path.resolve(import.meta.dirname, "../..");
const OPERATION_TIMEOUT_MS = 180_000;

export type ServedModel = { /** Where requests enter. */ url: string; deploymentId: string; modelId: string; layerCount: number; /** Its nodes are tn_0, tn_1, … in the order of the cluster's agents. */ topologyId: string };

/** As the planner cuts it for so many nodes. @throws Error when it does not go over all of them */
export async function serveModel(cluster: Cluster, model: AccuracyModel, modelBytes: Buffer): Promise<ServedModel> {
  const { api, agents, url: console } = cluster;
  const upload = async <T>(method: string, route: string, body: Buffer): Promise<T> => {
    const answer = await fetch(`${console}/api/v1${route}`, { method, body: new Uint8Array(body), headers: { "content-type": "application/octet-stream" } });
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const { model: row } = await upload<{ model: { id: string; layerCount: number } }>("POST", `/models?name=${model.name}&fileName=${model.name}.onnx`, modelBytes);
  const files = [];
  for (const { name, bytes } of model.processorFiles) files.push({ name, digest: (await upload<{ digest: string }>("PUT", `/files/processor?name=${name}`, bytes)).digest });
  await api("PUT", `/models/${row.id}/processor`, { processor: model.processor, files });
  const nodes = agents.map(({ name, nodeId }, index) => ({ id: `tn_${index}`, name, nodeId }));
  const links = nodes.slice(1).map(({ id }, index) => ({ id: `lnk_${index}`, fromId: `tn_${index}`, toId: id }));
  const topology = await api<{ id: string }>("POST", "/topologies", { name: model.name, document: { nodes, links: [...links, { id: "lnk_back", fromId: nodes.at(-1)?.id, toId: "tn_0" }], zones: [], sourceId: "tn_0" } });
  const { placement, refusals } = await api<{ placement?: unknown[]; refusals?: { message: string }[] }>("POST", "/plans/solve", { modelId: row.id, topologyId: topology.id, objective: "latency", minStages: nodes.length });
  if (placement?.length !== nodes.length) throw new Error(`${model.name} does not go over ${nodes.length} nodes: ${refusals?.map(({ message }) => message).join(" ") ?? ""}`);
  const plan = await api<{ id: string }>("POST", "/plans", { modelId: row.id, topologyId: topology.id, placement });
  const { operation, deployment } = await api<{ operation: { id: string }; deployment: { id: string } }>("POST", "/deployments", { name: model.name, planId: plan.id });
  await awaitOperation(cluster, operation, OPERATION_TIMEOUT_MS);
  const { ingress } = await api<{ ingress: { url: string }[] }>("GET", `/deployments/${deployment.id}`);
  return { url: ingress[0]?.url ?? "", deploymentId: deployment.id, modelId: row.id, layerCount: row.layerCount, topologyId: topology.id };
}

/** Every sample once (accuracy mode), by the program itself in a process of its own. Answers by sample, parsed from its accuracy log as a person would grade them. @throws Error when the run failed or a sample was not answered */
export async function askAll(url: string, model: string, samples: readonly LabelledInput[], folder: string): Promise<{ answers: unknown[]; report: LoadReport }> {
  mkdirSync(folder, { recursive: true });
  const listFile = path.join(folder, "samples.jsonl");
  const rows = samples.map(({ body, contentType, expect }, sample) => {
    writeFileSync(path.join(folder, `sample-${sample}`), body);
    return JSON.stringify({ file: `sample-${sample}`, contentType, expect });
  });
  writeFileSync(listFile, `${rows.join("\n")}\n`);
  const words = ["--scenario", "Offline", "--qps", "10", "--concurrency", "4", "--mode", "accuracy", "--api", "process", "--target", url, "--model", model, "--data", listFile, "--output", folder];
  const child = spawn(process.execPath, ["--import", "tsx", path.join(root, "server/loadgen/main.ts"), ...words], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (piece) => { told += piece; });
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`the accuracy run of ${model} ended with ${code}: ${told}`);
  const answers: unknown[] = [];
  for (const { qsl_idx, data } of JSON.parse(readFileSync(path.join(folder, "mlperf_log_accuracy.json"), "utf8")) as { qsl_idx: number; data: string }[]) answers[qsl_idx] = JSON.parse(Buffer.from(data, "hex").toString("utf8"));
  const missing = samples.findIndex((_, sample) => answers[sample] === undefined);
  if (missing >= 0) throw new Error(`sample ${missing} of ${model} was not answered`);
  return { answers, report: JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8")) as LoadReport };
}
