// Owns the fleet of the prediction bench: a console, three agents, and an emulated network between them (lab/link.ts) whose links are slow enough to count.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Cluster, startCluster } from "../e2e/cluster.ts";

const root = path.resolve(import.meta.dirname, "..");
export const NODES = ["cam", "gateway", "server"] as const;
/** Alike both ways. */
export const LINKS = [
  { between: ["cam", "gateway"], delayMs: 2, jitterMs: 0.1, bytesPerSecond: 20e6 },
  { between: ["gateway", "server"], delayMs: 1, jitterMs: 0.1, bytesPerSecond: 40e6 },
  { between: ["cam", "server"], delayMs: 6, jitterMs: 0.2, bytesPerSecond: 10e6 },
] as const;

export type PredictionFleet = { cluster: Cluster; /** Resident bytes of a node's stage processes together, now. */ stageBytes(name: string): number; stop(): Promise<void> };

export async function startPredictionFleet(): Promise<PredictionFleet> {
  const dataPorts = new Map<string, number>();
  for (const name of NODES) dataPorts.set(name, await freePort());
  const { child, ports } = await startLinks(dataPorts);
  try {
    const cluster = await startCluster([...NODES], {
      agentArguments: (name) => ["--data-port", String(dataPorts.get(name)), "--advertise", `127.0.0.1:${dataPorts.get(name)}`, "--data-proxy", `http://127.0.0.1:${ports[name]}`],
    });
    return {
      cluster,
      stageBytes: (name) => stageBytes(cluster.agents.find((agent) => agent.name === name)?.pid() ?? -1),
      stop: async () => {
        await cluster.stop();
        child.stdin?.end();
      },
    };
  } catch (error) {
    child.stdin?.end();
    throw error;
  }
}

function startLinks(dataPorts: Map<string, number>): Promise<{ child: ChildProcess; ports: Record<string, number> }> {
  const config = {
    seed: 1,
    nodes: NODES.map((name) => ({ name, host: "127.0.0.1", port: dataPorts.get(name) })),
    proxies: NODES.map((node) => ({ node, port: 0 })),
    links: LINKS.flatMap(({ between: [from, to], ...settings }) => [{ from, to, ...settings }, { from: to, to: from, ...settings }]),
  };
  const child = spawn(process.execPath, ["--import", "tsx", "lab/link.ts"], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve({ child, ports: (JSON.parse(line) as { ports: Record<string, number> }).ports }));
    child.once("exit", (code) => reject(new Error(`the emulated network ended with ${code}`)));
    child.stdin.write(`${JSON.stringify(config)}\n`);
  });
}

/** Children of the agent that run a stage, as the system counts them. Linux only: elsewhere 0, which is no figure. */
function stageBytes(agentPid: number): number {
  let bytes = 0;
  try {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const status = readText(`/proc/${pid}/status`);
      if (!status.includes(`\nPPid:\t${agentPid}\n`) || !readText(`/proc/${pid}/cmdline`).includes("stage")) continue;
      bytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    }
  } catch {
    return 0;
  }
  return bytes;
}

/** Empty where a process ended meanwhile. */
function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
