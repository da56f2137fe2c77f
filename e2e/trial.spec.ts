// A new revision is tried beside the running one: begun, followed and promoted by keyboard, turned back by its own figures, called off by mouse.
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { type Load, sampleOf, startLoad } from "./load.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const NAME = "tried";
const REQUESTS_PER_SECOND = 8;
/** Shipping, loading and verifying on a busy machine; three windows of figures. */
const STEP_TIMEOUT_MS = 120_000;

let cluster: Cluster;
let deploymentId = "";
let load: Load;
test.beforeAll(async () => {
  cluster = await startCluster(["cam", "gateway", "server"]);
  const deployed = await deployOverAll(cluster, NAME);
  deploymentId = deployed.deploymentId;
  load = startLoad(deployed.url, NAME, await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]), REQUESTS_PER_SECOND);
});
test.afterAll(async () => {
  await load?.stop();
  await cluster?.stop();
});

type Detail = { status: string; currentRevision: { number: number } | null };
const detail = () => cluster.api<Detail>("GET", `/deployments/${deploymentId}`);
const step = (page: Page, name: string) => page.locator(`[data-testid=migration-step][data-step=${name}]`);
const trialBegins = (page: Page) => expect(step(page, "canary")).toHaveAttribute("data-state", "now", { timeout: STEP_TIMEOUT_MS });

/** By keyboard: layers 1 to `to` go to a node, in a draft that is deployed. */
async function deployMoved(page: Page, to: number, node: string): Promise<void> {
  await tabTo(page, page.getByRole("listbox", { name: "Layers" }));
  await page.keyboard.press("Control+a");
  await page.keyboard.press("m");
  const dialog = page.getByTestId("move-dialog");
  await dialog.getByLabel("First layer").fill("1");
  await dialog.getByLabel(/^Last layer/).fill(`${to}`);
  await dialog.getByRole("radio", { name: node, exact: true }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await tabTo(page, page.getByTestId("deploy"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("confirm-deploy")).toBeEnabled({ timeout: STEP_TIMEOUT_MS });
  await tabTo(page, page.getByTestId("confirm-deploy"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("deploy-dialog")).toHaveCount(0);
}

test("by keyboard: trying is switched on, a plan is deployed, its figures are followed, and it is promoted", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await tabTo(page, page.getByTestId("serving-tries"));
  await page.keyboard.press("Space");
  await page.getByTestId("serving-sharePercent").fill("50");
  await page.getByTestId("serving-shadowPercent").fill("100");
  await page.getByTestId("serving-watchSeconds").fill("15");
  await page.getByTestId("serving-shadowPercent").press("Enter");
  await expect(page.getByTestId("serving-save")).toBeDisabled();
  await deployMoved(page, 20, "server");
  await trialBegins(page);
  await expect(page.getByTestId("trial")).toContainText("tried with 50 % of requests");
  await expect(page.getByTestId("trial")).toContainText(/: [1-9]\d* so far, 0 failed\. Of [1-9]\d* compared copies 0 were answered otherwise/, { timeout: STEP_TIMEOUT_MS });
  expect((await detail()).currentRevision?.number).toBe(1);
  expect(await violations(page)).toEqual([]);
  await tabTo(page, page.getByTestId("promote"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("trial")).toContainText(/^Revision 2 serves, and is watched for \d+ s more while the one before it stands by: [1-9]\d* requests/, { timeout: STEP_TIMEOUT_MS });
  await until("the tried revision to serve alone", async () => { const now = await detail(); return now.status === "live" && now.currentRevision?.number === 2; });
  await expect(page.getByTestId("promote")).toHaveCount(0);
  // What was pressed is gone: the focus is not.
  expect(await page.evaluate(() => document.activeElement !== null && document.activeElement !== document.body)).toBe(true);
  await page.getByTestId("tab-timeline").click();
  await expect(page.getByText("was promoted").first()).toBeVisible();
});

test("figures beyond the bounds turn it back, and the screen says which and that the old one serves", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await tabTo(page, page.getByTestId("serving-p99Ms"));
  // No pipeline of processes answers within a microsecond.
  await page.keyboard.type("0.001");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("serving-save")).toBeDisabled();
  await deployMoved(page, 20, "cam");
  await trialBegins(page);
  await expect(page.getByTestId("migration")).toContainText(/99th percentile at .* in three windows one after the other; at most 0\.001 ms is allowed/, { timeout: STEP_TIMEOUT_MS });
  await until("the old revision to serve alone", async () => (await detail()).status === "live");
  expect((await detail()).currentRevision?.number).toBe(2);
  expect(await violations(page)).toEqual([]);
});

test("a trial is called off by mouse, and no request was lost by any of them", async ({ page }) => {
  await cluster.api("PATCH", `/deployments/${deploymentId}/serving`, { canary: { share: 0, shadowShare: 0, maxErrorRatio: 0.01, maxLatencyMsP99: null } });
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=serving`);
  await deployMoved(page, 30, "gateway");
  await trialBegins(page);
  await expect(page.getByTestId("trial")).toContainText("tried with 0 % of requests");
  await page.getByTestId("cancel-migration").click();
  await expect(page.getByTestId("migration-outcome")).toContainText("cancelled", { timeout: STEP_TIMEOUT_MS });
  expect((await detail()).currentRevision?.number).toBe(2);
  expect(await load.stop()).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0, errors: [] });
});
