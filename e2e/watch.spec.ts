// Watching what runs: charts, requests, events, logs and what needs attention, with the mouse and again with the keyboard only.
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll, SERVED_MODEL } from "./deploy-over-all.ts";
import { type Load, type Sample, sampleOf, startLoad } from "./load.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const NAMES = ["cam", "gateway", "server"];
const NAME = "upright";
const REQUESTS_PER_SECOND = 8;

let cluster: Cluster;
let load: Load;
let sample: Sample;
let deployment = "";
let ingress = "";
test.beforeAll(async () => {
  cluster = await startCluster(NAMES);
  const { url, deploymentId } = await deployOverAll(cluster, NAME);
  deployment = deploymentId;
  ingress = url;
  sample = await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]);
  load = startLoad(url, NAME, sample, REQUESTS_PER_SECOND);
});
test.afterAll(async () => {
  await load?.stop();
  await cluster?.stop();
});

const open = async (page: Page, path: string) => { await page.goto(`${cluster.url}${path}`); await page.locator("main").waitFor(); };
const openTab = (page: Page, tab: string) => open(page, `/deployments/${deployment}?tab=${tab}`);
const nodeId = (name: string) => cluster.agents.find((agent) => agent.name === name)?.nodeId ?? "";
const card = (page: Page, name: string) => page.locator(`[data-testid=node-card][data-node-name="${name}"]`);
const chartNames = (page: Page) => page.getByTestId("chart").locator(".eyebrow");
const state = (page: Page) => page.getByTestId("chart-state");

/** Enough samples that there is something to look at. */
async function chartsAreThere(page: Page): Promise<void> {
  await expect(page.getByTestId("chart").first()).toBeVisible({ timeout: 60_000 });
  await until("some seconds of samples", async () => (await cluster.api<unknown[]>("GET", `/deployments/${deployment}/metrics?minutes=5`)).length > 12);
}

test("charts with the mouse: one crosshair, a dragged span, a pause without a gap, another span, a node's and a link's charts", async ({ page }) => {
  await openTab(page, "charts");
  await chartsAreThere(page);
  await page.getByTestId("chart-span").selectOption({ label: "5 min" });
  await expect(page).toHaveURL(/span=5/);
  const plot = page.locator(".u-over").first();
  await plot.hover({ position: { x: ((await plot.boundingBox())?.width ?? 100) - 6, y: 20 } });
  const times = page.getByTestId("chart-at");
  await expect(times).toHaveCount(await page.getByTestId("chart").count());
  expect(new Set(await times.allTextContents()).size).toBe(1);

  const box = await plot.boundingBox();
  if (!box) throw new Error("the chart has no place");
  await page.mouse.move(box.x + box.width * 0.8, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.98, box.y + 22, { steps: 5 });
  await page.mouse.up();
  await expect(state(page)).toHaveText("Zoomed");
  // What is shown can be linked to, and Back shows what was there before.
  await expect(page).toHaveURL(/span=5.*zoom=\d+/);
  await page.reload();
  await chartsAreThere(page);
  await expect(state(page)).toHaveText("Zoomed");
  await page.goBack();
  await expect(state(page)).toHaveText("");
  await page.goForward();
  await expect(state(page)).toHaveText("Zoomed");
  await plot.dblclick({ position: { x: 30, y: 20 } });
  await expect(state(page)).toHaveText("");

  await page.getByTestId("chart-table-toggle").click();
  const table = page.getByTestId("chart-table");
  await expect(table).toContainText("cutover");
  await page.getByTestId("chart-pause").click();
  const newest = async () => (await table.locator("tbody time").first().getAttribute("datetime")) ?? "";
  const frozen = await newest();
  await expect(state(page)).toHaveText(/Paused, ([2-9]|\d{2,}) samples behind/, { timeout: 30_000 });
  expect(await newest()).toBe(frozen);
  await page.getByTestId("chart-pause").click();
  await expect(state(page)).toHaveText("");
  // What came during the pause is there at once.
  expect(Date.parse(await newest())).toBeGreaterThan(Date.parse(frozen));
  await page.getByTestId("chart-table-toggle").click();

  await card(page, "gateway").click();
  await expect(page.locator("[data-chart=cpu]")).toBeVisible();
  await expect(page).toHaveURL(/selected=tn_1/);
  const subject = page.getByTestId("chart-subject");
  await expect(subject).toHaveValue("tn_1");
  await subject.selectOption({ label: "server, stage 3" });
  await expect(page).toHaveURL(/selected=tn_2/);
  await expect(page.getByTestId("inspector")).toContainText("server");
  await expect(chartNames(page)).toHaveText(["CPU in use", "Memory", "Queue", `${NAME}, stage 3: compute`]);
  // Only what one wants to see, and all of it again with Back.
  await page.getByTestId("chart-choice").click();
  for (const name of ["CPU in use", "Queue"]) await page.getByRole("menuitemcheckbox", { name }).click();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/charts=memory,asg_/);
  await expect(chartNames(page)).toHaveText(["Memory", `${NAME}, stage 3: compute`]);
  await page.reload();
  await expect(chartNames(page)).toHaveText(["Memory", `${NAME}, stage 3: compute`]);
  await page.goBack();
  await page.goBack();
  await expect(chartNames(page)).toHaveCount(4);
  await subject.selectOption({ label: "cam → gateway" });
  const roundTrip = page.locator("[data-chart=rtt]").getByTestId("chart-values");
  await expect(roundTrip).toContainText(/predicted ± 15 %\s*[\d.]+/, { timeout: 60_000 });
  await subject.selectOption({ label: NAME });
  await expect(page.locator("[data-chart=latency]")).toBeVisible();
  await open(page, `/nodes/${nodeId("gateway")}`);
  await page.getByTestId("tab-charts").click();
  await expect(page.locator("[data-chart=memory]")).toBeVisible();
  await page.getByTestId("chart-subject").selectOption({ label: "gateway → server" });
  await expect(page).toHaveURL(/link=/);
  await expect(page.locator("[data-chart=rtt]")).toBeVisible({ timeout: 60_000 });
});

