// Owns the demo's machines: three agents of unequal speed behind emulated, unequal links. Everything about them that is not real says so.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { type ApiNode, type DemoApi, DemoError, waitFor } from "./demo-api.ts";
import type { ProgramKeeper } from "./demo-processes.ts";

export type DemoNode = { name: string; zone: string; /** Share of a core it may use, where quotas are writable. */ cores: number };
/** Quotas add up to 1.45 cores: on a machine with two they are kept, not fought over. */
export const DEMO_NODES: DemoNode[] = [
  { name: "cam-1", zone: "Dock (emulated network)", cores: 0.35 },
  { name: "gateway-2", zone: "Cabinet (emulated network)", cores: 0.4 },
  { name: "srv-1", zone: "Server room (emulated network)", cores: 0.7 },
];
/** A dock on gigabit copper behind two switches, a cabinet, and a server room beside it: alike both ways. */
const DEMO_LINKS = [
  { between: ["cam-1", "gateway-2"], delayMs: 4, jitterMs: 0.3, bytesPerSecond: 94e6 },
  { between: ["gateway-2", "srv-1"], delayMs: 0.8, jitterMs: 0.1, bytesPerSecond: 210e6 },
  { between: ["cam-1", "srv-1"], delayMs: 4.6, jitterMs: 0.3, bytesPerSecond: 94e6 },
] as const;

type FleetState = { proxies: Record<string, number>; nodes: Record<string, { dataPort: number; ingressPort: number }> };
export type FleetOptions = { api: DemoApi; consoleUrl: string; folder: string; agentEntry: string; keeper: ProgramKeeper; log: (line: string) => void; signal: AbortSignal };
type Quotas = { applied: boolean; reason: string | null; procsFiles: Record<string, string> };
/** "own": each node at its share of a core. "full": as fast as the machine is, while segments load again; nothing is measured meanwhile. */
export type FleetSpeed = "own" | "full";
export type Fleet = {
  nodes: ApiNode[];
  quotas: { applied: boolean; reason: string | null };
  /** Does nothing where quotas are not writable. */
  setSpeed(speed: FleetSpeed): Promise<void>;
};

const ONLINE_TIMEOUT_MS = 120_000;
/** More than a demo's machine lets one node have: the quota no longer binds. */
const FULL_CORES = 4;

/** Starts or adopts the programs and waits until all three are online. @throws DemoError with the end of the log of what failed */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { folder, log } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const programs = await buildLabPrograms(folder);
  const state = await preparePorts(options);
  await startLinks(options, state, programs.link);
  const quotas = await prepareQuotas(options, programs.throttle, "own");
  const known = await options.api.get<ApiNode[]>("/nodes");
  for (const node of DEMO_NODES) await startAgent(options, node, state, quotas.procsFiles[node.name] ?? null, known);
  const setSpeed = async (speed: FleetSpeed) => {
    if (quotas.applied) await prepareQuotas(options, programs.throttle, speed);
  };
  // Nothing new to measure, only segments to load again.
  if (DEMO_NODES.every(({ name }) => existsSync(join(folder, name, "desired.json"))) && (await quotasRead(options))) await setSpeed("full");
  log(quotas.applied
    ? `three agents of unequal speed: ${DEMO_NODES.map((node) => `${node.name} ${node.cores} of a core`).join(", ")}`
    : `three agents of equal speed (${quotas.reason})`);
  const nodes = await waitOnline(options);
  return { nodes, quotas: { applied: quotas.applied, reason: quotas.reason }, setSpeed };
}

/** Each agent reads its quota once, first of all. One that was adopted did so long ago. */
async function quotasRead({ keeper, signal }: FleetOptions): Promise<boolean> {
  const read = await waitFor(async () => DEMO_NODES.every(({ name }) => keeper.adopted(name) || keeper.logTail(name).includes(" starting ")) || null, { timeoutMs: ONLINE_TIMEOUT_MS, everyMs: 30, signal });
  return read ?? false;
}

/** Of the nodes: the ones in this fleet's agents' own identity files. */
function nodeIdOf(folder: string, name: string): string | null {
  try {
    return (JSON.parse(readFileSync(join(folder, name, "identity.json"), "utf8")) as { nodeId: string }).nodeId;
  } catch {
    return null;
  }
}

