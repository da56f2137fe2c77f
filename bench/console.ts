// Benchmark "console": the canvas with 200 simulated nodes and a synthetic model of 500 layers in a real browser, while values change each second.
// Usage: npm run bench -- console [--nodes 200] [--layers 500] [--browsers 50] [--minutes 30]. Short form: --minutes 1.
// Headless Chromium without a GPU: drawing costs more here than on a desk.
import { parseArgs } from "node:util";
import type { Browser } from "@playwright/test";
import { calibrationFigure } from "./calibration.ts";
import { openFollowers } from "./console-browsers.ts";
import { measureEvents } from "./console-events.ts";
import { measureHands } from "./console-hands.ts";
import { measureLoads } from "./console-loads.ts";
import { measureMemory } from "./console-memory.ts";
import { startLargeCanvas } from "./large-canvas.ts";
import { launchBrowser } from "./open-canvas.ts";
import { type Figure, reportBench } from "./report.ts";

const { values } = parseArgs({ options: { nodes: { type: "string", default: "200" }, layers: { type: "string", default: "500" }, browsers: { type: "string", default: "50" }, minutes: { type: "string", default: "30" } } });
const [nodes, layers, browsers, minutes] = [Number(values.nodes), Number(values.layers), Number(values.browsers), Number(values.minutes)];

const figures: Figure[] = [calibrationFigure(), { figure: "nodes on the canvas", value: nodes, unit: "nodes" }, { figure: "layers of the model", value: layers, unit: "layers" }];
const canvas = await startLargeCanvas({ nodes, layers });
let browser: Browser | null = null;
try {
  browser = await launchBrowser();
  figures.push(...(await measureLoads(browser, canvas.address)), ...(await measureHands(browser, canvas.address)), ...(await measureEvents(browser, canvas, "one browser")));
  const followers = await openFollowers(canvas, browsers - 1);
  try {
    figures.push(...(await measureEvents(browser, canvas, `${browsers} browsers`)), ...(await followers.figures()));
  } finally {
    followers.stop();
  }
  figures.push(...(await measureMemory(browser, canvas.address, minutes)), { ...calibrationFigure(), figure: "calibration loop, again at the end" });
  process.exitCode = reportBench("console", figures) ? 0 : 1;
} finally {
  await browser?.close();
  await canvas.stop();
}
