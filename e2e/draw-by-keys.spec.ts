// Drawing with the keyboard alone, and two hands on one drawing: from a template to a file, without a mouse.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { type Cluster, startCluster } from "./cluster.ts";
import { tabTo } from "./tab-to.ts";

type Full = { id: string; document: { nodes: { id: string; name: string; zoneId: string | null }[]; links: { fromId: string; toId: string }[]; zones: { id: string; name: string }[] }; layout: Record<string, { x: number; y: number }> };
let cluster: Cluster;
test.beforeAll(async () => { cluster = await startCluster([]); });
test.afterAll(async () => { await cluster?.stop(); });

const stored = (id: string) => cluster.api<Full>("GET", `/topologies/${id}`);
const cards = (page: Page) => page.getByTestId("node-card");
const card = (page: Page, name: string) => page.locator(`[data-testid=node-card][data-node-name="${name}"]`);
async function find(page: Page, words: string): Promise<void> {
  await page.keyboard.press("Control+f");
  await page.keyboard.type(words);
  await page.keyboard.press("Enter");
}

test("with the keyboard only: a template, nodes drawn, named, linked, zoned, aligned, arranged, undone across a refresh, and taken along as a file", async ({ page }) => {
  await page.goto(`${cluster.url}/topologies`);
  await tabTo(page, page.getByTestId("template"));
  await page.keyboard.type("Home");
  await expect(page.getByTestId("template")).toHaveValue("home-lab");
  await tabTo(page, page.getByLabel("Name of the new topology"));
  await page.keyboard.type("my lab");
  await page.keyboard.press("Enter");
  await expect(cards(page).first()).toBeVisible();
  const id = page.url().split("/").at(-1)?.split("?")[0] ?? "";
  const before = (await stored(id)).document;

  // A new node is chosen: named in place, linked by name, and put into a zone.
  await page.keyboard.press("n");
  await expect(cards(page)).toHaveCount(before.nodes.length + 1);
  await page.keyboard.press("F2");
  await expect(page.getByTestId("name-in-place")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("attic");
  await page.keyboard.press("Enter");
  await expect(card(page, "attic")).toBeVisible();
  await page.keyboard.press("c");
  await expect(page.getByLabel(/^Connect to/)).toBeFocused();
  const other = before.nodes[0]?.name ?? "";
  await page.keyboard.type(other);
  await page.keyboard.press("Enter");
  await expect(page.locator(".react-flow__node", { has: card(page, "attic") })).toBeFocused();
  await expect.poll(async () => { const { document } = await stored(id); return document.links.length; }).toBe(before.links.length + 1);
  const { document: linked } = await stored(id);
  const ends = linked.links.at(-1);
  expect([ends?.fromId, ends?.toId]).toEqual([linked.nodes.find(({ name }) => name === "attic")?.id, before.nodes[0]?.id]);
  await find(page, "node attic");
  await page.keyboard.press("g");
  await expect(page.getByTestId("name-in-place")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("upstairs");
  await page.keyboard.press("Enter");
  await expect(page.locator("[data-testid=zone-frame][data-zone-name=upstairs]")).toBeVisible();

  // Copied, pasted, deleted; then all are aligned and arranged, each step one undo.
  await find(page, "node attic");
  await page.keyboard.press("Control+c");
  await page.keyboard.press("Control+v");
  await expect(cards(page)).toHaveCount(before.nodes.length + 2);
  await page.keyboard.press("Delete");
  await expect(cards(page)).toHaveCount(before.nodes.length + 1);
  const places = async () => Object.values((await stored(id)).layout).map(({ x, y }) => `${x},${y}`).sort();
  await expect(page.getByTestId("save-state")).toHaveAttribute("data-state", /saved|merged/);
  const drawn = await places();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("a");
  await page.keyboard.press("l");
  await page.keyboard.press("Enter");
  await expect.poll(places).not.toEqual(drawn);
  const aligned = await places();
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
  await expect.poll(places).not.toEqual(aligned);
  await expect(page.getByTestId("save-state")).toHaveAttribute("data-state", /saved|merged/);
  await page.reload();
  await expect(card(page, "attic")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect.poll(places).toEqual(aligned);
  await page.keyboard.press("Control+z");
  await expect.poll(places).toEqual(drawn);

  // Out as a file, and in again under another name.
  const downloading = page.waitForEvent("download");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("export as a file");
  await page.keyboard.press("Enter");
  const text = readFileSync(await (await downloading).path(), "utf8");
  expect(text).toContain("name: attic");
});
