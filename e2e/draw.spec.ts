// Drawing: templates, several things at once, copies, arrangement, undo across a refresh, files, and two browsers on one drawing.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { SERVED_MODEL } from "./deploy-over-all.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

type Full = { id: string; name: string; revision: number; document: { nodes: { id: string; name: string; zoneId: string | null; speed: number }[]; links: unknown[] }; layout: Record<string, { x: number; y: number }> };
let cluster: Cluster;
test.beforeAll(async () => { cluster = await startCluster([]); });
test.afterAll(async () => { await cluster?.stop(); });

const cards = (page: Page) => page.getByTestId("node-card");
const card = (page: Page, name: string) => page.locator(`[data-testid=node-card][data-node-name="${name}"]`);
const stored = (id: string) => cluster.api<Full>("GET", `/topologies/${id}`);
const saved = (page: Page) => expect(page.getByTestId("save-state")).toHaveAttribute("data-state", /saved|merged/);
async function make(name: string, templateId: string): Promise<Full> {
  return cluster.api<Full>("POST", "/topologies", { name, templateId });
}
async function open(page: Page, id: string): Promise<void> {
  await page.goto(`${cluster.url}/topologies/${id}`);
  await expect(cards(page).first()).toBeVisible();
}

test("a template says what it assumes; copies, arrangement and undo are single steps that survive a refresh", async ({ page }) => {
  await page.goto(`${cluster.url}/topologies`);
  await page.getByTestId("template").selectOption("industrial-line");
  await expect(page.getByTestId("template-assumptions")).toContainText("Assumed, not measured");
  await page.getByLabel("Name of the new topology").fill("line");
  await page.getByRole("button", { name: "New topology" }).click();
  await expect(cards(page)).toHaveCount(5);
  const id = page.url().split("/").at(-1)?.split("?")[0] ?? "";
  await card(page, "station 1").click({ position: { x: 20, y: 60 } });
  await card(page, "station 2").click({ position: { x: 20, y: 60 }, modifiers: ["Control"] });
  await expect(page.getByTestId("inspector")).toContainText("2 things");
  await page.keyboard.press("Control+d");
  await expect(cards(page)).toHaveCount(7);
  await page.keyboard.press("a");
  await page.keyboard.press("t");
  await page.keyboard.press("Enter");
  await saved(page);
  await page.keyboard.press("l");
  await saved(page);
  await page.reload();
  await expect(cards(page)).toHaveCount(7);
  for (let step = 0; step < 3; step++) await page.keyboard.press("Control+z");
  await expect(cards(page)).toHaveCount(5);
  await page.keyboard.press("Control+y");
  await expect(cards(page)).toHaveCount(7);
  await expect.poll(async () => (await stored(id)).document.nodes.length).toBe(7);
});

test("what is chosen in one topology is copied into another, with its zone and links; cut takes it away", async ({ page }) => {
  const [from, to] = [await make("copied from", "three-tier-mec"), await make("copied to", "home-lab")];
  await open(page, from.id);
  const before = from.document.nodes.length;
  await page.keyboard.press("Control+a");
  await expect(page.getByTestId("inspector")).toContainText("things");
  await page.keyboard.press("Control+c");
  await open(page, to.id);
  await page.keyboard.press("Control+v");
  await expect(cards(page)).toHaveCount(to.document.nodes.length + before);
  await expect.poll(async () => (await stored(to.id)).document.links.length).toBe(to.document.links.length + from.document.links.length);
  // What was pasted is chosen: cut takes it away again, and undo brings it back.
  await page.keyboard.press("Control+x");
  await expect(cards(page)).toHaveCount(to.document.nodes.length);
  await page.keyboard.press("Control+z");
  await expect(cards(page)).toHaveCount(to.document.nodes.length + before);
  await expect.poll(async () => (await stored(to.id)).document.nodes.length).toBe(to.document.nodes.length + before);
});

