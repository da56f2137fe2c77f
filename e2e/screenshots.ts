// `npm run screenshots`: every screen in light and dark × wide and narrow × empty and busy, as files to look at. With `-- --url URL` it takes a console that runs.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Page } from "@playwright/test";
import { callApi, until } from "./cluster.ts";
import { type Screen, screensOf, visit } from "./screens.ts";

const root = path.resolve(import.meta.dirname, "..");
const FOLDER = path.join(root, "reports/screenshots");
/** The demo starts three agents, measures a model and deploys it. */
const DEMO_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 20_000;

/** `textPercent`: the text size a person sets in the browser, so that rem and the width at which a layout changes follow it. */
type Shape = { name: string; width: number; height: number; textPercent: number };
const SHAPES: Shape[] = [
  { name: "wide", width: 1440, height: 900, textPercent: 100 },
  { name: "narrow", width: 390, height: 844, textPercent: 100 },
  { name: "small-large-text", width: 320, height: 700, textPercent: 200 },
];
const THEMES = ["light", "dark"] as const;

const option = (name: string): string | undefined => { const at = process.argv.indexOf(`--${name}`); return at < 0 ? undefined : process.argv[at + 1]; };
const only = option("only")?.split(",");

const BROWSER_ARGS = [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const DEFAULT_FONT_PX = 16;

async function main(): Promise<void> {
  const url = option("url");
  if (url) await photograph(url, option("as") ?? "busy");
  else for (const state of ["empty", "busy"] as const) await onConsole(state === "busy", (started) => photograph(started, state));
  console.log(`written to ${path.relative(process.cwd(), FOLDER)}`);
}

/** A console of its own on a fresh folder; with the demo it is ready once the demo serves. */
async function onConsole(demo: boolean, use: (url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-screens-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ["dist/server.mjs", "--port", String(port), "--data", folder, ...(demo ? [] : ["--no-demo"])], { cwd: root, env: { ...process.env, NODE_ENV: "production" }, stdio: ["ignore", "ignore", "inherit"] });
  try {
    await until("the console to be ready", async () => (await fetch(`${url}/readyz`)).ok);
    if (demo) await until("the demo to serve", async () => (await callApi<{ status: string }[]>(url, "GET", "/deployments")).some((one) => one.status === "live"), DEMO_TIMEOUT_MS);
    await use(url);
  } finally {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function photograph(url: string, state: string): Promise<void> {
  const screens = (await screensOf((method, route) => callApi(url, method, route))).filter((screen) => !only || only.includes(screen.name));
  for (const shape of SHAPES.filter((one) => !option("shape") || one.name === option("shape"))) {
    const browser = await chromium.launch({ ...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}), args: [...BROWSER_ARGS, `--blink-settings=defaultFontSize=${(DEFAULT_FONT_PX * shape.textPercent) / 100}`] });
    try {
      for (const theme of THEMES.filter((one) => !option("theme") || one === option("theme"))) {
        const page = await browser.newPage({ viewport: { width: shape.width, height: shape.height }, colorScheme: theme, reducedMotion: "reduce" });
        const folder = path.join(FOLDER, state, shape.name, theme);
        mkdirSync(folder, { recursive: true });
        for (const screen of screens) await takeOne(page, url, screen, path.join(folder, `${screen.name}.png`));
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
    await page.screenshot({ path: file });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) console.log(`${path.relative(FOLDER, file)}: ${overflow} px wider than the window`);
  } catch (error) {
    console.error(`${path.relative(FOLDER, file)}: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
    process.exitCode = 1;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

await main();
