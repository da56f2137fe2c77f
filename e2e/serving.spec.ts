// How a deployment takes requests is changed while it serves, and what it then does is measured: by keyboard, on real agents.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { sampleOf } from "./load.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const NAME = "served";
/** Beyond the default deadline of a busy machine's run. */
const RUN_TIMEOUT_MS = 120_000;

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

test("what a key may ask is limited and freed again, and what is wrong is told at its field", async ({ page }) => {
  const { input, shape, values } = await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]);
  const body = JSON.stringify({ inputs: [{ name: input, shape, datatype: "FP32", data: [...values] }] });
  const ask = async () => { const answer = await fetch(`${url}/v2/models/${NAME}/infer`, { method: "POST", body }); await answer.arrayBuffer(); return answer; };
  expect((await ask()).status).toBe(200);
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await tabTo(page, page.getByTestId("serving-limitsKeys"));
  await page.keyboard.press("Space");
  await page.getByTestId("serving-requestsPerSecond").fill("0.05");
  await page.getByTestId("serving-burst").fill("many");
  await expect(page.getByRole("alert").filter({ hasText: "A whole number from 1 to 1000000." })).toBeVisible();
  await expect(page.getByTestId("serving-save")).toBeDisabled();
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("serving-burst").fill("1");
  await page.getByTestId("serving-burst").press("Enter");
  await until("requests beyond the limit to be refused with when to come again", async () => { const { status, headers } = await ask(); return status === 429 && Number(headers.get("retry-after")) > 0; });
  await expect(page.getByTestId("serving-save")).toBeDisabled();
  await tabTo(page, page.getByTestId("serving-limitsKeys"));
  await page.keyboard.press("Space");
  await tabTo(page, page.getByTestId("serving-save"));
  await page.keyboard.press("Enter");
  await until("requests to be answered again", async () => (await ask()).status === 200);
  await page.getByTestId("tab-timeline").click();
  await expect(page.getByText("has no limits for keys").first()).toBeVisible();
});

test("by keyboard a client gets a key, limits of its own and the right to load; others go on as before", async ({ page }) => {
  const { input, shape, values } = await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]);
  const body = JSON.stringify({ inputs: [{ name: input, shape, datatype: "FP32", data: [...values] }] });
  const ask = async (key: string) => { const answer = await fetch(`${url}/v2/models/${NAME}/infer`, { method: "POST", body, headers: key === "" ? {} : { authorization: `Bearer ${key}` } }); await answer.arrayBuffer(); return answer; };
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await expect(page.getByTestId("keys")).toContainText("There is none yet.");
  await tabTo(page, page.getByTestId("key-name"));
  await page.keyboard.type("shop");
  await page.keyboard.press("Enter");
  const secret = page.getByTestId("key-secret").getByText(/^cpk_/);
  await expect(secret).toBeVisible();
  const key = (await secret.textContent())!.trim();
  const row = page.getByTestId("key").filter({ hasText: "shop" });
  await expect(row).toContainText("any number");
  await row.getByTestId("key-edit").press("Enter");
  await expect(page.getByTestId("key-hasOwn")).toBeFocused();
  await page.keyboard.press("Space");
  await page.getByTestId("key-requestsPerSecond").fill("0.05");
  await page.getByTestId("key-burst").fill("many");
  await expect(page.getByRole("alert").filter({ hasText: "A whole number from 1 to 1000000." })).toBeVisible();
  await expect(page.getByTestId("key-save")).toBeDisabled();
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("key-burst").fill("1");
  await page.getByTestId("key-perDay").fill("3");
  await page.getByTestId("key-burst").press("Enter");
  await expect(row.getByTestId("key-edit")).toBeFocused();
  await expect(row).toContainText("0.05/s, 1 at once, 16 in flight (its own)");
  await until("the key's requests to be refused with when to come again", async () => { const { status, headers } = await ask(key); return status === 429 && Number(headers.get("retry-after")) > 0; });
  expect((await ask("")).status).toBe(200);
  // What the ingress let in, as the console added it up.
  await expect(row.getByTestId("key-usage")).toContainText(/[1-3] of 3 this day/);
  const load = async () => (await fetch(`${url}/v2/repository/models/${NAME}/load`, { method: "POST", headers: { authorization: `Bearer ${key}` } })).status;
  expect(await load()).toBe(403);
  await row.getByTestId("key-edit").press("Enter");
  await tabTo(page, page.getByTestId("key-mayLoad"));
  await page.keyboard.press("Space");
  await page.getByTestId("key-save").press("Enter");
  await expect(row).toContainText("loads and unloads");
  expect(await load()).toBe(200);
  expect(page.url()).not.toContain(key);
});

