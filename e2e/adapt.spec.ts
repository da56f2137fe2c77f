// A link that sags: it is noticed, a move is suggested with its reasons, a person accepts with one click, and requests never notice the move. Real agents behind an
// emulated network.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { freePort } from "./free-port.ts";
import { sampleOf, startLoad } from "./load.ts";
import { violations } from "./look.ts";

const NAME = "sagging";
const NODES = ["cam", "gateway", "server"];
const REQUESTS_PER_SECOND = 4;
const GOOD_BYTES_PER_SECOND = 40e6;
const SAGGED_BYTES_PER_SECOND = 1e6;

type Adaptation = { verdict: string | null; signals: { kind: string; name: string; samples: number }[]; suggestion: { id: string; trigger: { name: string }[] } | null; decisions: { outcome: string; reason: string; planId: string | null }[] };

let cluster: Cluster;
let network: ChildProcess;
let url = "";
let deploymentId = "";

test.beforeAll(async () => {
  const dataPorts = new Map<string, number>();
  for (const name of NODES) dataPorts.set(name, await freePort());
  const links = NODES.flatMap((from) => NODES.filter((to) => to !== from).map((to) => ({ from, to, delayMs: 1, jitterMs: 0, bytesPerSecond: GOOD_BYTES_PER_SECOND })));
  network = spawn(process.execPath, ["--import", "tsx", "lab/link.ts"], { cwd: path.resolve(import.meta.dirname, ".."), stdio: ["pipe", "pipe", "inherit"] });
  const ports = await new Promise<Record<string, number>>((resolve, reject) => {
    createInterface({ input: network.stdout as NonNullable<typeof network.stdout> }).once("line", (line) => resolve((JSON.parse(line) as { ports: Record<string, number> }).ports));
    network.once("exit", (code) => reject(new Error(`the emulated network ended with ${code}`)));
    network.stdin?.write(`${JSON.stringify({ seed: 1, nodes: NODES.map((name) => ({ name, host: "127.0.0.1", port: dataPorts.get(name) })), proxies: NODES.map((node) => ({ node, port: 0 })), links })}\n`);
  });
  cluster = await startCluster(NODES, { agentArguments: (name) => ["--data-port", String(dataPorts.get(name)), "--advertise", `127.0.0.1:${dataPorts.get(name)}`, "--data-proxy", `http://127.0.0.1:${ports[name]}`] });
  ({ url, deploymentId } = await deployOverAll(cluster, NAME));
});
test.afterAll(async () => {
  await cluster?.stop();
  network?.stdin?.end();
});

const read = () => cluster.api<Adaptation>("GET", `/deployments/${deploymentId}/adaptation`);

test("a link sags: a suggestion says so, one click moves, and no request is lost", async ({ page }) => {
  const load = startLoad(url, NAME, await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]), REQUESTS_PER_SECOND);
  await until("measurements of the link", async () => (await read()).signals.some((signal) => signal.name === "cam → gateway" && signal.samples >= 10));
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=adapt`);
  await expect(page.getByTestId("adapt-suggest")).toBeChecked();
  network.stdin?.write(`${JSON.stringify({ set: { from: "cam", to: "gateway", bytesPerSecond: SAGGED_BYTES_PER_SECOND } })}\n`);
  await until("a suggestion because of it", async () => (await read()).suggestion?.trigger.some((one) => one.name === "cam → gateway") ?? false);
  await expect(page.getByTestId("adapt-suggestion")).toContainText("cam → gateway", { timeout: 30_000 });
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("adapt-accept").click();
  await until("the move to be done", async () => (await read()).decisions.some((one) => one.outcome === "moved"));
  await expect(page.getByTestId("adapt-decision").filter({ hasText: "moved" })).toContainText("cam → gateway", { timeout: 30_000 });
  const { plan } = await cluster.api<{ plan: { plan: { placement: { topologyNodeId: string }[] } } }>("GET", `/deployments/${deploymentId}`);
  const order = plan.plan.placement.map((stage) => stage.topologyNodeId);
  expect(order.some((node, k) => node === "tn_0" && order[k + 1] === "tn_1")).toBe(false);
  expect(await load.stop()).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0 });
  // The mode is switched by keyboard, and kept.
  await page.getByTestId("adapt-suggest").focus();
  await page.keyboard.press("ArrowRight");
  await until("the mode to be kept", async () => (await cluster.api<{ settings: { mode: string } }>("GET", `/deployments/${deploymentId}/adaptation`)).settings.mode === "automatic");
});
