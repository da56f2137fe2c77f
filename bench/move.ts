// A segment moves from one node to another and back while requests run: nothing lost, and how much slower than the steady run beside it.
//   npm run bench -- move                     starts a console with its demo fleet in a folder of its own
//   npm run bench -- move --url http://…      takes a console that runs with its demo fleet
// See bench/METHODOLOGY.md.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { calibrationFigure } from "./calibration.ts";
import { type Figure, reportBench } from "./report.ts";

const root = path.resolve(import.meta.dirname, "..");
const DEPLOYMENT = "read-text";
const MODEL_SHAPE = "x=1,3,48,320";
/** Steady and moving stretches alternate, so that a slow minute of the machine falls on both. There and back = two moves. */
const ROUND_TRIPS = 3;
const STEADY_MS = 6_000;
const MOVE_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 300_000;
/** Well below the slowest stage: what is measured is the move, not a queue. */
const SHARE_OF_CAPACITY = 0.35;

type Placement = { from: number; to: number; topologyNodeId: string }[];
type Deployment = { id: string; modelId: string; topologyId: string; status: string; currentRevision: { number: number; planId: string } | null; ingress: { url: string; ready: boolean }[] };
type Operation = { id: string; status: string; error: { message: string } | null };
type Plan = { id: string; plan: { placement: Placement; estimate: { bottleneckMs: number } } };
type Phase = { sent: number; equal: number; failed: number; lost: number; different: number; duplicated: number; p50Ms: number | null; p99Ms: number | null; longestGapMs: number | null; seconds: number };
type LoadResult = Phase & { phases: Record<string, Phase>; details: string[] };

const { values } = parseArgs({ options: { url: { type: "string" } } });
const started: ChildProcess[] = [];
const folder = values.url ? null : mkdtempSync(path.join(tmpdir(), "cutplane-bench-"));
const say = (line: string) => void process.stderr.write(`${line}\n`);
process.on("SIGINT", () => void cleanUp().then(() => process.exit(130)));
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  await cleanUp();
}

async function main(): Promise<boolean> {
  const url = values.url ?? (await startConsole());
  const api = (method: string, where: string, body?: unknown) => callApi(url, method, where, body);
  const before = await waitLive(api);
  const home = (await api("GET", `/plans/${before.currentRevision!.planId}`)) as Plan;
  const away = (await api("POST", "/plans", { modelId: before.modelId, topologyId: before.topologyId, placement: moveOneStage(home.plan.placement) })) as Plan;
  const rate = Math.max(1, Math.round((1000 / Math.max(home.plan.estimate.bottleneckMs, away.plan.estimate.bottleneckMs)) * SHARE_OF_CAPACITY));
  say(`${rate} requests/s; stage ${home.plan.placement.length - 1} of ${home.plan.placement.length} moves there and back ${ROUND_TRIPS} times`);
  const load = await startLoad(before.ingress.find((one) => one.ready)!.url, rate);
  const moveMs: number[] = [];
  for (let move = 0; move < ROUND_TRIPS * 2; move++) {
    load.begin("steady");
    await sleep(STEADY_MS);
    load.begin("move");
    const startedMs = performance.now();
    const { currentRevision } = (await api("GET", `/deployments/${before.id}`)) as Deployment;
    const target = move % 2 === 0 ? away : home;
    const { operation } = (await api("POST", `/deployments/${before.id}/plan`, { planId: target.id, expectedRevision: currentRevision!.number, reason: "bench" })) as { operation: Operation };
    await follow(api, operation);
    moveMs.push(performance.now() - startedMs);
    say(`move ${move + 1} took ${Math.round(moveMs.at(-1)!)} ms`);
  }
  load.begin("end");
  const result = await load.end();
  for (const detail of result.details) say(detail);
  return reportBench("move", figuresOf(result, rate, moveMs));
}