test("settings that somebody else changed meanwhile are not replaced unseen", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await page.getByTestId("serving-joins").check();
  await cluster.api("PATCH", `/deployments/${deploymentId}/serving`, { limits: { maxInFlight: 77 } });
  await expect(page.getByTestId("serving-overtaken")).toBeVisible();
  await page.getByRole("button", { name: "Take theirs" }).click();
  await expect(page.getByTestId("serving-maxInFlight")).toHaveValue("77");
  await expect(page.getByTestId("serving-joins")).not.toBeChecked();
  // Without a draft of one's own the newer ones are simply shown.
  await cluster.api("PATCH", `/deployments/${deploymentId}/serving`, { limits: { maxInFlight: 78 } });
  await expect(page.getByTestId("serving-maxInFlight")).toHaveValue("78");
});

test("padding that the model's shapes do not allow is told at its field; queues by shape are saved, and the page says why requests of this model run alone", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await tabTo(page, page.getByTestId("serving-joins"));
  await page.keyboard.press("Space");
  await page.getByTestId("serving-maxQueues").fill("4");
  await tabTo(page, page.getByTestId("serving-pads"));
  await page.keyboard.press("Space");
  await expect(page.getByTestId("serving-padDimensions")).toHaveValue("p2o.DynamicDimension.1");
  await expect(page.getByTestId("serving-padValues")).toHaveValue("x = 0");
  await expect(page.getByRole("alert").filter({ hasText: "that no input has, so it cannot be told where padding went" })).toBeVisible();
  await expect(page.getByTestId("serving-save")).toBeDisabled();
  expect(await violations(page)).toEqual([]);
  await tabTo(page, page.getByTestId("serving-pads"));
  await page.keyboard.press("Space");
  await page.getByTestId("serving-maxQueues").press("Enter");
  await until("the queues to be saved, and no padding", async () => { const { batching } = await cluster.api<{ batching: { maxQueues?: number; padding?: object } | null }>("GET", `/deployments/${deploymentId}/serving`); return batching?.maxQueues === 4 && batching.padding === undefined; });
  await expect(page.getByTestId("batching-state")).toContainText("Each runs alone:");
  await cluster.api("PATCH", `/deployments/${deploymentId}/serving`, { batching: null });
});