async function waitOnline({ api, folder, keeper, log, signal }: FleetOptions): Promise<ApiNode[]> {
  let said = 0;
  const online = await waitFor(async () => {
    const listed = await api.get<ApiNode[]>("/nodes");
    const mine = DEMO_NODES.map(({ name }) => listed.find((node) => node.id === nodeIdOf(folder, name)));
    const ready = mine.filter((node) => node?.status === "online");
    if (ready.length > said) log(`${ready.map((node) => node!.name).join(", ")} online`);
    said = ready.length;
    if (ready.length === DEMO_NODES.length) return mine as ApiNode[];
    const ended = DEMO_NODES.find(({ name }) => !keeper.isRunning(name));
    if (ended) throw new DemoError(`the agent ${ended.name} ended by itself. The end of ${keeper.logPath(ended.name)}:\n${keeper.logTail(ended.name)}`);
    return null;
  }, { timeoutMs: ONLINE_TIMEOUT_MS, everyMs: 150, signal });
  if (online) return online;
  const missing = DEMO_NODES.filter(({ name }) => nodeIdOf(folder, name) === null).map(({ name }) => name);
  const first = missing[0] ?? DEMO_NODES[0]!.name;
  throw new DemoError(`the agents were not online after ${ONLINE_TIMEOUT_MS / 1000} s${missing.length > 0 ? ` (${missing.join(", ")} did not join)` : ""}. The end of ${keeper.logPath(first)}:\n${keeper.logTail(first)}`);
}

async function startAgent(options: FleetOptions, node: DemoNode, state: FleetState, procsFile: string | null, known: ApiNode[]): Promise<void> {
  const { api, folder, keeper, consoleUrl, agentEntry } = options;
  const dataFolder = join(folder, node.name);
  const nodeId = nodeIdOf(folder, node.name);
  if (nodeId !== null && !known.some((one) => one.id === nodeId)) {
    // The console does not know it (another database, or removed by a person): it joins anew.
    await keeper.stop(node.name);
    rmSync(dataFolder, { recursive: true, force: true });
  }
  if (keeper.adopt(node.name)) return;
  const env: Record<string, string> = {};
  if (!existsSync(join(dataFolder, "identity.json"))) {
    const { token } = await api.send<{ token: string }>("POST", "/join-tokens", { nodeName: node.name, expiresInSeconds: 600 });
    // By environment, not by flag: command lines are everybody's to read.
    env.CUTPLANE_TOKEN = token;
  }
  const { dataPort, ingressPort } = state.nodes[node.name]!;
  keeper.start({
    name: node.name, marker: dataFolder, env, procsFile,
    command: [
      process.execPath, agentEntry, "--console", consoleUrl, "--name", node.name, "--data", dataFolder,
      "--data-host", "127.0.0.1", "--data-port", String(dataPort), "--advertise", `127.0.0.1:${dataPort}`,
      "--data-proxy", `http://127.0.0.1:${state.proxies[node.name]}`, "--ingress-host", "127.0.0.1", "--ingress-port", String(ingressPort), "--drain-timeout", "5",
    ],
  });
}

async function startLinks({ folder, keeper, log, signal }: FleetOptions, state: FleetState, program: string): Promise<void> {
  const configPath = join(folder, "links.json");
  const config = {
    seed: 1,
    nodes: DEMO_NODES.map(({ name }) => ({ name, host: "127.0.0.1", port: state.nodes[name]!.dataPort })),
    proxies: DEMO_NODES.map(({ name }) => ({ node: name, port: state.proxies[name]! })),
    links: DEMO_LINKS.flatMap(({ between: [a, b], ...settings }) => [{ from: a, to: b, ...settings }, { from: b, to: a, ...settings }]),
    // A node of the user's own is reached as it is: nothing of its way is emulated.
    beyond: "open",
  };
  writeFileSync(configPath, JSON.stringify(config, null, 2));
  const running = keeper.adopt("links");
  if (running) process.kill(running.pid, "SIGHUP");
  else keeper.start({ name: "links", command: [process.execPath, program, "--config", configPath], marker: configPath });
  const up = await waitFor(async () => {
    if (!keeper.isRunning("links")) throw new DemoError(`the link emulator ended by itself:\n${keeper.logTail("links")}`);
    return keeper.logTail("links").includes('"ports"') ? true : null;
  }, { timeoutMs: 10_000, everyMs: 30, signal });
  if (!up) throw new DemoError(`the link emulator did not start within 10 s:\n${keeper.logTail("links")}`);
  log(`emulated links: ${DEMO_LINKS.map((link) => `${link.between.join(" – ")} ${link.delayMs} ms, ${link.bytesPerSecond / 1e6} MB/s`).join("; ")}`);
}

