// Owns "console"'s figures of opening the canvas: how long until a node is seen, and how much program comes for it.
import type { Browser } from "@playwright/test";
import { newPage } from "./open-canvas.ts";
import { quantile } from "./quantile.ts";
import type { Figure } from "./report.ts";

const LOADS = 5;
const MAX_PAINT_MS = 1_500;
const MAX_SCRIPT_KB = 450;
type Marked = { paintedMs?: number };

/** Each load in a browser context of its own, with nothing cached. The first one warms the server and does not count. */
export async function measureLoads(browser: Browser, address: string): Promise<Figure[]> {
  const paintMs: number[] = [];
  let scriptBytes = 0;
  for (let load = 0; load <= LOADS; load++) {
    const page = await newPage(browser);
    const context = page.context();
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    const scripts = new Set<string>();
    let bytes = 0;
    session.on("Network.responseReceived", (event) => { if (event.type === "Script") scripts.add(event.requestId); });
    session.on("Network.loadingFinished", (event) => { if (scripts.has(event.requestId)) bytes += event.encodedDataLength; });
    await page.addInitScript(() => {
      const seen = () => {
        const card = document.querySelector("[data-testid=node-card]");
        if (card === null || card.getBoundingClientRect().width === 0) return requestAnimationFrame(seen);
        requestAnimationFrame(() => { (window as unknown as { paintedMs: number }).paintedMs = performance.now(); });
        return 0;
      };
      requestAnimationFrame(seen);
    });
    await page.goto(address);
    await page.waitForFunction(() => (window as unknown as Marked).paintedMs !== undefined);
    if (load > 0) paintMs.push(await page.evaluate(() => (window as unknown as Marked).paintedMs ?? Number.NaN));
    await page.waitForLoadState("networkidle").catch(() => undefined);
    scriptBytes = bytes;
    await context.close();
  }
  return [
    { figure: `first node on the canvas, median of ${LOADS} cold browsers`, value: quantile(paintMs, 0.5), unit: "ms", target: { op: "<=", than: MAX_PAINT_MS } },
    { figure: `first node on the canvas, best of ${LOADS}`, value: Math.min(...paintMs), unit: "ms" },
    { figure: "JavaScript shipped to the canvas page, compressed", value: scriptBytes / 1000, unit: "KB", target: { op: "<=", than: MAX_SCRIPT_KB } },
  ];
}