function figuresOf(result: LoadResult, rate: number, moveMs: number[]): Figure[] {
  const { steady, move } = result.phases as { steady: Phase; move: Phase };
  const against = "the steady stretches of the same run";
  const compare = (figure: string, mine: number | null, theirs: number | null, target?: Figure["target"]): Figure => ({
    figure, value: mine ?? Number.NaN, unit: "ms", against, ratio: (mine ?? Number.NaN) / (theirs ?? Number.NaN), ...(target ? { target } : {}),
  });
  const none = { op: "==", than: 0 } as const;
  return [
    calibrationFigure(),
    { figure: "request rate", value: rate, unit: "requests/s" },
    { figure: "requests during moves", value: move.sent, unit: "requests" },
    { figure: "lost", value: result.lost, unit: "requests", target: none },
    { figure: "failed", value: result.failed, unit: "requests", target: none },
    { figure: "different", value: result.different, unit: "requests", target: none },
    { figure: "duplicated", value: result.duplicated, unit: "requests", target: none },
    compare("p50 during a move", move.p50Ms, steady.p50Ms),
    compare("p99 during a move", move.p99Ms, steady.p99Ms, { op: "<=", than: 1.5 }),
    compare("longest gap between completions", move.longestGapMs, steady.longestGapMs),
    { figure: "whole move, median", value: moveMs.sort((a, b) => a - b)[moveMs.length >> 1]!, unit: "ms" },
  ];
}

/** The last stage goes to the node of the one before: a node may hold two stages, and stays as fast as it was for the first. */
function moveOneStage(placement: Placement): Placement {
  const before = placement.at(-2);
  if (!before) throw new Error("the deployment has one stage: there is nothing to move");
  return placement.map((stage, index) => (index === placement.length - 1 ? { ...stage, topologyNodeId: before.topologyNodeId } : stage));
}

type Api = (method: string, where: string, body?: unknown) => Promise<unknown>;
async function callApi(url: string, method: string, where: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${url}/api/v1${where}`, { method, ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${where} answered ${response.status}: ${text.slice(0, 400)}`);
  return JSON.parse(text);
}

async function waitLive(api: Api): Promise<Deployment> {
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const found = await (api("GET", "/deployments") as Promise<Deployment[]>).then((all) => all.find((one) => (one as { name?: string }).name === DEPLOYMENT), () => undefined);
    if (found?.status === "live" && found.currentRevision && found.ingress.some((one) => one.ready)) return found;
    if (performance.now() > until || started.some((child) => child.exitCode !== null)) throw new Error(`the demo's deployment "${DEPLOYMENT}" did not become live`);
    await sleep(500);
  }
}

async function follow(api: Api, operation: Operation): Promise<void> {
  const until = performance.now() + MOVE_TIMEOUT_MS;
  let seen = operation;
  while (seen.status === "running" && performance.now() < until) seen = (await api("GET", `/operations/${seen.id}?waitSeconds=2`)) as Operation;
  if (seen.status !== "succeeded") throw new Error(`the move ${seen.status}: ${seen.error?.message ?? "no reason given"}`);
}

async function startConsole(): Promise<string> {
  // The demo's camera is off: the load is the only traffic.
  const env = { ...process.env, CUTPLANE_DEMO_CAMERA: "0" };
  const child = spawn(process.execPath, [path.join(root, "server/bootstrap.mjs"), "start", "--data", folder!, "--port", "0"], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk) => {
      text += chunk;
      const url = /listening at (http:\/\/\S+)/.exec(text)?.[1];
      if (url) resolve(url);
    });
    child.once("close", (code) => reject(new Error(`the console ended with ${code}`)));
  });
}

async function startLoad(url: string, rate: number) {
  const words = ["--import", "tsx", path.join(root, "lab/load.ts"), "--url", url, "--model", DEPLOYMENT, "--shape", MODEL_SHAPE, "--rate", String(rate)];
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  let text = "";
  child.stdout.on("data", (chunk) => { text += chunk; });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  while (!text.includes('"ready"')) {
    if (child.exitCode !== null) throw new Error("the load could not start");
    await sleep(50);
  }
  return {
    begin: (phase: string) => void child.stdin.write(`${phase}\n`),
    async end(): Promise<LoadResult> {
      child.stdin.write("end\n");
      await closed;
      return JSON.parse(text.trim().split("\n").at(-1)!) as LoadResult;
    },
  };
}

async function cleanUp(): Promise<void> {
  for (const child of started.splice(0).reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGTERM");
    await Promise.race([closed, sleep(30_000, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
  }
  if (folder) rmSync(folder, { recursive: true, force: true });
}
