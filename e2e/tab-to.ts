import type { Locator, Page } from "@playwright/test";

const PRESSES_MAX = 400;

/** Presses Tab until `target` has the focus; fails when a whole round does not reach it. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  const handle = await target.elementHandle();
  for (let presses = 0; presses < PRESSES_MAX; presses++) {
    if (await page.evaluate((element) => document.activeElement === element, handle)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}