test("with the keyboard only: one run is VALID or says why not, one is INVALID with its reason, one is cancelled; two are compared and a log is taken along", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=load`);
  await tabTo(page, page.getByTestId("load-scenario"));
  await page.keyboard.type("Single");
  await expect(page.getByTestId("load-scenario")).toHaveValue("SingleStream");
  await tabTo(page, page.getByTestId("load-start"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("load-live")).toContainText("answered");
  await expect(page.getByTestId("load-run")).toHaveCount(1, { timeout: RUN_TIMEOUT_MS });
  await expect(page.getByTestId("load-verdict")).toHaveText(/^(VALID|INVALID)$/);
  await expect(page.getByTestId("load-report")).toContainText("p90");

  // No pipeline of three processes answers within a microsecond.
  await tabTo(page, page.getByTestId("load-scenario"));
  await page.keyboard.type("Server");
  await page.getByTestId("load-latency").fill("0.001");
  await page.getByTestId("load-latency").press("Enter");
  await expect(page.getByTestId("load-run")).toHaveCount(2, { timeout: RUN_TIMEOUT_MS });
  await expect(page.getByTestId("load-verdict")).toHaveText("INVALID");
  await expect(page.getByTestId("load-report").getByRole("listitem").first()).not.toBeEmpty();

  await tabTo(page, page.getByTestId("load-start"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("load-live")).toContainText("sent");
  await tabTo(page, page.getByTestId("load-cancel"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("load-form")).toBeVisible();
  // What was measured until then is kept, and called what it is; the fields say what they said.
  await expect(page.getByTestId("load-run")).toHaveCount(3);
  await expect(page.getByTestId("load-run").first()).toContainText("INVALID");
  await expect(page.getByTestId("load-latency")).toHaveValue("0.001");

  await page.getByTestId("load-run").filter({ hasText: "SingleStream" }).getByRole("checkbox").press("Space");
  await expect(page.getByText("The runs can’t be compared")).toBeVisible();
  await expect(page.getByTestId("load")).toContainText("The runs are of different scenarios: SingleStream before, Server after.");
  expect(await violations(page)).toEqual([]);
  const download = page.waitForEvent("download");
  await page.getByTestId("load-report").getByRole("button", { name: "summary.txt" }).press("Enter");
  const file = await download;
  expect(file.suggestedFilename()).toBe("mlperf_log_summary.txt");
  expect(readFileSync(await file.path(), "utf8")).toMatch(/Scenario : Server[\s\S]*Result is : INVALID/);
});

test("with the keyboard only: one node by itself and another system are measured as the deployment was, and compared; what is wrong with an address is said, and a key is seen nowhere", async ({ page }) => {
  const KEY = "sk-of-the-other-system";
  const heard = new Set<string>();
  const other = createServer((req, res) => {
    heard.add(req.headers.authorization ?? "");
    req.resume().on("end", () => res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(req.url === "/v2" ? { name: "other", version: "1" } : req.method === "GET" ? { name: "theirs", inputs: [{ name: "pixels", datatype: "FP32", shape: [-1, 4] }] } : { model_name: "theirs", outputs: [{ name: "y", datatype: "FP32", shape: [1], data: [0] }] })));
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const answers: string[] = [];
  page.on("response", (response) => { if (["fetch", "xhr"].includes(response.request().resourceType())) void response.text().then((text) => answers.push(response.url(), text)).catch(() => undefined); });
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=load`);
  await expect(page.getByTestId("load-run")).toHaveCount(3);
  const choose = async (testId: string, letters: string) => { await tabTo(page, page.getByTestId(testId)); await page.keyboard.type(letters); };
  await expect(page.getByTestId("load-target").getByRole("option")).toHaveText(["this deployment", "cam by itself", "gateway by itself", "server by itself", "another address"]);
  await choose("load-target", "gateway");
  await choose("load-scenario", "Single");
  await tabTo(page, page.getByTestId("load-start"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("load-live")).toContainText("answered", { timeout: RUN_TIMEOUT_MS });
  await expect(page.getByTestId("load-run")).toHaveCount(4, { timeout: RUN_TIMEOUT_MS });
  await expect(page.getByTestId("load-report")).toContainText("gateway by itself");
  await expect(page.getByTestId("load-form")).toBeVisible({ timeout: RUN_TIMEOUT_MS });
  await expect.poll(async () => (await cluster.api<{ name: string }[]>("GET", "/deployments")).map(({ name }) => name)).toEqual([NAME]);

  await choose("load-target", "another");
  await page.getByTestId("load-model").fill("theirs");
  await page.getByTestId("load-url").fill("http://me:secret@127.0.0.1/");
  await expect(page.getByRole("alert").filter({ hasText: "must hold no user, password" })).toBeVisible();
  await expect(page.getByTestId("load-start")).toBeDisabled();
  expect(await violations(page)).toEqual([]);
  // Its inputs are others than the shapes are of: it is said so, with their names.
  await page.getByTestId("load-url").fill(address);
  await page.getByTestId("load-key").fill(KEY);
  await page.getByTestId("load-shapes").fill("x=1,4");
  await page.getByTestId("load-shapes").press("Enter");
  await expect(page.getByText("The last run came to nothing")).toBeVisible({ timeout: RUN_TIMEOUT_MS });
  await expect(page.getByTestId("load")).toContainText('The model has no input "x"; it has "pixels"');
  await page.getByTestId("load-shapes").fill("pixels=1,4");
  await page.getByTestId("load-shapes").press("Enter");
  await expect(page.getByTestId("load-run")).toHaveCount(5, { timeout: RUN_TIMEOUT_MS });
  await expect(page.getByText("The last run came to nothing")).toBeHidden();
  await expect(page.getByTestId("load-run-target").first()).toContainText(`theirs at ${address}`);
  await page.getByTestId("load-run").filter({ hasText: "gateway by itself" }).getByRole("checkbox").press("Space");
  await expect(page.getByTestId("load-compare")).toContainText(`From gateway by itself to theirs at ${address}`);
  await expect(page.getByTestId("load-compare")).toContainText("latency p50");
  await expect(page.getByTestId("load-compare")).toContainText("95 % between");
  expect(await violations(page)).toEqual([]);
  expect([...heard]).toEqual([`Bearer ${KEY}`]);
  await expect.poll(() => answers.join()).toContain(address);
  expect(answers.join()).not.toContain(KEY);
  other.closeAllConnections();
  other.close();
});