test("a request with the mouse: picked from the list, laid over its stages and hops with measured times", async ({ page }) => {
  await openTab(page, "trace");
  const options = page.getByTestId("request-list").getByRole("option");
  await expect.poll(() => options.count(), { timeout: 30_000 }).toBeGreaterThan(3);
  await page.getByLabel("Which requests").selectOption({ label: "slowest of 15 min" });
  await expect(page).toHaveURL(/requests=slowest/);
  await page.getByRole("button", { name: "Hold" }).click();
  await options.nth(2).click();
  await expect(options.nth(2)).toHaveAttribute("aria-selected", "true");
  const rows = page.getByTestId("waterfall-row");
  expect(await rows.evaluateAll((all) => all.map((one) => one.getAttribute("data-kind")))).toEqual(["ingress", "hop", "stage", "hop", "stage", "hop", "stage", "hop", "rest"]);
  for (const row of await page.locator("[data-testid=waterfall-row][data-kind=stage]").all()) await expect(row).toContainText(/computed \d/);
  await expect(page.getByTestId("waterfall")).toContainText("difference on one machine's clock");
  await page.setViewportSize({ width: 390, height: 844 });
  const [list, waterfall] = await Promise.all(["request-list", "waterfall"].map((id) => page.getByTestId(id).boundingBox()));
  expect((list?.y ?? 0) + (list?.height ?? 0), "on a phone the list lies above the request").toBeLessThanOrEqual(waterfall?.y ?? 0);
});