async function prepareQuotas({ folder }: FleetOptions, program: string, speed: FleetSpeed): Promise<Quotas> {
  const answers = await Promise.all(DEMO_NODES.map(async ({ name, cores }) => {
    const answer = await runThrottle(program, ["prepare", "--group", groupOf(folder, name), "--cores", String(speed === "own" ? cores : FULL_CORES)]);
    return { name, ...answer };
  }));
  const refused = answers.find((answer) => !answer.applied);
  if (!refused) return { applied: true, reason: null, procsFiles: Object.fromEntries(answers.map(({ name, procsFile }) => [name, procsFile!])) };
  // All or none: one slow node among fast ones would be read as a fault.
  await removeQuotas(folder);
  return { applied: false, reason: refused.reason ?? "unknown", procsFiles: {} };
}

/** After the agents ended. */
export async function removeQuotas(folder: string): Promise<void> {
  const program = join(folder, "programs", "throttle.mjs");
  if (!existsSync(program)) return;
  for (const { name } of DEMO_NODES) await runThrottle(program, ["remove", "--group", groupOf(folder, name)]).catch(() => {});
}

async function runThrottle(program: string, words: string[]): Promise<{ applied?: boolean; reason?: string | null; procsFile?: string | null }> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { timeout: 10_000 });
  return JSON.parse(stdout);
}

/** Two consoles on one machine have fleets of their own. */
function groupOf(folder: string, name: string): string {
  return `cutplane-${createHash("sha256").update(folder).digest("hex").slice(0, 8)}-${name}`;
}

/** Ports are chosen once and remembered, so that links and agents find each other after a restart. What someone else took meanwhile is chosen anew. */
async function preparePorts({ folder, keeper }: FleetOptions): Promise<FleetState> {
  const path = join(folder, "ports.json");
  let state: FleetState = { proxies: {}, nodes: {} };
  try {
    state = JSON.parse(readFileSync(path, "utf8")) as FleetState;
  } catch {
    // The first start.
  }
  if (!keeper.adopt("links")) {
    for (const { name } of DEMO_NODES) {
      if (await isFree(state.proxies[name])) continue;
      // An agent that runs still knows the old proxy: it starts again with the new one.
      await keeper.stop(name);
      state.proxies[name] = await freePort(state);
    }
  }
  for (const { name } of DEMO_NODES) {
    if (keeper.adopt(name)) continue;
    const before = state.nodes[name];
    state.nodes[name] = {
      dataPort: (await isFree(before?.dataPort)) ? before!.dataPort : await freePort(state),
      ingressPort: (await isFree(before?.ingressPort)) ? before!.ingressPort : await freePort(state),
    };
  }
  writeFileSync(path, JSON.stringify(state, null, 2));
  return state;
}

async function freePort(state: FleetState): Promise<number> {
  const used = new Set([...Object.values(state.proxies), ...Object.values(state.nodes).flatMap((node) => [node.dataPort, node.ingressPort])]);
  for (;;) {
    const port = await listenOnce(0);
    if (port !== null && !used.has(port)) return port;
  }
}
async function isFree(port: number | undefined): Promise<boolean> {
  return port !== undefined && (await listenOnce(port)) !== null;
}
function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => {
      const { port: chosen } = server.address() as { port: number };
      server.close(() => resolve(chosen));
    });
  });
}

/** The lab's programs are TypeScript: built here in some milliseconds, so that each runs in a bare Node without a loader. */
async function buildLabPrograms(folder: string): Promise<{ link: string; throttle: string }> {
  const outdir = join(folder, "programs");
  const lab = join(repositoryFolder(), "lab");
  await build({
    entryPoints: [join(lab, "link.ts"), join(lab, "throttle.ts")], outdir, outExtension: { ".js": ".mjs" },
    bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "silent",
  });
  return { link: join(outdir, "link.mjs"), throttle: join(outdir, "throttle.mjs") };
}

/** This file may run as it is or inside a bundle somewhere below the same folder. */
export function repositoryFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "lab", "link.ts")) && existsSync(join(folder, "package.json"))) return folder;
  }
  throw new DemoError("the demo's programs (folder lab/) are not beside the console");
}
