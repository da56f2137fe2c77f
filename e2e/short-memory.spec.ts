// A node with memory for one segment: what the dialog says of a move that it cannot hold both revisions of, how pausing is allowed, and what is told of the pause afterwards.
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { type Load, sampleOf, startLoad } from "./load.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const NAME = "short";
const REQUESTS_PER_SECOND = 2;
const STEP_TIMEOUT_MS = 120_000;

let cluster: Cluster;
let deploymentId = "";
let load: Load;
test.beforeAll(async () => {
  cluster = await startCluster(["cam", "gateway", "server"], { agentArguments: (name) => (name === "server" ? ["--max-memory", "200M"] : []) });
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

/** Layer 41, the first of the server's, goes to the gateway: the server's segment is cut anew. By keyboard, up to the dialog. */
async function openRecut(page: Page): Promise<void> {
  await tabTo(page, page.getByRole("listbox", { name: "Layers" }));
  await page.keyboard.press("Control+a");
  await page.keyboard.press("m");
  const dialog = page.getByTestId("move-dialog");
  await dialog.getByLabel("First layer").fill("41");
  await dialog.getByLabel(/^Last layer/).fill("41");
  await dialog.getByRole("radio", { name: "gateway", exact: true }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await tabTo(page, page.getByTestId("deploy"));
  await page.keyboard.press("Enter");
}

test("it is refused, says how long a pause it would take; allowed to, it pauses, and the screen tells how long", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=adapt`);
  await openRecut(page);
  await expect(page.getByTestId("move-way")).toHaveAttribute("data-way", "none", { timeout: STEP_TIMEOUT_MS });
  await expect(page.getByTestId("move-way")).toContainText(/nothing would serve for about [\d.]+ s .*it is not allowed to pause/);
  await expect(page.getByTestId("confirm-deploy")).toBeDisabled();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await tabTo(page, page.getByTestId("adapt-pause"));
  await page.keyboard.press("Control+a");
  await page.keyboard.type("120");
  await page.keyboard.press("Enter");
  await until("pausing to be allowed", async () => (await cluster.api<{ settings: { pauseSeconds: number } }>("GET", `/deployments/${deploymentId}/adaptation`)).settings.pauseSeconds === 120);
  await tabTo(page, page.getByTestId("deploy"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("move-way")).toHaveAttribute("data-way", "pause", { timeout: STEP_TIMEOUT_MS });
  await expect(page.getByTestId("confirm-deploy")).toHaveText("Pause and move it");
  await expect(page.getByTestId("confirm-deploy")).toBeEnabled({ timeout: STEP_TIMEOUT_MS });
  await tabTo(page, page.getByTestId("confirm-deploy"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("deploy-dialog")).toHaveCount(0);
  await expect(page.getByTestId("migration-pause")).toContainText(/Nothing served for/, { timeout: STEP_TIMEOUT_MS });
  await until("the new revision to serve", async () => { const now = await detail(); return now.status === "live" && now.currentRevision?.number === 2; });
  expect(await violations(page)).toEqual([]);
  expect(await load.stop()).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0 });
});
