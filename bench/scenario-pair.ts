// Owns one lab scenario twice on this machine, side by side: two fleets alike, one model deployed on each by the planner; one is left alone, the other may
// adapt by itself. What happens to a node or link happens to both in the same second, so that a slow moment of the machine falls on both.
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Agent, awaitOperation, bundledModel, type Cluster, startCluster, until } from "../e2e/cluster.ts";
import { type EmulatedLink, type EmulatedNetwork, startEmulatedNetwork } from "../e2e/emulated-network.ts";
import type { Scenario } from "../lab/scenarios/scenario.ts";
import { removeThrottle, throttle } from "../lab/throttle.ts";
import type { Placement } from "../server/planner/plan.ts";
import { buildProblem, type Problem } from "../server/planner/problem.ts";
import { OUR_SETTINGS } from "../lab/simulator/policies.ts";
import type { ServedModel } from "./lab-deployment.ts";

export const SIDES = ["alone", "adapted"] as const;
export type Side = (typeof SIDES)[number];
/** The kernel gives no less in periods of 10 ms. */
const LEAST_CORES = 0.1;
const MEASURE_TIMEOUT_MS = 600_000;
const LINKS_TIMEOUT_MS = 120_000;
const SEGMENTS_TIMEOUT_MS = 1_200_000;
const LOOK_EVERY_MS = 500;
/** Ten seconds without anything under way. */
const QUIET_LOOKS = 20;

export type ScenarioPair = {
  cluster: Cluster;
  modelPath: string;
  deploymentIds: Record<Side, string>;
  /** Where the planner put it, on both sides. Drawn nodes are "tn_0", "tn_1", … in the scenario's order. */
  home: Placement;
  /** As the planner saw it before anything happened. */
  problem: Problem;
  urls(side: Side): Promise<string[]>;
  /** Until then both sides only watch. */
  startAdapting(): Promise<void>;
  agentOf(side: Side, node: string): Agent;
  /** Times slower than the scenario says, on both sides; 1 = as it says. A node's is held to what a quota can be. @returns what was set */
  slowNode(node: string, times: number): number;
  slowLink(between: readonly [string, string], times: number): Promise<void>;
  stop(): Promise<void>;
};

const fullName = (side: Side, node: string) => `${side}-${node}`;

export async function startScenarioPair(scenario: Scenario, model: ServedModel, say: (line: string) => void): Promise<ScenarioPair> {
  const names = SIDES.flatMap((side) => scenario.nodes.map((node) => fullName(side, node.name)));
  const network = await startEmulatedNetwork(names, SIDES.flatMap((side) => scenario.links.flatMap(({ between, ...link }) => bothWays(side, between).map((way): EmulatedLink => ({ ...way, ...link })))));
  let cluster: Cluster | null = null;
  const groups: string[] = [];
  const stop = async () => {
    await cluster?.stop();
    network.stop();
    for (const group of groups) removeThrottle(group);
  };
  try {
    // Two fleets are strangers: one must not fetch weights from the other over a way that nobody drew.
    for (const a of scenario.nodes) for (const b of scenario.nodes) await network.cut(fullName("alone", a.name), fullName("adapted", b.name), "reset");
    // Also where one of them can't be made: those before it are removed.
    groups.push(...names.map(groupOf));
    const files = new Map(names.map((name) => [name, limit(name, coresOf(scenario, name))]));
    cluster = await startCluster(names, { agentArguments: network.agentArguments, agentGroup: (name) => files.get(name) ?? "" });
    say(`${scenario.name}: ${names.length} agents are online`);
    return await deploy(scenario, model, { cluster, network, stop, say });
  } catch (error) {
    await stop();
    throw error;
  }
}

const bothWays = (side: Side, [a, b]: readonly [string, string]) => [{ from: fullName(side, a), to: fullName(side, b) }, { from: fullName(side, b), to: fullName(side, a) }];
const coresOf = (scenario: Scenario, name: string) => scenario.nodes.find((node) => SIDES.some((side) => fullName(side, node.name) === name))?.cores ?? 1;
const groupOf = (name: string) => `cutplane-scenario-${process.pid}-${name}`;

/** The file through which an agent enters. */
function limit(name: string, cores: number): string {
  const answer = throttle({ group: groupOf(name), cores });
  if (!answer.applied) throw new Error(`${name} can't be made slower: ${answer.reason}`);
  return answer.procsFile;
}

type Parts = { cluster: Cluster; network: EmulatedNetwork; stop(): Promise<void>; say(line: string): void };
type Facts = Parameters<typeof buildProblem>[0]["facts"];
type Profiles = Parameters<typeof buildProblem>[0]["profiles"];
type Topology = { id: string; document: Parameters<typeof buildProblem>[0]["topology"]; live: Parameters<typeof buildProblem>[0]["live"] };
type Found = { placement: Placement } | { refusals: { message: string }[] };

