// A real console and real agents on loopback for the browser's and the failure tests. Nothing here is ours but the processes it spawns: e2e is a user.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./free-port.ts";

const root = path.resolve(import.meta.dirname, "..");
/** Generous: the machine may be busy with other test files. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

export type Spawned = { name: string; child: ChildProcess; logFile: string };
export type Agent = { name: string; nodeId: string; restart(): Promise<void>; kill(signal: NodeJS.Signals): Promise<void>; pid(): number };
export type ConsoleProcess = { url: string; pid(): number; kill(signal: NodeJS.Signals): Promise<void>; restart(): Promise<void> };
export type Cluster = {
  /** Of the first console. */
  url: string;
  folder: string;
  agents: Agent[];
  /** More than one where several share a database. */
  consoles: ConsoleProcess[];
  api<T>(method: string, route: string, body?: unknown): Promise<T>;
  killConsole(signal: NodeJS.Signals): Promise<void>;
  restartConsole(): Promise<void>;
  consolePid(): number;
  stop(): Promise<void>;
};

export type ClusterOptions = {
  /** The last of a flag counts. */
  agentArguments?: (name: string, consoleUrl: string) => string[];
  /** A control group's file of processes that an agent starts in, with all it starts: what it may use of the machine is so from the beginning. */
  agentGroup?: (name: string) => string;
  /** Of all consoles and agents, beside this process's own. */
  environment?: Record<string, string>;
  /** How many consoles share the database at `databaseUrl`; agents join them in turn. Without it one console has its own. */
  shared?: { consoles: number; databaseUrl: string };
};

/** Starts a console (or several) on a fresh data folder and `names.length` agents, and waits until they are online. */
export async function startCluster(names: string[], options: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-e2e-"));
  mkdirSync(path.join(folder, "logs"));
  const running = new Map<string, Spawned>();
  try {
    return await startIn(folder, running, names, options);
  } catch (error) {
    // Whoever waits for what never came leaves no process behind.
    await Promise.all([...running.values()].map((spawned) => end(spawned, "SIGKILL")));
    throw error;
  }
}

async function startIn(folder: string, running: Map<string, Spawned>, names: string[], options: ClusterOptions): Promise<Cluster> {
  const consoles: ConsoleProcess[] = [];
  for (let index = 0; index < (options.shared?.consoles ?? 1); index++) {
    const more = options.shared ? ["--database-url", options.shared.databaseUrl, "--shared", path.join(folder, "shared"), "--agent-port", "0"] : [];
    const started = await startConsole(running, folder, { name: index === 0 ? "console" : `console-${index + 1}`, arguments: more, environment: options.environment });
    consoles.push(started);
  }
  const [first] = consoles as [ConsoleProcess];
  const { url } = first;
  const api = <T>(method: string, route: string, body?: unknown) => callApi<T>(url, method, route, body);
  const agents: Agent[] = [];
  for (const [index, name] of names.entries()) {
    const console = consoles[index % consoles.length]?.url ?? url;
    const { token } = await api<{ token: string }>("POST", "/join-tokens", { nodeName: name });
    const data = path.join(folder, name);
    const more = options.agentArguments?.(name, console) ?? [];
    const start = (args: string[]) => launch(running, folder, name, ["agents/dist/main.mjs", "--console", console, "--name", name, "--data", data, "--data-host", "127.0.0.1", "--ingress-host", "127.0.0.1", ...more, ...args], { groupFile: options.agentGroup?.(name), environment: options.environment });
    start(["--token", token]);
    agents.push({
      name,
      nodeId: "",
      restart: async () => {
        start([]);
      },
      kill: (signal) => end(running.get(name), signal),
      pid: () => running.get(name)?.child.pid ?? -1,
    });
  }
  await until("the agents to be online", async () => {
    const nodes = await api<{ id: string; name: string; status: string }[]>("GET", "/nodes");
    for (const agent of agents) agent.nodeId = nodes.find((node) => node.name === agent.name)?.id ?? "";
    return agents.every((agent) => nodes.some((node) => node.name === agent.name && node.status === "online"));
  });
  return {
    url,
    folder,
    agents,
    consoles,
    api,
    killConsole: first.kill,
    restartConsole: first.restart,
    consolePid: first.pid,
    stop: async () => {
      await Promise.all(agents.map((agent) => agent.kill("SIGTERM")));
      await Promise.all(consoles.map((console) => console.kill("SIGTERM")));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startConsole(running: Map<string, Spawned>, folder: string, options: { name: string; arguments: string[]; environment: Record<string, string> | undefined }): Promise<ConsoleProcess> {
  const { name, environment } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const restart = async () => {
    launch(running, folder, name, ["dist/server.mjs", "--no-demo", "--port", String(port), "--data", path.join(folder, name), ...options.arguments], { environment });
    await until("the console to be ready", async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok ?? false);
  };
  await restart();
  return { url, pid: () => running.get(name)?.child.pid ?? -1, kill: (signal) => end(running.get(name), signal), restart };
}

/** The shell enters the group and becomes the program: its process id stays. */
const ENTER_GROUP = ["-c", 'echo $$ > "$0" && exec "$@"'];

function launch(running: Map<string, Spawned>, folder: string, name: string, args: string[], { groupFile, environment }: { groupFile?: string | undefined; environment?: Record<string, string> | undefined }): void {
  const logFile = path.join(folder, "logs", `${name}.log`);
  const log = createWriteStream(logFile, { flags: "a" });
  const [program, words] = groupFile === undefined ? [process.execPath, args] : ["/bin/sh", [...ENTER_GROUP, groupFile, process.execPath, ...args]];
  const child = spawn(program, words, { cwd: root, env: { ...process.env, NODE_ENV: "production", ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  running.set(name, { name, child, logFile });
}

async function end(spawned: Spawned | undefined, signal: NodeJS.Signals): Promise<void> {
  const child = spawned?.child;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

/** One REST call; an error answer becomes an Error with the server's words. */
export async function callApi<T>(url: string, method: string, route: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}/api/v1${route}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
  return (text === "" ? null : JSON.parse(text)) as T;
}

/** Polls until `ready` answers true. Errors count as "not yet", and the last one is named when time is up. */
export async function until(what: string, ready: () => Promise<boolean>, timeoutMs = START_TIMEOUT_MS): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown = null;
  for (;;) {
    try {
      if (await ready()) return;
      last = null;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}${last ? `; last error: ${last}` : ""}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Long operations are awaited by long polling. */
export async function awaitOperation(cluster: Pick<Cluster, "api">, operation: { id: string }, timeoutMs = START_TIMEOUT_MS): Promise<{ status: string; result: unknown; error: unknown }> {
  let current = { status: "running", result: null as unknown, error: null as unknown };
  await until(`operation ${operation.id}`, async () => {
    current = await cluster.api("GET", `/operations/${operation.id}?waitSeconds=20`);
    return current.status !== "running";
  }, timeoutMs);
  if (current.status !== "succeeded") throw new Error(`operation ${operation.id} ${current.status}: ${JSON.stringify(current.error)}`);
  return current;
}

/** A bundled model's file below node_modules. */
export function bundledModel(relative: string): string {
  const file = path.join(root, "node_modules", relative);
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  return file;
}
