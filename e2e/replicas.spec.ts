// Two replicas on real agents: planned apart, told on the screen; one's machine is killed under load and nothing is lost; it comes back; and one is taken away again.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { awaitOperation, bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { SERVED_MODEL } from "./deploy-over-all.ts";
import { sampleOf, startLoad } from "./load.ts";
import { violations } from "./look.ts";

const NAME = "upright";
const REQUESTS_PER_SECOND = 20;
let cluster: Cluster;
let deploymentId = "";
let url = "";
type Detail = { status: string; statusReason: string; ingress: { url: string }[]; replicas: { number: number; ready: boolean; answered: number; lost: number; nodes: { id: string; name: string }[] }[] };
const detail = () => cluster.api<Detail>("GET", `/deployments/${deploymentId}`);

test.beforeAll(async () => {
  cluster = await startCluster(["cam", "left", "right"]);
  const uploaded = await fetch(`${cluster.url}/api/v1/models?name=${NAME}&fileName=cls.onnx`, { method: "POST", body: readFileSync(bundledModel(SERVED_MODEL)), headers: { "content-type": "application/octet-stream" } });
  const { model } = (await uploaded.json()) as { model: { id: string; layerCount: number } };
  const nodes = cluster.agents.map(({ name, nodeId }, index) => ({ id: `tn_${index}`, name, nodeId }));
  const links = [[0, 1], [0, 2], [1, 2]].map(([from, to]) => ({ id: `lnk_${from}${to}`, fromId: `tn_${from}`, toId: `tn_${to}` }));
  const topology = await cluster.api<{ id: string }>("POST", "/topologies", { name: "three", document: { nodes, links, zones: [], sourceId: "tn_0" } });
  // The first is drawn, the second is planned beside it: the camera itself is to run nothing.
  const plan = await cluster.api<{ id: string; plan: { replicas: { placement: { topologyNodeId: string }[] }[] } }>("POST", "/plans", { modelId: model.id, topologyId: topology.id, placement: [{ from: 0, to: model.layerCount, topologyNodeId: "tn_1" }], request: { objective: "latency", replicas: 2, avoidNodeIds: ["tn_0"] } });
  expect(plan.plan.replicas.map((replica) => replica.placement.map((stage) => stage.topologyNodeId))).toEqual([["tn_2"]]);
  const { operation, deployment } = await cluster.api<{ operation: { id: string }; deployment: { id: string } }>("POST", "/deployments", { name: NAME, planId: plan.id });
  await awaitOperation(cluster, operation);
  deploymentId = deployment.id;
  url = (await detail()).ingress[0]?.url ?? "";
});
test.afterAll(async () => {
  await cluster?.stop();
});

test("a replica's machine is killed under load: nothing is lost, the screen says which is broken, and it serves again when it is back", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await expect(page.getByTestId("deployment-status")).toContainText("live");
  await expect(page.getByTestId("deployment-replica")).toHaveText([/left.*serves/, /right.*serves/]);
  await expect(page.locator('[data-testid=node-card][data-node-name="right"]').getByTestId("replica-mark")).toContainText("replica 2");
  expect(await violations(page)).toEqual([]);
  const load = startLoad(url, NAME, await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]), REQUESTS_PER_SECOND);
  await until("answers", async () => load.result().answered > REQUESTS_PER_SECOND);
  await cluster.agents[1]?.kill("SIGKILL");
  const before = load.result().answered;
  await until("answers of the other", async () => load.result().answered > before + 2 * REQUESTS_PER_SECOND);
  await expect(page.getByTestId("deployment-status")).toContainText("degraded", { timeout: 60_000 });
  expect((await detail()).statusReason).toContain("Replica 1");
  await cluster.agents[1]?.restart();
  await until("both to serve", async () => (await detail()).status === "live");
  const { answered } = (await detail()).replicas[0]!;
  await until("the one that was killed to answer", async () => (await detail()).replicas[0]!.answered > answered);
  expect(await load.stop()).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0 });
});

test("with the keyboard and the mouse one replica is asked for: the difference says which leaves, and the other goes on", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=plan`);
  const asked = page.getByLabel("Replicas, whole pipelines");
  await expect(asked).toHaveValue("2");
  await asked.selectOption("1");
  await page.getByTestId("deploy").click();
  const dialog = page.getByTestId("deploy-dialog");
  await expect(dialog.locator("tr[data-change=remove]")).toContainText("right");
  await expect(dialog.locator("tr[data-change=keep]")).toContainText("left");
  await expect(page.getByTestId("confirm-deploy")).toBeEnabled({ timeout: 60_000 });
  await page.getByTestId("confirm-deploy").click();
  await until("one replica", async () => { const now = await detail(); return now.status === "live" && now.replicas.length === 1; });
  await expect(page.getByTestId("replica-mark")).toHaveCount(0);
});
