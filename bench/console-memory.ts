// Owns "console"'s figure of a page that is left open: what a garbage collection leaves, again and again.
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "@playwright/test";
import { openCanvas } from "./open-canvas.ts";
import { quantile } from "./quantile.ts";
import type { Figure } from "./report.ts";

/** What is left may grow by this much and still be called flat. */
const MAX_GROWTH = 1.1;
const LOOKS = 10;
/** Histories of the charts fill up meanwhile, as they are meant to. */
const WARM_UP_SHARE = 0.15;
const MAX_WARM_UP_MS = 60_000;

export async function measureMemory(browser: Browser, address: string, minutes: number): Promise<Figure[]> {
  const page = await openCanvas(browser, address);
  const session = await page.context().newCDPSession(page);
  const look = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = (await session.send("Runtime.getHeapUsage")) as { usedSize: number };
    const { nodes } = (await session.send("Memory.getDOMCounters")) as { nodes: number };
    return { usedSize, nodes };
  };
  await pause(Math.min(MAX_WARM_UP_MS, minutes * 60_000 * WARM_UP_SHARE));
  const looks = [await look()];
  process.stderr.write(`leaving the canvas open for ${minutes} min…\n`);
  for (let turn = 0; turn < LOOKS; turn++) {
    await pause((minutes * 60_000) / LOOKS);
    looks.push(await look());
  }
  await page.context().close();
  const third = Math.ceil(looks.length / 3);
  const middle = (part: typeof looks, of: "usedSize" | "nodes") => quantile(part.map((one) => one[of]), 0.5);
  const [first, last] = [looks.slice(0, third), looks.slice(-third)];
  const [before, after] = [middle(first, "usedSize"), middle(last, "usedSize")];
  return [
    { figure: `page's memory in the last third of ${minutes} min of live values`, value: after / 1e6, unit: "MB", against: `${(before / 1e6).toFixed(1)} MB in the first`, ratio: after / before, target: { op: "<=", than: MAX_GROWTH } },
    { figure: "page's document nodes, last third against first", value: middle(last, "nodes"), unit: "nodes", against: `${middle(first, "nodes")}`, ratio: middle(last, "nodes") / middle(first, "nodes"), target: { op: "<=", than: MAX_GROWTH } },
  ];
}