test("requests enter at two nodes, then at the other one alone: no request is lost, and who calls the old entry is sent on", async ({ page }) => {
  const { input, shape, values } = await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]);
  const body = JSON.stringify({ inputs: [{ name: input, shape, datatype: "FP32", data: [...values] }] });
  const entries = async () => (await cluster.api<{ ingress: { nodeId: string; url: string; ready: boolean }[] }>("GET", `/deployments/${deploymentId}`)).ingress;
  const answerOf = async (at: string) => { const answer = await fetch(`${at}/v2/models/${NAME}/infer`, { method: "POST", body, redirect: "manual" }); return { status: answer.status, ...((await answer.json()) as { outputs?: { data: number[] }[]; error?: string }) }; };
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  const [old] = await entries();
  const other = cluster.agents.find(({ nodeId }) => nodeId !== old?.nodeId);
  await tabTo(page, page.getByTestId(`entry-${other?.name}`));
  await page.keyboard.press("Space");
  expect(await violations(page)).toEqual([]);
  await tabTo(page, page.getByTestId("entries-save"));
  await page.keyboard.press("Enter");
  await until("both entries to be ready", async () => { const list = await entries(); return list.length === 2 && list.every(({ ready }) => ready); });
  const both = await entries();
  const [here, there] = await Promise.all(both.map(({ url: at }) => answerOf(at)));
  expect(here).toMatchObject({ status: 200 });
  expect(there?.outputs).toEqual(here?.outputs);
  const leaving = cluster.agents.find(({ nodeId }) => nodeId === old?.nodeId)?.name;
  await expect(page.getByTestId(`entry-${other?.name}`)).toBeChecked();
  await expect(page.getByTestId("entries-save")).toBeHidden();
  await tabTo(page, page.getByTestId(`entry-${leaving}`));
  await page.keyboard.press("Space");
  await expect(page.getByTestId("entries")).toContainText(`who calls ${leaving} is sent on`);
  // The move before has the old revision to retire; until then there is nothing to press.
  await expect(page.getByTestId("entries-save")).toBeEnabled();
  await tabTo(page, page.getByTestId("entries-save"));
  await page.keyboard.press("Enter");
  await until("the other entry alone to be there", async () => (await entries()).length === 1 && (await answerOf(old?.url ?? "")).status !== 200);
  const gone = await answerOf(old?.url ?? "");
  expect(gone.status).toBe(308);
  expect(gone.error).toContain((await entries())[0]?.url);
  expect((await answerOf((await entries())[0]?.url ?? "")).outputs).toEqual(here?.outputs);
});
