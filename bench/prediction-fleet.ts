// Owns the fleet of the prediction bench: a console, three agents, and an emulated network between them (lab/link.ts) whose links are slow enough to count.
import { readdirSync, readFileSync } from "node:fs";
import { type Cluster, startCluster } from "../e2e/cluster.ts";
import { startEmulatedNetwork } from "../e2e/emulated-network.ts";

export const NODES = ["cam", "gateway", "server"] as const;
/** Alike both ways. */
export const LINKS = [
  { between: ["cam", "gateway"], delayMs: 2, jitterMs: 0.1, bytesPerSecond: 20e6 },
  { between: ["gateway", "server"], delayMs: 1, jitterMs: 0.1, bytesPerSecond: 40e6 },
  { between: ["cam", "server"], delayMs: 6, jitterMs: 0.2, bytesPerSecond: 10e6 },
] as const;

export type PredictionFleet = { cluster: Cluster; /** Resident bytes of a node's stage processes together, now. */ stageBytes(name: string): number; stop(): Promise<void> };

export async function startPredictionFleet(): Promise<PredictionFleet> {
  const network = await startEmulatedNetwork(NODES, LINKS.flatMap(({ between: [from, to], ...settings }) => [{ from, to, ...settings }, { from: to, to: from, ...settings }]));
  try {
    const cluster = await startCluster([...NODES], { agentArguments: network.agentArguments });
    return {
      cluster,
      stageBytes: (name) => stageBytes(cluster.agents.find((agent) => agent.name === name)?.pid() ?? -1),
      stop: async () => {
        await cluster.stop();
        network.stop();
      },
    };
  } catch (error) {
    network.stop();
    throw error;
  }
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