test("a request that fails shows how far it came, with the times until there", async ({ page }) => {
  const shape = [1, 3, 48, 192];
  const body = JSON.stringify({ inputs: [{ name: sample.input, datatype: "FP32", shape, data: [...sample.values] }], parameters: { timeout: 1_000 } });
  await openTab(page, "trace&requests=failed");
  const options = page.getByTestId("request-list").getByRole("option");
  // One that was given up before it left says so; it is sent again until one has left.
  await expect(async () => {
    expect((await fetch(`${ingress}/v2/models/${NAME}/infer`, { method: "POST", body })).status).toBeGreaterThanOrEqual(500);
    await options.first().click();
    await expect(page.getByTestId("came-to")).toContainText(/It came as far as stage \d on \w+|The last stage answered after/, { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  const kinds = await page.getByTestId("waterfall-row").evaluateAll((all) => all.map((one) => one.getAttribute("data-kind")));
  expect(kinds.slice(0, 3)).toEqual(["ingress", "hop", "stage"]);
  expect(await violations(page)).toEqual([]);
});

test("a segment of one layer: labels do not lie on each other; the draft's prediction is there while it is a draft; from afar a card has one thing to press", async ({ page }) => {
  await openTab(page, "spans");
  const told = page.getByTestId("span-told");
  await expect(page.getByTestId("span-label")).toHaveCount(2);
  await expect(told).toHaveText("");
  await tabTo(page, page.getByTestId("span-border").first());
  await page.keyboard.press("Alt+End");
  await expect(told).toContainText("draft");
  const boxes = await page.getByTestId("span-label").evaluateAll((all) => all.map((one) => { const { left, right, top, bottom } = one.getBoundingClientRect(); return { left, right, top, bottom }; }));
  const [a, b] = boxes as [(typeof boxes)[number], (typeof boxes)[number]];
  expect(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top).toBe(true);
  await page.getByTestId("discard-draft").click();
  await expect(told).toHaveText("");

  await card(page, "server").getByTestId("segment-chip").focus();
  await page.keyboard.press("m");
  const dialog = page.getByTestId("move-dialog");
  await dialog.getByRole("radio", { name: "cam" }).check();
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(card(page, "cam").locator("[data-testid=segment-chip][data-state]:not([disabled])")).toHaveCount(2);
  const zoomOut = page.getByRole("button", { name: "Zoom Out" });
  for (let presses = 0; presses < 8 && (await card(page, "cam").getAttribute("data-far")) !== "true"; presses++) await zoomOut.click();
  const many = card(page, "cam").getByTestId("segments-from-afar");
  await expect(many).toContainText("2 segments");
  expect(await violations(page)).toEqual([]);
  await many.focus();
  await page.keyboard.press("Enter");
  await expect(card(page, "cam").getByTestId("segment-chip").first()).toBeVisible();
  await page.getByTestId("discard-draft").click();
});

test("events and logs with the mouse: filters are in the address and lead to the place", async ({ page }) => {
  await open(page, "/events");
  await page.getByLabel("Kind of event").selectOption("migration");
  await expect(page).toHaveURL(/kind=migration/);
  const names = async () => new Set((await page.getByTestId("event").locator(".num.truncate").allTextContents()).map((name) => name.split(".")[0]));
  await expect.poll(async () => [...(await names())]).toEqual(["migration"]);
  // Each event is read out in one place; a list that is a live region would read all of itself.
  await expect(page.locator("[aria-live] [data-testid=event], [role=status] [data-testid=event], [role=log] [data-testid=event]")).toHaveCount(0);
  await page.getByLabel("Text in the event").fill("cutover");
  await expect(page).toHaveURL(/q=cutover/);
  await page.reload();
  await expect(page.getByLabel("Kind of event")).toHaveValue("migration");
  await page.getByTestId("event").first().getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`/deployments/${deployment}`));

  await open(page, `/nodes/${nodeId("cam")}`);
  await page.getByTestId("tab-log").click();
  const lines = page.getByTestId("log-line");
  await expect(lines.filter({ hasText: "connected to the console" })).toHaveCount(1);
  await page.getByLabel("Level").selectOption("error");
  await expect(page).toHaveURL(/level=error/);
  await expect(lines.filter({ hasText: "connected to the console" })).toHaveCount(0);
  await page.getByLabel("Level").selectOption("debug");
  await page.getByLabel("Filter the log").fill("connected");
  await expect(page).toHaveURL(/find=connected/);
  await page.reload();
  await expect(page.getByLabel("Filter the log")).toHaveValue("connected");
  await expect(lines.filter({ hasText: "connected to the console" })).toHaveCount(1);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  expect(file.suggestedFilename()).toBe("cam.log");
  await page.getByTestId("log-pause").click();
  await expect(page.getByRole("status").filter({ hasText: "Paused" })).toBeVisible();
});

test("with the keyboard only", async ({ page }) => {
  await openTab(page, "charts");
  await chartsAreThere(page);
  await tabTo(page, page.getByTestId("charts"));
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  const at = page.getByTestId("chart-at").first();
  const first = await at.textContent();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(at).not.toHaveText(first ?? "");
  await page.keyboard.press("+");
  await expect(state(page)).toHaveText("Zoomed");
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("0");
  await expect(state(page)).toHaveText("");
  await page.keyboard.press("Space");
  await expect(state(page)).toHaveText(/Paused/);
  await page.keyboard.press("Space");
  await expect(state(page)).toHaveText("");
  await tabTo(page, page.getByTestId("chart-choice"));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitemcheckbox", { name: "Latency" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitemcheckbox", { name: "Requests" })).toBeFocused();
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("chart-choice")).toBeFocused();
  await expect(chartNames(page)).toHaveText(["Latency", "Errors"]);
  await page.goBack();
  await expect(chartNames(page)).toHaveCount(3);
  await tabTo(page, page.getByTestId("chart-subject"));
  await page.keyboard.press("ArrowDown");
  await expect(page.locator("[data-chart=cpu]")).toBeVisible();
  await expect(page.getByTestId("chart-subject")).toBeFocused();
  await page.keyboard.press("Home");
  await expect(page.locator("[data-chart=latency]")).toBeVisible();
  await tabTo(page, page.getByTestId("chart-table-toggle"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("chart-table")).toBeVisible();

  await openTab(page, "trace");
  const list = page.getByTestId("request-list");
  await expect(list).toBeVisible({ timeout: 30_000 });
  await tabTo(page, page.getByRole("button", { name: "Hold" }));
  await page.keyboard.press("Enter");
  await tabTo(page, list);
  await page.keyboard.press("End");
  await expect(list.getByRole("option").last()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowUp");
  await expect(list.getByRole("option").last()).toHaveAttribute("aria-selected", "false");
  await expect(page.getByTestId("waterfall-row").first()).toBeVisible();

  await open(page, "/events");
  await tabTo(page, page.getByLabel("Severity"));
  await page.keyboard.type("warn");
  await expect(page).toHaveURL(/severity=warn/);
  await tabTo(page, page.getByRole("button", { name: "Clear filters" }));
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(/severity/);

  await open(page, `/nodes/${nodeId("cam")}`);
  await tabTo(page, page.getByTestId("tab-overview"));
  for (const next of ["tab-capacity", "tab-charts", "tab-log"]) {
    await page.keyboard.press("ArrowRight");
    await expect(page.getByTestId(next)).toHaveAttribute("aria-selected", "true");
  }
  await expect(page.getByTestId("node-log")).toBeVisible();
  await tabTo(page, page.getByLabel("Level"));
  await page.keyboard.type("error");
  await expect(page).toHaveURL(/level=error/);
  await tabTo(page, page.getByTestId("log-pause"));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "Paused" })).toBeVisible();
});

