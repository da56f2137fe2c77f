// Which configuration serves best is measured on rigs beside the deployment, looked at by keyboard, and used through the preview.
import { expect, test } from "@playwright/test";
import { type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll } from "./deploy-over-all.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const NAME = "analyzed";
/** Rigs are deployed one after the other on a machine that may be busy. */
const WITHIN_MS = 420_000;

let cluster: Cluster;
let deploymentId = "";
test.beforeAll(async () => {
  cluster = await startCluster(["cam", "gateway", "server"]);
  ({ deploymentId } = await deployOverAll(cluster, NAME));
});
test.afterAll(async () => {
  await cluster?.stop();
});

const names = async () => (await cluster.api<{ name: string }[]>("GET", "/deployments")).map(({ name }) => name);

test("it is told what it takes, measured, chosen, measured again and used", async ({ page }) => {
  test.setTimeout(WITHIN_MS);
  await cluster.api("PATCH", `/deployments/${deploymentId}/serving`, { batching: { maxSize: 8, maxDelayMs: 2, preferredSizes: [] } });
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=analyze`);
  await page.getByTestId("analyze-maxBatch").fill("1, two");
  await expect(page.getByRole("alert").filter({ hasText: "Whole numbers from 1 to 1024" })).toBeVisible();
  await expect(page.getByTestId("analyze-start")).toBeDisabled();
  await page.getByTestId("analyze-maxBatch").fill("1, 4");
  await page.getByTestId("analyze-concurrency").fill("1, 2");
  await page.getByTestId("analyze-maxLatencyMs").fill("60000");
  await page.getByTestId("analyze-windowMs").fill("1000");
  // On a busy machine three that agree take a while to come.
  await page.getByTestId("analyze-maxWindows").fill("60");
  await expect(page.getByTestId("analyze-estimate")).toContainText("4 configurations on 1 rig");
  // It runs on the nodes that would be measured: nothing starts before that is allowed.
  await expect(page.getByTestId("analyze-start")).toBeDisabled();
  expect(await violations(page)).toEqual([]);
  await tabTo(page, page.getByTestId("analyze-besides"));
  await page.keyboard.press("Space");
  await tabTo(page, page.getByTestId("analyze-start"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("analyze-live")).toBeVisible();
  await until("the rig to be there", async () => (await names()).some((name) => name.startsWith("rig-")));
  await expect(page.getByTestId("analysis-result")).toHaveCount(4, { timeout: WITHIN_MS });
  // Its batch dimension has no name: said, not measured as if.
  await expect(page.getByTestId("analysis-table")).toContainText("Requests cannot be joined");
  await expect(page.getByTestId("analysis")).toHaveAttribute("data-status", "succeeded", { timeout: WITHIN_MS });
  expect(await names()).toEqual([NAME]);
  const outcome = page.getByTestId("analysis-outcome");
  // On a machine that is busy by turns no three windows agree: then there is no figure, and it says so.
  await expect(outcome).toContainText(/measured again on a fresh rig|none chosen.*No configuration has a figure|none chosen.*Measured again, none/);
  // Points and rows say the same; the arrow keys go from point to point.
  const points = page.getByTestId("analysis-point");
  if ((await points.count()) > 1) {
    await points.first().focus();
    await page.keyboard.press("ArrowRight");
    await expect(points.nth(1)).toBeChecked();
    await page.keyboard.press("ArrowLeft");
  }
  await page.getByRole("radio", { name: /^Look at .*no batches; 1 at once$/ }).check();
  await expect(page.getByTestId("analysis-picked")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await tabTo(page, page.getByTestId("analysis-use"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("use-configuration")).toContainText("Its plan runs already.");
  await expect(page.getByTestId("use-batching")).toContainText(/up to 8.*none/);
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("confirm-use").press("Enter");
  await until("its batches to be those that were measured", async () => (await cluster.api<{ batching: { maxSize: number } | null }>("GET", `/deployments/${deploymentId}/serving`)).batching === null);
});

test("cancelled, it says so, keeps what it measured and its rig goes away", async ({ page }) => {
  test.setTimeout(WITHIN_MS);
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=analyze`);
  await page.getByTestId("analyze-windowMs").fill("5000");
  await page.getByTestId("analyze-besides").check();
  await page.getByTestId("analyze-start").click();
  await until("the rig to be there", async () => (await names()).some((name) => name.startsWith("rig-")));
  await page.getByTestId("analyze-cancel").click();
  await expect(page.getByTestId("analysis-row").first()).toHaveAttribute("data-status", "cancelled");
  await until("the rig to be gone", async () => (await names()).every((name) => name === NAME));
  await expect(page.getByTestId("analyze-form")).toBeVisible();
});
