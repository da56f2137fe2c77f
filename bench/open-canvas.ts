// Owns the browser of a benchmark, and opening the canvas in it.
import { setTimeout as pause } from "node:timers/promises";
import { type Browser, chromium, type Page } from "@playwright/test";

/** Queries, prediction and the first live values have settled by then. */
const SETTLE_MS = 3_000;

/** `CHROMIUM_PATH` or Playwright's own. Garbage can be collected on demand, and memory figures are not rounded. */
export function launchBrowser(): Promise<Browser> {
  const own = process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {};
  return chromium.launch({ ...own, args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-background-networking", "--disable-component-update", "--js-flags=--expose-gc", "--enable-precise-memory-info"] });
}

/** A page of its own context. The program that compiles these files names functions by a helper the page does not have. */
export async function newPage(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.addInitScript("globalThis.__name ??= (made) => made;");
  return page;
}

export async function openCanvas(browser: Browser, address: string): Promise<Page> {
  const page = await newPage(browser);
  await page.goto(address);
  await page.getByTestId("node-card").first().waitFor();
  await page.getByTestId("layer-row").first().waitFor();
  await pause(SETTLE_MS);
  return page;
}