test("a lost connection: figures are marked with their age, and afterwards no event is missing or shown twice", async ({ page }) => {
  let lost = false;
  const sockets: { close(): Promise<void> }[] = [];
  await page.routeWebSocket(/socket\.io/, (socket) => {
    if (lost) return void socket.close();
    socket.connectToServer();
    sockets.push(socket);
  });
  await page.route(/socket\.io/, (route) => (lost ? route.abort() : route.continue()));
  await openTab(page, "spans");
  await expect(page.getByTestId("connection")).toContainText("live");
  for (const name of NAMES) await expect(card(page, name)).toContainText(/cpu \d/);
  await expect(card(page, "cam").getByTestId("stale")).toHaveCount(0);
  lost = true;
  for (const socket of sockets.splice(0)) await socket.close();
  await expect(page.getByTestId("connection")).toContainText("stale", { timeout: 60_000 });
  for (const name of NAMES) await expect(card(page, name).getByTestId("stale")).toHaveText(/\d+ s old/);
  const target = nodeId("server");
  for (const act of ["cordon", "uncordon", "cordon", "uncordon"]) await cluster.api("POST", `/nodes/${target}/${act}`);
  lost = false;
  await expect(page.getByTestId("connection")).toContainText("live", { timeout: 60_000 });
  await expect(card(page, "cam").getByTestId("stale")).toHaveCount(0, { timeout: 30_000 });
  const shown = () => page.getByTestId("event").evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-seq"))));
  const stored = async (query: string) => (await cluster.api<{ events: { seq: number }[] }>("GET", `/events?${query}`)).events.map((event) => event.seq).reverse();
  // The overview shows the feed alone: what is there was replayed.
  await page.getByRole("link", { name: "Cutplane, overview" }).click();
  await expect.poll(async () => JSON.stringify(await shown()) === JSON.stringify(await stored("limit=8"))).toBe(true);
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByLabel("Kind of event").selectOption("node");
  await expect.poll(async () => JSON.stringify(await shown()) === JSON.stringify(await stored("kind=node&limit=100"))).toBe(true);
});

test("a node that dies: a callout on the canvas and on the overview leads to it, its figures age, and all is quiet again when it is back", async ({ page }) => {
  const gateway = cluster.agents.find((agent) => agent.name === "gateway");
  await openTab(page, "spans");
  await gateway?.kill("SIGKILL");
  const callout = page.getByTestId("callouts").getByRole("listitem").filter({ hasText: "gateway" }).filter({ has: page.getByRole("link", { name: "show it" }) });
  await expect(callout.first()).toBeVisible({ timeout: 90_000 });
  await expect(card(page, "gateway").getByTestId("stale")).toHaveText(/old/);
  await expect(card(page, "cam").getByTestId("stale")).toHaveCount(0);
  await callout.first().getByRole("link", { name: "show it" }).click();
  await expect(page).toHaveURL(/selected=tn_1/);
  await expect(page.getByTestId("inspector")).toContainText("gateway");
  await open(page, "/");
  const item = page.getByTestId("attention").getByRole("listitem").filter({ hasText: /^(lost|late)gateway/ });
  await item.getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`/nodes/${gateway?.nodeId}`));
  await gateway?.restart();
  await openTab(page, "spans");
  await expect(page.getByTestId("callouts").getByRole("link", { name: "show it" })).toHaveCount(0, { timeout: 120_000 });
});