test("names are typed in place, things are found, and a file makes the same drawing again", async ({ page }) => {
  const { id } = await make("lab", "home-lab");
  await open(page, id);
  await page.keyboard.press("Control+f");
  await page.getByTestId("find").getByRole("combobox").fill("mini");
  await page.keyboard.press("Enter");
  await page.keyboard.press("F2");
  await page.keyboard.type("nuc");
  await page.keyboard.press("Enter");
  await expect(card(page, "nuc")).toBeVisible();
  // Who walks by Tab goes on from there.
  await expect(page.locator(".react-flow__node", { has: card(page, "nuc") })).toBeFocused();
  await expect.poll(async () => (await stored(id)).document.nodes.some((node) => node.name === "nuc")).toBe(true);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export as a file" }).click();
  const text = readFileSync(await (await downloading).path(), "utf8");
  await page.goto(`${cluster.url}/topologies`);
  await page.getByTestId("topology-file").setInputFiles({ name: "bad.yaml", mimeType: "text/yaml", buffer: Buffer.from(text.replace("name: nuc", "nmae: nuc")) });
  await expect(page.getByTestId("import-problem")).toContainText(/line \d+, nodes\.tn_mini/);
  await page.getByTestId("topology-file").setInputFiles({ name: "broken.yaml", mimeType: "text/yaml", buffer: Buffer.from(`${text}nodes: {`) });
  await expect(page.getByTestId("import-problem")).toContainText(/line \d+, column \d+: .*What helps: /);
  await page.getByLabel("Name of the new topology").fill("lab again");
  await page.getByTestId("topology-file").setInputFiles({ name: "lab.yaml", mimeType: "text/yaml", buffer: Buffer.from(text) });
  await expect(card(page, "nuc")).toBeVisible();
  await page.goto(`${cluster.url}/topologies`);
  await page.getByRole("button", { name: "Delete lab again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete lab again" }).click();
  await expect(page.getByRole("link", { name: "lab again" })).toHaveCount(0);
  await expect(page.locator("#main")).toBeFocused();
});

test("nodes drawn one after the other lie beside each other, in sight, by button and by key; only planned ones are planned and say why they are not deployed", async ({ page }) => {
  const { id } = await cluster.api<Full>("POST", "/topologies", { name: "from nothing" });
  await page.goto(`${cluster.url}/topologies/${id}`);
  await page.getByRole("button", { name: "Draw a node" }).click();
  await expect(cards(page)).toHaveCount(1);
  for (const count of [2, 3]) { await page.getByTestId("add-planned-node").click(); await expect(cards(page)).toHaveCount(count); }
  for (const count of [4, 5]) { await page.keyboard.press("n"); await expect(cards(page)).toHaveCount(count); }
  for (const one of await cards(page).all()) await expect(one).toBeInViewport({ ratio: 0.99 });
  const boxes = await cards(page).evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as DOMRect));
  for (const [index, a] of boxes.entries()) for (const b of boxes.slice(index + 1)) expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
  const answer = await fetch(`${cluster.url}/api/v1/models?name=upright&fileName=cls.onnx`, { method: "POST", body: readFileSync(bundledModel(SERVED_MODEL)), headers: { "content-type": "application/octet-stream" } });
  const { model } = (await answer.json()) as { model: { id: string } };
  await page.goto(`${cluster.url}/topologies/${id}?model=${model.id}`);
  await page.getByTestId("plan-it").click();
  await page.getByTestId("deploy").click();
  await expect(page.getByTestId("deploy-planned")).toContainText("only planned");
  await expect(page.getByTestId("confirm-deploy")).toBeDisabled();
  expect(await violations(page)).toEqual([]);
});

test("by keyboard a topology is made, drawn and linked, and the focus is not lost when what had it goes away", async ({ page }) => {
  await page.goto(`${cluster.url}/topologies`);
  await tabTo(page, page.getByLabel("Name of the new topology"));
  await page.keyboard.type("by keys alone");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("canvas")).toBeVisible();
  await expect(page.locator("#main")).toBeFocused();
  for (const count of [1, 2]) { await page.keyboard.press("n"); await expect(cards(page)).toHaveCount(count); }
  await page.keyboard.press("c");
  await expect(page.locator("[data-connect-to]")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator(".react-flow__edge")).toHaveCount(1);
  // There is nothing left to connect it to: the field is gone, the focus is not.
  await expect(page.locator("[data-connect-to]")).toHaveCount(0);
  await expect.poll(() => page.evaluate(() => document.activeElement !== null && document.activeElement !== document.body)).toBe(true);
  // Shortcuts of the canvas are as good from there.
  await page.keyboard.press("Escape");
  await page.locator("#main").focus();
  await page.keyboard.press("n");
  await expect(cards(page)).toHaveCount(3);
});

/** Shares of each link's line that lie under a card, by its id. */
const hiddenLines = (page: Page) => page.evaluate(() => {
  const boxes = [...document.querySelectorAll("[data-testid=node-card]")].map((card) => card.getBoundingClientRect());
  return Object.fromEntries([...document.querySelectorAll<SVGPathElement>(".react-flow__edge-path")].map((path) => {
    const steps = 60;
    const matrix = path.getScreenCTM() as DOMMatrix;
    const points = Array.from({ length: steps - 1 }, (_, index) => path.getPointAtLength((path.getTotalLength() * (index + 1)) / steps).matrixTransform(matrix));
    return [path.id, points.filter(({ x, y }) => boxes.some((box) => x > box.left + 3 && x < box.right - 3 && y > box.top + 3 && y < box.bottom - 3)).length / points.length] as const;
  }));
});

