// First run: the demo fleet serves, and three quiet steps end with a layer moved by the user, here with the keyboard alone.
import { expect, type Page, test } from "@playwright/test";
import { violations } from "./look.ts";
import { type OwnConsole, startOwnConsole } from "./own-console.ts";

let own: OwnConsole;
test.describe.configure({ timeout: 600_000 });
test.beforeAll(async () => { own = await startOwnConsole({ demo: true }); });
test.afterAll(async () => { await own?.end(); });

type Row = { id: string; currentRevision: { number: number } };
const revision = async () => (await own.api<Row[]>("GET", "/deployments"))[0]?.currentRevision.number;
const tour = (page: Page) => page.getByTestId("tour");
const at = (page: Page, step: string, timeout = 60_000) => expect(tour(page)).toHaveAttribute("data-at", step, { timeout });
const command = async (page: Page, text: string) => {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands" }).fill(text);
  await page.keyboard.press("Enter");
};
/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 200; step++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => (document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "").trim() === wanted, name)) return;
  }
  throw new Error(`the Tab key never came to “${name}”`);
}

test("three steps, told from what is, end with a layer moved on the running deployment", async ({ page }) => {
  await page.goto(own.url);
  await at(page, "serve");
  expect(await violations(page)).toEqual([]);
  await tabTo(page, "Open read-text");
  await page.keyboard.press("Enter");
  // Requests of the demo's camera are the first step's proof; nobody clicks it away.
  await at(page, "place");
  await expect(tour(page).locator("[data-step=serve]")).toHaveAttribute("data-state", "done");
  expect(await violations(page)).toEqual([]);

  // Put away, and taken up again on another page and after a reload.
  await tour(page).getByRole("button", { name: "Put the first steps away" }).press("Enter");
  await expect(tour(page)).toHaveCount(0);
  await page.reload();
  await expect(page.getByTestId("layer-stack")).toBeVisible();
  await expect(tour(page)).toHaveCount(0);
  await command(page, "First steps go on");
  await at(page, "place");
  await tabTo(page, "Open read-text");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("layer-stack")).toBeVisible();
  await at(page, "place");

  // A draft is the second step; taking it back takes the step back.
  await tabTo(page, "Move layers to…");
  await page.keyboard.press("Enter");
  const dialog = page.getByTestId("move-dialog");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await at(page, "confirm");
  await page.keyboard.press("Control+z");
  await at(page, "place");
  await page.keyboard.press("Control+y");
  await at(page, "confirm");

  // Confirming is the third; the deployment really moves.
  await tabTo(page, "Go to the button");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("deploy")).toBeFocused();
  await page.keyboard.press("Enter");
  const confirm = page.getByTestId("confirm-deploy");
  await expect(confirm).toBeEnabled({ timeout: 120_000 });
  await confirm.focus();
  await page.keyboard.press("Enter");
  await at(page, "done", 180_000);
  expect(await revision()).toBe(2);
  await expect(tour(page)).toContainText("Revision 2 of read-text");
  // At its own size a card's chips are as large as a finger needs.
  await page.keyboard.press("0");
  expect(await violations(page)).toEqual([]);

  // The server knows that somebody moved: another browser is not led through it again, but may ask.
  const other = await (await page.context().browser()!.newContext()).newPage();
  await other.goto(own.url);
  await expect(other.getByTestId("deployment-row")).toBeVisible();
  await expect(tour(other)).toHaveCount(0);
  await command(other, "First steps begin");
  await at(other, "serve");
  await other.context().close();
});
