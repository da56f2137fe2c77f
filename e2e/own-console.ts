// Owns a console of its own on a fresh folder, with the demo fleet or empty, for who looks at it and ends it.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { callApi, until } from "./cluster.ts";
import { freePort } from "./free-port.ts";

const root = path.resolve(import.meta.dirname, "..");
/** The demo starts three agents, measures a model and deploys it. */
const DEMO_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 20_000;

export type OwnConsole = { url: string; api<T>(method: string, route: string, body?: unknown): Promise<T>; /** Ends the process; the folder goes with `end`. */ kill(): Promise<void>; end(): Promise<void> };

/** Ready to be looked at; with the demo, once the demo serves. */
export async function startOwnConsole({ demo }: { demo: boolean }): Promise<OwnConsole> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-own-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ["dist/server.mjs", "--port", String(port), "--agent-port", "0", "--data", folder, ...(demo ? [] : ["--no-demo"])], { cwd: root, env: { ...process.env, NODE_ENV: "production" }, stdio: ["ignore", "ignore", "inherit"] });
  const started: OwnConsole = {
    url,
    api: (method, route, body) => callApi(url, method, route, body),
    kill: () => kill(child),
    end: async () => { await kill(child); rmSync(folder, { recursive: true, force: true }); },
  };
  try {
    await until("the console to be ready", async () => (await fetch(`${url}/readyz`)).ok);
    if (demo) await until("the demo to serve", async () => (await started.api<{ status: string }[]>("GET", "/deployments")).some((one) => one.status === "live"), DEMO_TIMEOUT_MS);
    return started;
  } catch (error) {
    await started.end();
    throw error;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