async function deploy(scenario: Scenario, model: ServedModel, { cluster, network, stop, say }: Parts): Promise<ScenarioPair> {
  const { api } = cluster;
  const agentOf = (side: Side, node: string) => cluster.agents.find((agent) => agent.name === fullName(side, node)) as Agent;
  const modelPath = bundledModel(model.file);
  const uploaded = await fetch(`${cluster.url}/api/v1/models?name=${scenario.name}&fileName=${path.basename(modelPath)}`, { method: "POST", body: readFileSync(modelPath), headers: { "content-type": "application/octet-stream" } });
  if (!uploaded.ok) throw new Error(`the model was not taken: ${uploaded.status} ${await uploaded.text()}`);
  const { model: row } = (await uploaded.json()) as { model: { id: string } };
  const topologyIds = { alone: "", adapted: "" };
  for (const side of SIDES) topologyIds[side] = (await api<{ id: string }>("POST", "/topologies", { name: `${scenario.name}, ${side}`, document: drawing(scenario, (node) => agentOf(side, node).nodeId) })).id;
  await measure(cluster, row.id, topologyIds);
  say(`${scenario.name}: model and links are measured`);
  const { facts } = await api<{ facts: Facts }>("GET", `/models/${row.id}`);
  const request = { objective: "latency" as const };
  const found = await api<Found>("POST", "/plans/solve", { modelId: row.id, topologyId: topologyIds.alone, ...request });
  if (!("placement" in found)) throw new Error(`there is no plan for ${scenario.name}: ${found.refusals[0]?.message}`);
  const home = found.placement;
  const topology = await api<Topology>("GET", `/topologies/${topologyIds.alone}`);
  const problem = buildProblem({ facts, profiles: await api<Profiles>("GET", `/models/${row.id}/profiles`), topology: topology.document, live: topology.live, beside: null });
  const deploymentIds = { alone: "", adapted: "" };
  for (const side of SIDES) {
    const { id: planId } = await api<{ id: string }>("POST", "/plans", { modelId: row.id, topologyId: topologyIds[side], placement: home, request });
    await until(`the ${side} plan to be checked`, async () => {
      const { parity } = await api<{ parity: { status: string; message?: string } }>("GET", `/plans/${planId}`);
      if (parity.status === "failed" || parity.status === "different") throw new Error(`plan ${planId} is ${parity.status}: ${parity.message ?? ""}`);
      return parity.status !== "pending";
    }, MEASURE_TIMEOUT_MS);
    const { operation, deployment } = await api<{ operation: { id: string }; deployment: { id: string } }>("POST", "/deployments", { name: `${scenario.name}-${side}`, planId, ingressNodeIds: [agentOf(side, scenario.source).nodeId] });
    deploymentIds[side] = deployment.id;
    await awaitOperation(cluster, operation, MEASURE_TIMEOUT_MS);
    await api("PATCH", `/deployments/${deployment.id}/adaptation`, { ...OUR_SETTINGS, mode: "observe" });
  }
  return {
    startAdapting: async () => void (await api("PATCH", `/deployments/${deploymentIds.adapted}/adaptation`, { mode: OUR_SETTINGS.mode })),
    cluster, modelPath, deploymentIds, home, problem, agentOf, stop,
    urls: async (side) => (await api<{ ingress: { url: string }[] }>("GET", `/deployments/${deploymentIds[side]}`)).ingress.map((one) => one.url),
    slowNode(node, times) {
      const cores = Math.max(LEAST_CORES, coresOf(scenario, fullName("alone", node)) / times);
      for (const side of SIDES) throttle({ group: groupOf(fullName(side, node)), cores, pids: [] });
      return coresOf(scenario, fullName("alone", node)) / cores;
    },
    async slowLink([a, b], times) {
      const link = scenario.links.find(({ between }) => [...between].sort().join() === [a, b].sort().join());
      if (!link) throw new Error(`${scenario.name} has no link ${a} – ${b}`);
      await Promise.all(SIDES.flatMap((side) => bothWays(side, [a, b]).map(({ from, to }) => network.set(from, to, { delayMs: link.delayMs * times, jitterMs: link.jitterMs, bytesPerSecond: link.bytesPerSecond / times }))));
    },
  };
}

function drawing({ nodes, links, source }: Scenario, nodeIdOf: (node: string) => string) {
  const drawnId = (name: string) => `tn_${nodes.findIndex((node) => node.name === name)}`;
  return {
    nodes: nodes.map(({ name }) => ({ id: drawnId(name), name, zoneId: null, nodeId: nodeIdOf(name), trust: "trusted", memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null })),
    links: links.map(({ between: [a, b] }) => ({ id: `lnk_${drawnId(a)}_${drawnId(b)}`, fromId: drawnId(a), toId: drawnId(b), bidirectional: true, latencyMs: null, bandwidthBytesPerSecond: null, trust: "trusted" })),
    zones: [], sourceId: drawnId(source),
  };
}

/** Each kind of node has run the model and segments of it under its own quota, and every link's bandwidth is known: nothing is measured beside what the bench measures. */
async function measure(cluster: Cluster, modelId: string, topologyIds: Record<Side, string>): Promise<void> {
  const { operation } = await cluster.api<{ operation: { id: string } }>("POST", `/models/${modelId}/measure`, {});
  await awaitOperation(cluster, operation, MEASURE_TIMEOUT_MS);
  let quiet = 0;
  await until("the segments to be measured", async () => {
    const running = await cluster.api<unknown[]>("GET", `/operations?status=running&subjectId=${modelId}`);
    // One follows the other: whoever has measured the whole is asked for segments next.
    quiet = running.length === 0 ? quiet + 1 : 0;
    await sleep(LOOK_EVERY_MS);
    return quiet >= QUIET_LOOKS;
  }, SEGMENTS_TIMEOUT_MS);
  for (const side of SIDES) await until(`the links of ${side} to be measured`, async () => {
    const { live, document } = await cluster.api<{ live: { links: { bandwidthBytesPerSecond: number | null }[] }; document: { links: unknown[] } }>("GET", `/topologies/${topologyIds[side]}`);
    return live.links.filter((link) => link.bandwidthBytesPerSecond).length >= 2 * document.links.length;
  }, LINKS_TIMEOUT_MS);
}
