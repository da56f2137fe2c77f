// Owns labelled pictures of text: lines made from a seed and rendered by Chromium, so that what is written is known without anybody reading it.
import { readFileSync } from "node:fs";
import type { Browser } from "@playwright/test";
import { packageFile } from "../../server/inspect/testing-models.ts";
import { seededRandom } from "../../server/model/seeded-random.ts";

export type RenderedLine = { text: string; png: Buffer };

/** Wider than any line. */
const BOX = { width: 960, height: 96 } as const;
const WORDS = "account arrival balance carrier circuit company delivery discount document engine evening factory freight gateway harbour invoice journey kitchen ladder machine network number office order package payment platform quantity railway receipt region report sample service shipment station storage street summary supplier terminal ticket total transfer transport valley vehicle voltage warehouse weight window".split(" ");
/** Ink and ground, darkest and lightest first. */
const LOOKS = [["#111", "#fff"], ["#222", "#f4f1e8"], ["#0b3d91", "#fff"], ["#333", "#dfe6e9"], ["#fff", "#1e272e"]] as const;

/** Two words and a number, as they stand on labels and bills. */
function lineOf(random: () => number): string {
  const word = () => WORDS[Math.floor(random() * WORDS.length)] as string;
  const first = word();
  return `${first.charAt(0).toUpperCase()}${first.slice(1)} ${word()} ${Math.floor(random() * 90_000) + 10_000}`;
}

/** `count` pictures, each as large as its line as a text detector cuts it out, the same text for the same seed. The font comes with the console. */
export async function renderLines(browser: Browser, count: number, seed: number): Promise<RenderedLine[]> {
  const random = seededRandom(seed);
  const font = readFileSync(packageFile("@fontsource-variable/geist", "files/geist-latin-wght-normal.woff2")).toString("base64");
  const context = await browser.newContext({ viewport: BOX, deviceScaleFactor: 1 });
  try {
    const page = await context.newPage();
    await page.setContent(`<style>@font-face { font-family: "line"; src: url(data:font/woff2;base64,${font}); font-weight: 100 900 } body { margin: 0; display: grid; place-items: center; height: 96px; white-space: nowrap; font-family: line } span { padding: 6px 10px }</style><span></span>`);
    await page.evaluate(() => document.fonts.load('400 40px "line"'));
    const lines: RenderedLine[] = [];
    for (let made = 0; made < count; made++) {
      const text = lineOf(random);
      const [ink, ground] = LOOKS[made % LOOKS.length] as (typeof LOOKS)[number];
      const look = { text, ink, ground, size: 34 + Math.floor(random() * 10), weight: random() < 0.5 ? 400 : 600 };
      await page.evaluate(({ text: written, ink: color, ground: background, size, weight }) => {
        const span = document.querySelector("span") as HTMLElement;
        span.textContent = written;
        Object.assign(document.body.style, { color, background, fontSize: `${size}px`, fontWeight: String(weight) });
      }, look);
      lines.push({ text, png: await page.locator("span").screenshot({ type: "png" }) });
    }
    return lines;
  } finally {
    await context.close();
  }
}
