// `npm run screenshots`: every screen in light and dark × wide and narrow × empty and busy, as files to look at. `-- --shape all` adds the
// other forms a screen must bear (or `--shape 320,4k`); `--url URL` takes a console that runs (with `--writes` also screens that leave something there); `--only NAME,NAME`, `--theme dark` and `--as empty` take some;
// `--whole` makes the window as tall as what it scrolls.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { chromium, type Page } from "@playwright/test";
import { callApi } from "./cluster.ts";
import { startOwnConsole } from "./own-console.ts";
import { type Screen, screensOf, visit } from "./screens.ts";

const root = path.resolve(import.meta.dirname, "..");
const FOLDER = path.join(root, "reports/screenshots");

/** `textPercent`: the text size a person sets in the browser, so that rem and the width at which a layout changes follow it. */
type Shape = { name: string; width: number; height: number; textPercent: number; /** The browser's zoom: fewer CSS pixels, each drawn larger. */ zoom?: number; forcedColors?: boolean };
const USUAL = ["wide", "narrow"];
const SHAPES: Shape[] = [
  { name: "wide", width: 1440, height: 900, textPercent: 100 },
  { name: "narrow", width: 390, height: 844, textPercent: 100 },
  { name: "768", width: 768, height: 1024, textPercent: 100 },
  { name: "1024", width: 1024, height: 768, textPercent: 100 },
  { name: "320", width: 320, height: 700, textPercent: 100 },
  { name: "small-large-text", width: 320, height: 700, textPercent: 200 },
  { name: "4k", width: 3840, height: 2160, textPercent: 100 },
  { name: "wide-large-text", width: 1440, height: 900, textPercent: 200 },
  { name: "wide-zoomed", width: 720, height: 450, textPercent: 100, zoom: 2 },
  { name: "forced-colours", width: 1440, height: 900, textPercent: 100, forcedColors: true },
];
const THEMES = ["light", "dark"] as const;

const option = (name: string): string | undefined => { const at = process.argv.indexOf(`--${name}`); return at < 0 ? undefined : process.argv[at + 1]; };
const list = (name: string): string[] | undefined => option(name)?.split(",");
const only = list("only");
const shapes = SHAPES.filter((one) => option("shape") === "all" || (list("shape") ?? USUAL).includes(one.name));

const BROWSER_ARGS = [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const DEFAULT_FONT_PX = 16;
/** A setting of Blink takes the pointer's away: said again, that it hovers and is fine. */
const MOUSE = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4";
/** Taller pictures are cut off by the browser's own limit on textures. */
const WHOLE_HEIGHT_MAX_PX = 8000;

async function main(): Promise<void> {
  const url = option("url");
  if (url) await photograph(url, option("as") ?? "busy");
  else for (const state of (["empty", "busy"] as const).filter((one) => !option("as") || one === option("as"))) {
    const started = await startOwnConsole({ demo: state === "busy" });
    try { await photograph(started.url, state); } finally { await started.end(); }
  }
  console.log(`written to ${path.relative(process.cwd(), FOLDER)}`);
}

async function photograph(url: string, state: string): Promise<void> {
  const screens = (await screensOf((method, route) => callApi(url, method, route), !option("url") || process.argv.includes("--writes"))).filter((screen) => !only || only.includes(screen.name));
  for (const shape of shapes) {
    const browser = await chromium.launch({ ...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}), args: [...BROWSER_ARGS, ...(shape.textPercent === 100 ? [] : [`--blink-settings=defaultFontSize=${(DEFAULT_FONT_PX * shape.textPercent) / 100},${MOUSE}`])] });
    try {
      for (const theme of THEMES.filter((one) => !option("theme") || one === option("theme"))) {
        const page = await browser.newPage({ viewport: { width: shape.width, height: shape.height }, deviceScaleFactor: shape.zoom ?? 1, colorScheme: theme, reducedMotion: "reduce", forcedColors: shape.forcedColors ? "active" : "none" });
        const folder = path.join(FOLDER, state, shape.name, theme);
        mkdirSync(folder, { recursive: true });
        for (const screen of screens) {
          await page.setViewportSize({ width: shape.width, height: shape.height });
          await takeOne(page, url, screen, path.join(folder, `${screen.name}.png`));
        }
        await page.close();
      }
    } finally {
      await browser.close();
    }
  }
}

async function takeOne(page: Page, url: string, screen: Screen, file: string): Promise<void> {
  try {
    await visit(page, url, screen);
    if (process.argv.includes("--whole")) await unroll(page);
    await page.screenshot({ path: file });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) console.log(`${path.relative(FOLDER, file)}: ${overflow} px wider than the window`);
  } catch (error) {
    console.error(`${path.relative(FOLDER, file)}: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    process.exitCode = 1;
  }
}

/** A page of reading scrolls inside of the frame: the window grows by what is out of sight. */
async function unroll(page: Page): Promise<void> {
  // Twice: a part that may fill a share of the window grows with it.
  for (let round = 0; round < 2; round++) {
    const hidden = await page.evaluate(() => { const main = document.querySelector("main"); return main ? main.scrollHeight - main.clientHeight : 0; });
    const size = page.viewportSize();
    if (!size || hidden <= 0) return;
    await page.setViewportSize({ ...size, height: Math.min(WHOLE_HEIGHT_MAX_PX, size.height + hidden) });
    await page.waitForTimeout(300);
  }
}

await main();
