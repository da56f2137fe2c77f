// Benchmark "console": the canvas with 200 simulated nodes and a synthetic model of 500 layers in a real browser, while values change each second.
// Usage: npm run bench -- console [--nodes 200] [--minutes 30]. Headless Chromium without a GPU: drawing costs more here than on a desk.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "@playwright/test";
import type { Notice } from "../agents/protocol/control.ts";
import { ModelBuilder } from "../server/model/synthetic/model-builder.ts";
import { calibrationFigure } from "./calibration.ts";
import { type Figure, reportBench } from "./report.ts";
import { addressOf, type Counts, enrolAll, reportEachSecond, startServer, type SimulatedAgent, stopServer } from "./simulated-fleet.ts";

const LAYERS = 500;
const LOADS = 5;
const MAX_TASK_MS = 50;
const MAX_PAINT_MS = 1_500;
const MAX_SCRIPT_KB = 450;
const MAX_EVENT_MS = 250;
/** What a garbage collection leaves may grow by this much and still be called flat. */
const MAX_GROWTH = 1.1;
/** Shorter tasks are the browser's own housekeeping; they would only make the percentile look better. */
const MIN_TASK_MS = 1;
const EVENTS = 60;
const EVENT_TIMEOUT_MS = 5_000;
const FRAMES_WAITED = 30;

type Fleet = { url: string; agents: SimulatedAgent[]; notices: Notice[][] };
type Draft = { id: string; revision: number; document: { nodes: { id: string }[]; links: unknown[] }; layout: Record<string, { x: number; y: number }> };

const { values } = parseArgs({ options: { nodes: { type: "string", default: "200" }, minutes: { type: "string", default: "30" } } });
const nodeCount = Number(values.nodes);
const minutes = Number(values.minutes);

async function run(): Promise<boolean> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-console-"));
  let server: ChildProcess | null = null;
  let browser: Browser | null = null;
  const stops: (() => void)[] = [];
  try {
    server = startServer(folder);
    const url = await addressOf(server);
    process.stderr.write(`enrolling ${nodeCount} simulated agents…\n`);
    const counts: Counts = { sent: 0, acknowledged: 0, documents: 0, ended: 0 };
    const agents = await enrolAll(url, nodeCount, counts);
    const notices: Notice[][] = agents.map(() => []);
    for (const [index, agent] of agents.entries()) {
      stops.push(reportEachSecond(agent, (index / nodeCount) * 1000, counts, [], () => notices[index]!.splice(0)), () => agent.socket.disconnect());
    }
    const address = await drawCanvas(url);
    browser = await chromium.launch({ ...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}), args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--js-flags=--expose-gc", "--enable-precise-memory-info"] });
    const figures = [calibrationFigure(), ...(await measureLoads(browser, address)), ...(await measureHands(browser, address)), ...(await measureEvents(browser, { url, agents, notices })), ...(await measureMemory(browser, address))];
    return reportBench("console", figures);
  } finally {
    await browser?.close();
    for (const stop of stops) stop();
    if (server) await stopServer(server);
    rmSync(folder, { recursive: true, force: true });
  }
}

// ── what is on the canvas ──

function syntheticChain(): Buffer {
  const model = new ModelBuilder({ seed: 11 });
  let value = model.input("x", "float32", [1, 16]);
  for (let layer = 0; layer < LAYERS; layer++) {
    const product = model.op("MatMul", `/layers.${layer}/MatMul`, [value, model.weight(`layers.${layer}.weight`, [16, 16])]);
    value = model.op("Relu", `/layers.${layer}/Relu`, [product], {}, layer === LAYERS - 1 ? ["y"] : undefined);
  }
  model.output("y", "float32", [1, 16]);
  const parts: Buffer[] = [];
  model.write((chunk) => { parts.push(Buffer.from(chunk)); });
  return Buffer.concat(parts);
}

