// An accuracy run from the Load tab, with the keyboard only: labelled pictures as a file, how many are right, which one is wrong, and the same data once more.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, type FileChooser, type Page, test } from "@playwright/test";
import { type Cluster, startCluster, until } from "./cluster.ts";
import { deployOverAll } from "./deploy-over-all.ts";
import { violations } from "./look.ts";
import { tabTo } from "./tab-to.ts";

const NAME = "upright";
/** Lies upright. */
const PICTURE = readFileSync("server/demo/picture.png");
/** The orientation classifier's own preparation. */
const PROCESSOR = { kind: "image-classify", labels: ["0", "180"], width: 192, height: 48, fit: "pad", channels: "bgr", mean: [0.5], std: [0.5], topK: 2 };
const RUN_TIMEOUT_MS = 60_000;

const file = path.join(tmpdir(), `cutplane-pages-${process.pid}.jsonl`);
let cluster: Cluster;
let deploymentId = "";
test.beforeAll(async () => {
  cluster = await startCluster(["cam", "gateway", "server"]);
  const served = await deployOverAll(cluster, NAME);
  deploymentId = served.deploymentId;
  await cluster.api("PUT", `/models/${served.modelId}/processor`, { processor: PROCESSOR });
  await until("the processor to answer", async () => (await fetch(`${served.url}/v2/models/${NAME}/process`, { method: "POST", headers: { "content-type": "image/png" }, body: PICTURE })).status === 200);
});
test.afterAll(async () => {
  await cluster?.stop();
  rmSync(file, { force: true });
});

/** Choosers are caught from well before one opens: what opens while that is being switched on is seen by nobody. */
async function chooseByKeys(page: Page): Promise<void> {
  const opened: FileChooser[] = [];
  page.on("filechooser", (chooser) => opened.push(chooser));
  await tabTo(page, page.getByTestId("load-data"));
  await expect.poll(async () => {
    if (opened.length === 0) await page.keyboard.press("Enter");
    return opened.length > 0;
  }, { timeout: 30_000, intervals: [5_000] }).toBe(true);
  await opened[0]?.setFiles(file);
  page.removeAllListeners("filechooser");
}

test("a line that does not fit is named; then a run tells what is right and what is not, and is compared with the next one on the same data", async ({ page }) => {
  const row = (label: string) => JSON.stringify({ base64: PICTURE.toString("base64"), label });
  writeFileSync(file, `${row("0")}\n{"base64": 7, "label": "0"}\n`);
  await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=load`);
  await tabTo(page, page.getByTestId("load-what"));
  await page.keyboard.type("Accuracy");
  await expect(page.getByTestId("load-start")).toBeDisabled();
  await chooseByKeys(page);
  await expect(page.getByRole("alert").filter({ hasText: "line 2: \"base64\" must be a text" })).toBeVisible();
  await expect(page.getByTestId("load-start")).toBeDisabled();
  expect(await violations(page)).toEqual([]);

  writeFileSync(file, [row("0"), row("180"), row("0")].join("\n"));
  await chooseByKeys(page);
  await expect(page.getByTestId("load-data-facts")).toContainText("3 samples for the model’s processor; labels are texts, 2 different.");
  await tabTo(page, page.getByTestId("load-start"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("load-run")).toHaveCount(1, { timeout: RUN_TIMEOUT_MS });
  await expect(page.getByTestId("load-verdict")).toHaveText("66.7 % of 3 right");
  await expect(page.getByTestId("load-report")).toContainText("MLPerf method");
  await expect(page.getByTestId("load-wrong").getByRole("row").nth(1)).toHaveText(/2\s*180\s*0/);
  await expect(page.getByTestId("load-classes")).toContainText("180");
  expect(await violations(page)).toEqual([]);

  // The same data is still chosen.
  await tabTo(page, page.getByTestId("load-start"));
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("load-run")).toHaveCount(2, { timeout: RUN_TIMEOUT_MS });
  await page.getByTestId("load-run").nth(1).getByRole("checkbox").press("Space");
  await expect(page.getByTestId("load-compare")).toContainText("0 right now that were not, 0 no longer");
  expect(await violations(page)).toEqual([]);
  const download = page.waitForEvent("download");
  await page.getByTestId("load-report").getByRole("button", { name: "accuracy.json" }).press("Enter");
  const log = JSON.parse(readFileSync(await (await download).path(), "utf8")) as { qsl_idx: number }[];
  expect(log.map(({ qsl_idx }) => qsl_idx).sort()).toEqual([0, 1, 2]);
});

test("another system's embeddings: texts that the deployment's model does not take are taken for the address, and graded", async ({ page }) => {
  const places: Record<string, number[]> = { "win money": [1, 0], "money now": [1, 0.1], "at noon": [0, 1], "see you": [0.1, 1] };
  const server = createServer((req, res) => {
    const pieces: Buffer[] = [];
    req.on("data", (piece: Buffer) => pieces.push(piece)).on("end", () => {
      const { input } = JSON.parse(Buffer.concat(pieces).toString()) as { input: string };
      res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ data: [{ embedding: places[input] }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    writeFileSync(file, Object.keys(places).map((text) => JSON.stringify({ text, label: text.includes("money") ? "spam" : "ham" })).join("\n"));
    await page.goto(`${cluster.url}/deployments/${deploymentId}?tab=load`);
    await page.getByTestId("load-what").selectOption("accuracy");
    await page.getByTestId("load-data").setInputFiles(file);
    await expect(page.getByRole("alert").filter({ hasText: "it is a text, and the processor image-classify" })).toBeVisible();
    await page.getByTestId("load-target").selectOption("url");
    await page.getByTestId("load-api").selectOption("openai-embeddings");
    await page.getByTestId("load-url").fill(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    await page.getByTestId("load-model").fill("theirs");
    // As a person's click on it does: the same file again would be no change.
    await page.getByTestId("load-data").setInputFiles([]);
    await page.getByTestId("load-data").setInputFiles(file);
    await expect(page.getByTestId("load-data-facts")).toContainText("4 samples of text; labels are texts, 2 different.");
    await page.getByText("What a line looks like").click();
    await expect(page.getByTestId("load-form")).toContainText("its embedding is told by the other samples of each label");
    expect(await violations(page)).toEqual([]);
    await page.getByTestId("load-start").click();
    await expect(page.getByTestId("load-run").first()).toContainText("theirs at http://127.0.0.1", { timeout: RUN_TIMEOUT_MS });
    await expect(page.getByTestId("load-verdict")).toHaveText("100.0 % of 4 right");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
