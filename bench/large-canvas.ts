// Owns what the console's benchmarks look at: a console with simulated agents that report at 1 Hz, a drawing of all of them, and a synthetic model of many layers.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ModelBuilder } from "../server/model/synthetic/model-builder.ts";
import { addressOf, type Counts, enrolAll, reportEachSecond, type SimulatedAgent, startServer, stopServer } from "./simulated-fleet.ts";

const CARD_STEP = { x: 300, y: 200 } as const;
const ANALYSIS_TRIES = 100;
const ANALYSIS_PAUSE_MS = 200;

export type LargeCanvas = { url: string; /** Of the canvas with the model chosen. */ address: string; topologyId: string; serverPid: number; agents: SimulatedAgent[]; stop(): Promise<void> };
type Draft = { id: string; revision: number; document: { nodes: { id: string }[]; links: unknown[] } };

/** Call `stop` at the end, whatever happens. @throws Error when the console does not start or an agent may not enrol */
export async function startLargeCanvas(size: { nodes: number; layers: number }): Promise<LargeCanvas> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-console-"));
  const ends: (() => void)[] = [];
  let server: ChildProcess | null = null;
  const stop = async () => {
    for (const end of ends) end();
    if (server) await stopServer(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    server = startServer(folder);
    const url = await addressOf(server);
    process.stderr.write(`enrolling ${size.nodes} simulated agents…\n`);
    const counts: Counts = { sent: 0, acknowledged: 0, documents: 0, ended: 0 };
    const agents = await enrolAll(url, size.nodes, counts);
    for (const [index, agent] of agents.entries()) ends.push(reportEachSecond(agent, (index / size.nodes) * 1000, counts, []), () => agent.socket.disconnect());
    const { topologyId, address } = await drawCanvas(url, size.layers);
    return { url, address, topologyId, serverPid: server.pid ?? -1, agents, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A chain of small layers: the work of a canvas grows with their number, not with their weights. */
function syntheticChain(layers: number): Buffer {
  const model = new ModelBuilder({ seed: 11 });
  let value = model.input("x", "float32", [1, 16]);
  for (let layer = 0; layer < layers; layer++) {
    const product = model.op("MatMul", `/layers.${layer}/MatMul`, [value, model.weight(`layers.${layer}.weight`, [16, 16])]);
    value = model.op("Relu", `/layers.${layer}/Relu`, [product], {}, layer === layers - 1 ? ["y"] : undefined);
  }
  model.output("y", "float32", [1, 16]);
  const parts: Buffer[] = [];
  model.write((chunk) => { parts.push(Buffer.from(chunk)); });
  return Buffer.concat(parts);
}

/** The drawing that follows the fleet, with a ring of links, and the model. */
async function drawCanvas(url: string, layers: number): Promise<{ topologyId: string; address: string }> {
  const { model } = await callApi<{ model: { id: string } }>(url, "POST", "/models?name=chain&fileName=chain.onnx", syntheticChain(layers));
  for (let tries = 0; tries < ANALYSIS_TRIES && (await callApi<{ status: string }>(url, "GET", `/models/${model.id}`)).status !== "ready"; tries++) await pause(ANALYSIS_PAUSE_MS);
  const list = await callApi<{ id: string; followsFleet: boolean }[]>(url, "GET", "/topologies");
  const topology = await callApi<Draft>(url, "GET", `/topologies/${list.find((one) => one.followsFleet)?.id}`);
  const { nodes } = topology.document;
  const links = nodes.map((node, index) => ({ id: `lnk_ring${index}`, fromId: node.id, toId: nodes[(index + 1) % nodes.length]?.id }));
  await callApi(url, "PUT", `/topologies/${topology.id}`, { baseRevision: topology.revision, document: { ...topology.document, links } });
  const across = Math.ceil(Math.sqrt(nodes.length));
  await callApi(url, "PUT", `/topologies/${topology.id}/layout`, { layout: Object.fromEntries(nodes.map((node, index) => [node.id, { x: (index % across) * CARD_STEP.x, y: Math.floor(index / across) * CARD_STEP.y }])) });
  return { topologyId: topology.id, address: `${url}/topologies/${topology.id}?model=${model.id}` };
}

/** @throws Error with the answer's words */
export async function callApi<T>(url: string, method: string, route: string, body?: unknown): Promise<T> {
  const sent = body === undefined ? {} : body instanceof Uint8Array ? { body: new Uint8Array(body), headers: { "content-type": "application/octet-stream" } } : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(`${url}/api/v1${route}`, { method, ...sent });
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