test("after Arrange every link of a template is seen, and one with a card dragged onto its way goes around it", async ({ page }) => {
  for (const [templateId, links] of [["v2x", 4], ["home-lab", 3]] as const) {
    const { id } = await make(`arranged ${templateId}`, templateId);
    await open(page, id);
    await page.getByRole("button", { name: "Arrange" }).click();
    await expect.poll(async () => Object.values(await hiddenLines(page))).toEqual(Array(links).fill(0));
  }
  const { document, layout } = await make("in the way", "three-tier-mec");
  const [device, edge, region] = document.nodes.map((node) => layout[node.id] as { x: number; y: number });
  expect(edge && device && region && edge.x > device.x && region.x > edge.x).toBe(true);
  const row = await cluster.api<Full>("POST", "/topologies", { name: "a row", document: { nodes: document.nodes, zones: [], links: [{ id: "lnk_over", fromId: document.nodes[0]?.id, toId: document.nodes[2]?.id, bidirectional: true, latencyMs: 1, bandwidthBytesPerSecond: 1e8, trust: "trusted" }], sourceId: null }, layout });
  await open(page, row.id);
  await expect.poll(() => hiddenLines(page)).toEqual({ lnk_over: 0 });
});

test("on a phone an address that names a thing opens what is to be read of it; choosing by hand covers nothing, and Back leaves it", async ({ page }) => {
  const { id, document } = await make("read on a phone", "three-tier-mec");
  const [first, second] = document.nodes;
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, id);
  await expect(page.getByTestId("inspector")).toHaveCount(0);
  await card(page, first?.name ?? "").click({ position: { x: 20, y: 20 } });
  await expect.poll(() => new URL(page.url()).searchParams.get("selected")).toBe(first?.id);
  await expect(page.getByTestId("inspector")).toHaveCount(0);
  await page.goto(`${cluster.url}/topologies`);
  await page.goto(`${cluster.url}/topologies/${id}?selected=${second?.id}`);
  const name = page.getByTestId("inspector").getByLabel("Name in this topology");
  await expect(name).toHaveValue(second?.name ?? "");
  await expect(page.getByTestId("inspector")).toBeInViewport({ ratio: 0.2 });
  expect(await violations(page)).toEqual([]);
  // The canvas is still there to be touched.
  await expect(card(page, second?.name ?? "")).toBeInViewport();
  await page.getByRole("button", { name: "Close the inspector" }).press("Enter");
  await expect(page.getByTestId("inspector")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Show the inspector" })).toBeFocused();
  await page.evaluate((other) => history.pushState(null, "", other), `/topologies/${id}?selected=${first?.id}`);
  await expect(name).toHaveValue(first?.name ?? "");
  await page.goBack();
  await expect(name).toHaveValue(second?.name ?? "");
  await page.goBack();
  await expect(page).toHaveURL(/\/topologies$/);
});

test("on a phone the three zones are all in sight at once, and each card still says its name and state in letters that can be read", async ({ page }) => {
  const { id } = await make("on a phone", "three-tier-mec");
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 700 });
    await open(page, id);
    const specks = page.getByTestId("speck");
    await expect(specks).toHaveCount(3);
    for (const zone of await page.getByTestId("zone-frame").all()) await expect(zone).toBeInViewport({ ratio: 0.99 });
    await expect(specks.nth(1)).toContainText("edge server");
    await expect(specks.nth(1)).toContainText("planned");
    const heights = await specks.locator("> span").evaluateAll((lines) => lines.map((line) => line.getBoundingClientRect().height));
    expect(Math.min(...heights)).toBeGreaterThan(9);
    expect(await violations(page)).toEqual([]);
    await specks.nth(1).dblclick();
    await expect(specks).toHaveCount(0);
  }
});

test("two browsers see each other's edits and a conflict shows both values", async ({ browser }) => {
  const { id } = await make("shared", "three-tier-mec");
  const [a, b] = await Promise.all([browser.newPage(), browser.newPage()]);
  await Promise.all([open(a, id), open(b, id)]);
  const rename = async (page: Page, from: string, to: string) => {
    await card(page, from).getByText(from, { exact: true }).dblclick();
    await page.getByTestId("name-in-place").fill(to);
    await page.getByTestId("name-in-place").press("Enter");
  };
  await rename(a, "device", "camera");
  await expect(card(b, "camera")).toBeVisible();
  await b.context().setOffline(true);
  await rename(b, "camera", "lens");
  await rename(a, "camera", "eye");
  await until("a's name to be saved", async () => (await stored(id)).document.nodes.some((node) => node.name === "eye"));
  await b.context().setOffline(false);
  await expect(b.getByTestId("conflict")).toContainText("lens", { timeout: 30_000 });
  await expect(b.getByTestId("conflict")).toContainText("eye");
  await b.getByRole("button", { name: "Use lens" }).click();
  await expect(card(a, "lens")).toBeVisible();
  await Promise.all([a.close(), b.close()]);
});
