// What breaks, and what must not: processes are killed under load while a browser watches.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { type Load, sampleOf, startLoad } from "./load.ts";

const NAME = "upright";
const REQUESTS_PER_SECOND = 10;

let cluster: Cluster;
let url = "";
let deploymentId = "";

test.beforeAll(async () => {
  cluster = await startCluster(["cam", "gateway", "server"]);
  ({ url, deploymentId } = await deployOverAll(cluster, NAME));
});
test.afterAll(async () => {
  await cluster?.stop();
});

type Node = { id: string; status: string; assignments: { state: string }[] };
type Deployment = { id: string; status: string; ingress: { url: string; ready: boolean }[] };

async function underLoad(work: (load: Load) => Promise<void>) {
  const sample = await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]);
  const load = startLoad(url, NAME, sample, REQUESTS_PER_SECOND);
  await until("the load to be answered", async () => load.result().answered > REQUESTS_PER_SECOND);
  await work(load);
  const answered = load.result().answered;
  await until("answers after the failure", async () => load.result().answered > answered + REQUESTS_PER_SECOND);
  return load.stop();
}

async function live(): Promise<void> {
  await until("the deployment to be live", async () => (await cluster.api<Deployment>("GET", `/deployments/${deploymentId}`)).status === "live");
}

function childrenOf(pid: number): { pid: number; command: string }[] {
  return execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(pid)], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => ({ pid: Number(line.trim().split(" ")[0]), command: line }));
}

/** Every request got an answer or an explicit error; every answer was right; none came twice. */
function expectNothingSilent(result: Awaited<ReturnType<Load["stop"]>>) {
  expect(result.lost, result.errors.join("\n")).toBe(0);
  expect(result.duplicated).toBe(0);
  expect(result.different).toBe(0);
  expect(result.answered + result.failed).toBe(result.sent);
}

test("a stage's process killed alone is started again, and nothing is lost in silence", async () => {
  const gateway = cluster.agents[1];
  const stage = childrenOf(gateway?.pid() ?? -1).find((child) => child.command.includes("stage"));
  expect(stage).toBeDefined();
  const result = await underLoad(async () => {
    process.kill(stage?.pid ?? -1, "SIGKILL");
    await until("a new stage process", async () => childrenOf(gateway?.pid() ?? -1).some((child) => child.command.includes("stage") && child.pid !== stage?.pid));
  });
  expectNothingSilent(result);
  await live();
});

test("the console killed: requests are unaffected, and it picks up where it was", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}`);
  await expect(page.getByTestId("deployment-status")).toContainText("live");
  const result = await underLoad(async (load) => {
    await cluster.killConsole("SIGKILL");
    const before = load.result().answered;
    await until("requests to flow without the console", async () => load.result().answered > before + 2 * REQUESTS_PER_SECOND);
    await expect(page.getByTestId("connection")).not.toContainText("live");
    await cluster.restartConsole();
  });
  expect(result).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0 });
  await live();
  await expect(page.getByTestId("connection")).toContainText("live", { timeout: 60_000 });
  await expect(page.getByTestId("deployment-status")).toContainText("live", { timeout: 60_000 });
});

test("an agent killed while the console is down comes back by itself, from its cache", async () => {
  const gateway = cluster.agents[1];
  const result = await underLoad(async (load) => {
    await cluster.killConsole("SIGTERM");
    await gateway?.kill("SIGKILL");
    const before = load.result().answered;
    await gateway?.restart();
    await until("answers without the console", async () => load.result().answered > before + REQUESTS_PER_SECOND);
    await cluster.restartConsole();
  });
  expectNothingSilent(result);
  await live();
});

test("PostgreSQL killed: the console recovers, requests are unaffected, nothing stored is lost", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}`);
  await expect(page.getByTestId("deployment-status")).toContainText("live");
  const postmaster = Number(readFileSync(`${cluster.folder}/console/postgres/data/postmaster.pid`, "utf8").split("\n")[0]);
  const result = await underLoad(async () => {
    process.kill(postmaster, "SIGKILL");
    await until("the console to answer from the database again", async () => (await cluster.api<Node[]>("GET", "/nodes")).length === 3);
  });
  expect(result).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0 });
  await live();
  await expect(page.getByTestId("deployment-status")).toContainText("live", { timeout: 60_000 });
});
