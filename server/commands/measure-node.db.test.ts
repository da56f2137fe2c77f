// A real console with real agents: the whole model on one node is measured by itself on a rig, which is gone afterwards, also when the run is cancelled or its console dies; another
// system is measured beside it, and all of them are compared.
import { afterAll, beforeAll, expect, test } from "vitest";
import { awaitOperation, type Cluster, startCluster, until } from "../../e2e/cluster.ts";
import { deployOverAll } from "../../e2e/deploy-over-all.ts";

type Run = { id: string; target: { kind: string; nodeName?: string; othersPerSecond?: number; url?: string }; perSecond: number | null; targetNs: number | null };

const WITHIN_MS = 240_000;
let cluster: Cluster;
let served: Awaited<ReturnType<typeof deployOverAll>>;
beforeAll(async () => {
  cluster = await startCluster(["one", "two", "three"]);
  served = await deployOverAll(cluster, "upright");
}, WITHIN_MS);
afterAll(() => cluster?.stop(), 60_000);

const request = { scenario: "SingleStream", tier: "rapid", latencyMs: 1 };
const start = async (more: object) => (await cluster.api<{ operation: { id: string } }>("POST", `/deployments/${served.deploymentId}/load-runs`, { request, ...more })).operation;
const rigs = async () => (await cluster.api<{ name: string }[]>("GET", "/deployments")).filter(({ name }) => name.startsWith("rig-"));
const nodeTarget = () => ({ kind: "node", nodeId: cluster.agents[1]?.nodeId });

test("a deployment, one node by itself and an address are measured by one ruler and compared; the rig is gone afterwards", async () => {
  expect(await cluster.api("GET", `/deployments/${served.deploymentId}/load-targets`)).toEqual(cluster.agents.map(({ nodeId, name }) => ({ nodeId, name, besides: [] })));
  await awaitOperation(cluster, await start({}));
  await awaitOperation(cluster, await start({ target: nodeTarget() }));
  expect(await rigs()).toEqual([]);
  // The ingress answers any client over gRPC, so here it is the other system.
  await awaitOperation(cluster, await start({ target: { kind: "url", url: served.url.replace("http:", "grpc:"), model: "upright" } }));
  const runs = await cluster.api<Run[]>("GET", `/deployments/${served.deploymentId}/load-runs`);
  expect(runs.map(({ target }) => target)).toEqual([
    { kind: "url", url: served.url.replace("http:", "grpc:"), api: "oip", model: "upright" },
    { kind: "node", nodeId: cluster.agents[1]?.nodeId, nodeName: "two", planId: expect.stringMatching(/^pln_/), othersPerSecond: expect.any(Number) },
    { kind: "deployment" },
  ]);
  for (const run of runs) expect(run.targetNs).toBeGreaterThan(0);
  const { differences } = await cluster.api<{ differences: { name: string; before: number; after: number }[] }>("GET", `/load-runs/${runs[1]?.id}/compare?before=${runs[2]?.id}`);
  expect(differences.map(({ name }) => name)).toContain("latency p50");
}, WITHIN_MS);

test("cancelled while it runs: the run ends at once, its rig follows", async () => {
  const operation = await start({ target: nodeTarget(), request: { ...request, tier: "normal" } });
  await until("the rig to be measured", async () => (await rigs()).length === 1 && (await cluster.api<{ progress: { load?: { answered: number } } }>("GET", `/operations/${operation.id}`)).progress.load !== undefined);
  await cluster.api("POST", `/operations/${operation.id}/cancel`);
  await expect(awaitOperation(cluster, operation)).rejects.toThrow(/cancelled/);
  await until("the rig to be gone", async () => (await rigs()).length === 0);
  const [run] = await cluster.api<Run[]>("GET", `/deployments/${served.deploymentId}/load-runs`);
  expect(run).toMatchObject({ target: { kind: "node" }, isValid: false });
}, WITHIN_MS);

test("its console dies: the next one says that the run was interrupted, and takes the rig down", async () => {
  const operation = await start({ target: nodeTarget(), request: { ...request, tier: "normal" } });
  await until("the rig to stand", async () => (await rigs()).length === 1);
  await cluster.killConsole("SIGKILL");
  await cluster.restartConsole();
  await expect(awaitOperation(cluster, operation)).rejects.toThrow(/The console stopped while this was running/);
  await until("the rig to be gone", async () => (await rigs()).length === 0);
  const [deployment] = await cluster.api<{ name: string; ingress: { ready: boolean }[] }[]>("GET", "/deployments");
  expect(deployment?.name).toBe("upright");
}, WITHIN_MS);

test("beside another deployment somebody has to say that it may be slowed down", async () => {
  const [plan] = await cluster.api<{ id: string }[]>("GET", `/plans?modelId=${served.modelId}&topologyId=${served.topologyId}`);
  const { operation } = await cluster.api<{ operation: { id: string } }>("POST", "/deployments", { name: "second", planId: plan?.id });
  await awaitOperation(cluster, operation);
  const targets = await cluster.api<{ nodeId: string; besides: { name: string }[] }[]>("GET", `/deployments/${served.deploymentId}/load-targets`);
  const shared = targets.find(({ besides }) => besides.length > 0);
  expect(shared?.besides).toMatchObject([{ name: "second", movesByItself: false }]);
  await expect(start({ target: { kind: "node", nodeId: shared?.nodeId } })).rejects.toThrow(/409.*second runs on .* too and may be slowed down/);
}, WITHIN_MS);