async function call<T>(url: string, method: string, route: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}/api/v1${route}`, { method, ...(body === undefined ? {} : body instanceof Uint8Array ? { body: new Uint8Array(body), headers: { "content-type": "application/octet-stream" } } : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The drawing that follows the fleet, with a ring of links, and the model; the address of its canvas. */
async function drawCanvas(url: string): Promise<string> {
  const { model } = await call<{ model: { id: string } }>(url, "POST", "/models?name=chain&fileName=chain.onnx", syntheticChain());
  for (let tries = 0; tries < 100 && (await call<{ status: string }>(url, "GET", `/models/${model.id}`)).status !== "ready"; tries++) await pause(200);
  const list = await call<{ id: string; followsFleet: boolean }[]>(url, "GET", "/topologies");
  const topology = await call<Draft>(url, "GET", `/topologies/${list.find((one) => one.followsFleet)!.id}`);
  const { nodes } = topology.document;
  const links = nodes.map((node, index) => ({ id: `lnk_ring${index}`, fromId: node.id, toId: nodes[(index + 1) % nodes.length]!.id }));
  await call(url, "PUT", `/topologies/${topology.id}`, { baseRevision: topology.revision, document: { ...topology.document, links } });
  const across = Math.ceil(Math.sqrt(nodes.length));
  await call(url, "PUT", `/topologies/${topology.id}/layout`, { layout: Object.fromEntries(nodes.map((node, index) => [node.id, { x: (index % across) * 300, y: Math.floor(index / across) * 200 }])) });
  return `${url}/topologies/${topology.id}?model=${model.id}`;
}

// ── first paint and what is shipped for it ──

async function measureLoads(browser: Browser, address: string): Promise<Figure[]> {
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
        if (document.querySelector("[data-testid=node-card]") === null) return requestAnimationFrame(seen);
        requestAnimationFrame(() => { (window as unknown as { paintedMs: number }).paintedMs = performance.now(); });
        return 0;
      };
      requestAnimationFrame(seen);
    });
    await page.goto(address);
    await page.waitForFunction(() => (window as unknown as { paintedMs?: number }).paintedMs !== undefined);
    // The first one warms the server.
    if (load > 0) paintMs.push(await page.evaluate(() => (window as unknown as { paintedMs: number }).paintedMs));
    await page.waitForLoadState("networkidle").catch(() => undefined);
    scriptBytes = bytes;
    await context.close();
  }
  return [
    { figure: `first node on the canvas, ${nodeCount} nodes, median of ${LOADS} cold browsers`, value: quantile(paintMs, 0.5), unit: "ms", target: { op: "<=", than: MAX_PAINT_MS } },
    { figure: "JavaScript shipped to the canvas page, compressed", value: scriptBytes / 1000, unit: "KB", target: { op: "<=", than: MAX_SCRIPT_KB } },
  ];
}

/** A page of its own context. The program that compiles this file names functions by a helper the page does not have. */
async function newPage(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.addInitScript("globalThis.__name ??= (made) => made;");
  return page;
}

// ── panning and dragging ──

async function measureHands(browser: Browser, address: string): Promise<Figure[]> {
  const page = await openCanvas(browser, address);
  const pan = await tasksDuring(browser, page, async () => {
    const box = (await page.getByTestId("canvas").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    for (let turn = 0; turn < 4; turn++) {
      await page.mouse.down({ button: "middle" });
      await page.mouse.move(box.x + box.width / 2 + (turn % 2 ? -260 : 260), box.y + box.height / 2 + (turn % 2 ? -120 : 120), { steps: 60 });
      await page.mouse.up({ button: "middle" });
    }
  });
  let frames: number[] = [];
  const drag = await tasksDuring(browser, page, async () => { frames = await dragOverCards(page); });
  await page.context().close();
  const figure = (label: string, tasks: number[]): Figure[] => [
    { figure: `main-thread tasks while ${label}, p99`, value: quantile(tasks, 0.99), unit: "ms", target: { op: "<=", than: MAX_TASK_MS } },
    { figure: `main-thread tasks while ${label}, longest of ${tasks.length}`, value: quantile(tasks, 1), unit: "ms" },
  ];
  return [
    ...figure("panning", pan), ...figure("dragging layers", drag),
    { figure: `frames from the pointer over a node to its prediction, p99 of ${frames.length}`, value: quantile(frames, 0.99), unit: "frames", target: { op: "<=", than: 1 } },
  ];
}

async function openCanvas(browser: Browser, address: string): Promise<Page> {
  const page = await newPage(browser);
  await page.goto(address);
  await page.getByTestId("node-card").first().waitFor();
  await page.getByTestId("layer-row").first().waitFor();
  await pause(3_000);
  return page;
}

/** Carries a layer over one card after the other; how many frames pass until what is shown for it has changed. */
async function dragOverCards(page: Page): Promise<number[]> {
  await page.evaluate((most) => {
    const seen: number[] = [];
    Object.assign(window, { frames: seen });
    document.addEventListener("dragenter", (event) => {
      const card = (event.target as Element).closest("[data-testid=node-card]");
      const name = card?.getAttribute("data-name") ?? card?.querySelector("[data-testid=node-name]")?.textContent;
      if (!card || card === (window as unknown as { last?: Element }).last) return;
      Object.assign(window, { last: card });
      const before = document.querySelector("[data-testid=ghost]")?.textContent ?? "";
      let count = 0;
      const look = () => {
        count++;
        const now = document.querySelector("[data-testid=ghost]")?.textContent ?? "";
        if (now !== before || (name && now.includes(name) && before.includes(name))) seen.push(count);
        else if (count < most) requestAnimationFrame(look);
        else seen.push(most);
      };
      requestAnimationFrame(look);
    }, true);
  }, FRAMES_WAITED);
  const row = (await page.getByTestId("layer-row").nth(4).boundingBox())!;
  const cards = await page.getByTestId("node-card").all();
  const canvas = (await page.getByTestId("canvas").boundingBox())!;
  await page.mouse.move(row.x + 60, row.y + row.height / 2);
  await page.mouse.down();
  for (let turn = 0; turn < 2; turn++) {
    for (const card of cards.slice(0, 30)) {
      const box = await card.boundingBox();
      if (!box) continue;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (x < canvas.x || y < canvas.y || x > canvas.x + canvas.width || y > canvas.y + canvas.height) continue;
      await page.mouse.move(x, y, { steps: 4 });
    }
  }
  await page.mouse.move(row.x + 60, row.y + 200);
  await page.mouse.up();
  return page.evaluate(() => (window as unknown as { frames: number[] }).frames);
}

type TraceEvent = { name: string; pid: number; tid: number; dur?: number };

/** Milliseconds of the page's main-thread tasks of at least `MIN_TASK_MS` while `act` runs. */
async function tasksDuring(browser: Browser, page: Page, act: () => Promise<void>): Promise<number[]> {
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline", "devtools.timeline", "toplevel"] });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString("utf8")) as { traceEvents: TraceEvent[] };
  const threads = new Map<string, number[]>();
  const names = new Map<string, string>();
  for (const event of traceEvents as (TraceEvent & { args?: { name?: string } })[]) {
    const key = `${event.pid}/${event.tid}`;
    if (event.name === "thread_name") names.set(key, event.args?.name ?? "");
    if (event.name !== "RunTask" || event.dur === undefined || event.dur < MIN_TASK_MS * 1000) continue;
    const list = threads.get(key);
    if (list) list.push(event.dur / 1000);
    else threads.set(key, [event.dur / 1000]);
  }
  const main = [...threads].filter(([key]) => names.get(key) === "CrRendererMain").sort(([, a], [, b]) => b.length - a.length)[0];
  if (!main) throw new Error("the trace shows no task of the page's main thread");
  return main[1];
}

// ── an agent's event ──

async function measureEvents(browser: Browser, { url, agents, notices }: Fleet): Promise<Figure[]> {
  const page = await newPage(browser);
  await page.addInitScript(() => {
    const shown: Record<string, number> = {};
    Object.assign(window, { shown });
    const look = () => {
      for (const found of (document.body?.innerText ?? "").matchAll(/bench-event-(\d+)/g)) shown[found[1] as string] ??= Date.now();
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(`${url}/events`);
  await pause(2_000);
  const delays: number[] = [];
  let missing = 0;
  for (let event = 0; event < EVENTS; event++) {
    const index = event % agents.length;
    const agent = agents[index]!;
    const sentAt = Date.now();
    // Sent at once, as an agent does with what cannot wait for its next report.
    agent.socket.emit("report", { seq: 1e6 + event, at: new Date().toISOString(), bootId: agent.bootId, cursor: 0, notices: [{ at: new Date().toISOString(), level: "warn", code: "bench", message: `bench-event-${event}` }] }, () => undefined);
    const shownAt = await page.waitForFunction((id) => (window as unknown as { shown: Record<string, number> }).shown[id], String(event), { timeout: EVENT_TIMEOUT_MS, polling: 20 }).then((handle) => handle.jsonValue(), () => null);
    if (shownAt === null || shownAt === undefined) missing++;
    else delays.push(shownAt - sentAt);
  }
  void notices;
  await page.context().close();
  return [
    { figure: `an agent's event to the pixel, p99 of ${EVENTS}`, value: quantile(delays, 0.99), unit: "ms", target: { op: "<=", than: MAX_EVENT_MS } },
    { figure: "events never shown", value: missing, unit: "events", target: { op: "==", than: 0 } },
  ];
}

// ── an open page ──

async function measureMemory(browser: Browser, address: string): Promise<Figure[]> {
  const page = await openCanvas(browser, address);
  const session = await page.context().newCDPSession(page);
  const heap = async () => {
    await session.send("HeapProfiler.collectGarbage");
    return ((await session.send("Runtime.getHeapUsage")) as { usedSize: number }).usedSize;
  };
  await pause(Math.min(30_000, minutes * 10_000));
  const first = await heap();
  process.stderr.write(`leaving the canvas open for ${minutes} min…\n`);
  await pause(minutes * 60_000);
  const last = await heap();
  await page.context().close();
  return [{ figure: `page's memory after ${minutes} min of live values`, value: last / 1e6, unit: "MB", against: `${(first / 1e6).toFixed(1)} MB before`, ratio: last / first, target: { op: "<=", than: MAX_GROWTH } }];
}

function quantile(list: number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

process.exitCode = (await run()) ? 0 : 1;
